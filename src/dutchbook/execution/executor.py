"""Execution: from approved intents to orders, and from each answer to what is due next. Pure: no clock, no I/O."""

from collections.abc import Iterable

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import (
    AccountStated,
    CancelFailed,
    CancelOrdered,
    FillMined,
    FillReversed,
    FillSettled,
    ForeignFill,
    OperationReported,
    OrderEvent,
    OrderFilled,
    OrderMissing,
    OrderReported,
    TimerFired,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.operations import OperationKind, Progress
from dutchbook.domain.orders import Intent, IntentId, Leg, Order, OrderId, OrderStatus, PlanKind, Report
from dutchbook.domain.units import SECOND, Nanos, Size, decimal_text
from dutchbook.domain.wishes import Withdraw
from dutchbook.execution.accounts import AGAIN, Accounts
from dutchbook.execution.basket import Baskets
from dutchbook.execution.cancels import Cancels
from dutchbook.execution.fill_rates import FillRates
from dutchbook.execution.holdings import merge_of
from dutchbook.execution.markouts import Markout
from dutchbook.execution.operations import Operations, markets_of
from dutchbook.execution.orders import Change, OrderNews, Orders
from dutchbook.execution.plans.order_plans import OrderPlans
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import Alert, BasketEnd, HaltWanted, Note, Offer, Ordered, Step, StepDraft
from dutchbook.execution.unknown_orders import UnknownOrders
from dutchbook.execution.venue_states import VenueStates
from dutchbook.portfolio.entries import FillBooked, FillUndone, LedgerEntry
from dutchbook.risk.ports import Block
from dutchbook.risk.review import Approved

type ExecutionEvent = OrderEvent | VenueStateChanged | TimerFired
"""What execution wants to hear of."""
type Lived = (
    Intent
    | Order
    | Offer
    | OrderNews
    | LedgerEntry
    | Ordered
    | OperationReported
    | BasketEnd
    | CancelOrdered
    | Withdraw
)
"""What a journal has of execution: approved intents, orders as sent, once more too, news of them, operations, ends,
cancels."""

PROBE_EVERY = Nanos(10 * SECOND)
"""How often a venue that is not up is asked whether it is, where it does not say when it will be."""

_ANSWER, _PROBE, _SWEEP = "order:", "probe:", "sweep:"


class Execution:
    """All that was sent and all that is to be sent. Each call returns what is to be done now.

    An order without an answer becomes unknown, and nothing else is sent in its market and direction until its venue
    told what became of it; itself only if it insists. Impossible news raises IllegalTransition and changes nothing.
    """

    def __init__(self, desk: ExecutionDesk, settings: ExecutionSettings) -> None:
        self._desk = desk
        self._settings = settings
        self.orders = Orders()
        self.venues = VenueStates()
        self.unknown = UnknownOrders(self.orders, self.venues, self._venue_of, settings.absent_after, self._wanted)
        self.operations = Operations(desk)
        self._baskets = Baskets(desk, settings, self.orders, self.operations, self.blocks, self._watch)
        self._plans = OrderPlans(desk, settings, self.orders, self.blocks, self._watch)
        self._accounts = Accounts(
            desk, self.orders, self._venue_of, self.venues, self.unknown, self.operations, settings
        )
        self._probing: set[Venue] = set()
        self._cancels = Cancels(self.orders, self.venues, self._venue_of, settings)

    def connect(self, venues: Iterable[Venue], now: Nanos) -> Step:
        """Begin to compare the desk with these venues: before their first order, and from then on regularly."""
        draft = StepDraft()
        for venue in venues:
            self.venues.await_account(venue)
            self._sweep(venue, now, draft)
        return draft.as_step()

    def start(self, approved: Approved, now: Nanos) -> Step:
        """Send what risk approved."""
        draft = StepDraft()
        intent = approved.intent
        if intent.plan is PlanKind.BASKET:
            self._baskets.start(intent, now, draft)
        else:
            self._plans.start(intent, now, draft)
        return self._done(draft, now)

    def refused(self, intent: IntentId, reason: str, now: Nanos) -> Step:
        """Risk refused an intent. Of a fresh one nobody here knows; a way home ends its basket."""
        draft = StepDraft()
        self._baskets.refused(intent, reason, draft)
        return self._done(draft, now)

    def on_event(self, event: ExecutionEvent, now: Nanos) -> Step:
        """Take an answer, a statement, a change of a venue or a timer in.

        Raises IllegalTransition, changing nothing, for what cannot be.
        """
        draft = StepDraft()
        match event:
            case FillSettled() | FillReversed() if event.order not in self.orders:
                self._accounts.foreign_settlement(event, draft)
            case OrderReported() | OrderFilled() | FillSettled() | FillReversed():
                self._news(event, now, draft)
            case OrderMissing():
                self._missing(event, draft)
            case CancelFailed():
                self._cancel_failed(event, draft)
            case FillMined() | ForeignFill():
                self._trade(event, draft)
            case AccountStated():
                self._account(event, now, draft)
            case OperationReported():
                self._operated(event, now, draft)
            case VenueStateChanged():
                self._venue(event, draft)
            case TimerFired():
                self._timer(event.name, now, draft)
        return self._done(draft, now)

    def expects(self, timer: str) -> bool:
        """Whether a timer has anything to do still: nearly all orders and cancels are answered before theirs is due."""
        if timer.startswith(_ANSWER):
            order_id = OrderId(timer.removeprefix(_ANSWER))
            if order_id not in self.orders:
                return False
            status = self.orders[order_id].status
            return status is OrderStatus.SENDING or (status.rests and self._baskets.owns(order_id))
        return self._cancels.expects(timer)

    def leaving(self) -> Iterable[Order]:
        """Orders whose cancel was sent and not heard of, the oldest first."""
        return (self.orders[order] for order in self._cancels.out())

    def ending(self, order: Order) -> BasketEnd | None:
        """How the plan of a withdrawn quote ends once its venue says that the order is gone; None if it may not end."""
        return self._plans.ending(order)

    def first_order(self, intent: Intent, now: Nanos) -> Order | None:
        """The order that would leave if a quote was approved now; None if none would."""
        return self._plans.first_order(intent, now)

    def offered(self, offer: Offer, now: Nanos) -> None:
        """An order that a step offered leaves once more."""
        self.unknown.offered(offer, now)

    def cancel(self, order: OrderId, now: Nanos) -> Step:
        """Cancel one order. Raises IllegalTransition for one that nobody here sent."""
        draft = StepDraft()
        self._plans.stop(order)
        self._cancels.want(self.orders[order], draft)
        return self._done(draft, now)

    def withdraw(self, intent: IntentId, now: Nanos) -> Step:
        """End an order plan and cancel its order, as soon as that is known to rest. Nothing if the plan is over."""
        draft = StepDraft()
        self._plans.withdraw(intent, now, draft)
        return self._done(draft, now)

    def merge(self, market: Market, size: Size, now: Nanos) -> Step:
        """Turn so many YES and NO, that are there, back into cash."""
        draft = StepDraft()
        self.operations.begin(merge_of(market, size), draft)
        self.moved(market.id, now)
        return self._done(draft, now)

    def cancel_all(self, now: Nanos, *, market: MarketId | None = None, buys_only: bool = False) -> Step:
        """Cancel all orders at work, of one market or of all, and end their plans; `buys_only` spares what sells."""
        draft = StepDraft()
        self._plans.stop_all(market, buys_only=buys_only)
        for order in self.orders.working():
            wanted = market is None or order.leg.market == market
            if wanted and not (buys_only and order.leg.side is Side.SELL):
                self._cancels.want(order, draft)
        return self._done(draft, now)

    @property
    def fill_rates(self) -> FillRates:
        """How often baskets filled whole, by the kind of their intent."""
        return self._baskets.fill_rates

    def entries(self) -> tuple[Markout, ...]:
        """How the choices of order plans fared: what `adaptive_pricing` is judged by."""
        return self._plans.markouts.stats()

    def blocks(self, leg: Leg) -> Block | None:
        """Why no order for a leg may leave now, or None: its venue, or an unknown order of its market and direction."""
        market = self._desk.market(leg.market)
        if market is None:
            return Block("venue_state", f"no market {leg.market} is known")
        if (denied := self.venues.denies(market.venue, leg)) is not None:
            return Block("venue_state", denied)
        unknown = self.unknown.in_direction(leg, self._rises)
        if unknown is None:
            return None
        return Block("unknown_order", f"order {unknown.id} in its market and direction is unknown")

    def denies(self, order: Order) -> str | None:
        """Why an order may not leave although it was decided: asked right before it is sent."""
        block = self.blocks(order.leg)
        return None if block is None else block.reason

    def busy(self, subject: str) -> bool:
        """Whether something for this subject is still at work."""
        return self._baskets.busy(subject) or self._plans.busy(subject)

    def planned(self, intent: IntentId) -> bool:
        """Whether the order plan of an intent is at work, be it only that its fills may still be taken back."""
        return self._plans.planned(intent)

    def working(self) -> tuple[Intent, ...]:
        """The intents that are at work, oldest first."""
        return (*self._baskets.working(), *self._plans.working())

    def moved(self, market: MarketId, now: Nanos) -> None:
        """Something else than a fill moved what is held of a market, or its cash: a settlement, an operation."""
        self._accounts.moved(market, now)

    def resolved(self, market: Market, now: Nanos) -> Step:
        """A market is decided: what is held of it is settled, or will be redeemed."""
        draft = StepDraft()
        self._accounts.redemptions.resolved(market, draft)
        if draft.operations:
            self.moved(market.id, now)
        return self._done(draft, now)

    def relive(self, line: Lived) -> Change | None:
        """Take in one line of the journal of the run before, in its order; what it changed, if it is about an order.

        Raises IllegalTransition for a journal that cannot be. News that could not be when it came changes nothing now
        either: it is on record all the same.
        """
        change = None
        match line:
            case Intent():
                (self._baskets if line.plan is PlanKind.BASKET else self._plans).relive_intent(line)
            case Order() | Offer():
                self._relive_sent(line)
            case FillSettled() | FillReversed() if line.order not in self.orders:
                self.orders.foreign_ended(line)
            case OrderReported() | OrderFilled() | FillSettled() | FillReversed():
                change = self._relive_news(line)
            case FillBooked():
                self.orders.foreign(line.fill)
            case Ordered() | OperationReported():
                self._relive_operation(line)
            case BasketEnd():
                self._baskets.relive_end(line)
                self._plans.relive_end(line.intents[0])
            case CancelOrdered():
                self._stop(line)
            case Withdraw():
                self._plans.relive_withdrawn(line.intent)
            case _:
                self._baskets.relive_operation(line)
        return change

    def _relive_sent(self, line: Order | Offer) -> None:
        if isinstance(line, Offer):
            self.unknown.offered_before(line)
            return
        self.orders.adopt(line)
        self._baskets.relive_order(line)
        self._plans.relive_order(line)

    def _relive_operation(self, line: Ordered | OperationReported) -> None:
        if isinstance(line, Ordered):
            self.operations.adopt(line)
            self._baskets.relive_ordered(line)
        elif (ordered := self.operations.relive(line)) is not None:
            self._baskets.relive_operated(ordered, done=line.progress is Progress.DONE)

    def _relive_news(self, news: OrderNews) -> Change | None:
        # An order that the journal lacks raises: nobody can say what its news mean.
        _ = self.orders[news.fill.order if isinstance(news, OrderFilled) else news.order]
        try:
            change = self.orders.apply(news)
        except IllegalTransition:
            # It was refused as it came, in the state that the order has here too.
            return None
        self._baskets.relive_change(change)
        self._plans.relive_change(change)
        return change

    def resume(self, now: Nanos, at_work_until: Nanos) -> Step:
        """After the last line: nothing is sent before the venues told what became of the orders and the account.

        `at_work_until`: when the desk before this one was last heard of.
        """
        draft = StepDraft()
        self._accounts.resumed(at_work_until)
        for order in self.orders.working():
            draft.sweeps.append(self._venue_of(order))
            if order.status is OrderStatus.SENDING and not order.venue_id:
                why = "not sent: the desk stopped before it had a name"
                draft.findings.append(OrderReported(order.id, Report.REJECTED, now, why))
            elif order.status is OrderStatus.SENDING:
                why = "the desk stopped before an answer"
                draft.findings.append(OrderReported(order.id, Report.TIMEOUT, now, why))
            elif order.status is OrderStatus.UNKNOWN:
                self.unknown.begin(order, now, draft)
            else:
                draft.queries.append(order.id)
                self._watch(order, draft)
        self.operations.resume(now, draft)
        self._baskets.resume(draft)
        self._plans.resume(draft)
        return self._done(draft, now)

    def _news(self, event: OrderNews, now: Nanos, draft: StepDraft) -> None:
        change = self.orders.apply(event)
        order = change.after
        detail = event.detail or event.report if isinstance(event, OrderReported) else ""
        if change.booked is not None or change.undone is not None:
            self._accounts.moved(order.leg.market, now)
        if change.undone is not None:
            draft.operations.append(FillUndone(change.undone))
        if order.status.final:
            self._cancels.over(order.id)
        self.unknown.order_changed(change, now, draft)
        owned = self._baskets.order_changed(change, detail, now, draft) or self._plans.order_changed(change, now, draft)
        if change.remark:
            draft.notes.append(Note(order.intent, f"order {order.id}: {change.remark}"))
        if change.incident:
            self._incident(change, draft)
        elif not owned and (change.booked is not None or change.undone is not None):
            self._nobodys(change, draft)

    def _trade(self, event: FillMined | ForeignFill, draft: StepDraft) -> None:
        """A trade stands in a block, or was made by an order that is not here."""
        if isinstance(event, FillMined):
            self.orders.mined(event)
        else:
            self._accounts.foreign_fill(event, draft)

    def _incident(self, change: Change, draft: StepDraft) -> None:
        """The desk was wrong about an order: the position is corrected, nothing is opened until a person looked."""
        draft.halts.append(HaltWanted(f"{change.incident} - look at its position, then resume"))
        draft.alerts.append(Alert(change.after.id, change.incident))
        if not change.after.status.final:
            self._cancels.want(change.after, draft)

    def _nobodys(self, change: Change, draft: StepDraft) -> None:
        fill = change.booked or change.undone
        if fill is not None:
            done = "traded after its end" if change.booked is not None else "is taken back after its end"
            text = f"{decimal_text(fill.size, 6)} {fill.side} {fill.outcome} {done}: no basket is left to bring it home"
            draft.notes.append(Note(change.after.intent, f"order {change.after.id}: {text}"))
            draft.alerts.append(Alert(change.after.id, f"order {change.after.id}: {text}"))

    def _stop(self, ordered: CancelOrdered) -> None:
        if ordered.order is not None:
            self._plans.stop(ordered.order)
        else:
            self._plans.stop_all(ordered.market, buys_only=ordered.buys_only)

    def _missing(self, event: OrderMissing, draft: StepDraft) -> None:
        order = self.orders[event.order]
        if order.status.rests:
            why = f"it was {order.status} and is not found any more: {event.detail}"
            draft.findings.append(OrderReported(order.id, Report.TIMEOUT, event.received, why))
        else:
            self.unknown.missing(event, draft)

    def _cancel_failed(self, event: CancelFailed, draft: StepDraft) -> None:
        order = self.orders[event.order]
        draft.notes.append(Note(order.intent, f"order {order.id}: its cancel failed: {event.detail}"))
        if not order.status.final:
            draft.queries.append(order.id)

    def _account(self, event: AccountStated, now: Nanos, draft: StepDraft) -> None:
        self._accounts.stated(event, draft)
        self._baskets.account_stated(event.venue, now, draft)
        self._plans.account_stated(event.venue, now, draft)

    def _operated(self, event: OperationReported, now: Nanos, draft: StepDraft) -> None:
        ordered = self.operations.reported(event, draft)
        if ordered is None:
            return
        done = event.progress is Progress.DONE
        for market in markets_of(ordered.entry):
            self.moved(market, now)
        if ordered.operation.kind is OperationKind.REDEEM:
            self._accounts.redemptions.ended(ordered.operation.markets[0], now, done=done)
        self._baskets.operated(ordered, event.detail, now, draft, done=done)

    def _venue(self, event: VenueStateChanged, draft: StepDraft) -> None:
        before = self.venues.apply(event)
        if before is event.state:
            return
        draft.alerts.append(Alert(event.venue, f"{event.venue} is {event.state}: {event.reason}"))
        self.unknown.state_changed(event.venue, draft)
        self._cancels.venue_changed(event.venue, draft)
        if event.state is VenueState.UP:
            draft.sweeps.append(event.venue)
        elif event.venue not in self._probing:
            self._probing.add(event.venue)
            look = event.received + PROBE_EVERY if event.until is None else event.until
            draft.timers.append((_PROBE + event.venue, Nanos(look)))

    def _timer(self, name: str, now: Nanos, draft: StepDraft) -> None:
        if name.startswith(_SWEEP):
            self._sweep(Venue(name.removeprefix(_SWEEP)), now, draft)
        elif name.startswith(_PROBE):
            self._probe(Venue(name.removeprefix(_PROBE)), now, draft)
        elif name.startswith(AGAIN):
            draft.sweeps.append(Venue(name.removeprefix(AGAIN)))
        elif name.startswith(_ANSWER):
            self._overdue(OrderId(name.removeprefix(_ANSWER)), name, now, draft)
        elif not (self._cancels.timer(name, draft) or self.unknown.timer(name, now, draft)):
            _ = self._plans.timer(name, now, draft) or self._baskets.timer(name, now, draft)

    def _overdue(self, order_id: OrderId, name: str, now: Nanos, draft: StepDraft) -> None:
        """An order without an answer is unknown; a leg of a basket that rests too long is cancelled."""
        if order_id not in self.orders:
            return
        order = self.orders[order_id]
        if order.status is OrderStatus.SENDING:
            why = "no answer in time: reconcile"
            draft.findings.append(OrderReported(order.id, Report.TIMEOUT, now, why))
        elif order.status.rests and self._baskets.owns(order.id):
            patience = Nanos(order.created + self._settings.patience)
            if now >= patience:
                self._cancels.want(order, draft)
            else:
                draft.timers.append((name, patience))

    def _sweep(self, venue: Venue, now: Nanos, draft: StepDraft) -> None:
        draft.sweeps.append(venue)
        draft.timers.append((_SWEEP + venue, Nanos(now + self._settings.reconcile_every)))

    def _probe(self, venue: Venue, now: Nanos, draft: StepDraft) -> None:
        """Ask a venue that is not up something harmless: its answers, not our orders, are to tell when it is back."""
        if self.venues[venue] is VenueState.UP:
            self._probing.discard(venue)
        else:
            draft.sweeps.append(venue)
            draft.timers.append((_PROBE + venue, Nanos(now + PROBE_EVERY)))

    def _watch(self, order: Order, draft: StepDraft) -> None:
        """End the wait for an answer to an order that leaves now."""
        patience = self._settings.insist_after if order.insists else self._settings.answer_timeout
        draft.timers.append((_ANSWER + order.id, Nanos(order.created + patience)))

    def _done(self, draft: StepDraft, now: Nanos) -> Step:
        """The step, with those of its cancels that may be sent now."""
        self._cancels.send(draft, now)
        return draft.as_step()

    def _wanted(self, order: Order) -> bool:
        return self._plans.wants(order)

    def _venue_of(self, order: Order) -> Venue:
        market = self._desk.market(order.leg.market)
        if market is None:
            raise IllegalTransition(f"order {order.id}: no market {order.leg.market} is known - list it first")
        return market.venue

    def _rises(self, leg: Leg) -> bool:
        """Whether a leg gains when its market's YES does: to buy YES, or to sell NO."""
        market = self._desk.market(leg.market)
        return market is not None and (leg.outcome == market.yes) is (leg.side is Side.BUY)
