"""Flow signals and markouts: the checked numbers, and what must hold for every flow."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.pricing.flow import (
    Cusum,
    Top,
    fill_quality,
    imbalance,
    impact_slope,
    microprice,
    order_flow,
    vpin,
    vwap,
)

TOP = Top(0.47, 900, 0.49, 300)


def test_the_checked_gap_to_the_mean_price_by_volume() -> None:
    found = vwap(zip((0.50, 0.51, 0.52, 0.50, 0.53, 0.55), (100, 50, 200, 80, 300, 150), strict=True))
    assert found is not None
    assert found == pytest.approx((0.523864, 0.016127), abs=5e-7)
    assert found.gap(0.56) == pytest.approx(2.2408, abs=5e-5)


def test_one_price_only_leaves_no_deviation_to_measure_with() -> None:
    found = vwap([(0.5, 10), (0.5, 20)])
    assert found is not None
    assert (found.gap(0.5), found.gap(0.51), found.gap(0.49)) == (0, float("inf"), float("-inf"))
    assert vwap([]) is None
    assert vwap([(0.5, 0)]) is None


def test_the_checked_imbalance_and_microprice() -> None:
    assert imbalance(900, 300) == 0.5
    assert microprice(TOP) == pytest.approx(0.485)
    assert imbalance(0, 0) is None
    assert microprice(Top(0.4, 0, 0.5, 0)) is None


@pytest.mark.parametrize(
    ("before", "after", "flow"),
    [
        (TOP, Top(0.47, 1_000, 0.49, 250), 150),
        (Top(0.47, 1_000, 0.49, 250), Top(0.48, 400, 0.49, 250), 400),
        (Top(0.48, 400, 0.49, 250), Top(0.48, 300, 0.50, 500), 150),
    ],
)
def test_the_checked_order_flow_imbalance(before: Top, after: Top, flow: float) -> None:
    assert order_flow(before, after) == flow


def test_the_checked_impact_slope() -> None:
    slope = impact_slope((200, -150, 400, -50, 300), (0.006, -0.004, 0.011, -0.001, 0.010))
    assert slope == pytest.approx(2.93651e-5, abs=5e-11)
    assert impact_slope((), ()) is None


def test_the_checked_vpin() -> None:
    assert vpin((620, 300, 880, 500), 1_000) == pytest.approx(0.35)
    assert vpin((), 1_000) is None


def test_the_checked_cusum_alarms_at_the_seventh() -> None:
    levels = [Cusum(slack=0.5, limit=2)]
    for z in (0.1, -0.2, 0.3, 1.1, 0.9, 1.4, 0.8):
        levels.append(levels[-1].after(z))
    assert levels[-1].level == pytest.approx(2.2)
    assert [level.alarmed for level in levels[1:]] == [False] * 6 + [True]


def test_the_checked_fill_quality() -> None:
    assert fill_quality(Side.BUY, 0.47, 0.48, 0.475) == pytest.approx((0.010, 0.005, 0.005))


prices = st.floats(0.01, 0.99)
sizes = st.floats(1, 1e6)


@given(st.sampled_from(Side), prices, prices, prices)
def test_what_a_fill_earned_at_once_is_what_it_kept_and_what_it_lost(
    side: Side, fill: float, middle: float, later: float
) -> None:
    quality = fill_quality(side, fill, middle, later)
    assert quality.effective == pytest.approx(quality.realised + quality.impact, abs=1e-12)


@given(prices, prices, sizes, sizes)
def test_the_microprice_stands_between_the_best_prices(
    one: float, other: float, bid_size: float, ask_size: float
) -> None:
    bid, ask = sorted((one, other))
    price = microprice(Top(bid, bid_size, ask, ask_size))
    assert price is not None
    assert bid - 1e-9 <= price <= ask + 1e-9


@given(sizes, sizes)
def test_nothing_moved_is_no_flow(bid_size: float, ask_size: float) -> None:
    top = Top(0.4, bid_size, 0.5, ask_size)
    assert order_flow(top, top) == 0


@given(st.lists(st.floats(0, 1_000), min_size=1))
def test_vpin_is_a_share(bought: list[float]) -> None:
    found = vpin(bought, 1_000)
    assert found is not None
    assert 0 <= found <= 1
