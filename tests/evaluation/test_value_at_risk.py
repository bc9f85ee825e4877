"""What positions could lose: checked against all cases, counted one by one."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import CONTRACT, ONE, Money, Price, Size
from dutchbook.evaluation.value_at_risk import Held, losses

_bids = st.integers(1, ONE - 1)
_sizes = st.integers(1, 50)


def held(market: int, bid: int, contracts: int, *, yes: bool = True, question: str = "", certain: bool = False) -> Held:
    value = Money(bid * contracts * 100)
    name = f"m{market}"
    return Held(name, name, yes, Size(contracts * CONTRACT), Price(bid), value, question, certain)


def test_one_contract_at_ninety_cents_loses_ninety_cents_in_one_of_ten_cases() -> None:
    found = losses([held(1, 9_000, 1)])
    assert found.worst == Money(-900_000)
    assert found.best == Money(100_000)
    assert found.var_95 == Money(900_000)
    assert losses([held(1, 9_700, 1)]).var_95 == Money(0)
    assert losses([held(1, 9_700, 1)]).var_99 == Money(970_000)


def test_both_outcomes_of_a_market_pay_a_dollar_whatever_is_decided() -> None:
    found = losses([held(1, 6_000, 10), held(1, 3_900, 10, yes=False)])
    [scenario] = found.scenarios
    assert scenario.if_yes == scenario.if_no == Money(100_000)
    assert found.var_99 == Money(0)


def test_all_yes_of_a_question_with_one_winner_cannot_lose() -> None:
    found = losses([held(number, 2_400, 10, question="q", certain=True) for number in range(4)])
    assert found.worst == found.best == Money(10_000_000 - 4 * 2_400_000)
    assert found.var_99 == 0
    assert {each.if_yes for each in found.scenarios} == {each.if_no for each in found.scenarios} == {Money(400_000)}


def test_all_no_of_a_question_loses_at_most_one_of_them() -> None:
    found = losses([held(number, 7_400, 10, yes=False, question="q") for number in range(4)])
    assert found.worst == Money(30_000_000 - 4 * 7_400_000)
    assert found.best == Money(40_000_000 - 4 * 7_400_000)
    assert all(each.if_yes == found.worst for each in found.scenarios)


def test_a_question_that_may_end_without_a_winner_can_lose_all_that_is_held_of_it() -> None:
    found = losses([held(number, 3_000, 10, question="q") for number in range(3)])
    assert found.worst == Money(-9_000_000)
    assert found.var_95 == Money(9_000_000), "one case in ten"
    assert losses([held(number, 3_300, 10, question="q") for number in range(3)]).var_95 == 0


@given(st.lists(st.tuples(st.booleans(), _bids, _sizes), min_size=1, max_size=5), st.booleans())
def test_within_a_question_no_case_is_worse_than_the_worst_or_better_than_the_best(
    bets: list[tuple[bool, int, int]], certain: bool
) -> None:
    group = [
        held(number, bid, contracts, yes=yes, question="q", certain=certain)
        for number, (yes, bid, contracts) in enumerate(bets)
    ]
    found = losses(group)
    now = sum(bid * contracts * 100 for _, bid, contracts in bets)
    winners = [*range(len(bets)), *([] if certain else [-1])]
    results = [
        sum(contracts * 1_000_000 * (yes == (number == winner)) for number, (yes, _, contracts) in enumerate(bets))
        - now
        for winner in winners
    ]
    assert (found.worst, found.best) == (min(results), max(results))
    assert 0 <= found.var_95 <= found.var_99 <= max(0, -found.worst)


def test_nothing_held_loses_nothing() -> None:
    found = losses([])
    assert (found.var_95, found.var_99, found.worst, found.best) == (0, 0, 0, 0)


def test_what_nobody_bids_for_counts_as_worthless_now_and_can_only_gain() -> None:
    found = losses([Held("m", "m", True, Size(CONTRACT), None, None)])
    assert found.worst == Money(0)
    assert found.best == Money(1_000_000)


@given(st.lists(st.tuples(_bids, _sizes), min_size=1, max_size=6))
def test_value_at_risk_is_that_of_all_cases_up_to_a_step_against_us(bets: list[tuple[int, int]]) -> None:
    found = losses([held(number, bid, contracts) for number, (bid, contracts) in enumerate(bets)])
    cases = []
    for outcome in product((True, False), repeat=len(bets)):
        chance, result = 1.0, 0
        for won, (bid, contracts) in zip(outcome, bets, strict=True):
            chance *= bid / ONE if won else 1 - bid / ONE
            result += contracts * 1_000_000 * won - bid * contracts * 100
        cases.append((result, chance))
    step = len(bets) * -(-(found.best - found.worst) // 4_000)
    for tail, reckoned in ((0.05, found.var_95), (0.01, found.var_99)):
        assert reckoned >= _loss(cases, tail * (1 + 1e-9)) - 1
        assert reckoned <= _loss(cases, tail * (1 - 1e-9)) + step
    assert found.worst == pytest.approx(min(result for result, _ in cases))


def _loss(cases: list[tuple[int, float]], tail: float) -> int:
    total = 0.0
    for result, chance in sorted(cases):
        total += chance
        if total >= tail:
            return max(0, -result)
    return 0
