"""Intervals hold the truth as often as they promise, and say nothing where there is nothing to say."""

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.evaluation.performance.intervals import mean, share, sharpe, sortino

DAYS = 250


@given(st.integers(0, 200), st.integers(0, 200))
def test_a_share_lies_within_its_interval(won: int, lost: int) -> None:
    found = share(won, won + lost)
    if not won + lost:
        assert found.value is None
        return
    assert found.low is not None
    assert found.high is not None
    assert found.value is not None
    assert 0 <= found.low <= found.value <= found.high <= 1


def test_the_interval_of_a_share_is_wilsons() -> None:
    found = share(8, 10)
    assert found.low == pytest.approx(0.4901625)
    assert found.high == pytest.approx(0.9433178)


def test_more_of_the_same_narrows_an_interval() -> None:
    few, many = share(55, 100), share(5_500, 10_000)
    assert few.low is not None
    assert many.low is not None
    assert few.low < many.low


@pytest.mark.parametrize("truth", [0.1, 0.3, 0.55, 0.9])
def test_nineteen_of_twenty_intervals_hold_the_true_share(truth: float) -> None:
    """Summed over all that can happen in 200 tries, each with its probability."""
    held = 0.0
    for won in range(201):
        found = share(won, 200)
        if found.low is not None and found.high is not None and found.low <= truth <= found.high:
            held += math.comb(200, won) * truth**won * (1 - truth) ** (200 - won)
    assert 0.93 <= held <= 0.97


def test_nineteen_of_twenty_intervals_hold_the_true_sharpe_ratio() -> None:
    chance = Random(8)
    truth = 0.1 * 365**0.5
    held = 0
    for _ in range(500):
        found = sharpe([chance.gauss(0.001, 0.01) for _ in range(DAYS)])
        held += found.low is not None and found.high is not None and found.low <= truth <= found.high
    assert 450 <= held <= 495


def test_ratios_need_days_that_differ() -> None:
    for returns in ([], [0.01], [0.01, 0.01]):
        found = sharpe(returns)
        assert found.value is None
        assert found.note


def test_sortino_counts_losing_days_alone() -> None:
    calm, rough = sortino([0.01, 0.05, -0.01], Random(1)), sortino([0.01, 0.05, -0.04], Random(1))
    assert calm.value is not None
    assert rough.value is not None
    assert calm.value > rough.value
    assert sortino([0.01, 0.02], Random(1)).value is None


def test_a_mean_has_the_same_interval_whenever_it_is_asked_for() -> None:
    values = [1.0, 2.0, 5.0, 9.0]
    assert mean(values, Random("a")) == mean(values, Random("a"))
    assert mean([], Random(1)).value is None
    assert mean([3.0], Random(1)).low is None
