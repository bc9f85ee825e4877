"""What a desk owns, what of it is promised, and how far its worth fell: booked together, so that they always agree."""

from collections.abc import Callable, Sequence
from itertools import groupby
from operator import attrgetter

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.events import CashMoved, HaltOrdered
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import IntentId, Order
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import Money, Nanos, Price, Size, complement, dollars
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.memory import DeskState
from dutchbook.engine.ports import BundleSource
from dutchbook.execution.step import Step
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
from dutchbook.portfolio.valuation import CompleteSet, LastBids, Valuation
from dutchbook.portfolio.venue_cash import VenueCash
from dutchbook.risk.drawdown import Drawdown, DrawdownState
from dutchbook.risk.settings import RiskSettings

_intent_of: Callable[[Order], IntentId] = attrgetter("intent")


class Capital:
    """The capital of one desk. What is read of it is read in `ledger`, `exposure`, `venue_cash` and `drawdown`."""

    def __init__(
        self,
        *,
        catalogue: Catalogue,
        books: BookTable,
        bundles: BundleSource,
        unsettled: Callable[[OutcomeId], Size],
        risk: RiskSettings,
        cash: Money,
        at: Nanos,
    ) -> None:
        """`unsettled` says how much of an outcome execution may not sell yet."""
        self.venue_cash = VenueCash(self._venue_of)
        self.ledger = Ledger(self.venue_cash.booked)
        if cash:
            self.ledger.apply(Deposit(cash))
        self.exposure = Exposure(self.ledger, self._venue_of, self._fee_of, unsettled)
        self.drawdown = Drawdown(risk, DrawdownState.start(cash, at))
        self._risk = risk
        self._catalogue = catalogue
        self._bundles = bundles
        self._marks = LastBids(books)

    def restore(self, state: DeskState) -> None:
        """Own what an earlier run owned. Raises LedgerError if that was impossible."""
        self.ledger.restore(state.ledger)
        for venue, cash in state.venue_cash.items():
            self.venue_cash.stated(venue, cash)
        if state.drawdown is not None:
            self.drawdown = Drawdown(self._risk, state.drawdown)

    def mark(self, outcome: OutcomeId) -> Price | None:
        """The last bid seen for an outcome; of a decided market what it pays."""
        market = self._catalogue.market_of(outcome)
        if market is None or market.payout is None:
            return self._marks(outcome)
        return market.payout if outcome == market.yes else complement(market.payout)

    def complete_sets(self) -> Sequence[CompleteSet]:
        """Sets of held outcomes that pay together, whatever happens."""
        return self._bundles.complete_sets(self.ledger.positions)

    def valuation(self) -> Valuation:
        """Cash and positions at their bids, whole sets at their payoff."""
        return self.ledger.valuation(self.mark, self.complete_sets())

    def look_at_equity(self, now: Nanos) -> HaltOrdered | None:
        """Compare equity with the drawdown limits; the order to halt when the stop is reached."""
        worth = self.valuation()
        return self.drawdown.observe(now, worth.low, worth.at_cost)

    def check(self, moved: CashMoved) -> None:
        """Raises LedgerError for a withdrawal beyond the cash that nothing in flight may need."""
        free = self.exposure.free_cash()
        if -moved.amount > free:
            wanted = dollars(Money(-moved.amount))
            raise LedgerError(f"withdrawal of ${wanted}: only ${dollars(free)} is free - take less, or wait")

    def move(self, moved: CashMoved) -> LedgerEntry:
        """Book cash that a person brought or took: no profit and no loss."""
        before = self.valuation().low
        entry: LedgerEntry = Deposit(moved.amount) if moved.amount > 0 else Withdrawal(Money(-moved.amount))
        self.ledger.apply(entry)
        self.drawdown.cash_moved(moved.amount, before)
        return entry

    def book(self, operations: Sequence[LedgerEntry], intent: IntentId | None) -> tuple[LedgerEntry, ...]:
        """Book what execution asks for; what had to be adopted first so that trades fit."""
        fitting: tuple[LedgerEntry, ...] = ()
        for entry in operations:
            if isinstance(entry, FillBooked | FillUndone):
                fitting += self.fit(entry)
            elif isinstance(entry, Adopted | CashAdopted):
                self._adopt(entry)
            else:
                self.ledger.apply(entry)
            if isinstance(entry, Split) and intent is not None:
                self.exposure.moved(intent, entry.market, Money(entry.size))
        return fitting

    def fit(self, entry: FillBooked | FillUndone) -> tuple[LedgerEntry, ...]:
        """Book a trade, or that it was undone; what had to be adopted first so that it fits."""
        *first, entry_itself = fitted(entry, self.ledger)
        for adopted in first:
            self._adopt(adopted)
        self.ledger.apply(entry_itself)
        return tuple(first)

    def book_done(self, entry: LedgerEntry) -> bool:
        """Book an operation that a venue says is done; False if the books have too little for it."""
        try:
            self.ledger.apply(entry)
        except LedgerError:
            return False
        if isinstance(entry, Split) and entry.basket is not None:
            self.exposure.moved(entry.basket, entry.market, Money(entry.size))
        return True

    def promise(self, orders: Sequence[Order]) -> None:
        """Count what these orders may cost, in place of what their intents had reserved for them."""
        for intent, named in groupby(orders, _intent_of):
            self.exposure.orders_changed(intent, tuple(named))

    def let_go(self, step: Step) -> None:
        """What nobody needs any more after this step is free."""
        for freed in step.freed:
            self.exposure.release(freed)
        for ended in step.ended:
            for intent in ended.intents:
                self.exposure.release(intent)

    def _adopt(self, entry: LedgerEntry) -> None:
        """Book what nobody knows the reason of. More than was known is no profit, less of it counts as a loss."""
        before = self.valuation().low
        self.ledger.apply(entry)
        gained = Money(self.valuation().low - before)
        if gained > 0:
            self.drawdown.cash_moved(gained, before)

    def _venue_of(self, market: MarketId) -> Venue:
        return self._known(market).venue

    def _fee_of(self, market: MarketId, price: Price, size: Size) -> Money:
        return taker_fee(self._known(market).fees, price, size)

    def _known(self, market: MarketId) -> Market:
        """A market that capital is in, or is asked for. Raises LedgerError for another: risk lets none of them pass."""
        known = self._catalogue.market(market)
        if known is None:
            raise LedgerError(f"no market {market} in the catalogue - its capital cannot be counted - list it first")
        return known
