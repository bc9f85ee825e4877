"""All order plans at work: what each does next follows from its intent, its orders, the book and the time."""

from collections import Counter, deque
from typing import assert_never

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import Fill, Intent, IntentId, Leg, Order, OrderId, OrderStatus, PlanKind, Route
from dutchbook.domain.units import Money, Nanos, Size, dollars, notional_down, notional_up
from dutchbook.execution.gate import Blocked, Watch
from dutchbook.execution.markouts import Choice, Markouts, mid_of
from dutchbook.execution.orders import Change, Orders, leaving
from dutchbook.execution.plans.entry import entry
from dutchbook.execution.plans.progress import Cancel, Done, Move, Progress, Send, Surroundings, Wait
from dutchbook.execution.plans.resting import hides, iceberg, limit, post_only
from dutchbook.execution.plans.taking import at_once, twap
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import BasketEnd, Ending, Note, StepDraft

_PLAN, _MARKOUT = "plan:", "markout:"
_MIDS = 6
"""How many looks at the mid make the momentum."""


class _Plan:
    """A plan at work."""

    __slots__ = ("awaited", "cancelled", "intent", "mids", "orders", "spent", "stopped", "unsettled", "wakes")

    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self.orders: list[OrderId] = []
        self.cancelled: OrderId | None = None
        """The order whose cancel was asked for last: from there on it is followed until its end."""
        self.spent = 0
        self.stopped = False
        self.unsettled: set[tuple[OrderId, str]] = set()
        self.awaited: set[Venue] = set()
        self.mids: deque[float] = deque(maxlen=_MIDS)
        self.wakes = Nanos(0)
        """When it is looked at next by itself: one timer for each plan is enough."""

    def book(self, fill: Fill, sign: int) -> None:
        paid = notional_up(fill.price, fill.size) if fill.side is Side.BUY else -notional_down(fill.price, fill.size)
        self.spent += sign * (paid + fill.fee)
        if sign > 0 and fill.provisional:
            self.unsettled.add((fill.order, fill.id))
        else:
            self.unsettled.discard((fill.order, fill.id))


