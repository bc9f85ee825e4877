"""All orders that execution sent, each with its state."""

from collections.abc import Iterator

from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import OrderFilled, OrderReported
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import Nanos

_TOLD_BY_FILLS = frozenset({Report.FILLED, Report.FILLED_PARTLY})


def order_id(intent: IntentId, leg: int) -> OrderId:
    """The id of an intent's leg, counted from 1: the same in every replay, and never two orders for one leg."""
    return OrderId(f"{intent}-{leg}")


class Orders:
    """Orders by id. What cannot follow an order's state raises IllegalTransition and changes nothing."""

    def __init__(self) -> None:
        self._orders: dict[OrderId, Order] = {}
        self._working: dict[OrderId, Order] = {}

    def __getitem__(self, order: OrderId) -> Order:
        """An order. Raises IllegalTransition for one that nobody here sent."""
        found = self._orders.get(order)
        if found is None:
            raise IllegalTransition(f"order {order}: not one of ours - reconcile with the venue")
        return found

    def __contains__(self, order: OrderId) -> bool:
        return order in self._orders

    def __iter__(self) -> Iterator[Order]:
        """All orders, oldest first."""
        return iter(self._orders.values())

    def __len__(self) -> int:
        return len(self._orders)

    def send(self, intent: IntentId, number: int, leg: Leg, now: Nanos) -> Order:
        """A new order, on its way from now on."""
        order = Order(id=order_id(intent, number), intent=intent, leg=leg, created=now).after(Report.SENT)
        if order.id in self._orders:
            raise IllegalTransition(f"order {order.id}: exists already - an order is never sent twice")
        self._orders[order.id] = self._working[order.id] = order
        return order

    def apply(self, event: OrderReported | OrderFilled) -> Order:
        """The order after what was said of it. How much filled is told by OrderFilled alone."""
        if isinstance(event, OrderFilled):
            after = self[event.fill.order].after_fill(event.fill.size)
        elif event.report in _TOLD_BY_FILLS:
            raise IllegalTransition(f"order {event.order}: {event.report} without its fill - reconcile with the venue")
        else:
            after = self[event.order].after(event.report)
        self._orders[after.id] = after
        if after.status.final:
            self._working.pop(after.id, None)
        else:
            self._working[after.id] = after
        return after

    def working(self) -> tuple[Order, ...]:
        """Orders that may still trade, unknown ones included."""
        return tuple(self._working.values())

    def unknown(self) -> tuple[Order, ...]:
        """Orders that wait for reconciliation."""
        return tuple(order for order in self._working.values() if order.status is OrderStatus.UNKNOWN)
