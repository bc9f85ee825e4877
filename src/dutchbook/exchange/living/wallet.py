"""An account of one of the living market's traders, and how it asks for trades."""

from collections.abc import Iterable, Sequence
from random import Random

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import ONE, Money, Nanos, Price, Size, complement
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.market import LiveMarket
from dutchbook.exchange.matching.messages import NewOrder, OrderState, Refusal, Refused, WorkingOrder

_EXPECTED = frozenset(
    {
        Refusal.MARKET_NOT_OPEN,
        Refusal.MARKET_CLOSED,
        Refusal.POST_ONLY_MODE,
        Refusal.CANCEL_ONLY_MODE,
        Refusal.DISABLED,
        Refusal.TOO_SMALL,
        Refusal.TOO_SMALL_NOTIONAL,
        Refusal.BALANCE,
        Refusal.WOULD_CROSS,
        Refusal.UNFILLABLE,
        Refusal.NOTHING_TO_MATCH,
        Refusal.ALREADY_DONE,
        Refusal.DELAYED,
        Refusal.NOT_SETTLED,
    }
)
"""Refusals that a trader shrugs at; any other is a mistake of ours and is raised."""


_COMPLEMENTS = tuple(complement(Price(price)) for price in range(ONE + 1))
"""Prices of the other outcome: the same objects for all orders, of which a large world has millions."""


class OrderIds:
    """Names for orders, in the shape of their venue: 32 bytes in hex at Polymarket, a UUID at Kalshi."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng

    def next(self, venue: Venue) -> str:
        if venue is Venue.POLYMARKET:
            return f"0x{self._rng.getrandbits(256):064x}"
        text = f"{self._rng.getrandbits(128):032x}"
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


class Wallet:
    """One trader's account at one venue. Everything is stated for YES: who offers YES without having it buys NO."""

    __slots__ = ("_ids", "account", "exchange", "id", "venue")

    def __init__(
        self, exchange: Exchange, venue: Venue, account: str, cash: Money, ids: OrderIds, shards: Sequence[int] = ()
    ) -> None:
        """Opens the account with `cash`, and with as much again on each of `shards`."""
        self.exchange = exchange
        self.venue = venue
        self.id = account
        self.account = exchange.open_account(account, cash)
        for shard in shards:
            exchange.deposit(account, cash, shard)
        self._ids = ids

    def net(self, market: LiveMarket) -> int:
        """Contracts of YES less those of NO, settled or on their way."""
        held, coming = self.account.held, self.account.incoming
        return held(market.yes) - held(market.no) + coming(market.yes) - coming(market.no)

    def order(
        self,
        market: LiveMarket,
        *,
        bid: bool,
        price: Price,
        size: Size,
        tif: TimeInForce = TimeInForce.GTC,
        post_only: bool = False,
        expires: Nanos | None = None,
    ) -> NewOrder:
        """An order at a price of YES. It sells the other outcome where enough of that is at hand."""
        cover = market.no if bid else market.yes
        sells = self.account.sellable(cover) >= size
        outcome = cover if sells else (market.yes if bid else market.no)
        return NewOrder(
            id=self._ids.next(self.venue),
            account=self.id,
            market=market.id,
            outcome=outcome,
            side=Side.SELL if sells else Side.BUY,
            price=price if outcome == market.yes else _COMPLEMENTS[price],
            size=size,
            tif=tif,
            post_only=post_only,
            expires=expires,
        )

    def send(self, order: NewOrder) -> WorkingOrder | None:
        """The order as the exchange took it; None if it was refused for a reason that belongs to trading."""
        try:
            return self.exchange.submit(order)
        except Refused as refused:
            shrug(refused)
            return None

    def send_all(self, orders: Sequence[NewOrder]) -> list[WorkingOrder | None]:
        """As `send`, for several at once."""
        if len(orders) == 1:
            return [self.send(orders[0])]
        taken: list[WorkingOrder | None] = []
        for answer in self.exchange.submit_batch(orders):
            if isinstance(answer, Refused):
                shrug(answer)
                taken.append(None)
            else:
                taken.append(answer)
        return taken

    def cancel_all(self, orders: Iterable[WorkingOrder]) -> None:
        """Cancel those that still rest."""
        live = [order.new.id for order in orders if order.state is OrderState.LIVE]
        if not live:
            return
        for answer in self.exchange.cancel_many(self.id, live).values():
            if isinstance(answer, Refused):
                shrug(answer)


def shrug(refused: Refused) -> None:
    """Take a refusal that belongs to trading. Raises any other."""
    if refused.reason not in _EXPECTED:
        raise refused
