"""What a venue says was traded is booked, and what did not fit is adopted by name."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.units import CONTRACT, DOLLAR, Money
from dutchbook.portfolio.entries import Adopted, CashAdopted, Deposit, FillUndone, Withdrawal
from dutchbook.portfolio.fitting import fitted
from dutchbook.portfolio.ledger import Ledger
from tests.portfolio.entries import bought, no, sold, traded, yes


def ledger_with(dollars: int) -> Ledger:
    ledger = Ledger()
    ledger.apply(Deposit(Money(dollars * DOLLAR)))
    return ledger


def test_a_trade_that_fits_is_booked_alone() -> None:
    entry = bought(yes(), 4_000, 10 * CONTRACT)
    assert fitted(entry, ledger_with(4)) == (entry,)


def test_a_sale_of_more_than_was_known_adopts_the_rest_without_profit() -> None:
    outcome, ledger = yes(MarketId("0xa1")), ledger_with(10)
    ledger.apply(bought(outcome, 4_000, 10 * CONTRACT))
    entries = fitted(sold(outcome, 5_000, 15 * CONTRACT), ledger)
    assert isinstance(entries[0], Adopted)
    assert (entries[0].size, entries[0].cost) == (5 * CONTRACT, 2_500_000)
    for entry in entries:
        ledger.apply(entry)
    ledger.check()
    assert (ledger.realised, ledger.held(outcome)) == (DOLLAR, 0)


def test_a_sale_at_kalshi_of_more_than_is_held_is_a_purchase_of_the_other_outcome() -> None:
    ledger = ledger_with(10)
    ledger.apply(bought(yes(), 4_000, 2 * CONTRACT))
    for entry in fitted(sold(yes(), 4_500, 5 * CONTRACT), ledger):
        ledger.apply(entry)
    ledger.check()
    assert (ledger.held(yes()), ledger.held(no())) == (0, 3 * CONTRACT)
    # Two sold for 45 cents, three of the other outcome bought for 55 cents.
    assert ledger.cash == 10 * DOLLAR - 800_000 + 900_000 - 1_650_000


def test_a_purchase_beyond_the_known_cash_adopts_what_it_needed() -> None:
    ledger = ledger_with(3)
    entries = fitted(bought(yes(), 4_000, 10 * CONTRACT, fee=1), ledger)
    assert entries[0] == CashAdopted(Money(1_000_001), "order o paid more than was known", Venue.KALSHI)
    for entry in entries:
        ledger.apply(entry)
    assert ledger.cash == 0


def test_a_sale_that_brings_less_than_its_fee_adopts_what_the_fee_needed() -> None:
    ledger = ledger_with(1)
    ledger.apply(bought(yes(), 10_000, CONTRACT))
    entries = fitted(sold(yes(), 10, CONTRACT, fee=10_000), ledger)
    assert entries[0] == CashAdopted(Money(9_000), "order o paid more than was known", Venue.KALSHI)
    for entry in entries:
        ledger.apply(entry)
    assert (ledger.cash, ledger.held(yes())) == (0, 0)


@given(
    market=st.sampled_from([MarketId("rain"), MarketId("0xa1")]),
    cash=st.integers(0, 5),
    held=st.integers(0, 3),
    side=st.sampled_from(Side),
    price=st.integers(0, 10_000),
    size=st.integers(1, 5 * CONTRACT),
    fee=st.integers(-50_000, 50_000),
    undone=st.booleans(),
)
def test_whatever_a_venue_says_of_a_trade_can_be_booked(
    *, market: MarketId, cash: int, held: int, side: Side, price: int, size: int, fee: int, undone: bool
) -> None:
    ledger = ledger_with(cash + held + 1)
    ledger.apply(Withdrawal(Money(DOLLAR)))
    if held:
        ledger.apply(bought(yes(market), 10_000, held * CONTRACT))
    trade = traded(side, yes(market), price, size, fee, fill="f")
    entries = fitted(FillUndone(trade.fill) if undone else trade, ledger)
    for entry in entries:
        ledger.apply(entry)
    ledger.check()
    # No more is adopted than it took.
    assert not ledger.cash or not any(isinstance(entry, CashAdopted) for entry in entries)
    assert not ledger.held(yes(market)) or not any(isinstance(entry, Adopted) for entry in entries)


def test_a_purchase_whose_contracts_were_sold_can_still_be_taken_back() -> None:
    ledger = ledger_with(10)
    purchase = traded(Side.BUY, yes(), 4_000, 10 * CONTRACT, fill="f")
    ledger.apply(purchase)
    ledger.apply(sold(yes(), 6_000, 10 * CONTRACT))
    for entry in fitted(FillUndone(purchase.fill), ledger):
        ledger.apply(entry)
    ledger.check()
    assert (ledger.cash, ledger.held(yes())) == (16 * DOLLAR, 0)


def test_a_sale_that_is_undone_gives_the_cost_back_that_left_with_it() -> None:
    ledger = ledger_with(20)
    ledger.apply(bought(yes(), 4_000, 10 * CONTRACT))
    sale = traded(Side.SELL, yes(), 6_000, 4 * CONTRACT, fill="f")
    ledger.apply(sale)
    ledger.apply(bought(yes(), 9_000, 10 * CONTRACT))
    ledger.apply(FillUndone(sale.fill))
    assert ledger.positions[yes()].cost == 13 * DOLLAR
    assert ledger.realised == 0
