"""The orders of ours that the venue may speak of, each with what was told of it: nothing is told twice, or too early.

Both channels tell of the same things, in any order. An order's end waits until all that traded of it was told.
"""

from collections.abc import Collection, Iterable, Mapping

import msgspec

from dutchbook.domain.events import OrderReported
from dutchbook.domain.orders import NEXT, Order, OrderStatus, Report
from dutchbook.domain.units import Nanos, Size

DUST = Size(10_000)
"""Settled sizes differ from nominal ones by up to a hundredth of a share (protocol section 3.2)."""
MOST_KNOWN = 50_000
"""Orders that are remembered, those that are not over in any case."""
PATIENCE = 3
"""Answers to queries after which an order that is gone has ended, though trades that were announced never came."""


_HEARD = (OrderStatus.OPEN, OrderStatus.PARTLY_FILLED)
_WAITING = (OrderStatus.SENDING, OrderStatus.UNKNOWN)
_ALIVE = (*_WAITING, *_HEARD)
_NEWS: Mapping[Report, Collection[OrderStatus]] = {
    # One that was refused and lives all the same: the desk must know.
    Report.ACCEPTED: (*_WAITING, OrderStatus.REJECTED),
    Report.REJECTED: _WAITING,
    Report.TIMEOUT: (OrderStatus.SENDING,),
    Report.CANCELLED: _ALIVE,
    Report.EXPIRED: _ALIVE,
}
"""In which states a report says something new. All else is an echo, or comes after something better."""


class End(msgspec.Struct, frozen=True):
    """How an order ended, and how much of it had traded by then; None as long as nobody said."""

    report: Report
    detail: str
    matched: Size | None


class KnownOrder:
    """One order. `accounted` is the size of all its trades that were heard of, failed ones too."""

    __slots__ = ("accounted", "asked", "copies", "delayed", "end", "filled", "heard", "matched", "order", "status")

    def __init__(self, order: Order) -> None:
        self.order = order
        self.status: OrderStatus = OrderStatus.SENDING if order.status is OrderStatus.PLANNED else order.status
        self.filled = order.filled
        self.accounted = order.filled
        self.matched = order.filled
        """The most that the venue said has traded."""
        self.end: End | None = None
        self.asked = 0
        self.copies = 1
        """How often it was sent, less those that were refused: the same bytes, which the venue takes once."""
        self.delayed = False
        self.heard: Nanos | None = order.created if order.status in _HEARD else None
        """When the venue first showed that it has the order."""

    def report(self, report: Report, received: Nanos, detail: str = "") -> list[OrderReported]:
        """The report, if it is news; else nothing."""
        if self.status not in _NEWS[report]:
            return []
        self.status = NEXT[self.status, report]
        return [OrderReported(self.order.id, report, received, detail)]

    def one_refused(self) -> bool:
        """A copy of it was refused; whether that says nothing of it, as another was sent and not refused."""
        self.copies -= 1
        return self.copies > 0

    def seen(self, received: Nanos) -> None:
        """The venue spoke of it as of an order that it has or had."""
        if self.heard is None:
            self.heard = received

    def exists(self, received: Nanos) -> list[OrderReported]:
        """The venue has it."""
        self.seen(received)
        return self.report(Report.ACCEPTED, received)

    def traded(self, size: Size, *, failed: bool) -> None:
        """A trade of it was heard of; a failed one fills nothing."""
        self.accounted = Size(self.accounted + size)
        self.matched = max(self.matched, self.accounted)
        if failed:
            return
        self.filled = Size(self.filled + size)
        report = Report.FILLED if self.filled >= self.order.leg.size else Report.FILLED_PARTLY
        self.status = NEXT.get((self.status, report), self.status)

    def ends(self, report: Report, detail: str, matched: Size | None) -> None:
        """It is over at the venue. A later word with a number wins over one without."""
        if matched is not None:
            self.matched = max(self.matched, matched)
        if self.end is None or self.end.matched is None:
            self.end = End(report, detail, matched)

    def close(self, received: Nanos) -> list[OrderReported]:
        """Its end, once everything that traded was told."""
        end = self.end
        if end is None or self.status.final or end.matched is None:
            return []
        if self.accounted + DUST < max(end.matched, self.matched):
            return []
        return self.report(end.report, received, end.detail)

    def gone(self, asked: Nanos, received: Nanos) -> list[OrderReported]:
        """A query found it no longer open, after all its trades were told. An answer from before it was known is none.

        Raises ValueError, changing nothing, if it was never seen at all: that is not an end.
        """
        if self.status.final:
            return []
        if self.heard is None and not self.accounted:
            raise ValueError(f"order {self.order.id} was never seen at the venue")
        if self.heard is not None and asked <= self.heard:
            return []
        self.asked += 1
        patient = self.delayed or self.accounted + DUST < self.matched
        if patient and self.asked < PATIENCE:
            return []
        detail = "no longer open"
        if self.accounted + DUST < self.matched:
            detail = f"no longer open; {self.matched} matched, but trades show {self.accounted} only"
        end = self.end or End(Report.CANCELLED, detail, None)
        return self.report(end.report, received, end.detail)


class KnownOrders:
    """All of them, by the venue's name."""

    def __init__(self) -> None:
        self._orders: dict[str, KnownOrder] = {}

    def know(self, orders: Iterable[Order]) -> None:
        """Orders that may be spoken of. One that is known already stays as it is."""
        for order in orders:
            if not order.venue_id:
                raise ValueError(f"order {order.id} has no name at the venue: it was never drafted")
            self._orders.setdefault(order.venue_id.lower(), KnownOrder(order))
        if len(self._orders) > MOST_KNOWN:
            self._forget()

    def _forget(self) -> None:
        """Drop the oldest that are over: what is said of one later is told as foreign."""
        over = [id_ for id_, known in self._orders.items() if known.status.final]
        for id_ in over[: MOST_KNOWN // 10]:
            del self._orders[id_]

    def get(self, venue_id: str) -> KnownOrder | None:
        """The order of this name, if it is ours."""
        return self._orders.get(venue_id.lower())

    @property
    def by_id(self) -> Mapping[str, KnownOrder]:
        """All of them."""
        return self._orders
