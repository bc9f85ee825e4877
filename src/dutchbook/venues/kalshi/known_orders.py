"""What the codec remembers of each order of ours: what it told of it, so that nothing is told twice or out of turn."""

from collections.abc import Iterable

from dutchbook.domain.book import Side
from dutchbook.domain.events import OrderEvent, OrderFilled, OrderReported
from dutchbook.domain.identity import MarketId, kalshi_yes
from dutchbook.domain.orders import Fill, Order, OrderStatus, Report
from dutchbook.domain.units import Nanos, Price, Size, complement
from dutchbook.venues.kalshi.order_facts import FillFact, OrderFact

MOST_KNOWN = 50_000
"""Orders that are remembered."""
_NEVER_THERE = frozenset({OrderStatus.REJECTED, OrderStatus.DEAD})
_ACCEPTED = frozenset({OrderStatus.OPEN, OrderStatus.PARTLY_FILLED})


class KnownOrder:
    """One order of ours. `told` counts the contracts of the fills that were told of.

    An order that ended with fills that were not heard of yet is kept open until they come: only then its end is told.
    """

    __slots__ = ("_accepted", "_doubted", "_end", "_refused", "copies", "order", "over", "told")

    def __init__(self, order: Order) -> None:
        self.order = order
        self.told = int(order.filled)
        self.over = order.status.final
        self.copies = 1
        """How often it was sent, less those that were refused: under one client id, which the venue takes once."""
        self._accepted = order.status in _ACCEPTED
        self._doubted = order.status is OrderStatus.UNKNOWN
        self._refused = order.status in _NEVER_THERE
        self._end: tuple[Report, Size, str] | None = None

    def taken(self, received: Nanos) -> list[OrderEvent]:
        """The venue has it."""
        if self._accepted or self.over:
            return []
        self._accepted = True
        return [OrderReported(self.order.id, Report.ACCEPTED, received)]

    def unknown(self, detail: str, received: Nanos) -> list[OrderEvent]:
        """Nobody knows what became of it; nothing, if another channel told already."""
        if self._accepted or self._doubted or self.over:
            return []
        self._doubted = True
        return [OrderReported(self.order.id, Report.TIMEOUT, received, detail)]

    def one_refused(self) -> bool:
        """A copy of it was refused; whether that says nothing of it, as another was sent and not refused."""
        self.copies -= 1
        return self.copies > 0

    def refused(self, report: Report, detail: str, received: Nanos) -> list[OrderEvent]:
        """It never came to be (REJECTED), or was over at once (CANCELLED)."""
        if self._accepted or self.over:
            return []
        self.over = True
        self._refused = report is Report.REJECTED
        return [OrderReported(self.order.id, report, received, detail)]

    def ended(self, report: Report, filled: Size, detail: str, received: Nanos) -> list[OrderEvent]:
        """It rests no more, after so many contracts were filled."""
        if self.over:
            return []
        self._end = (report, filled, detail)
        return self._settle(received)

    def heard(self, fact: OrderFact, received: Nanos) -> list[OrderEvent]:
        """What the venue says of it now, or said a moment ago. One that was refused and rests is told: it lives."""
        if self._refused and not fact.ended:
            self.over = self._refused = False
        if not fact.ended:
            return self.taken(received)
        report = Report.EXPIRED if fact.expired else Report.CANCELLED
        before = self.taken(received) if report is Report.EXPIRED or fact.filled else []
        return [*before, *self.ended(report, fact.filled, fact.reason or "cancelled", received)]

    def filled(self, fact: FillFact, received: Nanos) -> list[OrderEvent]:
        """A fill of it that was not told of before."""
        leg = self.order.leg
        fill = Fill(
            order=self.order.id,
            intent=self.order.intent,
            outcome=leg.outcome,
            market=leg.market,
            side=leg.side,
            price=self._price(fact.price),
            size=fact.size,
            fee=fact.fee,
            at=fact.at,
            maker=fact.maker,
            id=fact.id,
        )
        self._accepted = True
        self.told += fact.size
        over = self.over
        self.over = over or self.told >= leg.size
        return [OrderFilled(fill, received), *([] if over else self._settle(received))]

    def _settle(self, received: Nanos) -> list[OrderEvent]:
        if self._end is None or self.over:
            return []
        report, filled, detail = self._end
        if self.told < filled:
            return []
        self.over = True
        return [OrderReported(self.order.id, report, received, detail)]

    def _price(self, yes: Price) -> Price:
        return yes if self.order.leg.outcome == kalshi_yes(self.order.leg.market) else complement(yes)

    def check(self, fact: OrderFact | FillFact) -> None:
        """Raises ValueError for what cannot be said of this order: then names were mixed up."""
        leg = self.order.leg
        bid = (leg.side is Side.BUY) == (leg.outcome == kalshi_yes(leg.market))
        if fact.market != leg.market or fact.bid != bid:
            way = "bid" if fact.bid else "ask"
            raise ValueError(f"a {way} in {fact.market} by the name of our order {self.order.id}, which is none")


class KnownOrders:
    """All orders of ours, by the client's name."""

    def __init__(self) -> None:
        self._orders: dict[str, KnownOrder] = {}
        self._unnamed: dict[MarketId, set[str]] = {}

    def add(self, orders: Iterable[Order]) -> None:
        """Know these too. What is known already stays as it is."""
        for order in orders:
            if order.venue_id and order.venue_id not in self._orders:
                self._orders[order.venue_id] = KnownOrder(order)
                self._unnamed.setdefault(order.leg.market, set()).add(order.venue_id)
        if len(self._orders) > MOST_KNOWN:
            self._forget()

    def _forget(self) -> None:
        """Drop the oldest that are over: what is said of one later is told as foreign."""
        over = [name for name, known in self._orders.items() if known.over]
        for name in over[: MOST_KNOWN // 10]:
            self.settled_name(name)
            del self._orders[name]

    def get(self, client_id: str) -> KnownOrder | None:
        """An order of ours."""
        return self._orders.get(client_id)

    def settled_name(self, client_id: str) -> None:
        """The venue's name of this order is known, or there will be none."""
        known = self._orders.get(client_id)
        if known is not None:
            self._unnamed.get(known.order.leg.market, set()).discard(client_id)

    def expects_names(self, market: MarketId) -> bool:
        """Whether an order of ours in this market may have a name at the venue that we do not know."""
        return bool(self._unnamed.get(market))
