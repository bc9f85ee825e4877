"""Baskets: from an approved intent to orders, and from each answer to what is due next. Pure: no clock, no I/O."""

from collections.abc import Sequence

from dutchbook.domain.events import OrderFilled, OrderReported, TimerFired
from dutchbook.domain.orders import Intent, IntentId, Leg, Order, OrderId, OrderStatus, Report
from dutchbook.domain.units import Money, Nanos, Size, dollars
from dutchbook.execution.holdings import converted, due_at_once, merge_of, received, split_of
from dutchbook.execution.orders import Orders
from dutchbook.execution.plan import plan
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import NOTHING, Note, Step, StepDraft
from dutchbook.execution.way_home import How, WayHome, cheapest
from dutchbook.execution.working import Basket
from dutchbook.risk.review import Approved

WAY_HOME = "way_home"
"""The kind of an intent that brings a basket with a missing leg home."""

_TIMER = "order:"


class Baskets:
    """All baskets of the desk.

    Fill-or-kill is per order, never per basket: some legs may fill while others miss. Then the cheapest way home (see
    `cheapest`) is proposed as an intent of kind `way_home`, which risk reviews like all others: hand it to `start` if
    it is approved, to `refused` if not. What it loses is in its fills. An order without an answer becomes unknown, is
    never sent again, and its basket waits for it.
    """

    def __init__(self, desk: ExecutionDesk, settings: ExecutionSettings) -> None:
        self._desk = desk
        self._settings = settings
        self._working: dict[IntentId, Basket] = {}
        self._homes: dict[IntentId, tuple[Basket, Intent]] = {}
        self._by_order: dict[OrderId, Basket] = {}
        self.orders = Orders()

    def start(self, approved: Approved, now: Nanos) -> Step:
        """Send what risk approved: a new basket, or the way home of one."""
        intent = approved.intent
        draft = StepDraft()
        if intent.id in self._homes:
            self._go_home(intent.id, now, draft)
            return draft.done()
        bundle = self._desk.bundle(intent.subject)
        basket = Basket(intent, bundle, plan(intent, bundle, self._desk, self._settings.sending))
        self._working[intent.id] = basket
        if bundle is not None:
            size = Size(max(leg.size for leg in intent.legs))
            split = split_of(bundle, size, self._desk)
            draft.operations += () if split is None else (split,)
        self._say(draft, basket, _planned(basket))
        self._send_wave(basket, now, draft)
        return draft.done()

    def refused(self, intent: IntentId, reason: str, now: Nanos) -> Step:  # noqa: ARG002 - a step has a time
        """Risk refused an intent. If it was a way home, its basket ends as it stands."""
        waiting = self._homes.pop(intent, None)
        if waiting is None:
            return NOTHING
        draft = StepDraft()
        self._end(waiting[0], draft, f"way home refused: {reason}")
        return draft.done()

    def on_event(self, event: OrderReported | OrderFilled | TimerFired, now: Nanos) -> Step:
        """Take an answer or a timer in. Raises IllegalTransition, changing nothing, for what cannot be."""
        draft = StepDraft()
        if isinstance(event, TimerFired):
            self._timer(event, now, draft)
        else:
            self._answer(event, now, draft)
        return draft.done()

    def busy(self, subject: str) -> bool:
        """Whether a basket for this subject is still at work."""
        return any(basket.subject == subject for basket in self._working.values())

    def working(self) -> tuple[Intent, ...]:
        """The intents whose baskets are at work, oldest first."""
        return tuple(basket.intent for basket in self._working.values())

    def _answer(self, event: OrderReported | OrderFilled, now: Nanos, draft: StepDraft) -> None:
        order = self.orders.apply(event)
        basket = self._by_order[order.id]
        if isinstance(event, OrderFilled):
            how = basket.filled(event.fill)
            market = self._desk.market(event.fill.market)
            if how is How.TWIN and market is not None:
                draft.operations.append(merge_of(market, event.fill.size))
                basket.spent = Money(basket.spent - event.fill.size)
        elif order.status.final or order.status is OrderStatus.UNKNOWN:
            self._say(draft, basket, f"order {order.id} {order.status}: {event.detail or event.report}")
        if order.status.final:
            basket.arrived(order)
            del self._by_order[order.id]
            if not basket.working:
                self._advance(basket, now, draft)

    def _advance(self, basket: Basket, now: Nanos, draft: StepDraft) -> None:
        """All that was sent is answered: send the next wave, end, or look for a way home."""
        if basket.waves and basket.wave_filled():
            self._send_wave(basket, now, draft)
            return
        basket.waves.clear()
        if basket.balanced:
            self._end(basket, draft, "")
        elif len(basket.home_intents) >= self._settings.ways_home:
            self._end(basket, draft, f"no way home after {len(basket.home_intents)} attempts")
        else:
            self._propose(basket, now, draft)

    def _send_wave(self, basket: Basket, now: Nanos, draft: StepDraft) -> None:
        for number in basket.waves.pop(0):
            leg = basket.holdings[number].leg
            self._send(basket, basket.intent.id, number + 1, leg, (number, How.LEG), now, draft)

    def _send(
        self,
        basket: Basket,
        intent: IntentId,
        position: int,
        leg: Leg,
        route: tuple[int, How],
        now: Nanos,
        draft: StepDraft,
    ) -> None:
        order = self.orders.send(intent, position, leg, now)
        basket.sent(order, *route)
        self._by_order[order.id] = basket
        draft.orders.append(order)
        draft.timers.append((_TIMER + order.id, Nanos(now + self._settings.answer_timeout)))

    def _propose(self, basket: Basket, now: Nanos, draft: StepDraft) -> None:
        """Ask risk for the cheapest way home, or keep what is held."""
        bundle = None if basket.converted else basket.bundle
        home = cheapest(bundle, basket.holdings, basket.spent, self._desk, self._settings)
        if home is None:
            self._end(basket, draft, "no way home: the books offer none within its bounds")
            return
        intent = self._intent(basket, home, now)
        if home.convert is not None:
            # It changes no payoff in any state, and lets risk see that the orders sell what is held.
            size = received(home.convert)
            draft.operations.append(home.convert)
            basket.convert(converted(basket.holdings, self._desk, size), Money((len(home.convert.gives) - 1) * size))
        basket.proposed, basket.last_way = home, home.way
        basket.home_intents.append(intent.id)
        self._homes[intent.id] = (basket, intent)
        draft.intents.append(intent)

    def _intent(self, basket: Basket, home: WayHome, now: Nanos) -> Intent:
        books = [self._desk.book(leg.leg.outcome) for leg in home.legs]
        missed = sum(holding.filled < holding.leg.size for holding in basket.holdings)
        return Intent(
            id=self._desk.next_intent(),
            strategy=basket.intent.strategy,
            kind=WAY_HOME,
            subject=basket.subject,
            legs=tuple(leg.leg for leg in home.legs),
            cost=Money(max(0, sum(leg.cost for leg in home.legs))),
            edge=home.result,
            max_loss=Money(max(0, -home.result)),
            oldest=min((book.received for book in books if book is not None), default=now),
            at=now,
            reason=f"{missed} of {len(basket.holdings)} legs of {basket.intent.id} missed: {home.way} ends it with "
            f"{dollars(home.result)} dollars",
        )

    def _go_home(self, intent: IntentId, now: Nanos, draft: StepDraft) -> None:
        basket, _ = self._homes.pop(intent)
        home, basket.proposed = basket.proposed, None
        if home is None:
            return
        for position, leg in enumerate(home.legs, 1):
            self._send(basket, intent, position, leg.leg, (leg.number, leg.how), now, draft)

    def _end(self, basket: Basket, draft: StepDraft, why: str) -> None:
        """The basket is over: turn whole sets into cash where that is possible at once, and say how it ended."""
        if basket.bundle is not None and not basket.converted:
            due = due_at_once(basket.bundle, basket.holdings, self._desk)
            draft.operations += () if due is None else (due,)
        end = basket.end()
        draft.ended.append(end)
        held = ", ".join(f"{dollars(Money(size))} of {outcome}" for outcome, size in end.kept)
        text = f"{end.ending}: {dollars(Money(end.sets))} sets, result {dollars(end.result)} dollars"
        self._say(draft, basket, "; ".join(part for part in (text, why, held and f"kept {held}") if part))
        del self._working[basket.intent.id]

    def _timer(self, event: TimerFired, now: Nanos, draft: StepDraft) -> None:
        order = self._timed(event.name)
        if order is None or order.status.final:
            return
        if order.status is OrderStatus.SENDING:
            self._answer(OrderReported(order.id, Report.TIMEOUT, now, "no answer in time: reconcile"), now, draft)
        elif order.status is not OrderStatus.UNKNOWN:
            patience = Nanos(order.created + self._settings.patience)
            if now >= patience:
                draft.cancels.append(order.id)
            else:
                draft.timers.append((event.name, patience))

    def _timed(self, name: str) -> Order | None:
        order = OrderId(name.removeprefix(_TIMER))
        return self.orders[order] if name.startswith(_TIMER) and order in self.orders else None

    def _say(self, draft: StepDraft, basket: Basket, text: str) -> None:
        draft.notes.append(Note(basket.subject, f"{basket.intent.id}: {text}"))


def _planned(basket: Basket) -> str:
    waves: Sequence[Sequence[int]] = basket.plan.waves
    order = ", then ".join("+".join(str(number + 1) for number in wave) for wave in waves)
    return f"plan: legs {order}; if one misses and nothing helps, {dollars(basket.plan.worst_loss)} dollars are lost"
