"""Quotes between 0 and 1: the checked numbers, and the identities behind them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.pricing.making import (
    certainty_equivalent,
    clip_quotes,
    expit,
    finite_half_spread,
    finite_shift,
    informed_half_spread,
    informed_quotes,
    logit,
    price_deviation,
    quotes_around,
    reservation_price,
    resolution_risk,
    stationary_distances,
)


@pytest.mark.parametrize(("held", "price"), [(0, 0.4), (50, 0.196950), (-50, 0.644405)])
def test_inventory_moves_the_reservation_price(held: float, price: float) -> None:
    assert reservation_price(0.4, 0.02, held) == pytest.approx(price, abs=5e-7)


@pytest.mark.parametrize(
    ("held", "bid", "ask"), [(0, 0.376354, 0.424284), (50, 0.181770, 0.213407), (-50, 0.621079, 0.666851)]
)
def test_the_checked_quotes_of_a_clip(held: float, bid: float, ask: float) -> None:
    assert clip_quotes(0.4, 0.02, held, 10) == pytest.approx((bid, ask), abs=5e-7)


@pytest.mark.parametrize(
    ("p", "alpha", "bid", "ask", "half"),
    [
        (0.5, 0.1, 0.45, 0.55, 0.200671),
        (0.3, 0.1, 0.259615, 0.343750, 0.200671),
        (0.3, 0.25, 0.204545, 0.416667, 0.510826),
    ],
)
def test_informed_traders_set_the_spread(p: float, alpha: float, bid: float, ask: float, half: float) -> None:
    assert informed_quotes(p, alpha) == pytest.approx((bid, ask), abs=5e-7)
    assert informed_half_spread(alpha) == pytest.approx(half, abs=5e-7)


def test_the_checked_spread_until_a_horizon() -> None:
    assert finite_half_spread(0.5, 60, 0.02, 1) == pytest.approx(0.0166976, abs=5e-8)
    assert finite_shift(0.5, 0.02, 1, 1) == pytest.approx(-0.0002)


def test_the_checked_stationary_distances() -> None:
    assert stationary_distances(0.5, 60, 0.02, 30, 0) == pytest.approx((0.0167923, 0.0167923), abs=5e-8)
    assert stationary_distances(0.5, 60, 0.02, 30, 2) == pytest.approx((0.0175711, 0.0160135), abs=5e-8)


@pytest.mark.parametrize(("p", "deviation"), [(0.5, 0.0875), (0.2, 0.056), (0.05, 0.016625)])
def test_prices_near_the_ends_move_less(p: float, deviation: float) -> None:
    assert price_deviation(p, 0.35) == pytest.approx(deviation)


def test_the_risk_of_resolution_is_that_of_the_position() -> None:
    assert resolution_risk(0.5, 10) == 25


beliefs = st.floats(0.01, 0.99)
aversions = st.floats(0.0001, 0.1)


@given(beliefs, aversions, st.floats(-50, 50))
def test_the_marginal_worth_of_a_contract_is_the_reservation_price(p: float, aversion: float, held: float) -> None:
    step = 1e-4
    rise = certainty_equivalent(p, aversion, held + step) - certainty_equivalent(p, aversion, held - step)
    price = expit(logit(p) - aversion * held)
    assert rise / (2 * step) == pytest.approx(price, abs=1e-5)


@given(beliefs, st.floats(0.001, 0.9))
def test_the_half_spread_in_logits_is_the_same_for_every_price(p: float, alpha: float) -> None:
    bid, ask = informed_quotes(p, alpha)
    half = informed_half_spread(alpha)
    if bid > 0.001 and ask < 0.999:
        assert logit(ask) - logit(p) == pytest.approx(half, rel=1e-6)
        assert quotes_around(p, half) == pytest.approx((bid, ask), rel=1e-6)


@given(beliefs, aversions, st.floats(-1_000, 1_000), st.floats(0.1, 100))
def test_a_bid_is_below_the_ask_and_both_are_prices(p: float, aversion: float, held: float, clip: float) -> None:
    bid, ask = clip_quotes(p, aversion, held, clip)
    assert -1e-9 <= bid <= ask + 1e-9 <= 1 + 2e-9


@given(st.floats(0.001, 0.999))
def test_expit_undoes_the_logit(p: float) -> None:
    assert expit(logit(p)) == pytest.approx(p)


def test_logits_of_certainties_are_finite_and_large_ones_do_not_overflow() -> None:
    assert logit(1) == pytest.approx(6.906755, abs=5e-7)
    assert (expit(1e6), expit(-1e6)) == (1, 0)
    assert certainty_equivalent(0.5, 1, -1e6) == pytest.approx(-1e6, abs=1)
