"""The optimal stake, the budget over several markets, and the distance from the middle."""

from math import inf

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from dutchbook.domain.pricing.reward_stakes import (
    Pot,
    allocate,
    best_distance,
    expected_profit,
    expected_reward,
    fill_cost,
    net_at_distance,
    optimal_stake,
    worth_quoting,
)
from dutchbook.domain.units import Price

THREE = [Pot(50, 800, 0.03), Pot(20, 100, 0.03), Pot(5, 40, 0.03)]


def test_the_checked_stake_of_one_market() -> None:
    pot = THREE[0]
    stake = optimal_stake(pot)
    assert stake == pytest.approx(354.70, abs=5e-3)
    assert expected_reward(pot, stake) == pytest.approx(15.359, abs=5e-4)
    assert expected_profit(pot, stake) == pytest.approx(4.718, abs=5e-4)


def test_the_checked_allocation_of_a_budget() -> None:
    assert [optimal_stake(pot) for pot in THREE] == pytest.approx([354.70, 158.20, 41.65], abs=5e-3)
    allocation = allocate(THREE, 400)
    assert allocation.stakes == pytest.approx([235.29, 131.50, 33.21], abs=5e-3)
    assert allocation.multiplier == pytest.approx(0.007319, abs=5e-7)


def test_a_budget_that_suffices_has_no_price() -> None:
    assert allocate(THREE, 1_000).multiplier == 0


def test_nothing_is_staked_where_competition_costs_more_than_the_reward() -> None:
    pot = Pot(24, 800, 0.03)  # kQ = R
    assert not worth_quoting(pot)
    assert optimal_stake(pot) == 0
    assert optimal_stake(Pot(24.01, 800, 0.03)) > 0


def test_where_nobody_else_scores_the_smallest_quote_is_enough() -> None:
    assert optimal_stake(Pot(50, 0, 0.03)) == 0
    assert expected_reward(Pot(50, 0, 0.03), 1e-6) == 50


def test_what_costs_nothing_is_quoted_as_far_as_allowed() -> None:
    assert optimal_stake(Pot(50, 800, 0.0, most=500)) == 500
    assert expected_profit(Pot(50, 800, 0.0), inf) == 50


@pytest.mark.parametrize(("adverse", "distance", "net"), [(0.005, 118, 10.56), (0.015, 208, 3.78)])
def test_the_checked_distances_with_fills(adverse: float, distance: int, net: float) -> None:
    found = best_distance(Pot(50, 800, 0), 200, Price(300), Price(1), fill_cost(200, 6, 80, adverse))
    assert found is not None
    assert found[0] == distance
    assert found[1] == pytest.approx(net, abs=5e-3)


def test_no_quote_where_every_distance_loses() -> None:
    assert best_distance(Pot(50, 800, 0), 200, Price(300), Price(1), fill_cost(200, 6, 80, 0.03)) is None


def test_at_the_edge_of_the_band_there_is_no_reward_left() -> None:
    assert net_at_distance(Pot(50, 800, 0), 200, Price(300), Price(300), lambda _: 0.0) == 0


pots = st.builds(
    Pot, st.floats(0.01, 1_000), st.floats(0, 100_000), st.floats(0.0001, 1), st.floats(0.01, 10), st.floats(1, 10_000)
)


@given(pots, st.floats(0, 20_000))
@example(Pot(reward=0.5, others=5e-324, cost=1.0, weight=1.0, most=1.0), 0.25)
def test_no_other_stake_earns_more(pot: Pot, other: float) -> None:
    best = optimal_stake(pot)
    if pot.others and other <= pot.most:
        assert expected_profit(pot, best) >= expected_profit(pot, other) - 1e-6


@given(st.lists(pots, min_size=1, max_size=5), st.floats(1, 10_000))
def test_an_allocation_keeps_to_its_budget_and_its_limits(several: list[Pot], budget: float) -> None:
    found = allocate(several, budget)
    assert sum(pot.weight * stake for pot, stake in zip(several, found.stakes, strict=True)) <= budget * (1 + 1e-9)
    assert all(0 <= stake <= pot.most for pot, stake in zip(several, found.stakes, strict=True))


@given(st.lists(pots, min_size=2, max_size=4), st.floats(1, 1_000), st.floats(0, 1))
def test_no_other_division_of_the_same_budget_earns_more(several: list[Pot], budget: float, moved: float) -> None:
    found = allocate(several, budget)
    shifted = list(found.stakes)
    taken = moved * shifted[0]
    shifted[0] -= taken
    shifted[1] = min(shifted[1] + taken * several[0].weight / several[1].weight, several[1].most)
    if all(pot.others for pot in several):
        before = sum(expected_profit(pot, stake) for pot, stake in zip(several, found.stakes, strict=True))
        after = sum(expected_profit(pot, stake) for pot, stake in zip(several, shifted, strict=True))
        assert after <= before + 1e-6 * (1 + abs(before))
