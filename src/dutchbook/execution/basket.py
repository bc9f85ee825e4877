"""Baskets: from an approved intent to orders, and from each answer to what is due next. Pure: no clock, no I/O."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.operations import OperationId
from dutchbook.domain.orders import WAY_HOME, How, Intent, IntentId, Leg, Order, OrderId, OrderStatus, Route
from dutchbook.domain.units import Money, Nanos, Size, dollars
from dutchbook.execution.fill_rates import FillRates
from dutchbook.execution.gate import Blocked, Watch
from dutchbook.execution.hedge_window import HedgeWindow
from dutchbook.execution.holdings import converted, due_at_once, merge_of, received, split_of
from dutchbook.execution.operations import Operations
from dutchbook.execution.orders import Change, Orders
from dutchbook.execution.plan import plan
from dutchbook.execution.ports import ExecutionDesk
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import BasketEnd, Note, Ordered, StepDraft
from dutchbook.execution.way_home import Way, WayHome, cheapest, unwind
from dutchbook.execution.working import Basket
from dutchbook.portfolio.entries import Convert, LedgerEntry, Merge, Settlement, Split

_HOME = "home:"
_WORTH_A_NOTE = frozenset({OrderStatus.UNKNOWN, *(status for status in OrderStatus if status.final)})


class Baskets:
    """All baskets of the desk.

    Fill-or-kill is per order, never per basket: some legs may fill while others miss. Then the cheapest way home (see
    `cheapest`) is proposed as an intent of kind `way_home`, which risk reviews like all others: hand it to `start` if
    it is approved, to `refused` if not. What it loses is in its fills. A basket waits for its unknown orders, and for
    the settlement of its fills: what is provisional is neither given back, merged nor converted, and a fill that is
    taken back sends it on its way home again.
    """

    def __init__(
        self,
        desk: ExecutionDesk,
        settings: ExecutionSettings,
        orders: Orders,
        operations: Operations,
        blocked: Blocked,
        watch: Watch,
    ) -> None:
        self._desk = desk
        self._settings = settings
        self._orders = orders
        self._operations = operations
        self._blocked = blocked
        self._watch = watch
        self._working: dict[IntentId, Basket] = {}
        self._homes: dict[IntentId, tuple[Basket, Intent]] = {}
        self._by_order: dict[OrderId, Basket] = {}
        self.fill_rates = FillRates(settings.assumed_fill_rate, settings.fill_rate_weight)

    def start(self, intent: Intent, now: Nanos, draft: StepDraft) -> None:
        """Send what risk approved: a new basket, or the way home of one."""
        if intent.id in self._homes:
            self._go_home(intent.id, now, draft)
            return
        basket = self._begin(intent)
        if basket.bundle is not None:
            split = split_of(basket.bundle, Size(max(leg.size for leg in intent.legs)), self._desk)
            basket.operating = self._operate(basket, split, draft)
            basket.split = split is not None and basket.operating is None
        self._say(draft, basket, _planned(basket))
        if basket.operating is None:
            self._send_wave(basket, now, draft)

    def refused(self, intent: IntentId, reason: str, draft: StepDraft) -> None:
        """Risk refused an intent. If it was a way home, its basket ends as it stands."""
        waiting = self._homes.pop(intent, None)
        if waiting is not None:
            basket, _ = waiting
            basket.proposed = None
            why = f"way home refused: {reason}"
            if basket.window is not None and self._may_look_again(basket, basket.window):
                self._look_again(basket, basket.window, why, draft)
            else:
                self._end(basket, draft, why)

    def order_changed(self, change: Change, detail: str, now: Nanos, draft: StepDraft) -> bool:
        """Follow an order. False if it is no basket's, or that of one that is over."""
        order = change.after
        basket = self._by_order.get(order.id)
        if basket is None or order.id not in basket.routes:
            return False
        self._book(basket, change)
        if change.booked is None and change.before.status is not order.status and order.status in _WORTH_A_NOTE:
            self._say(draft, basket, f"order {order.id} {order.status}: {detail}")
        if change.undone is not None:
            self._say(draft, basket, f"order {order.id}: fill {change.undone.id} is taken back: {detail}")
        self._merge_twins(basket, draft)
        if order.status.final:
            basket.arrived(order)
        else:
            basket.working.add(order.id)
        moved = change.booked or change.undone or change.settled or change.before.status is not order.status
        if moved and not basket.working:
            self._advance(basket, now, draft)
        return True

    def operated(self, ordered: Ordered, why: str, now: Nanos, draft: StepDraft, *, done: bool) -> None:
        """An operation is over: a basket that waited for it goes on, or does without."""
        basket = self._waiting_for(ordered)
        if basket is None:
            return
        basket.operating = None
        match ordered.entry:
            case Split() if done:
                basket.split = True
            case Convert() if done:
                self._convert(basket, ordered.entry)
            case Split():
                basket.waves.clear()
                self._say(draft, basket, f"nothing is sold: its split failed: {why}")
            case _:
                basket.may_convert = False
                self._say(draft, basket, f"its conversion failed: {why}")
        if not basket.working:
            self._advance(basket, now, draft)

    def account_stated(self, venue: Venue, now: Nanos, draft: StepDraft) -> None:
        """An account is known again after a restart: baskets that waited for it go on."""
        for basket in list(self._working.values()):
            if venue in basket.awaited:
                basket.awaited.discard(venue)
                if not basket.working:
                    self._advance(basket, now, draft)

    def timer(self, name: str, now: Nanos, draft: StepDraft) -> bool:
        """Whether the timer is one of a basket that waits to go home."""
        if not name.startswith(_HOME):
            return False
        basket = self._working.get(IntentId(name.removeprefix(_HOME)))
        if basket is not None and basket.waiting:
            basket.waiting = False
            if basket.window is not None:
                basket.window.rested = True
            if not basket.working:
                self._advance(basket, now, draft)
        return True

    def owns(self, order: OrderId) -> bool:
        """Whether an order was sent for a basket that is still at work."""
        return order in self._by_order

    def busy(self, subject: str) -> bool:
        """Whether a basket for this subject is still at work."""
        return any(basket.subject == subject for basket in self._working.values())

    def working(self) -> tuple[Intent, ...]:
        """The intents whose baskets are at work, oldest first."""
        return tuple(basket.intent for basket in self._working.values())

    def relive_intent(self, intent: Intent) -> None:
        """An intent that a journal has as approved."""
        if intent.kind != WAY_HOME:
            self._begin(intent).waves.clear()
            return
        for basket in self._working.values():
            if basket.subject == intent.subject:
                basket.home_intents.append(intent.id)
                if basket.window is not None:
                    basket.window.attempts += 1

    def relive_order(self, order: Order) -> None:
        """An order that a journal has as sent, with its route."""
        basket = None if order.route is None else self._working.get(order.route.begun)
        if basket is not None and order.route is not None:
            basket.sent(order, order.route.number, order.route.how)
            self._by_order[order.id] = basket
            if order.intent != basket.intent.id:
                basket.last_way = Way.COMPLETE if order.route.how is How.LEG else Way.UNWIND

    def relive_change(self, change: Change) -> None:
        """What a journal has as said of an order: known, and nothing follows from it any more."""
        basket = self._by_order.get(change.after.id)
        if basket is not None and change.after.id in basket.routes:
            self._book(basket, change)
            if change.after.status.final:
                basket.arrived(change.after)
            else:
                basket.working.add(change.after.id)

    def relive_operation(self, entry: LedgerEntry) -> None:
        """An operation that a journal has as booked."""
        if not isinstance(entry, Split | Merge | Convert) or entry.basket is None:
            return
        basket = self._working.get(entry.basket)
        if basket is None:
            return
        if isinstance(entry, Split):
            basket.split = True
        elif isinstance(entry, Merge) and (entry.market, entry.size) in basket.twins:
            basket.twins.remove((entry.market, entry.size))
            basket.merged(entry.size)
        elif isinstance(entry, Convert) and len(entry.gives) < len(basket.holdings):
            self._convert(basket, entry)
        else:
            basket.closed_out = True

    def relive_ordered(self, ordered: Ordered) -> None:
        """An operation that a journal has as asked for: what ends a basket counts as done, for the rest it waits."""
        basket = self._asked_by(ordered)
        if basket is None:
            return
        entry = ordered.entry
        if isinstance(entry, Merge) or (isinstance(entry, Convert) and len(entry.gives) == len(basket.holdings)):
            self.relive_operation(entry)
        else:
            basket.operating = ordered.operation.id

    def relive_operated(self, ordered: Ordered, *, done: bool) -> None:
        """The end of an operation that a journal has."""
        basket = self._waiting_for(ordered)
        if basket is None:
            return
        basket.operating = None
        if done:
            self.relive_operation(ordered.entry)
        elif isinstance(ordered.entry, Convert):
            basket.may_convert = False

    def relive_end(self, end: BasketEnd) -> None:
        """A basket that a journal has as ended."""
        basket = self._working.pop(end.intents[0], None)
        if basket is not None:
            self.fill_rates.ended(basket.intent.kind, end)
            self._forget(basket)

    def resume(self, draft: StepDraft) -> None:
        """After a restart: baskets without orders at work wait for their accounts to be stated, then go home."""
        for basket in self._working.values():
            markets = (self._desk.market(leg.market) for leg in basket.intent.legs)
            basket.awaited = {market.venue for market in markets if market is not None}
            self._say(draft, basket, "found in the journal: goes on once its accounts are known")
            draft.sweeps += sorted(basket.awaited)

    def _begin(self, intent: Intent) -> Basket:
        bundle = self._desk.bundle(intent.subject)
        window = HedgeWindow(intent.window, self._settings.look_again) if intent.window else None
        basket = Basket(intent, bundle, plan(intent, bundle, self._desk, self._settings.sending), window)
        self._working[intent.id] = basket
        return basket

    def _book(self, basket: Basket, change: Change) -> None:
        if change.booked is not None:
            basket.filled(change.booked)
        if change.undone is not None:
            basket.taken_back(change.undone)
        if change.settled is not None:
            basket.settled(change.settled)

    def _merge_twins(self, basket: Basket, draft: StepDraft) -> None:
        if basket.provisional:
            return
        for market_id, size in basket.twins:
            market = self._desk.market(market_id)
            if market is not None:
                self._operate(basket, merge_of(market, size), draft)
                basket.merged(size)
        basket.twins.clear()

    def _advance(self, basket: Basket, now: Nanos, draft: StepDraft) -> None:
        """All that was sent is answered: send the next wave, end, or look for a way home."""
        if basket.awaited or basket.waiting or basket.operating is not None or basket.proposed is not None:
            return
        if basket.waves and basket.wave_filled() and self._wave_may_leave(basket, draft):
            self._send_wave(basket, now, draft)
            return
        basket.waves.clear()
        if basket.balanced:
            if not basket.provisional:
                self._end(basket, draft, "")
        elif len(basket.home_intents) - (basket.window.attempts if basket.window else 0) < self._settings.ways_home:
            self._propose(basket, now, draft)
        elif not basket.provisional:
            self._end(basket, draft, f"no way home after {len(basket.home_intents)} attempts")

    def _wave_may_leave(self, basket: Basket, draft: StepDraft) -> bool:
        for number in basket.waves[0]:
            if (why := self._blocked(basket.holdings[number].leg)) is not None:
                self._say(draft, basket, f"leg {number + 1} is not sent: {why.reason}")
                return False
        return True

    def _send_wave(self, basket: Basket, now: Nanos, draft: StepDraft) -> None:
        for number in basket.waves.pop(0):
            leg = basket.holdings[number].leg
            self._send(basket, basket.intent.id, number + 1, leg, Route(basket.intent.id, number), now, draft)

    def _send(
        self, basket: Basket, intent: IntentId, position: int, leg: Leg, route: Route, now: Nanos, draft: StepDraft
    ) -> None:
        order = self._orders.send(intent, position, leg, now, route)
        basket.sent(order, route.number, route.how)
        self._by_order[order.id] = basket
        draft.orders.append(order)
        self._watch(order, draft)

    def _propose(self, basket: Basket, now: Nanos, draft: StepDraft) -> None:
        """Ask risk for the cheapest way home, or wait for one that may be gone, or keep what is held."""
        bundle = None if basket.converted else basket.bundle
        settled = not basket.provisional
        home = cheapest(
            bundle,
            basket.holdings,
            basket.spent,
            self._desk,
            self._settings,
            settled=settled,
            may_convert=basket.may_convert,
        )
        if basket.window is not None:
            why = basket.window.why_wait(home, self._blocked_way(home), now)
            if why is not None:
                self._look_again(basket, basket.window, why, draft)
                return
            if basket.window.gives_back or (not basket.window.open and self._blocked_way(home) is not None):
                home = unwind(bundle, basket.holdings, basket.spent, self._desk, self._settings) if settled else None
        if home is None:
            if settled:
                self._end(basket, draft, f"no way home: {self._why_none(basket)}")
            return
        blocked = self._blocked_way(home)
        if blocked is not None:
            basket.waiting = True
            draft.timers.append((_HOME + basket.intent.id, Nanos(now + self._settings.answer_timeout)))
            self._say(draft, basket, f"waits on its way home: {blocked}")
            return
        intent = self._intent(basket, home, now)
        if home.convert is not None:
            # It changes no payoff in any state, and lets risk see that the orders sell what is held.
            basket.operating = self._operate(basket, home.convert, draft)
            if basket.operating is not None:
                return  # what it brings is sold once it is there
            self._convert(basket, home.convert)
        if basket.window is not None:
            basket.window.tried()
        basket.proposed, basket.last_way = home, home.way
        basket.home_intents.append(intent.id)
        self._homes[intent.id] = (basket, intent)
        draft.intents.append(intent)

    def _blocked_way(self, home: WayHome | None) -> str | None:
        """What keeps an order of a way home from leaving now, or None."""
        legs = home.legs if home is not None else ()
        return next((why.reason for leg in legs if (why := self._blocked(leg.leg)) is not None), None)

    def _may_look_again(self, basket: Basket, window: HedgeWindow) -> bool:
        """After a refusal: while the window is open, and once more, to give back, where completing was refused."""
        if window.open:
            return True
        if window.gives_back or basket.last_way is not Way.COMPLETE:
            return False
        window.gives_back = True
        return True

    def _look_again(self, basket: Basket, window: HedgeWindow, why: str, draft: StepDraft) -> None:
        basket.waiting = True
        draft.timers.append((_HOME + basket.intent.id, window.next_look()))
        if window.news(why):
            self._say(draft, basket, f"a leg waits for the others: {why}")

    def _why_none(self, basket: Basket) -> str:
        """Why neither the missing legs nor those held can be traded: halted markets, or the books."""
        markets = (self._desk.market(leg.market) for leg in basket.intent.legs)
        halted = [f"{m.id} is {m.status}" for m in markets if m is not None and m.status is not MarketStatus.OPEN]
        return ", ".join([*halted, "the books offer none within its bounds"])

    def _convert(self, basket: Basket, entry: Convert) -> None:
        size = received(entry)
        basket.convert(converted(basket.holdings, self._desk, size), Money((len(entry.gives) - 1) * size))

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
            self._send(basket, intent, position, leg.leg, Route(basket.intent.id, leg.number, leg.how), now, draft)

    def _end(self, basket: Basket, draft: StepDraft, why: str) -> None:
        """The basket is over: turn whole sets into cash where that is possible at once, and say how it ended."""
        if basket.bundle is not None and not basket.converted and self._may_close_out(basket):
            self._operate(basket, due_at_once(basket.bundle, basket.holdings, self._desk), draft)
        end = basket.end()
        draft.ended.append(end)
        self.fill_rates.ended(basket.intent.kind, end)
        held = ", ".join(f"{dollars(Money(size))} of {outcome}" for outcome, size in end.kept)
        text = f"{end.ending}: {dollars(Money(end.sets))} sets, result {dollars(end.result)} dollars"
        self._say(draft, basket, "; ".join(part for part in (text, why, held and f"kept {held}") if part))
        del self._working[basket.intent.id]
        self._forget(basket)

    def _may_close_out(self, basket: Basket) -> bool:
        """Not twice, nor what was never split: after a restart between two lines of the journal."""
        sold = basket.bundle is not None and basket.bundle.kind is BundleKind.SPLIT_SELL
        return not basket.closed_out and (basket.split or not sold)

    def _forget(self, basket: Basket) -> None:
        for order in [order for order, owner in self._by_order.items() if owner is basket]:
            del self._by_order[order]

    def _asked_by(self, ordered: Ordered) -> Basket | None:
        """The basket, still at work, that asked for an operation."""
        entry = ordered.entry
        if isinstance(entry, Settlement) or entry.basket is None:
            return None
        return self._working.get(entry.basket)

    def _waiting_for(self, ordered: Ordered) -> Basket | None:
        """The basket that goes on once an operation is over."""
        basket = self._asked_by(ordered)
        return basket if basket is not None and basket.operating == ordered.operation.id else None

    def _operate(self, basket: Basket, entry: Split | Merge | Convert | None, draft: StepDraft) -> OperationId | None:
        """Do it, or ask for it: then it has an id."""
        if entry is None:
            return None
        return self._operations.begin(msgspec.structs.replace(entry, basket=basket.intent.id), draft)

    def _say(self, draft: StepDraft, basket: Basket, text: str) -> None:
        draft.notes.append(Note(basket.subject, f"{basket.intent.id}: {text}"))


def _planned(basket: Basket) -> str:
    waves: Sequence[Sequence[int]] = basket.plan.waves
    order = ", then ".join("+".join(str(number + 1) for number in wave) for wave in waves)
    return f"plan: legs {order}; if one misses and nothing helps, {dollars(basket.plan.worst_loss)} dollars are lost"
