"""Parts add up to their whole."""

import doctest

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.evaluation.performance import shares
from dutchbook.evaluation.performance.shares import by_weight, part_of

amounts = st.integers(-(10**12), 10**12)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=20).filter(any))
def test_parts_by_weight_add_up_and_nothing_weighs_nothing(amount: int, weights: list[int]) -> None:
    parts = by_weight(amount, weights)
    assert sum(parts) == amount
    assert all(not part for part, weight in zip(parts, weights, strict=True) if not weight)


@given(amounts, st.integers(1, 10**6), st.integers(0, 10**6))
def test_a_whole_cut_in_two_is_the_whole(amount: int, first: int, rest: int) -> None:
    whole = first + rest
    assert part_of(amount, 0, first, whole) + part_of(amount, first, rest, whole) == amount


def test_the_examples_hold() -> None:
    found = doctest.testmod(shares)
    assert found.attempted
    assert not found.failed
