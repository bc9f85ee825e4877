"""What venues state of our accounts, and trades in them by others than us."""

from collections.abc import Callable

from dutchbook.domain.events import AccountStated, FillReversed, FillSettled, ForeignFill, VenueState, VenueStateChanged
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import Order
from dutchbook.domain.units import Nanos, decimal_text
from dutchbook.execution.operations import Operations
from dutchbook.execution.order_differences import OrderDifferences
from dutchbook.execution.orders import Orders
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.reconciliation import Reconciliation, Standing
from dutchbook.execution.redemptions import Redemptions
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import Alert, StepDraft
from dutchbook.execution.unknown_orders import UnknownOrders
from dutchbook.execution.venue_states import VenueStates
from dutchbook.portfolio.entries import FillBooked, FillUndone

AGAIN = "compare:"
"""The timer at which an account is asked for again, by its venue."""


class Accounts:
    """Compares statements with orders and ledger, and books what strangers trade for us."""

    def __init__(
        self,
        desk: ExecutionDesk,
        orders: Orders,
        venue_of: Callable[[Order], Venue],
        venues: VenueStates,
        unknown: UnknownOrders,
        operations: Operations,
        settings: ExecutionSettings,
    ) -> None:
        standing = Standing(settings.difference_stands)
        self.redemptions = Redemptions(desk, operations, settings.redeem)
        self._standing = standing
        self._orders = orders
        self._venues = venues
        self._unknown = unknown
        self._differences = OrderDifferences(orders, venue_of, standing)
        self._reconciliation = Reconciliation(desk, orders, standing)

    def moved(self, market: MarketId, at: Nanos) -> None:
        """What is held of a market, or its cash, changed."""
        self._reconciliation.moved(market, at)

    def resumed(self, at_work_until: Nanos) -> None:
        """Another desk was at work before this one, until then."""
        self._reconciliation.resumed(at_work_until)

    def stated(self, event: AccountStated, draft: StepDraft) -> None:
        """An account as it is: what is unknown may be proven absent, what differs is put right.

        What has to stand before it is put right is asked for again as soon as it may.
        """
        self._venues.account_stated(event.venue)
        self._unknown.account_stated(event, draft)
        self._differences.account_stated(event, draft)
        self._reconciliation.account_stated(event, draft)
        if (at := self._standing.again_at(event)) is not None:
            draft.timers.append((AGAIN + event.venue, at))
        self.redemptions.account_stated(event, self._reconciliation.busy(event), draft)
        down = self._venues[event.venue] is VenueState.DOWN and event.asked > self._venues.since(event.venue)
        if down and not self._unknown.at(event.venue):
            why = "its account was stated and no order there is unknown"
            draft.findings.append(VenueStateChanged(event.venue, VenueState.UP, event.received, why))

    def foreign_fill(self, event: ForeignFill, draft: StepDraft) -> None:
        """A trade by an order that this desk did not send: booked once."""
        fill = event.fill
        if not self._orders.foreign(fill):
            return
        self.moved(fill.market, event.received)
        draft.operations.append(FillBooked(fill))
        traded = f"{decimal_text(fill.size, 6)} {fill.side} {fill.outcome}"
        draft.alerts.append(Alert(event.venue, f"{traded} by order {fill.order}, which is not ours: booked"))

    def foreign_settlement(self, event: FillSettled | FillReversed, draft: StepDraft) -> None:
        """Of a trade by an order that is not ours, or not any more: only one that failed changes what is held."""
        undone = self._orders.foreign_ended(event)
        if undone is not None:
            self.moved(undone.market, event.received)
            draft.operations.append(FillUndone(undone))
        if isinstance(event, FillReversed):
            text = f"trade {event.fill} of order {event.order}, which is not ours, is taken back: {event.detail}"
            draft.alerts.append(Alert(event.order, text))
            draft.sweeps += list(Venue)
