"""Time value, hurdles, mismatch and leg risk: worked examples and inverses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.pricing.yields import (
    annualised_compound,
    annualised_simple,
    capital_charge,
    implied_yield,
    leg_risk_break_even,
    leg_risk_ev,
    longest_lockup,
    mismatch_break_even,
    mismatch_ev,
    mismatch_kelly,
    present_value,
)
from dutchbook.domain.units import Money, Price

COST, PROFIT = Money(195_951_000), Money(4_049_000)
ROI = PROFIT / COST
PAIR = Money(979_755)


def test_a_return_is_annualised_with_and_without_compounding() -> None:
    assert pytest.approx(0.020663, abs=5e-7) == ROI
    assert annualised_simple(ROI, 45) == pytest.approx(0.1676, abs=5e-5)
    assert annualised_compound(ROI, 45) == pytest.approx(0.1804, abs=5e-5)


def test_a_hurdle_bounds_the_lockup() -> None:
    assert longest_lockup(ROI, 0.10) == pytest.approx(78.3, abs=0.05)


def test_bound_capital_is_charged() -> None:
    charge = capital_charge(COST, 0.05, 45)
    assert charge == pytest.approx(1_182_000, abs=500)
    assert PROFIT - charge == pytest.approx(2_867_000, abs=500)
    assert capital_charge(COST, 0.0, 45) == capital_charge(COST, 0.05, 0) == 0


def test_a_mismatch_of_rules_has_a_break_even() -> None:
    assert mismatch_break_even(PAIR) == pytest.approx(0.020245)
    assert mismatch_ev(PAIR, mismatch_break_even(PAIR)) == pytest.approx(0)
    assert mismatch_ev(PAIR, 0.005) == pytest.approx(0.015245)


@pytest.mark.parametrize(("mismatch", "share"), [(0.005, 0.7530), (0.010, 0.5061), (0.015, 0.2591), (0.03, 0.0)])
def test_the_stake_shrinks_with_the_chance_of_a_mismatch(mismatch: float, share: float) -> None:
    assert mismatch_kelly(PAIR, mismatch) == pytest.approx(share, abs=5e-5)


def test_a_missing_leg_has_a_break_even() -> None:
    assert leg_risk_break_even(Money(15_000), Money(20_000)) == pytest.approx(0.5714, abs=5e-5)
    assert leg_risk_ev(0.85, Money(15_000), Money(20_000)) == pytest.approx(9_750)


def test_a_sure_dollar_is_worth_less_later() -> None:
    assert present_value(0.05, 90) == pytest.approx(0.988042, abs=5e-7)
    assert 0.98 * present_value(0.05, 90) == pytest.approx(0.968281, abs=5e-7)
    assert implied_yield(Price(9_850), 60) == pytest.approx(0.09630, abs=5e-6)


@given(st.integers(5_000, 9_999).map(Price), st.integers(1, 400))
def test_a_price_is_the_present_value_at_its_own_yield(price: Price, days: int) -> None:
    assert present_value(implied_yield(price, days), days) * 10_000 == pytest.approx(price)


@given(st.floats(0.0001, 1.0), st.floats(0.01, 1.0))
def test_the_longest_lockup_earns_exactly_the_hurdle(roi: float, hurdle: float) -> None:
    assert annualised_compound(roi, longest_lockup(roi, hurdle)) == pytest.approx(hurdle)
