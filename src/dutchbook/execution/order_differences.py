"""Open orders as an account states them, against the order table."""

from collections.abc import Callable

from dutchbook.domain.events import AccountStated, OrderReported, StatedOrder
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Order, OrderStatus, Report
from dutchbook.execution.orders import Orders
from dutchbook.execution.reconciliation import Standing
from dutchbook.execution.step import Alert, Difference, StepDraft

_THOUGHT_GONE = frozenset({OrderStatus.DEAD, OrderStatus.REJECTED})


class OrderDifferences:
    """Asks for what the venue lacks, reports what lives after all, cancels what was to be over, leaves strangers be."""

    def __init__(self, orders: Orders, venue_of: Callable[[Order], Venue], standing: Standing) -> None:
        self._orders = orders
        self._venue_of = venue_of
        self._standing = standing
        self._told: set[tuple[str, str]] = set()

    def account_stated(self, event: AccountStated, draft: StepDraft) -> None:
        """Compare the orders of a statement with the table; what is heard since it was asked for counts more."""
        stated = {found.order for found in event.orders}
        for order in self._orders.working():
            rests_there = order.status.rests and self._venue_of(order) is event.venue
            if rests_there and order.id not in stated and self._orders.changed_at(order.id) < event.asked:
                self._tell(event.venue, order.id, order.remaining, 0, "the venue lacks it: asked for it", draft)
                draft.queries.append(order.id)
        for found in event.orders:
            if found.order is None or found.order not in self._orders:
                self._foreign(event.venue, found, draft)
            else:
                self._known(event, found, self._orders[found.order], draft)

    def _foreign(self, venue: Venue, found: StatedOrder, draft: StepDraft) -> None:
        action = "this desk did not send it: left alone"
        if self._tell(venue, found.venue_id, 0, found.size - found.filled, action, draft):
            text = f"order {found.venue_id} to {found.side} {found.outcome} rests there: {action}"
            draft.alerts.append(Alert(venue, text))

    def _known(self, event: AccountStated, found: StatedOrder, order: Order, draft: StepDraft) -> None:
        if found.filled > order.filled + order.taken_back:
            self._tell(event.venue, order.id, order.filled, found.filled, "fills are missing: asked for them", draft)
            draft.queries.append(order.id)
        if not order.status.final or self._orders.changed_at(order.id) >= event.asked:
            self._standing.gone(event, order.id)
        elif order.status in _THOUGHT_GONE:
            draft.findings.append(OrderReported(order.id, Report.ACCEPTED, event.received, "it stands in the account"))
        elif self._standing.stands(event, order.id, found.size):
            action = f"taken for {order.status} and rests: cancelled"
            self._tell(event.venue, order.id, 0, found.size - found.filled, action, draft)
            draft.alerts.append(Alert(order.id, f"order {order.id} was {action}"))
            draft.cancels.append(order.id)
            draft.queries.append(order.id)

    def _tell(self, venue: Venue, subject: str, ours: int, theirs: int, action: str, draft: StepDraft) -> bool:
        """Put a difference on record; whether it is new."""
        if (subject, action) in self._told:
            return False
        self._told.add((subject, action))
        draft.differences.append(Difference(venue=venue, subject=subject, ours=ours, theirs=theirs, action=action))
        return True
