"""The desk: all it knows and owns, changed by one event at a time. Strategies, rules and execution read it here."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.events import (
    BookLost,
    CashMoved,
    Event,
    GridChanged,
    HaltOrdered,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    OrderFilled,
    OrderReported,
    QuestionListed,
    Resumed,
    TimerFired,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.orders import IntentId
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import Money, Nanos, Price, Size, dollars
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.ports import Answer, BundleSource, Gateway
from dutchbook.execution.basket import Baskets
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import NOTHING, Step
from dutchbook.portfolio.entries import Deposit, FillBooked, LedgerEntry, Settlement, Split, Withdrawal
from dutchbook.portfolio.exposure import Exposure
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.valuation import CompleteSet, LastBids, Valuation
from dutchbook.risk.drawdown import Drawdown, DrawdownState
from dutchbook.risk.review import Approved, Refused
from dutchbook.risk.settings import RiskSettings

_NONE: tuple[OutcomeId, ...] = ()


class Opening(msgspec.Struct, frozen=True):
    """What the desk starts with, and when."""

    cash: Money
    at: Nanos


class Learned(msgspec.Struct, frozen=True):
    """What an event led to before anybody was asked: bookings, and what execution does next."""

    operations: tuple[LedgerEntry, ...]
    step: Step
    answers: Sequence[Answer] = ()
    """What the event did to orders of ours that rest in the paper exchange."""


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
        """Whether the event of this turn is for strategies to hear: a listing, a resolution, a timer."""
        self.calm = False
        """Whether the event of this turn is nothing to anybody: the books moved where no strategy looks."""
        self.heard: dict[str, Nanos] = {}
        """When each source of frames, or each venue, was last heard."""
        self.ledger = Ledger()
        self.ledger.apply(Deposit(cash))
        self.exposure = Exposure(self.ledger, self._venue_of, self._fee_of)
        self.drawdown = Drawdown(risk, DrawdownState.start(cash, start))
        self.baskets = Baskets(self, execution)
        self.halt_reason: str | None = None
        self.book: Callable[[OutcomeId], BookView | None] = books.view
        self._gateway = gateway
        self.ordered = False
        """Whether any order was ever sent: until then no book change can do anything to ours."""
        self._bundles = bundles
        self._marks = LastBids(books)
        self._intents = 0
        self._appliers = books.appliers
        self._learn: dict[type, Callable[[Any], Learned]] = {
            TradePrinted: self._market,
            TopQuoted: self._market,
            GridChanged: self._listing,
            MarketListed: self._listing,
            QuestionListed: self._listing,
            MarketStatusChanged: self._listing,
            MarketResolved: self._resolved,
            OrderReported: self._reported,
            OrderFilled: self._filled,
            TimerFired: self._timer,
            CashMoved: self._cash,
            HaltOrdered: self._halt,
            Resumed: self._resumed,
        }

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
        return self._learn[kind](event)

    def look_at(self, outcomes: Sequence[OutcomeId]) -> None:
        """These books, changed already, may be looked at: what `learn` would say of the event that made it so."""
        self.tells = self.calm = False
        self.ready = outcomes

    def accept(self, approved: Approved) -> Step:
        """Reserve what an approved intent may cost, and begin it."""
        self.exposure.reserve(approved.intent)
        step = self.baskets.start(approved, self.now)
        self._book_operations(step.operations, approved.intent.id)
        self._follow_orders(step)
        return step

    def decline(self, refused: Refused) -> Step:
        """An intent that may not pass; if it was the way home of a basket, that basket ends as it is."""
        reason = "; ".join(refusal.message for refusal in refused.refusals)
        step = self.baskets.refused(refused.intent.id, reason, self.now)
        self._book_operations(step.operations, refused.intent.id)
        self._follow_orders(step)
        return step

    def check_cash(self, moved: CashMoved) -> None:
        """Raises LedgerError for a withdrawal beyond the cash that nothing in flight may need."""
        free = self.exposure.free_cash()
        if -moved.amount > free:
            wanted = dollars(Money(-moved.amount))
            raise LedgerError(f"withdrawal of ${wanted}: only ${dollars(free)} is free - take less, or wait")

    def look_at_equity(self) -> HaltOrdered | None:
        """Compare equity with the drawdown limits; the order to halt when the stop is reached."""
        worth = self.valuation()
        return self.drawdown.observe(self.now, worth.low, worth.at_cost)

    def valuation(self) -> Valuation:
        """Cash and positions at their bids, whole sets at their payoff."""
        return self.ledger.valuation(self._marks, self.complete_sets())

    def complete_sets(self) -> Sequence[CompleteSet]:
        """Sets of held outcomes that pay together, whatever happens."""
        return self._bundles.complete_sets(self.ledger.positions)

    def mark(self, outcome: OutcomeId) -> Price | None:
        """The last bid seen for an outcome."""
        return self._marks(outcome)

    def _market(self, event: Any) -> Learned:
        answers = self._gateway.observe(event)
        return Learned((), NOTHING, answers) if answers else NOTHING_LEARNED

    def _listing(self, event: Any) -> Learned:
        self.tells = True
        self.catalogue.apply(event)
        if isinstance(event, MarketListed):
            self.books.add_market(event.market)
        return Learned((), NOTHING, self._gateway.observe(event) if not isinstance(event, QuestionListed) else ())

    def _resolved(self, event: MarketResolved) -> Learned:
        self.tells = True
        self.catalogue.apply(event)
        answers = self._gateway.observe(event)
        market = self.catalogue.market(event.market)
        if market is None:
            return Learned((), NOTHING, answers)
        settlement = Settlement(market.id, market.yes, market.no, event.payout)
        held = self.ledger.held(market.yes) or self.ledger.held(market.no)
        if held:
            self.ledger.apply(settlement)
        self.books.drop_market(market)
        return Learned((settlement,) if held else (), NOTHING, answers)

    def _reported(self, event: OrderReported) -> Learned:
        return self._execution(event)

    def _filled(self, event: OrderFilled) -> Learned:
        self.ledger.apply(FillBooked(event.fill))
        return self._execution(event)

    def _timer(self, event: TimerFired) -> Learned:
        self.tells = True
        return self._execution(event)

    def _execution(self, event: OrderReported | OrderFilled | TimerFired) -> Learned:
        step = self.baskets.on_event(event, self.now)
        if isinstance(event, OrderReported):
            self.exposure.order_changed(self.baskets.orders[event.order])
        elif isinstance(event, OrderFilled):
            self.exposure.order_changed(self.baskets.orders[event.fill.order])
        self._book_operations(step.operations, None)
        self._follow_orders(step)
        return Learned((), step)

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

    def _book_operations(self, operations: Sequence[LedgerEntry], intent: IntentId | None) -> None:
        for entry in operations:
            self.ledger.apply(entry)
            if isinstance(entry, Split) and intent is not None:
                self.exposure.moved(intent, entry.market, Money(entry.size))

    def _follow_orders(self, step: Step) -> None:
        for order in step.orders:
            self.ordered = True
            self.exposure.order_changed(order)
        for home in step.intents:
            # What the basket still wanted is given up for its way home: else the missed leg would count twice.
            for begun in self.baskets.working():
                if begun.subject == home.subject:
                    self.exposure.release(begun.id)
        for ended in step.ended:
            for intent in ended.intents:
                self.exposure.release(intent)

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
        return IntentId(f"i{self._intents}")

    def busy(self, subject: str) -> bool:
        return self.baskets.busy(subject)

    def market(self, market: MarketId) -> Market | None:
        return self.catalogue.market(market)

    def question(self, question: QuestionId) -> Question | None:
        return self.catalogue.question(question)

    def bundle(self, subject: str) -> Bundle | None:
        return self._bundles.bundle(subject)
