"""The life of each order: when it left, when it first traded, how it ended, and what each trade was worth."""

import sys
from collections.abc import Iterator, Mapping

import msgspec

from dutchbook.domain.events import FillReversed, FillSettled, OrderFilled, OrderReported
from dutchbook.domain.orders import Fill, Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import Nanos
from dutchbook.engine.memory import Kept, event_of
from dutchbook.execution.orders import Orders


class OrderLife(msgspec.Struct):
    """One order and its times. `ended` is None while it works, `first_fill` until something of it traded."""

    order: Order
    left: bool = True
    """Whether it left the desk: not, if it was stopped on its last step."""
    unknown: bool = False
    """Whether nobody knew for a while what had become of it."""
    first_fill: Nanos | None = None
    ended: Nanos | None = None
    fills: int = 0

    @property
    def working_for(self) -> Nanos | None:
        """From leaving to its first trade, or to its end without any; None while neither is known."""
        until = self.first_fill if self.first_fill is not None else self.ended
        return None if until is None else Nanos(max(0, until - self.order.created))


_NEWS = frozenset({"report", "fill", "settled", "reversed"})
_NOT_SENT = "not sent: "


class OrderLives:
    """Takes lines by kind and body. Raises IllegalTransition or MsgspecError for one that cannot be."""

    def __init__(self) -> None:
        self._orders = Orders(sys.maxsize)  # a report counts all of them
        self._lives: dict[OrderId, OrderLife] = {}
        self.fills: list[Fill] = []
        """Trades that stand, in order: those that were taken back are gone from it."""

    def __iter__(self) -> Iterator[OrderLife]:
        """All orders of this run, oldest first."""
        return iter(self._lives.values())

    @property
    def any(self) -> bool:
        """Whether this run, or the one that it goes on with, ordered anything so far."""
        return len(self._orders) > 0

    def find(self, order: OrderId) -> Order | None:
        """An order as it stands, also one that an earlier run sent."""
        return self._orders.find(order)

    def life(self, order: OrderId) -> OrderLife | None:
        """The life of an order of this run."""
        return self._lives.get(order)

    def unknown(self) -> tuple[Order, ...]:
        """Orders of which nobody knows whether they live."""
        return self._orders.unknown()

    def read(self, kind: str, at: Nanos, body: msgspec.Raw) -> None:
        """The next line."""
        if kind == "order":
            order = msgspec.json.decode(body, type=Order)
            self._orders.adopt(order)
            self._lives[order.id] = OrderLife(order)
        elif kind in _NEWS:
            self._news(event_of(Kept(kind, at, body)), at)
        elif kind == "kept":
            self._taken_over(msgspec.json.decode(body, type=Kept))

    def by_status(self) -> Mapping[OrderStatus, int]:
        """How many orders of this run stand where."""
        found: dict[OrderStatus, int] = {}
        for life in self._lives.values():
            found[life.order.status] = found.get(life.order.status, 0) + 1
        return found

    def _taken_over(self, kept: Kept) -> None:
        if kept.kind == "order":
            self._orders.adopt(msgspec.json.decode(kept.body, type=Order))
        elif kept.kind in _NEWS:
            self._orders.apply(event_of(kept))

    def _news(self, event: OrderReported | OrderFilled | FillSettled | FillReversed, at: Nanos) -> None:
        if isinstance(event, FillSettled | FillReversed) and event.order not in self._orders:
            return
        change = self._orders.apply(event)
        if change.booked is not None:
            self.fills.append(change.booked)
        if change.undone is not None:
            self.fills = [
                fill for fill in self.fills if (fill.order, fill.id) != (change.undone.order, change.undone.id)
            ]
        life = self._lives.get(change.after.id)
        if life is None:
            return
        life.order = change.after
        if change.booked is not None:
            life.fills += 1
            life.first_fill = at if life.first_fill is None else life.first_fill
        if isinstance(event, OrderReported):
            life.unknown = life.unknown or event.report is Report.TIMEOUT
            life.left = life.left and not event.detail.startswith(_NOT_SENT)
        if change.after.status.final and life.ended is None:
            life.ended = at
