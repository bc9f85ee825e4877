"""The trades of our orders: which fills were told of each, and how they ended. Each is told once, whoever says it.

A trade is named by its own id and the order's: one trade may hold several orders of ours.
"""

from collections.abc import Callable, Iterable

import msgspec

from dutchbook.domain.events import FillMined, FillReversed, FillSettled, ForeignFill, OrderFilled, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, IntentId, OrderId
from dutchbook.domain.units import Nanos
from dutchbook.venues.polymarket.account_sweep import market_of_trade
from dutchbook.venues.polymarket.known_orders import KnownOrder, KnownOrders
from dutchbook.venues.polymarket.order_wire import Trade
from dutchbook.venues.polymarket.own_trades import (
    AT,
    Identity,
    OwnTrade,
    Piece,
    orders_named,
    own_trades,
    status_of,
)

type TradeEvent = OrderFilled | ForeignFill | FillMined | FillSettled | FillReversed | OrderReported

MOST_TRADES = 100_000
"""Trades that are remembered, those that are not final in any case."""
_MINED = "MINED"
_SETTLED = "CONFIRMED"
_FAILED = "FAILED"


class Listings:
    """The two look-ups that the codec needs: a market by its id, and by a token of it."""

    def __init__(
        self, market: Callable[[MarketId], Market | None], holding: Callable[[OutcomeId], Market | None]
    ) -> None:
        self.market = market
        self.holding = holding


class _TradeTold:
    """The fills that were told of one trade of one order, and whether it is mined, or final."""

    __slots__ = ("fills", "final", "mined")

    def __init__(self, fills: tuple[str, ...], *, final: bool) -> None:
        self.fills = fills
        self.final = final
        self.mined = False


class Row(msgspec.Struct, frozen=True):
    """A trade, with what is ours of it."""

    trade: str
    status: str
    ours: tuple[OwnTrade, ...]


class TradeBook:
    """Every trade that was heard of."""

    def __init__(self, me: Identity, listings: Listings, orders: KnownOrders) -> None:
        self._me = me
        self._listings = listings
        self._orders = orders
        self._trades: dict[tuple[str, str], _TradeTold] = {}

    def told(self, fills: Iterable[tuple[str, str]]) -> None:
        """See `OrderCodec.told`. Whether they were settled is not known here: it may be told again."""
        for order, fill in fills:
            key = (order.lower(), fill.partition(AT)[0])
            known = self._trades.get(key)
            before = () if known is None else known.fills
            self._trades[key] = _TradeTold((*before, fill), final=False)

    def rows(self, trades: Iterable[Trade], *, strictly: bool = False) -> list[Row]:
        """As `row`, for all or none."""
        return [self.row(trade, strictly=strictly) for trade in trades]

    def row(self, trade: Trade, *, strictly: bool = False) -> Row:
        """A trade read whole. Of a market that nobody knows only a trade without orders of ours may be passed over."""
        named = [id_ for id_ in orders_named(trade) if self._orders.get(id_) is not None]
        if not strictly and not named and self._listings.market(MarketId(trade.market)) is None:
            return Row(trade.id, status_of(trade), ())
        market = market_of_trade(trade, self._listings.market)
        return Row(trade.id, status_of(trade), tuple(own_trades(trade, market, named, self._me)))

    def learn(self, rows: Iterable[Row], received: Nanos) -> list[TradeEvent]:
        """What is new in these, and the ends of orders that waited for them."""
        events: list[TradeEvent] = []
        for row in rows:
            for own in row.ours:
                events += self._own(own, row.status, received)
        return events

    def _own(self, own: OwnTrade, status: str, received: Nanos) -> list[TradeEvent]:
        key = (own.order.lower(), own.trade)
        told = self._trades.get(key)
        if told is None:
            if len(self._trades) >= MOST_TRADES:
                self._forget()
            self._trades[key] = _TradeTold(
                () if status == _FAILED else tuple(piece.fill for piece in own.pieces),
                final=status in (_SETTLED, _FAILED),
            )
            return [*self._first_heard(own, status, received), *self._moved(own, status, received)]
        return self._moved(own, status, received)

    def _moved(self, own: OwnTrade, status: str, received: Nanos) -> list[TradeEvent]:
        """How far the settlement of a trade came, if that is news."""
        told = self._trades[own.order.lower(), own.trade]
        if told.final or status not in (_MINED, _SETTLED, _FAILED):
            return []
        known = self._orders.get(own.order)
        order = OrderId(own.order) if known is None else known.order.id
        if status == _MINED:
            fills, told.mined = () if told.mined else told.fills, True
            return [FillMined(order, fill, received) for fill in fills]
        told.final = True
        if status == _SETTLED:
            return [FillSettled(order, fill, received) for fill in told.fills]
        return [FillReversed(order, fill, received, "the venue could not settle it") for fill in told.fills]

    def _forget(self) -> None:
        """Drop the oldest that are final. Nobody lists them again: sweeps go back a quarter of an hour."""
        over = [key for key, told in self._trades.items() if told.final]
        for key in over[: MOST_TRADES // 10]:
            del self._trades[key]

    def _first_heard(self, own: OwnTrade, status: str, received: Nanos) -> list[TradeEvent]:
        known = self._orders.get(own.order)
        failed, provisional = status == _FAILED, status != _SETTLED
        fills = [] if failed else [_fill(piece, own, known, provisional=provisional) for piece in own.pieces]
        if known is None:
            return [ForeignFill(Venue.POLYMARKET, fill, received) for fill in fills]
        known.seen(received)
        known.traded(own.size, failed=failed)
        return [*(OrderFilled(fill, received) for fill in fills), *known.close(received)]


def _fill(piece: Piece, own: OwnTrade, known: KnownOrder | None, *, provisional: bool) -> Fill:
    return Fill(
        order=OrderId(own.order) if known is None else known.order.id,
        intent=IntentId("") if known is None else known.order.intent,
        outcome=own.outcome,
        market=own.market,
        side=own.side,
        price=piece.price,
        size=piece.size,
        fee=piece.fee,
        at=own.at,
        maker=own.maker,
        id=piece.fill,
        provisional=provisional,
    )