class OrderPlans:
    """Plans of intents with one leg. One order of each is at work at most, and none follows one in doubt."""

    def __init__(
        self, desk: ExecutionDesk, settings: ExecutionSettings, orders: Orders, blocked: Blocked, watch: Watch
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._orders = orders
        self._blocked = blocked
        self._watch = watch
        self._working: dict[IntentId, _Plan] = {}
        self._by_order: dict[OrderId, _Plan] = {}
        self._subjects: Counter[str] = Counter()
        self.markouts = Markouts()
        self._judging: dict[str, tuple[Choice, Fill, float]] = {}
        self._judged = 0

    def start(self, intent: Intent, now: Nanos, draft: StepDraft) -> None:
        """Begin the plan of an approved intent."""
        plan = self._begin(intent)
        if intent.plan is not PlanKind.POST_ONLY:
            self._say(draft, plan, f"plan: {intent.plan} of {dollars(Money(intent.legs[0].size))} contracts")
        self._advance(plan, now, draft)

    def order_changed(self, change: Change, now: Nanos, draft: StepDraft) -> bool:
        """Follow an order. False if it is no plan's, or that of one that is over."""
        plan = self._by_order.get(change.after.id)
        if plan is None:
            return False
        self._take_in(plan, change)
        if change.booked is not None:
            self._watch_price(change, now, draft)
        if change.after.status.final and not change.before.status.final:
            choice = Choice.JOIN if change.after.leg.post_only else Choice.TAKE
            self.markouts.ordered(choice, filled=bool(change.after.filled))
            if plan.intent.plan is not PlanKind.POST_ONLY:  # quotes come and go: their reports say as much
                self._say(draft, plan, f"order {change.after.id} {change.after.status}")
        self._advance(plan, now, draft)
        return True

    def account_stated(self, venue: Venue, now: Nanos, draft: StepDraft) -> None:
        """An account is known again after a restart: plans that waited for it go on."""
        for plan in list(self._working.values()):
            if venue in plan.awaited:
                plan.awaited.discard(venue)
                self._advance(plan, now, draft)

    def timer(self, name: str, now: Nanos, draft: StepDraft) -> bool:
        """Whether the timer is a plan's."""
        if name.startswith(_MARKOUT):
            self._judge(name)
            return True
        if not name.startswith(_PLAN):
            return False
        plan = self._working.get(IntentId(name.removeprefix(_PLAN)))
        if plan is not None and now >= plan.wakes:
            plan.wakes = Nanos(0)
            self._advance(plan, now, draft)
        return True

    def stop(self, order: OrderId) -> None:
        """A person cancels an order: no other is to follow it."""
        plan = self._by_order.get(order)
        if plan is not None:
            plan.stopped = True

    def withdraw(self, intent: IntentId, now: Nanos, draft: StepDraft) -> None:
        """Whoever wanted the plan of this intent wants it no more."""
        plan = self._working.get(intent)
        if plan is not None:
            plan.stopped = True
            self._advance(plan, now, draft)

    def ending(self, order: Order) -> BasketEnd | None:
        """See `Execution.ending`."""
        plan = self._by_order.get(order.id)
        if plan is None or plan.intent.plan is not PlanKind.POST_ONLY or not plan.stopped:
            return None
        if plan.awaited or plan.unsettled or plan.orders != [order.id] or order.status is not OrderStatus.OPEN:
            return None
        return None if order.filled or order.taken_back else self._ended(plan)

    def first_order(self, intent: Intent, now: Nanos) -> Order | None:
        """See `Execution.first_order`."""
        if intent.plan is not PlanKind.POST_ONLY:
            return None
        move = self._next(_Plan(intent), now)
        if not isinstance(move, Send) or self._blocked(move.leg) is not None:
            return None
        return leaving(intent.id, 1, move.leg, now, Route(intent.id), insists=intent.insists)

    def stop_all(self, market: MarketId | None, *, buys_only: bool) -> None:
        """A person cancels a market, or all: plans end, those too that have no order at work just now."""
        for plan in self._working.values():
            leg = plan.intent.legs[0]
            if market in (None, leg.market) and not (buys_only and leg.side is Side.SELL):
                plan.stopped = True

    def busy(self, subject: str) -> bool:
        """Whether a plan for this subject is still at work."""
        return subject in self._subjects

    def planned(self, intent: IntentId) -> bool:
        """Whether the plan of an intent is at work."""
        return intent in self._working

    def wants(self, order: Order) -> bool:
        """Whether the plan of an order still wants it to trade. One past its time is cancelled once it is known."""
        plan = self._by_order.get(order.id)
        return plan is not None and not plan.stopped and not plan.awaited

    def working(self) -> tuple[Intent, ...]:
        """The intents whose plans are at work, oldest first."""
        return tuple(plan.intent for plan in self._working.values())

    def relive_intent(self, intent: Intent) -> None:
        """An intent that a journal has as approved."""
        self._begin(intent)

    def relive_withdrawn(self, intent: IntentId) -> None:
        """A plan that a journal has as withdrawn."""
        plan = self._working.get(intent)
        if plan is not None:
            plan.stopped = True

    def relive_order(self, order: Order) -> None:
        """An order that a journal has as sent."""
        plan = self._working.get(order.intent)
        if plan is not None:
            plan.orders.append(order.id)
            self._by_order[order.id] = plan

    def relive_change(self, change: Change) -> None:
        """What a journal has as said of an order."""
        plan = self._by_order.get(change.after.id)
        if plan is not None:
            self._take_in(plan, change)

    def relive_end(self, intent: IntentId) -> None:
        """A plan that a journal has as ended."""
        plan = self._working.get(intent)
        if plan is not None:
            self._forget(plan)

    def resume(self, draft: StepDraft) -> None:
        """After a restart: plans go on once the account of their venue is stated."""
        for plan in self._working.values():
            found = self._desk.market(plan.intent.legs[0].market)
            if found is not None:
                plan.awaited.add(found.venue)
                draft.sweeps.append(found.venue)

    def _take_in(self, plan: _Plan, change: Change) -> None:
        if change.booked is not None:
            plan.book(change.booked, 1)
        if change.undone is not None:
            plan.book(change.undone, -1)
        if change.settled is not None:
            plan.unsettled.discard((change.settled.order, change.settled.id))

    def _advance(self, plan: _Plan, now: Nanos, draft: StepDraft) -> None:
        """Do what the plan wants next."""
        if plan.awaited:
            return
        move = self._next(plan, now)
        match move:
            case Send():
                self._send(plan, move.leg, now, draft)
            case Cancel(order):
                if plan.cancelled != order:
                    plan.cancelled = order
                    draft.cancels.append(order)
            case Wait(until, settling):
                if until is not None:
                    self._wake(plan, until, draft)
                if settling:
                    draft.freed.append(plan.intent.id)
            case Done(why):
                self._end(plan, why, draft)
            case _:
                assert_never(move)

    def _next(self, plan: _Plan, now: Nanos) -> Move:
        leg = plan.intent.legs[0]
        found = self._desk.market(leg.market)
        if found is None:
            return Done(f"no market {leg.market} is known")
        # A post-only order takes nothing: what it could take is not looked at.
        takes = plan.intent.plan is not PlanKind.POST_ONLY
        depth = self._desk.depth(leg.outcome, leg.side) if takes else ()
        around = Surroundings(found, self._desk.book(leg.outcome), depth, self._settings, now)
        progress = Progress(
            plan.intent, tuple(self._orders[order] for order in plan.orders), plan.stopped, bool(plan.unsettled)
        )
        return self._move(plan, progress, around)

    def _move(self, plan: _Plan, progress: Progress, around: Surroundings) -> Move:
        settings = self._settings
        match plan.intent.plan:
            case PlanKind.MARKET | PlanKind.BASKET:
                return at_once(progress, around)
            case PlanKind.TWAP:
                return twap(progress, around) if settings.twap_enabled else at_once(progress, around)
            case PlanKind.POST_ONLY:
                return post_only(progress, around)
            case PlanKind.LIMIT if settings.adaptive_pricing:
                self._look(plan, around)
                return entry(progress, around, plan.mids, self.markouts)
            case PlanKind.LIMIT | PlanKind.ICEBERG:
                return iceberg(progress, around) if hides(progress, around) else limit(progress, around)

    def _look(self, plan: _Plan, around: Surroundings) -> None:
        book = around.book
        mid = None if book is None or not book.usable else mid_of(book.best_bid, book.best_ask)
        if mid is not None:
            plan.mids.append(mid)

    def _send(self, plan: _Plan, leg: Leg, now: Nanos, draft: StepDraft) -> None:
        block = self._blocked(leg)
        if block is not None:
            self._say(draft, plan, f"waits: {block.reason}")
            self._wake(plan, Nanos(now + self._settings.answer_timeout), draft)
            return
        intent = plan.intent.id
        insists = plan.intent.insists
        order = self._orders.send(intent, len(plan.orders) + 1, leg, now, Route(intent), insists=insists)
        plan.orders.append(order.id)
        self._by_order[order.id] = plan
        draft.orders.append(order)
        self._watch(order, draft)

    def _wake(self, plan: _Plan, at: Nanos, draft: StepDraft) -> None:
        if not plan.wakes or at < plan.wakes:
            plan.wakes = at
            draft.timers.append((_PLAN + plan.intent.id, at))

    def _end(self, plan: _Plan, why: str, draft: StepDraft) -> None:
        ended = self._ended(plan)
        draft.ended.append(ended)
        self._forget(plan)
        if ended.ending is Ending.NOTHING and plan.intent.plan is PlanKind.POST_ONLY:
            return
        filled, size = sum(self._orders[order].filled for order in plan.orders), plan.intent.legs[0].size
        traded = f"{dollars(Money(filled))} of {dollars(Money(size))} contracts for {dollars(Money(plan.spent))}"
        self._say(draft, plan, f"{ended.ending}: {traded} dollars; {why}")

    def _ended(self, plan: _Plan) -> BasketEnd:
        """How a plan ends with what is filled by now."""
        leg = plan.intent.legs[0]
        filled = sum(self._orders[order].filled for order in plan.orders)
        return BasketEnd(
            intents=(plan.intent.id,),
            subject=plan.intent.subject,
            ending=Ending.NOTHING if not filled else Ending.COMPLETE if filled == leg.size else Ending.PART,
            sets=Size(0),
            result=Money(-plan.spent),
            kept=((leg.outcome, Size(filled)),) if filled and leg.side is Side.BUY else (),
        )

    def _begin(self, intent: Intent) -> _Plan:
        plan = self._working[intent.id] = _Plan(intent)
        self._subjects[intent.subject] += 1
        return plan

    def _forget(self, plan: _Plan) -> None:
        del self._working[plan.intent.id]
        subject = plan.intent.subject
        self._subjects[subject] -= 1
        if not self._subjects[subject]:
            del self._subjects[subject]
        for order in plan.orders:
            self._by_order.pop(order, None)

    def _watch_price(self, change: Change, now: Nanos, draft: StepDraft) -> None:
        """Look at the price again some time after a fill."""
        fill = change.booked
        mid = None if fill is None else self._mid(fill.outcome)
        if fill is None or mid is None:
            return
        self._judged += 1
        name = f"{_MARKOUT}{self._judged}"
        choice = Choice.JOIN if change.after.leg.post_only else Choice.TAKE
        self._judging[name] = (choice, fill, mid)
        draft.timers.append((name, Nanos(now + self._settings.markout_after)))

    def _judge(self, name: str) -> None:
        waiting = self._judging.pop(name, None)
        later = None if waiting is None else self._mid(waiting[1].outcome)
        if waiting is not None and later is not None:
            choice, fill, then = waiting
            self.markouts.judged(choice, fill, then, later)

    def _mid(self, outcome: OutcomeId) -> float | None:
        book = self._desk.book(outcome)
        return None if book is None or not book.usable else mid_of(book.best_bid, book.best_ask)

    def _say(self, draft: StepDraft, plan: _Plan, text: str) -> None:
        draft.notes.append(Note(plan.intent.subject, f"{plan.intent.id}: {text}"))
