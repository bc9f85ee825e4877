"""The desk: all it knows and owns, changed by one event at a time. Strategies, rules and execution read it here."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, assert_never

import msgspec
from msgspec.structs import replace

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.errors import LedgerError
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
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import Money, Nanos, Price, Size, complement, dollars
from dutchbook.domain.wishes import MergePair, Wake, Withdraw
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.memory import DeskState
from dutchbook.engine.ports import Answer, BundleSource, Gateway
from dutchbook.execution.executor import Execution, ExecutionEvent
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import NOTHING, Alert, Step
from dutchbook.portfolio.entries import (
    Adopted,
    CashAdopted,
    Deposit,
    FillBooked,
    FillUndone,
    LedgerEntry,
    Split,
    Withdrawal,
)
from dutchbook.portfolio.exposure import Exposure
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet, LastBids, Valuation
from dutchbook.portfolio.venue_cash import VenueCash
from dutchbook.risk.drawdown import Drawdown, DrawdownState
from dutchbook.risk.review import Approved, Refused
from dutchbook.risk.settings import RiskSettings

_NONE: tuple[OutcomeId, ...] = ()
_intent_of: Callable[[Order], IntentId] = attrgetter("intent")


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
        cash, start = opening.cash, opening.at
        self.now = start
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
        self.venue_cash = VenueCash(self._venue_of)
        self.ledger = Ledger(self.venue_cash.booked)
        if cash:
            self.ledger.apply(Deposit(cash))
        self.exposure = Exposure(self.ledger, self._venue_of, self._fee_of, self._unsettled)
        self._risk = risk
        self.drawdown = Drawdown(risk, DrawdownState.start(cash, start))
        self.execution = Execution(self, execution)
        self.halt_reason: str | None = None
        self.pauses: dict[str, str] = {}
        """Who paused which strategy; under the empty name all of them."""
        self.book: Callable[[OutcomeId], BookView | None] = books.view
        self._gateway = gateway
        self.ordered = False
        """Whether any order was ever sent: until then no book change can do anything to ours."""
        self._bundles = bundles
        self._marks = LastBids(books)
        self._intents = 0
        self._prefix = opening.prefix
        self._appliers = books.appliers
        self._learn = self._learners()

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
        self._book_operations(step.operations, approved.intent.id)
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
        self._book_operations(step.operations, refused.intent.id)
        self._follow_orders(step)
        return step

    def check_cash(self, moved: CashMoved) -> None:
        """Raises LedgerError for a withdrawal beyond the cash that nothing in flight may need."""
        free = self.exposure.free_cash()
        if -moved.amount > free:
            wanted = dollars(Money(-moved.amount))
            raise LedgerError(f"withdrawal of ${wanted}: only ${dollars(free)} is free - take less, or wait")

    def restore(self, state: DeskState) -> None:
        """Own what an earlier run owned. Raises LedgerError if that was impossible."""
        self.ledger.restore(state.ledger)
        for venue, cash in state.venue_cash.items():
            self.venue_cash.stated(venue, cash)
        if state.drawdown is not None:
            self.drawdown = Drawdown(self._risk, state.drawdown)
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
        worth, before = self.valuation(), self.drawdown.state
        ordered = self.drawdown.observe(self.now, worth.low, worth.at_cost)
        self.version += self.drawdown.state != before
        return ordered

    def valuation(self) -> Valuation:
        """Cash and positions at their bids, whole sets at their payoff."""
        return self.ledger.valuation(self.mark, self.complete_sets())

    def complete_sets(self) -> Sequence[CompleteSet]:
        """Sets of held outcomes that pay together, whatever happens."""
        return self._bundles.complete_sets(self.ledger.positions)

    def mark(self, outcome: OutcomeId) -> Price | None:
        """The last bid seen for an outcome; of a decided market what it pays."""
        market = self.catalogue.market_of(outcome)
        if market is None or market.payout is None:
            return self._marks(outcome)
        return market.payout if outcome == market.yes else complement(market.payout)

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
        fitting = self._fit(FillBooked(event.fill))
        learned = self._news(event)
        market = self.catalogue.market(event.fill.market)
        if market is not None and market.payout is not None:
            # A trade from before the decision, told after it, is decided too.
            step = self.execution.resolved(market, self.now)
            self._book_operations(step.operations, None)
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
        booked = tuple(entry for entry in step.done if self._book_done(entry))
        if booked != step.done:
            text = f"{event.operation} is done, and the books have too little for it: what the account states counts"
            step = replace(step, done=booked, alerts=(*step.alerts, Alert(event.operation, text)))
        return self._follow(step)

    def _book_done(self, entry: LedgerEntry) -> bool:
        try:
            self.ledger.apply(entry)
        except LedgerError:
            return False
        if isinstance(entry, Split) and entry.basket is not None:
            self.exposure.moved(entry.basket, entry.market, Money(entry.size))
        return True

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
        fitting = self._book_operations(step.operations, None)
        self._follow_orders(step)
        return Learned((), step, fitting=fitting)

    def _fit(self, entry: FillBooked | FillUndone) -> tuple[LedgerEntry, ...]:
        """Book a trade, or that it was undone; what had to be adopted first so that it fits."""
        *first, entry_itself = fitted(entry, self.ledger)
        for adopted in first:
            self._adopt(adopted)
        self.ledger.apply(entry_itself)
        return tuple(first)

    def _adopt(self, entry: LedgerEntry) -> None:
        """Book what nobody knows the reason of. More than was known is no profit, less of it counts as a loss."""
        before = self.valuation().low
        self.ledger.apply(entry)
        gained = Money(self.valuation().low - before)
        if gained > 0:
            self.drawdown.cash_moved(gained, before)

    def _cash(self, event: CashMoved) -> Learned:
        before = self.valuation().low
        entry: LedgerEntry = Deposit(event.amount) if event.amount > 0 else Withdrawal(Money(-event.amount))
        self.ledger.apply(entry)
        self.drawdown.cash_moved(event.amount, before)
        return Learned((entry,), NOTHING)

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

    def _book_operations(self, operations: Sequence[LedgerEntry], intent: IntentId | None) -> tuple[LedgerEntry, ...]:
        """Book what execution asks for; what had to be adopted first so that trades fit."""
        fitting: tuple[LedgerEntry, ...] = ()
        for entry in operations:
            if isinstance(entry, FillBooked | FillUndone):
                fitting += self._fit(entry)
            elif isinstance(entry, Adopted | CashAdopted):
                self._adopt(entry)
            else:
                self.ledger.apply(entry)
            if isinstance(entry, Split) and intent is not None:
                self.exposure.moved(intent, entry.market, Money(entry.size))
        return fitting

    def _follow_orders(self, step: Step) -> None:
        for intent, orders in groupby(step.orders, _intent_of):
            self.ordered = True
            self.exposure.orders_changed(intent, tuple(orders))
        for home in step.intents:
            # What the basket still wanted is given up for its way home: else the missed leg would count twice.
            self.give_up(home)
        for freed in step.freed:
            self.exposure.release(freed)
        for ended in step.ended:
            for intent in ended.intents:
                self.exposure.release(intent)

    def give_up(self, home: Intent) -> None:
        """Release what the baskets that this way home is for still wanted."""
        for begun in self.execution.working():
            if begun.subject == home.subject:
                self.exposure.release(begun.id)

    def _unsettled(self, outcome: OutcomeId) -> Size:
        return Size(self.execution.orders.unsettled(outcome) + self.execution.operations.bound(outcome))

    def _venue_of(self, market: MarketId) -> Venue:
        return self._known(market).venue

    def _fee_of(self, market: MarketId, price: Price, size: Size) -> Money:
        return taker_fee(self._known(market).fees, price, size)

    def _known(self, market: MarketId) -> Market:
        """A market that capital is in, or is asked for. Raises LedgerError for another: risk lets none of them pass."""
        known = self.catalogue.market(market)
        if known is None:
            raise LedgerError(f"no market {market} in the catalogue - its capital cannot be counted - list it first")
        return known

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
