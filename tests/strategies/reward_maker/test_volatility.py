"""The coefficient of variation of a middle, looked at in even steps."""

from collections import deque
from statistics import fmean, pstdev

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.strategies.reward_maker.volatility import Moves, Variation, coefficient_of_variation

EVERY = Nanos(30 * SECOND)


def test_nothing_is_known_before_the_second_look() -> None:
    variation = Variation(30, EVERY)
    assert variation.value is None
    variation.observe(9_400, Nanos(0))
    variation.observe(9_800, Nanos(29 * SECOND))
    assert variation.value is None


def test_it_is_the_standard_deviation_by_the_mean_over_the_window() -> None:
    variation = Variation(3, EVERY)
    for step, middle in enumerate([1_000, 9_400, 9_600, 9_800]):
        variation.observe(middle, Nanos(step * EVERY))
    assert variation.value == pytest.approx(pstdev([9_400, 9_600, 9_800]) / 9_600)


def test_a_middle_that_stood_still_counts_at_each_step_that_went_by() -> None:
    still, told = Variation(30, EVERY), Variation(30, EVERY)
    still.observe(9_000, Nanos(0))
    still.observe(9_900, Nanos(5 * EVERY))
    for step, middle in enumerate([9_000] * 5 + [9_900]):
        told.observe(middle, Nanos(step * EVERY))
    assert still.value == pytest.approx(told.value)


def test_a_long_silence_forgets_what_was_before_it() -> None:
    variation = Variation(30, EVERY)
    variation.observe(1_000, Nanos(0))
    variation.observe(9_000, EVERY)
    variation.observe(9_000, Nanos(100 * EVERY))
    assert variation.value == 0


@given(st.lists(st.integers(1, 20_000), min_size=2, max_size=30))
def test_it_is_what_the_textbook_says(values: list[int]) -> None:
    assert coefficient_of_variation(deque(values)) == pytest.approx(pstdev(values) / fmean(values), abs=1e-12)


def test_a_move_is_felt_at_once_and_forgotten_once_the_span_has_passed() -> None:
    moves = Moves(Nanos(60 * SECOND))
    moves.observe(9_400, Nanos(0))
    assert moves.reach(Nanos(0)) == 0
    moves.observe(9_900, Nanos(100 * SECOND))
    moves.observe(9_700, Nanos(130 * SECOND))
    assert moves.reach(Nanos(130 * SECOND)) == 500
    assert moves.calm_at == 160 * SECOND
    assert moves.reach(Nanos(160 * SECOND)) == 200
    assert moves.reach(Nanos(190 * SECOND)) == 0
    assert moves.calm_at == 0


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20_000)), min_size=1, max_size=20))
def test_a_reach_is_that_of_all_middles_that_held_within_the_span(steps: list[tuple[int, int]]) -> None:
    moves, now, told = Moves(Nanos(60)), 0, []
    for passed, middle in steps:
        now += passed
        moves.observe(middle, Nanos(now))
        told.append((now, middle))
    ends = [at for at, _ in told[1:]] + [now + 1]
    held = [middle for (_, middle), end in zip(told, ends, strict=True) if end > now - 60]
    assert moves.reach(Nanos(now)) == max(held) - min(held)
