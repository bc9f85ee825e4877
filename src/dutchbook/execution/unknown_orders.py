"""Orders of which nobody knows what became: asked for until the venue tells, or proven absent.

Nothing else is sent in their place. One that insists is offered again as it is, under the name that its venue takes
once: so no second order can come of it.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from dutchbook.domain.events import AccountStated, OrderMissing, OrderReported, VenueState
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Leg, Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos, decimal_text
from dutchbook.execution.orders import Change, Orders
from dutchbook.execution.step import Alert, HaltWanted, Offer, StepDraft
from dutchbook.execution.venue_states import VenueStates

FIRST_QUERY = Nanos(500 * MILLISECOND)
LONGEST_PAUSE = Nanos(30 * SECOND)
"""Between two questions about one order; each pause is twice the one before."""
ANSWERS_NEEDED = 3
MOST_OFFERS = 3
"""How often an order that insists is sent once more, since its venue came up."""
ALERT_AFTER = Nanos(10 * SECOND)
HALT_AFTER = Nanos(120 * SECOND)
_RECENT = 64

_QUERY, _ALERT, _HALT = "query:", "unknown:", "distrust:"

type VenueOf = Callable[[Order], Venue]
type Wanted = Callable[[Order], bool]
"""Whether an order is still to trade, whoever wanted it."""


class _Doubt(msgspec.Struct):
    """An unknown order: since when, when it was missed, when that was enough; when it was sent once more."""

    since: Nanos
    pause: Nanos = FIRST_QUERY
    missed: list[Nanos] = []
    ripe: Nanos | None = None
    offered: Nanos | None = None


class UnknownOrders:
    """The schedule of questions, and the proof that an order does not exist.

    Each unknown order is asked for after 0.5, 1, 2, 4 ... seconds and at each statement of its account. It is dead once
    three questions, spread over at least `spread` and twice the slowest recent acknowledgement, did not find it while
    the venue was up, and a statement of the account that was asked for after them has it neither among the orders nor
    told a trade of it. Trades of it come as fills before the statement, so that it is not unknown any more.

    One that insists is asked for at once, and offered again where a question does not find it: a few times, as long as
    it is wanted and its venue takes such orders. The proof begins anew behind each offer.
    """

    def __init__(
        self, orders: Orders, venues: VenueStates, venue_of: VenueOf, spread: Nanos, wanted: Wanted = lambda _: False
    ) -> None:
        self._orders = orders
        self._venues = venues
        self._venue_of = venue_of
        self._spread = spread
        self._wanted = wanted
        self._doubts: dict[OrderId, _Doubt] = {}
        self._offers: dict[OrderId, int] = {}
        self._acks: dict[Venue, deque[int]] = {}

    def in_direction(self, leg: Leg, rising: Callable[[Leg], bool]) -> Order | None:
        """The unknown order, if any, of a leg's market that goes the same way."""
        for order in self._doubts:
            other = self._orders[order].leg
            if other.market == leg.market and rising(other) is rising(leg):
                return self._orders[order]
        return None

    def at(self, venue: Venue) -> tuple[Order, ...]:
        """Unknown orders of a venue, oldest first."""
        found = (self._orders[order] for order in self._doubts)
        return tuple(order for order in found if self._venue_of(order) is venue)

    def order_changed(self, change: Change, now: Nanos, draft: StepDraft) -> None:
        """Begin to ask for an order that became unknown, stop where it is known again."""
        before, after = change.before.status, change.after.status
        if before is OrderStatus.SENDING and after not in (OrderStatus.SENDING, OrderStatus.UNKNOWN):
            venue = self._venue_of(change.after)
            self._acks.setdefault(venue, deque(maxlen=_RECENT)).append(now - change.after.created)
        if after is OrderStatus.UNKNOWN:
            self.begin(change.after, now, draft)
        elif self._doubts.pop(change.after.id, None) is not None:
            self._relieved(self._venue_of(change.after), draft)
        if after.final:
            self._offers.pop(change.after.id, None)

    def begin(self, order: Order, now: Nanos, draft: StepDraft) -> None:
        """Ask for an order from now on; harmless if that has begun."""
        if order.id in self._doubts:
            return
        self._doubts[order.id] = _Doubt(now)
        if order.insists:
            draft.queries.append(order.id)
        draft.timers.append((_QUERY + order.id, Nanos(now + FIRST_QUERY)))
        draft.timers.append((_ALERT + order.id, Nanos(now + ALERT_AFTER)))
        draft.timers.append((_HALT + order.id, Nanos(now + HALT_AFTER)))

    def missing(self, event: OrderMissing, draft: StepDraft) -> None:
        """A question did not find the order. Counts only while its venue is up."""
        doubt = self._doubts.get(event.order)
        if doubt is None:
            return
        order = self._orders[event.order]
        venue = self._venue_of(order)
        if self._venues[venue] is not VenueState.UP:
            return
        if doubt.offered is not None and event.received < doubt.offered + FIRST_QUERY:
            return  # it may have been asked before the offer
        doubt.missed.append(event.received)
        if self._may_offer(order, venue):
            draft.offers.append(Offer(order.id, self._offers.get(order.id, 0) + 1))
        if self._enough(doubt, venue):
            if doubt.ripe is None:
                doubt.ripe = event.received
            draft.sweeps.append(venue)

    def _may_offer(self, order: Order, venue: Venue) -> bool:
        if not order.insists or self._offers.get(order.id, 0) >= MOST_OFFERS:
            return False
        # That it is in doubt may be why its venue is not trusted: to end that, it may go there all the same.
        return self._venues.closed(venue, order.leg) is None and self._wanted(order)

    def offered(self, offer: Offer, now: Nanos) -> None:
        """An order leaves once more: what was found out before proves nothing of it."""
        self.offered_before(offer)
        doubt = self._doubts.get(offer.order)
        if doubt is not None:
            doubt.offered, doubt.missed, doubt.ripe = now, [], None

    def offered_before(self, offer: Offer) -> None:
        """A journal has an order as sent once more."""
        self._offers[offer.order] = offer.number

    def account_stated(self, event: AccountStated, draft: StepDraft) -> None:
        """Bury what is proven absent; ask at once for the rest, as the account is within reach."""
        stated = {order.order for order in event.orders}
        for order in self.at(event.venue):
            doubt = self._doubts[order.id]
            if order.id in stated:
                found = "it stands in the account"
                draft.findings.append(OrderReported(order.id, Report.ACCEPTED, event.received, found))
                draft.queries.append(order.id)
            elif doubt.ripe is not None and event.asked >= doubt.ripe and self._venues[event.venue] is VenueState.UP:
                draft.findings.append(OrderReported(order.id, Report.ABSENT, event.received, _evidence(doubt, event)))
            else:
                draft.queries.append(order.id)

    def state_changed(self, venue: Venue, draft: StepDraft) -> None:
        """Answers from before a change of the venue's state prove nothing; once it is up, ask at once."""
        for order in self.at(venue):
            doubt = self._doubts[order.id]
            doubt.missed, doubt.ripe = [], None
            if self._venues[venue] is VenueState.UP:
                self._offers.pop(order.id, None)
                draft.queries.append(order.id)

    def timer(self, name: str, now: Nanos, draft: StepDraft) -> bool:
        """Whether the timer is one of these."""
        for prefix, due in ((_QUERY, self._ask), (_ALERT, self._alert), (_HALT, self._distrust)):
            if name.startswith(prefix):
                order = OrderId(name.removeprefix(prefix))
                if (doubt := self._doubts.get(order)) is not None:
                    due(order, doubt, now, draft)
                return True
        return False

    def _ask(self, order: OrderId, doubt: _Doubt, now: Nanos, draft: StepDraft) -> None:
        doubt.pause = Nanos(min(2 * doubt.pause, LONGEST_PAUSE))
        draft.queries.append(order)
        draft.timers.append((_QUERY + order, Nanos(now + doubt.pause)))

    def _alert(self, order: OrderId, doubt: _Doubt, now: Nanos, draft: StepDraft) -> None:
        text = f"order {order} is unknown for {_seconds(now - doubt.since)}: nothing more is sent in its direction"
        draft.alerts.append(Alert(order, text))

    def _distrust(self, order: OrderId, doubt: _Doubt, now: Nanos, draft: StepDraft) -> None:
        venue = self._venue_of(self._orders[order])
        reason = f"order {order} is unknown for {_seconds(now - doubt.since)}"
        self._venues.distrust(venue, reason)
        draft.halts.append(HaltWanted(f"{venue}: {reason} - no orders go there until it is known", venue))
        draft.alerts.append(Alert(venue, reason))

    def _relieved(self, venue: Venue, draft: StepDraft) -> None:
        if not self.at(venue) and self._venues.trust(venue):
            draft.alerts.append(Alert(venue, f"{venue} is trusted again: no order there is unknown any more"))

    def _enough(self, doubt: _Doubt, venue: Venue) -> bool:
        slowest = max(self._acks.get(venue, ()), default=0)
        spread = doubt.missed[-1] - doubt.missed[0]
        return len(doubt.missed) >= ANSWERS_NEEDED and spread >= max(self._spread, 2 * slowest)


def _evidence(doubt: _Doubt, event: AccountStated) -> str:
    spread = _seconds(doubt.missed[-1] - doubt.missed[0])
    return (
        f"proven absent: {len(doubt.missed)} questions over {spread} did not find it, nor does the account as it was "
        f"asked for {_seconds(event.asked - doubt.since)} after it became unknown"
    )


def _seconds(nanos: int) -> str:
    return decimal_text(nanos // MILLISECOND, 3) + " s"
