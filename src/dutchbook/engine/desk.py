"""The desk: all it knows and owns, changed by one event at a time. Strategies, rules and execution read it here."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, assert_never

import msgspec
from msgspec.structs import replace

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.events import (
    AccountStated,
    BookLost,
    CancelFailed,
    CancelOrdered,
    CashMoved,
    Event,
    FillMined,
    FillReversed,
    FillSettled,
    ForeignFill,
    GridChanged,
    HaltOrdered,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    OperationReported,
    OrderFilled,
    OrderMissing,
    OrderReported,
    PauseLifted,
    PauseOrdered,
    QuestionListed,
    ReconcileOrdered,
    Resumed,
    RewardsListed,
    RewardsStated,
    TimerFired,
    TopQuoted,
    TradePrinted,
    VenueStateChanged,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import Intent, IntentId, Order, OrderId
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.domain.wishes import MergePair, Wake, Withdraw
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.capital import Capital
from dutchbook.engine.memory import DeskState
from dutchbook.engine.ports import Answer, BundleSource, Gateway
from dutchbook.execution.executor import Execution, ExecutionEvent
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import NOTHING, Alert, Step
from dutchbook.portfolio.entries import FillBooked, LedgerEntry
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet, Valuation
from dutchbook.risk.drawdown import Drawdown
from dutchbook.risk.review import Approved, Refused
from dutchbook.risk.settings import RiskSettings

_NONE: tuple[OutcomeId, ...] = ()


class Opening(msgspec.Struct, frozen=True):
    """What the desk starts with, and when. The ids of its intents and orders begin with `prefix`."""

    cash: Money
    at: Nanos
    prefix: str = ""


class Learned(msgspec.Struct, frozen=True):
    """What an event led to before anybody was asked: bookings, and what execution does next."""

    operations: tuple[LedgerEntry, ...]
    step: Step
    answers: Sequence[Answer] = ()
    """What the event did to orders of ours that rest in the paper exchange."""
    fitting: tuple[LedgerEntry, ...] = ()
    """What had to be adopted so that a trade could be booked: it follows from the trade, and is on record beside it."""
    decided: tuple[Market, ...] = ()
    """Decided markets of which something is held: a restart must know what they pay, listed or not."""


NOTHING_LEARNED = Learned((), NOTHING)


class Desk:
    """One consistent owner of capital. `now` is set by the loop before each event."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        books: BookTable,
        gateway: Gateway,
        bundles: BundleSource,
        risk: RiskSettings,
        execution: ExecutionSettings,
        opening: Opening,
    ) -> None:
        self.now = opening.at
        self.catalogue = catalogue
        self.books = books
        self.ready: Sequence[OutcomeId] = _NONE
        self.tells = False
        """Whether the event of this turn is for strategies to hear: all but changes of books, trades and commands."""
        self.calm = False
        """Whether the event of this turn is nothing to anybody: the books moved where no strategy looks."""
        self.version = 0
        """Counts what changes the desk beside its books: while it stays, only books and time have moved."""
        self.heard: dict[str, Nanos] = {}
        """When each source of frames, or each venue, was last heard."""
        self.capital = Capital(
            catalogue=catalogue,
            books=books,
            bundles=bundles,
            unsettled=self._unsettled,
            risk=risk,
            cash=opening.cash,
            at=opening.at,
        )
        self.ledger, self.exposure = self.capital.ledger, self.capital.exposure
        self.venue_cash = self.capital.venue_cash
        self.execution = Execution(self, execution)
        self.halt_reason: str | None = None
        self.pauses: dict[str, str] = {}
        """Who paused which strategy; under the empty name all of them."""
        self.book: Callable[[OutcomeId], BookView | None] = books.view
        self._gateway = gateway
        self.ordered = False
        """Whether any order was ever sent: until then no book change can do anything to ours."""
        self._bundles = bundles
        self._intents = 0
        self._prefix = opening.prefix
        self._appliers = books.appliers
        self._learn = self._learners()

    @property
    def drawdown(self) -> Drawdown:
        """How far the desk's worth fell, and what of it is allowed."""
        return self.capital.drawdown

    def learn(self, event: Event) -> Learned:
        """Apply one event. `ready` then names the outcomes whose books may be looked at because of it."""
        self.tells = False
        kind = type(event)
        apply = self._appliers.get(kind)
        if apply is not None:
            ready = self.ready = apply(event)
            learned = self._market(event) if self.ordered else NOTHING_LEARNED
            self.calm = not ready and learned is NOTHING_LEARNED and kind is not BookLost
            return learned
        self.calm = False
        self.ready = _NONE
        self.version += 1
        return self._learn[kind](event)

    def look_at(self, outcomes: Sequence[OutcomeId]) -> None:
        """These books, changed already, may be looked at: what `learn` would say of the event that made it so."""
        self.tells = self.calm = False
        self.ready = outcomes

    def accept(self, approved: Approved) -> Step:
        """Reserve what an approved intent may cost, and begin it."""
        self.version += 1
        self.exposure.reserve(approved.intent)
        step = self.execution.start(approved, self.now)
        self.capital.book(step.operations, approved.intent.id)
        self._follow_orders(step)
        return step

    def grant(self, wish: Withdraw | Wake | MergePair) -> Step:
        """Do what no rule has to judge."""
        self.version += 1
        match wish:
            case Withdraw(intent=intent):
                step = self.execution.withdraw(intent, self.now)
            case MergePair():
                step = self._merge(wish)
            case Wake(name=name, at=at):
                return Step(timers=((name, at),))
            case _:
                assert_never(wish)
        return self._follow(step).step

    def decline(self, refused: Refused) -> Step:
        """An intent that may not pass; if it was the way home of a basket, that basket ends as it is."""
        self.version += 1
        reason = "; ".join(refusal.message for refusal in refused.refusals)
        step = self.execution.refused(refused.intent.id, reason, self.now)
        self.capital.book(step.operations, refused.intent.id)
        self._follow_orders(step)
        return step

    def restore(self, state: DeskState) -> None:
        """Own what an earlier run owned. Raises LedgerError if that was impossible."""
        self.capital.restore(state)
        self.pauses |= state.pauses

    def refuses(self, order: Order) -> str | None:
        """Why an order may not leave now, whatever was approved; None if it may."""
        return self.execution.denies(order)

    def named(self, order: Order) -> None:
        """An order has the name that its venue knows it by."""
        if order.venue_id:
            self.execution.orders.named(order.id, order.venue_id)

    def paused_by(self, strategy: str) -> str | None:
        """Who paused this strategy, or all of them, in words; None if nobody did."""
        by = self.pauses.get("") or self.pauses.get(strategy)
        return None if by is None else f"paused by {by}"

    def positions(self) -> Mapping[OutcomeId, Position]:
        return self.ledger.positions

    def cash_at(self, venue: Venue) -> Money:
        return self.venue_cash.at(venue) or Money(0)

    def moving(self, venue: Venue) -> bool:
        return self._gateway.moving(venue) or self.execution.operations.moving(venue)

    def operates(self, venue: Venue) -> bool:
        return self._gateway.operates(venue)

    def settled(self, outcome: OutcomeId) -> Size:
        """Contracts held that may be sold: those whose settlement is final."""
        return self.exposure.settled(outcome)

    def look_at_equity(self) -> HaltOrdered | None:
        """Compare equity with the drawdown limits; the order to halt when the stop is reached."""
        before = self.drawdown.state
        ordered = self.capital.look_at_equity(self.now)
        self.version += self.drawdown.state != before
        return ordered

    def valuation(self) -> Valuation:
        """See `Capital.valuation`."""
        return self.capital.valuation()

    def complete_sets(self) -> Sequence[CompleteSet]:
        """See `Capital.complete_sets`."""
        return self.capital.complete_sets()

    def mark(self, outcome: OutcomeId) -> Price | None:
        """See `Capital.mark`."""
        return self.capital.mark(outcome)

    def _learners(self) -> Mapping[type, Callable[[Any], Learned]]:
        """What brings the desk up to date, by the kind of event; books have appliers of their own."""
        return {
            TradePrinted: self._market,
            TopQuoted: self._market,
            GridChanged: self._listing,
            MarketListed: self._listing,
            QuestionListed: self._listing,
            MarketStatusChanged: self._listing,
            MarketResolved: self._resolved,
            RewardsListed: self._rewards,
            RewardsStated: self._rewards,
            OrderReported: self._news,
            OrderFilled: self._filled,
            FillMined: self._told,
            FillSettled: self._news,
            FillReversed: self._news,
            OrderMissing: self._told,
            CancelFailed: self._told,
            ForeignFill: self._told,
            AccountStated: self._told,
            OperationReported: self._operated,
            VenueStateChanged: self._told,
            TimerFired: self._told,
            CashMoved: self._cash,
            HaltOrdered: self._halt,
            Resumed: self._resumed,
            PauseOrdered: self._pause,
            PauseLifted: self._unpause,
            CancelOrdered: self._cancel,
            ReconcileOrdered: self._reconcile,
        }

    def _market(self, event: Any) -> Learned:
        answers = self._gateway.observe(event)
        return Learned((), NOTHING, answers) if answers else NOTHING_LEARNED

    def _listing(self, event: Any) -> Learned:
        self.tells = True
        self.catalogue.apply(event)
        if isinstance(event, MarketListed):
            self.books.add_market(event.market)
        answers = self._gateway.observe(event) if not isinstance(event, QuestionListed) else ()
        if isinstance(event, MarketListed) and event.market.payout is not None:
            return self._decided(event.market, answers)  # nobody announced it, or nobody listened
        return Learned((), NOTHING, answers)

    def _rewards(self, event: RewardsListed | RewardsStated) -> Learned:  # noqa: ARG002 - strategies keep what they need
        """Rewards change neither books nor capital: who quotes for them hears of them."""
        self.tells = True
        return NOTHING_LEARNED

    def _resolved(self, event: MarketResolved) -> Learned:
        self.tells = True
        self.catalogue.apply(event)
        answers = self._gateway.observe(event)
        market = self.catalogue.market(event.market)
        if market is None:
            return Learned((), NOTHING, answers)
        self.books.drop_market(market)
        return self._decided(market, answers)

    def _decided(self, market: Market, answers: Sequence[Answer] = ()) -> Learned:
        """Settle what is held of a decided market, or have it redeemed."""
        held = self.ledger.held(market.yes) or self.ledger.held(market.no)
        learned = self._follow(self.execution.resolved(market, self.now))
        return replace(learned, answers=answers, decided=(market,) if held else ())

    def _filled(self, event: OrderFilled) -> Learned:
        if not self.execution.orders.is_new(event.fill):
            return self._news(event)
        fitting = self.capital.fit(FillBooked(event.fill))
        learned = self._news(event)
        market = self.catalogue.market(event.fill.market)
        if market is not None and market.payout is not None:
            # A trade from before the decision, told after it, is decided too.
            step = self.execution.resolved(market, self.now)
            self.capital.book(step.operations, None)
            sweeps = learned.step.sweeps + step.sweeps
            learned = replace(
                learned, operations=learned.operations + step.operations, step=replace(learned.step, sweeps=sweeps)
            )
        return replace(learned, fitting=fitting + learned.fitting) if fitting else learned

    def _news(self, event: OrderReported | OrderFilled | FillSettled | FillReversed) -> Learned:
        self.tells = True
        order = event.fill.order if isinstance(event, OrderFilled) else event.order
        if isinstance(event, FillSettled):
            self.ledger.settled(event.order, event.fill)
        if order not in self.execution.orders and isinstance(event, FillSettled | FillReversed):
            return self._told(event)
        step = self.execution.on_event(event, self.now)
        self.exposure.order_changed(self.execution.orders[order])
        return self._follow(step)

    def _told(self, event: ExecutionEvent) -> Learned:
        self.tells = True
        return self._follow(self.execution.on_event(event, self.now))

    def _operated(self, event: OperationReported) -> Learned:
        """Book an operation that is done. What the books have too little for is left to the account's statements."""
        self.tells = True
        step = self.execution.on_event(event, self.now)
        booked = tuple(entry for entry in step.done if self.capital.book_done(entry))
        if booked != step.done:
            text = f"{event.operation} is done, and the books have too little for it: what the account states counts"
            step = replace(step, done=booked, alerts=(*step.alerts, Alert(event.operation, text)))
        return self._follow(step)

    def _merge(self, wish: MergePair) -> Step:
        market = self.catalogue.market(wish.market)
        if market is None or min(self.sellable(market.yes), self.sellable(market.no)) < wish.size:
            return NOTHING
        return self.execution.merge(market, wish.size, self.now)

    def _cancel(self, event: CancelOrdered) -> Learned:
        if event.order is not None:
            return self._follow(self.execution.cancel(event.order, self.now))
        step = self.execution.cancel_all(self.now, market=event.market, buys_only=event.buys_only)
        return self._follow(step)

    def _follow(self, step: Step) -> Learned:
        fitting = self.capital.book(step.operations, None)
        self._follow_orders(step)
        return Learned((), step, fitting=fitting)

    def _cash(self, event: CashMoved) -> Learned:
        return Learned((self.capital.move(event),), NOTHING)

    def _halt(self, event: HaltOrdered) -> Learned:
        self.halt_reason = event.reason
        return NOTHING_LEARNED

    def _resumed(self, event: Resumed) -> Learned:  # noqa: ARG002 - who resumed is for the record
        self.halt_reason = None
        self.drawdown.resumed()
        return NOTHING_LEARNED

    def _pause(self, event: PauseOrdered) -> Learned:
        self.pauses[event.strategy] = event.by
        return NOTHING_LEARNED

    def _unpause(self, event: PauseLifted) -> Learned:
        self.pauses.pop(event.strategy, None)
        return NOTHING_LEARNED

    def _reconcile(self, event: ReconcileOrdered) -> Learned:  # noqa: ARG002 - who asked is for the record
        return Learned((), Step(sweeps=tuple(Venue)))

    def _follow_orders(self, step: Step) -> None:
        if step.orders:
            self.ordered = True
            self.capital.promise(step.orders)
        for home in step.intents:
            # What the basket still wanted is given up for its way home: else the missed leg would count twice.
            self.give_up(home)
        self.capital.let_go(step)

    def give_up(self, home: Intent) -> None:
        """Release what the baskets that this way home is for still wanted."""
        for begun in self.execution.working():
            if begun.subject == home.subject:
                self.exposure.release(begun.id)

    def _unsettled(self, outcome: OutcomeId) -> Size:
        return Size(self.execution.orders.unsettled(outcome) + self.execution.operations.bound(outcome))

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        return self._gateway.unclaimed(outcome, side)

    def next_intent(self) -> IntentId:
        self._intents += 1
        return IntentId(f"{self._prefix}i{self._intents}")

    def intent_to_come(self) -> IntentId:
        """The id that the next intent will get; asking takes nothing."""
        return IntentId(f"{self._prefix}i{self._intents + 1}")

    def sellable(self, outcome: OutcomeId) -> Size:
        return self.exposure.sellable(outcome)

    def reserved(self, market: MarketId) -> Money:
        return self.exposure.reserved_in(market)

    def reserved_for(self, intent: IntentId, market: MarketId) -> Money:
        return self.exposure.reserved_for(intent, market)

    def order(self, order: OrderId) -> Order | None:
        return self.execution.orders.find(order)

    def at_work(self, strategy: str) -> Sequence[Intent]:
        return [intent for intent in self.execution.working() if intent.strategy == strategy]

    def planned(self, intent: IntentId) -> bool:
        return self.execution.planned(intent)

    def held_back(self, strategy: str) -> str | None:
        return self.halt_reason or self.paused_by(strategy) or self.drawdown.paused(self.now)

    def opened_at(self, outcome: OutcomeId) -> Nanos | None:
        return self.ledger.opened_at(outcome)

    def fill_rate(self, kind: str) -> int:
        return self.execution.fill_rates.rate(kind)

    def busy(self, subject: str) -> bool:
        return self.execution.busy(subject)

    def market(self, market: MarketId) -> Market | None:
        return self.catalogue.market(market)

    def question(self, question: QuestionId) -> Question | None:
        return self.catalogue.question(question)

    def bundle(self, subject: str) -> Bundle | None:
        return self._bundles.bundle(subject)
