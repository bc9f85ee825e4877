"""What an exchange says of our own account, as the desk's events: answers, fills, their settlement."""

from collections.abc import Callable

from dutchbook.domain.events import FillMined, FillReversed, FillSettled, OrderFilled, OrderReported
from dutchbook.domain.orders import Fill, Order, OrderId, Report
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    Change,
    ExchangeEvent,
    Matched,
    OrderChanged,
    Pair,
    Party,
    Settlement,
    SettlementMoved,
)

type PrivateEvent = OrderReported | OrderFilled | FillMined | FillSettled | FillReversed
type Tell = Callable[[PrivateEvent], None]

_REPORTS = {
    Change.PLACED: Report.ACCEPTED,
    Change.CANCELLED: Report.CANCELLED,
    Change.EXPIRED: Report.EXPIRED,
}

_TOLD = (Settlement.MINED, Settlement.CONFIRMED, Settlement.FAILED)


class PrivateFeed:
    """Hears what concerns one account. Orders of it bear the desk's own ids at the exchange.

    A trade's fills are final once it is confirmed, as on the venue's own socket; at a venue without a chain, at once.
    """

    def __init__(self, exchange: Exchange, account: str, lasts: Nanos, tell: Tell) -> None:
        """`lasts` is how long answers travel; `tell` sends an event on that is stamped with its arrival."""
        self._account = account
        self._lasts = lasts
        self._tell = tell
        self._orders: dict[str, Order] = {}
        self._fills: dict[str, list[Fill]] = {}
        self._chain = exchange.rules.settlement_delays is not None
        exchange.listen(self._changed, OrderChanged)
        exchange.listen(self._matched, Matched)
        if self._chain:
            exchange.listen(self._settled, SettlementMoved)

    def know(self, order: Order) -> None:
        """An order of ours reaches the exchange now."""
        self._orders[order.id] = order

    def fills(self, order: OrderId) -> tuple[Fill, ...]:
        """All trades of an order so far."""
        return tuple(self._fills.get(order, ()))

    def whole(self, order: OrderId) -> bool:
        """Whether as much as was asked for has traded. Of a purchase counted in dollars some may be left over then,
        which end like any rest: that is no news of the order."""
        asked = self._orders.get(order)
        return asked is not None and sum(fill.size for fill in self.fills(order)) >= asked.leg.size

    def _changed(self, event: ExchangeEvent) -> None:
        if not isinstance(event, OrderChanged) or event.order.new.account != self._account:
            return
        order, report = OrderId(event.order.new.id), _REPORTS.get(event.change)
        if report is None or (event.change is not Change.PLACED and self.whole(order)):
            return
        self._tell(OrderReported(order, report, Nanos(event.at + self._lasts), event.order.reason))

    def _matched(self, event: ExchangeEvent) -> None:
        if isinstance(event, Matched):
            for pair, party in sides_of(event, self._account):
                fill = self._fill(event, pair, party)
                self._fills.setdefault(fill.order, []).append(fill)
                self._tell(OrderFilled(fill, Nanos(event.at + self._lasts)))

    def _settled(self, event: ExchangeEvent) -> None:
        if not isinstance(event, SettlementMoved) or event.status not in _TOLD:
            return
        received = Nanos(event.at + self._lasts)
        for pair, party in sides_of(event.match, self._account):
            order, fill = OrderId(party.order.new.id), trade_name(event.match, pair)
            if event.status is Settlement.MINED:
                self._tell(FillMined(order, fill, received))
            elif event.status is Settlement.CONFIRMED:
                self._tell(FillSettled(order, fill, received))
            else:
                self._tell(FillReversed(order, fill, received, "its settlement failed"))

    def _fill(self, match: Matched, pair: Pair, party: Party) -> Fill:
        order = self._orders[party.order.new.id]
        return Fill(
            order=order.id,
            intent=order.intent,
            outcome=party.outcome,
            market=match.market,
            side=party.side,
            price=party.price,
            size=pair.size,
            fee=party.fee,
            at=match.at,
            maker=party is pair.maker,
            id=trade_name(match, pair),
            provisional=self._chain,
        )


def sides_of(match: Matched, account: str) -> list[tuple[Pair, Party]]:
    """The trades of a match that an account took part in, with its own side of each."""
    found = [(pair, pair.maker) for pair in match.pairs if pair.maker.order.new.account == account]
    if match.taker.new.account == account:
        found += [(pair, pair.taker) for pair in match.pairs]
    return found


def trade_name(match: Matched, pair: Pair) -> str:
    """What the venue calls one trade of a match."""
    return f"{match.number}.{pair.number}"
