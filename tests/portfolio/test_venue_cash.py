"""Cash by venue: the ledger's one cash, told apart by where it lies."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dutchbook.domain.book import Side
from dutchbook.domain.errors import LedgerError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.units import CONTRACT, DOLLAR, Money
from dutchbook.portfolio.entries import Deposit, FeeRefund, LedgerEntry, Withdrawal
from dutchbook.portfolio.ledger import Ledger
from dutchbook.portfolio.settings import PortfolioSettings
from dutchbook.portfolio.venue_cash import VenueCash
from tests.portfolio.entries import bought, merge, no, settlement, sold, split, traded, yes

RAIN, SUN = MarketId("rain"), MarketId("sun")
VENUES = {RAIN: Venue.POLYMARKET, SUN: Venue.KALSHI}


def desk(**known: int) -> tuple[Ledger, VenueCash]:
    """A ledger of 100 dollars, so many of which lie where they are said to lie."""
    cash = VenueCash(VENUES.__getitem__)
    ledger = Ledger(cash.booked)
    ledger.apply(Deposit(Money(100 * DOLLAR)))
    for venue, dollars in known.items():
        cash.stated(Venue(venue), Money(dollars * DOLLAR))
    return ledger, cash


def test_a_purchase_is_paid_where_its_market_is() -> None:
    ledger, cash = desk(polymarket=60, kalshi=40)
    ledger.apply(bought(yes(SUN), 5_000, 10 * CONTRACT, fee=20_000))
    assert (cash.at(Venue.POLYMARKET), cash.at(Venue.KALSHI)) == (60 * DOLLAR, 40 * DOLLAR - 5_020_000)
    ledger.apply(settlement(10_000, SUN))
    assert cash.at(Venue.KALSHI) == 45 * DOLLAR - 20_000
    assert cash.elsewhere(ledger.cash) == 0


def test_nothing_is_known_of_a_venue_that_said_nothing() -> None:
    ledger, cash = desk(kalshi=40)
    ledger.apply(bought(yes(RAIN), 5_000, 10 * CONTRACT))
    assert cash.at(Venue.POLYMARKET) is None
    assert cash.at(Venue.KALSHI) == 40 * DOLLAR
    assert cash.elsewhere(ledger.cash) == 55 * DOLLAR


def test_what_a_venue_states_replaces_what_was_thought() -> None:
    ledger, cash = desk(polymarket=60, kalshi=40)
    cash.stated(Venue.KALSHI, Money(45 * DOLLAR))
    assert cash.elsewhere(ledger.cash) == -5 * DOLLAR  # the ledger has still to learn of it
    ledger.apply(Deposit(Money(5 * DOLLAR)))
    assert cash.elsewhere(ledger.cash) == 0


trades = st.builds(
    traded,
    st.sampled_from(Side),
    st.sampled_from([outcome(market) for market in VENUES for outcome in (yes, no)]),
    st.integers(0, 10_000),
    st.integers(1, 30 * CONTRACT),
    st.integers(-5_000, 50_000),
)
operations = st.builds(
    lambda make, size, market: make(size, market),
    st.sampled_from([split, merge]),
    st.integers(1, 30 * CONTRACT),
    st.sampled_from([RAIN, SUN]),
)
others = st.one_of(
    st.builds(settlement, st.integers(0, 10_000), st.sampled_from([RAIN, SUN])),
    st.builds(Deposit, st.integers(1, DOLLAR).map(Money)),
    st.builds(Withdrawal, st.integers(1, DOLLAR).map(Money)),
    st.builds(FeeRefund, st.integers(1, DOLLAR).map(Money), st.just("a rebate")),
)


@given(st.lists(st.one_of(trades, operations, others), max_size=30))
def test_whatever_is_booked_what_lies_at_venues_and_elsewhere_is_the_ledgers_cash(entries: list[LedgerEntry]) -> None:
    ledger, cash = desk(polymarket=60, kalshi=30)
    placed = 10 * DOLLAR  # by hand: what no market's booking moved
    for entry in entries:
        try:
            ledger.apply(entry)
        except LedgerError:
            continue
        if isinstance(entry, Deposit | FeeRefund):
            placed += entry.amount
        elif isinstance(entry, Withdrawal):
            placed -= entry.amount
    polymarket, kalshi = cash.at(Venue.POLYMARKET), cash.at(Venue.KALSHI)
    assert polymarket is not None
    assert kalshi is not None
    assert cash.elsewhere(ledger.cash) == placed
    assert polymarket + kalshi + placed == ledger.cash
    ledger.check()


def test_a_sale_is_paid_where_its_market_is() -> None:
    ledger, cash = desk(polymarket=60, kalshi=40)
    ledger.apply(bought(no(RAIN), 4_000, 10 * CONTRACT))
    ledger.apply(sold(no(RAIN), 5_000, 10 * CONTRACT, fee=10_000))
    assert cash.at(Venue.POLYMARKET) == 61 * DOLLAR - 10_000


def test_on_paper_the_bankroll_may_be_told_apart_by_venue() -> None:
    settings = PortfolioSettings.model_validate({"at_polymarket": "60%", "at_kalshi": "0.25"})
    assert settings.by_venue(Money(1_000)) == {Venue.POLYMARKET: 600, Venue.KALSHI: 250}
    assert PortfolioSettings().by_venue(Money(1_000)) == {}
    with pytest.raises(ValidationError, match="100% together"):
        PortfolioSettings.model_validate({"at_polymarket": "60%", "at_kalshi": "41%"})
