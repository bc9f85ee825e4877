"""No micro-dollar appears or is lost, whatever is booked in whatever order."""

import random
from collections.abc import Callable

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.units import CONTRACT, DOLLAR, Money, Price, Size
from dutchbook.portfolio.entries import (
    Adopted,
    CashAdopted,
    Convert,
    Deposit,
    FeeRefund,
    FillBooked,
    FillUndone,
    LedgerEntry,
    Withdrawal,
)
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.profit import profit_and_loss
from tests.portfolio.entries import claim, merge, no, settlement, split, traded, yes

STEPS = 100_000
MARKETS = [MarketId(f"m{number}") for number in range(5)]
CLAIMS = [outcome(market) for market in MARKETS for outcome in (yes, no)]

sizes = st.integers(1, 30 * CONTRACT)
prices = st.integers(0, 10_000)
markets = st.sampled_from(MARKETS)


class AnyLedger(RuleBasedStateMachine):
    """Random entries; what the ledger refuses must leave no trace."""

    def __init__(self) -> None:
        super().__init__()
        self.ledger = Ledger()
        self.ledger.apply(Deposit(Money(100 * DOLLAR)))
        self.provisional: list[FillBooked] = []
        self.trades = 0

    def book(self, entry: LedgerEntry) -> bool:
        before = self.state()
        try:
            postings = self.ledger.apply(entry)
        except LedgerError:
            assert before == self.state()
            return False
        assert sum(posting.amount for posting in postings) == 0
        return True

    def state(self) -> tuple[object, ...]:
        ledger = self.ledger
        return (ledger.cash, dict(ledger.positions), ledger.fees, ledger.realised, ledger.adopted)

    @rule(amount=st.integers(1, 200 * DOLLAR), out=st.booleans())
    def move_cash(self, amount: int, out: bool) -> None:
        self.book(Withdrawal(Money(amount)) if out else Deposit(Money(amount)))

    @rule(
        side=st.sampled_from(Side),
        outcome=st.sampled_from(CLAIMS),
        price=prices,
        size=sizes,
        fee=st.integers(-5_000, 50_000),
    )
    def trade(self, side: Side, outcome: OutcomeId, price: int, size: int, fee: int) -> None:
        self.book(traded(side, outcome, price, size, fee))

    @rule(
        side=st.sampled_from(Side),
        outcome=st.sampled_from(CLAIMS),
        price=prices,
        size=sizes,
        fee=st.integers(-5_000, 50_000),
    )
    def trade_provisionally(self, side: Side, outcome: OutcomeId, price: int, size: int, fee: int) -> None:
        """As a venue tells of it: it fits, whatever the ledger knew."""
        self.trades += 1
        entry = traded(side, outcome, price, size, fee, fill=f"f{self.trades}")
        for part in fitted(entry, self.ledger):
            assert self.book(part)
        self.provisional.append(entry)

    @precondition(lambda self: self.provisional)
    @rule(data=st.data(), settles=st.booleans())
    def settle_or_undo(self, data: st.DataObject, settles: bool) -> None:
        entry = self.provisional.pop(data.draw(st.integers(0, len(self.provisional) - 1)))
        if settles:
            self.ledger.settled(entry.fill.order, entry.fill.id)
            return
        for part in fitted(FillUndone(entry.fill), self.ledger):
            assert self.book(part)

    @rule(side=st.sampled_from(Side), outcome=st.sampled_from(CLAIMS), price=prices, size=sizes)
    def trade_and_undo_at_once(self, side: Side, outcome: OutcomeId, price: int, size: int) -> None:
        """Nothing in between: everything is as before, to the last unit."""
        before = self.state()
        entry = traded(side, outcome, price, size, 17, fill="at once", order="u")
        if self.book(entry):
            assert self.book(FillUndone(entry.fill))
            assert self.state() == before

    @rule(outcome=st.sampled_from(CLAIMS), size=st.integers(-30 * CONTRACT, 30 * CONTRACT), cost=st.integers(-1, 10**7))
    def adopt(self, outcome: OutcomeId, size: int, cost: int) -> None:
        before = self.ledger.held(outcome)
        if self.book(Adopted(outcome, claim(outcome).market, size, Money(cost), "stated")):
            assert self.ledger.held(outcome) == before + size

    @rule(amount=st.integers(-100 * DOLLAR, 100 * DOLLAR))
    def adopt_cash(self, amount: int) -> None:
        before, put_in = self.ledger.cash, self.ledger.deposits
        if self.book(CashAdopted(Money(amount), "stated")):
            assert (self.ledger.cash, self.ledger.deposits) == (before + amount, put_in)

    @rule(market=markets, size=sizes, back=st.booleans())
    def split_or_merge(self, market: MarketId, size: int, back: bool) -> None:
        self.book(merge(size, market) if back else split(size, market))

    @rule(market=markets, payout=prices)
    def settle(self, market: MarketId, payout: int) -> None:
        self.book(settlement(payout, market))

    @rule(number=st.integers(1, 5), size=sizes, fee_ppm=st.sampled_from([0, 1, 20_000, 999_999]))
    def convert(self, number: int, size: int, fee_ppm: int) -> None:
        gives = tuple(claim(no(market)) for market in MARKETS[:number])
        takes = tuple(claim(yes(market)) for market in MARKETS[number:])
        self.book(Convert(QuestionId("q"), gives, takes, Size(size), fee_ppm))

    @rule(amount=st.integers(1, 10_000))
    def refund(self, amount: int) -> None:
        self.book(FeeRefund(Money(amount), "rounding"))

    @invariant()
    def is_conserved(self) -> None:
        self.ledger.check()
        assert self.ledger.cash >= 0

    @invariant()
    def is_explained(self) -> None:
        report = profit_and_loss(self.ledger, lambda _: Price(4_321))
        assert report.equity == report.cash + report.positions_value
        assert report.net == report.equity - report.deposits + report.withdrawals - report.adopted


