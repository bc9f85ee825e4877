"""Lots: the oldest contracts leave first, and nothing appears or is lost on the way."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Nanos, Price, Size
from dutchbook.evaluation.performance.lots import LotBook, Origin
from dutchbook.portfolio.entries import Adopted, Convert, Deposit, FeeRefund, LedgerEntry, Settlement
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.positions import Position
from tests.portfolio.entries import bought, claim, merge, no, settlement, sold, split, traded, yes

MARKETS = [MarketId(f"m{number}") for number in range(4)]
CLAIMS = [outcome(market) for market in MARKETS for outcome in (yes, no)]

sizes = st.integers(1, 30 * CONTRACT)
prices = st.integers(1, 9_999)
fees = st.integers(0, 2 * DOLLAR)
markets = st.sampled_from(MARKETS)
outcomes = st.sampled_from(CLAIMS)
conversions = st.builds(
    lambda size, fee, given: Convert(
        QuestionId("q"),
        tuple(claim(no(market)) for market in MARKETS[:given]),
        tuple(claim(yes(market)) for market in MARKETS[given:]),
        Size(size),
        fee,
    ),
    sizes,
    st.integers(0, 20_000),
    st.integers(1, 4),
)
entries: st.SearchStrategy[LedgerEntry] = st.one_of(
    st.builds(bought, outcomes, prices, sizes, fees),
    st.builds(sold, outcomes, prices, sizes, fees),
    st.builds(split, sizes, markets),
    st.builds(merge, sizes, markets),
    st.builds(settlement, st.integers(0, 10_000), markets),
    conversions,
)


def origin(at: int = 0, how: str = "bought") -> Origin:
    return Origin(Nanos(at), how)


def booked(*steps: LedgerEntry) -> LotBook:
    book = LotBook()
    for number, entry in enumerate(steps):
        book.take(entry, origin(number, type(entry).__name__))
    return book


def held(book: LotBook) -> Counter[OutcomeId]:
    found: Counter[OutcomeId] = Counter()
    for lot in book.held():
        found[lot.outcome] += lot.size
    return found


@given(st.lists(entries, max_size=30))
def test_cash_is_what_was_put_in_less_what_lots_cost_and_more_what_they_brought(steps: list[LedgerEntry]) -> None:
    ledger, book = Ledger(), LotBook()
    ledger.apply(Deposit(Money(1_000 * DOLLAR)))
    for number, entry in enumerate(steps):
        try:
            ledger.apply(entry)
        except LedgerError:
            continue
        book.take(entry, origin(number))
    spent = sum(lot.cost + lot.fee for lot in book.held())
    assert ledger.cash == 1_000 * DOLLAR - spent + sum(each.net for each in book.closed)
    assert held(book) == {outcome: position.size for outcome, position in ledger.positions.items()}
    assert all(lot.size > 0 and lot.cost >= 0 for lot in (*book.held(), *(each.lot for each in book.closed)))


def test_the_oldest_contracts_leave_first() -> None:
    book = booked(
        bought(yes(), 2_000, 10 * CONTRACT), bought(yes(), 4_000, 10 * CONTRACT), sold(yes(), 5_000, 15 * CONTRACT)
    )
    assert [(each.lot.number, each.lot.size, each.net) for each in book.closed] == [
        (1, 10 * CONTRACT, 3 * DOLLAR),
        (2, 5 * CONTRACT, DOLLAR // 2),
    ]
    [rest] = book.held()
    assert (rest.number, rest.size, rest.cost) == (2, 5 * CONTRACT, 2 * DOLLAR)


def test_fees_follow_the_contracts_that_they_were_paid_for() -> None:
    book = booked(bought(yes(), 5_000, 3, 10), sold(yes(), 5_000, 1, 1), sold(yes(), 5_000, 2, 1))
    assert [each.lot.fee for each in book.closed] == [3, 7]
    assert [each.fee for each in book.closed] == [1, 1]


def test_a_merge_gives_both_sides_the_same_return() -> None:
    book = booked(bought(yes(), 3_000, 10 * CONTRACT), bought(no(), 6_000, 10 * CONTRACT), merge(10 * CONTRACT))
    assert [each.proceeds for each in book.closed] == [3_333_333, 6_666_667]
    assert sum(each.net for each in book.closed) == DOLLAR


def test_of_a_conversion_the_dollars_pay_for_the_cost_first() -> None:
    """Two NO for 90 cents each become a dollar and the YES of the third market, which costs what is left: 80 cents."""
    gives, takes = tuple(claim(no(market)) for market in MARKETS[:2]), (claim(yes(MARKETS[2])),)
    buys = [bought(no(market), 9_000, 10 * CONTRACT) for market in MARKETS[:2]]
    book = booked(*buys, Convert(QuestionId("q"), gives, takes, Size(10 * CONTRACT)))
    assert [each.net for each in book.closed] == [0, 0]
    [gained] = book.held()
    assert (gained.outcome, gained.cost) == (yes(MARKETS[2]), 8 * DOLLAR)


def test_a_settlement_pays_each_side_its_payout() -> None:
    book = booked(split(10 * CONTRACT), settlement(ONE))
    assert [(each.lot.outcome, each.net) for each in book.closed] == [(yes(), 5 * DOLLAR), (no(), -5 * DOLLAR)]
    assert not book.held()


def test_what_nobody_knows_the_purchase_of_is_sold_without_profit() -> None:
    [only] = booked(sold(yes(), 5_000, 10 * CONTRACT)).closed
    assert only.net == 0
    assert only.lot.origin.how == "purchase not on record"


def test_a_venue_that_states_less_than_was_known_is_no_profit_and_no_loss() -> None:
    less = Adopted(yes(), MarketId("rain"), -4 * CONTRACT, Money(0), "told so")
    book = booked(bought(yes(), 2_000, 10 * CONTRACT), less)
    assert [each.net for each in book.closed] == [0]
    assert held(book) == {yes(): 6 * CONTRACT}


def test_entries_of_cash_alone_are_nothing_to_lots() -> None:
    book = booked(Deposit(Money(5)), FeeRefund(Money(3), "rebate"))
    assert not book.closed
    assert not book.held()


def test_a_run_that_goes_on_keeps_the_dates_of_lots_that_are_still_there() -> None:
    book = booked(bought(yes(), 2_000, 10 * CONTRACT), bought(no(), 2_000, 10 * CONTRACT))
    rain = MarketId("rain")
    position = Position(yes(), rain, Size(12 * CONTRACT), Money(3 * DOLLAR))
    book.carried_over([position], {}, Nanos(99))
    assert [(lot.size, lot.cost, lot.origin.at, lot.origin.how) for lot in book.held()] == [
        (2 * CONTRACT, DOLLAR // 2, 99, "held before"),
        (10 * CONTRACT, 2 * DOLLAR, 0, "FillBooked"),
    ]
    book.carried_over([Position(yes(), rain, Size(3 * CONTRACT), Money(DOLLAR))], {}, Nanos(100))
    assert held(book) == {yes(): 3 * CONTRACT}
    assert not book.closed


@given(st.lists(st.builds(traded, st.sampled_from(Side), outcomes, prices, sizes), max_size=20), st.integers(0, 10_000))
def test_once_all_is_settled_the_sum_is_what_the_ledger_says(steps: list[LedgerEntry], payout: int) -> None:
    """First in first out or at average cost: of what is over the profit is the same."""
    ledger, book = Ledger(), LotBook()
    ends = [Settlement(market, yes(market), no(market), Price(payout)) for market in MARKETS]
    for entry in (Deposit(Money(1_000 * DOLLAR)), *steps, *ends):
        try:
            ledger.apply(entry)
        except LedgerError:
            continue
        book.take(entry, origin())
    assert not book.held()
    assert sum(each.net for each in book.closed) == ledger.realised - ledger.fees
