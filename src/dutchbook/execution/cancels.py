"""Cancels: watched until their orders are over, held back while their venue takes none."""

from collections.abc import Callable, Iterable

from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Order, OrderId
from dutchbook.domain.units import Nanos
from dutchbook.execution.orders import Orders
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import Note, StepDraft
from dutchbook.execution.venue_states import VenueStates

_CANCEL = "cancel:"


class Cancels:
    """To cancel twice does no harm: a cancel that nothing is heard of is asked about and sent again."""

    def __init__(
        self,
        orders: Orders,
        venues: VenueStates,
        venue_of: Callable[[Order], Venue],
        settings: ExecutionSettings,
    ) -> None:
        self._orders = orders
        self._venues = venues
        self._venue_of = venue_of
        self._settings = settings
        self._asked: dict[OrderId, None] = {}
        self._held_back: dict[Venue, list[OrderId]] = {}

    def want(self, order: Order, draft: StepDraft) -> None:
        """Cancel an order, unless it is over."""
        if order.status.final:
            draft.notes.append(Note(order.intent, f"order {order.id} is {order.status}: nothing to cancel"))
        else:
            draft.cancels.append(order.id)

    def out(self) -> Iterable[OrderId]:
        """Orders whose cancel was sent and not heard of, the oldest first."""
        return self._asked

    def over(self, order: OrderId) -> None:
        """An order is in its final state."""
        self._asked.pop(order, None)

    def venue_changed(self, venue: Venue, draft: StepDraft) -> None:
        """Send what was held back, if the venue takes it now."""
        if self._venues.takes_cancels(venue):
            draft.cancels += self._held_back.pop(venue, [])

    def expects(self, timer: str) -> bool:
        """Whether a timer is none of these, or nothing was heard of its cancel."""
        return not timer.startswith(_CANCEL) or OrderId(timer.removeprefix(_CANCEL)) in self._asked

    def timer(self, name: str, draft: StepDraft) -> bool:
        """Whether the timer is one of these: a cancel that nothing was heard of in time."""
        if not name.startswith(_CANCEL):
            return False
        order = OrderId(name.removeprefix(_CANCEL))
        if order in self._asked:
            draft.queries.append(order)
            self.want(self._orders[order], draft)
        return True

    def send(self, draft: StepDraft, now: Nanos) -> None:
        """Leave those cancels in a step that may be sent now, each once and with a timer."""
        if not draft.cancels:
            return
        wanted, draft.cancels = dict.fromkeys(draft.cancels), []
        for order in wanted:
            sent = self._orders[order]
            venue = self._venue_of(sent)
            if self._venues.takes_cancels(venue):
                draft.cancels.append(order)
                self._asked[order] = None
                patience = self._settings.insist_after if sent.insists else self._settings.cancel_timeout
                draft.timers.append((_CANCEL + order, Nanos(now + patience)))
            else:
                self._held_back.setdefault(venue, []).append(order)