TestAnyLedger = AnyLedger.TestCase


def test_a_hundred_thousand_random_entries_conserve_every_micro_dollar() -> None:
    rng = random.Random(20261121)
    ledger = Ledger()
    ledger.apply(Deposit(Money(1_000 * DOLLAR)))
    draws = _draws(rng)
    refused = 0
    for _ in range(STEPS):
        try:
            ledger.apply(rng.choice(draws)())
        except LedgerError:
            refused += 1
        ledger.check()
    assert STEPS // 10 < refused < STEPS * 9 // 10  # both the booked and the refused were really tried


def _draws(rng: random.Random) -> list[Callable[[], LedgerEntry]]:
    def size() -> int:
        return rng.randint(1, 20 * CONTRACT)

    def trade(side: Side) -> FillBooked:
        return traded(side, rng.choice(CLAIMS), rng.randint(0, 10_000), size(), rng.randint(-500, 50_000))

    def convert() -> LedgerEntry:
        number = rng.randint(1, 4)
        gives, takes = MARKETS[:number], MARKETS[number:]
        return Convert(
            QuestionId("q"),
            tuple(claim(no(market)) for market in gives),
            tuple(claim(yes(market)) for market in takes),
            Size(size()),
            rng.choice([0, 20_000]),
        )

    def adopt() -> LedgerEntry:
        outcome = rng.choice(CLAIMS)
        return Adopted(outcome, claim(outcome).market, rng.randint(-size(), size()), Money(rng.randint(0, 10**7)), "x")

    return [
        lambda: trade(Side.BUY),
        lambda: trade(Side.BUY),
        lambda: trade(Side.SELL),
        lambda: trade(Side.SELL),
        lambda: split(size(), rng.choice(MARKETS)),
        lambda: merge(size(), rng.choice(MARKETS)),
        convert,
        lambda: settlement(rng.choice([0, 10_000, 5_000, 3_333]), rng.choice(MARKETS)),
        lambda: Deposit(Money(rng.randint(1, 20 * DOLLAR))),
        lambda: Withdrawal(Money(rng.randint(1, 20 * DOLLAR))),
        lambda: FeeRefund(Money(rng.randint(1, 10_000)), "rounding"),
        adopt,
        lambda: CashAdopted(Money(rng.randint(-DOLLAR, DOLLAR)), "stated"),
        lambda: FillUndone(trade(rng.choice(list(Side))).fill),
    ]
