"""The compiled walk gives the plain walk's answers, to the last digit."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.pricing import packed
from dutchbook.domain.pricing.depth import LegDepth, executable_size
from dutchbook.domain.pricing.merge import MAX_SIZE, merge, net_payoff
from dutchbook.domain.pricing.packed import PackedLegs, Solution
from dutchbook.domain.units import CONTRACT, ONE, Money, Price, Size
from tests.domain.ladders import FIVE_PERCENT, THREE_OUTCOMES, baskets, bought, fine_sizes, lot_sizes, splits

huge_sizes = st.integers(1, 10**14)
any_legs = st.one_of(
    baskets(), splits(), baskets(lot_sizes), splits(lot_sizes), baskets(huge_sizes), splits(huge_sizes)
)
limits = st.one_of(st.none(), fine_sizes.map(Size), huge_sizes.map(Size))
amounts = st.one_of(st.none(), st.integers(0, 10**9).map(Money), st.integers(0, 10**15).map(Money))


@pytest.fixture(params=["compiled", "plain"])
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Runs a test with the compiled walk and without it."""
    if request.param == "compiled":
        pytest.importorskip("numba")
    else:
        monkeypatch.setattr(packed, "kernel", lambda: None)
    return str(request.param)


def solution(
    legs: tuple[LegDepth, ...], payoff: Price, ppm: int, limit: Size | None, cash: Money | None
) -> Solution | None:
    budget = None if cash is None else cash * 10**12
    size, gain = merge(legs, net_payoff(payoff, ppm), MAX_SIZE if limit is None else limit, budget)
    return Solution(Size(size), gain) if size else None


@given(any_legs, limits, amounts, st.integers(0, 20_000))
def test_the_compiled_walk_equals_the_plain_one(
    legs: tuple[LegDepth, ...], limit: Size | None, cash: Money | None, conversion_ppm: int
) -> None:
    pytest.importorskip("numba")
    payoff = ONE if legs[0].side is Side.BUY else Price(-ONE)
    compiled = PackedLegs(legs)
    assert compiled.solve(payoff, conversion_ppm, limit, cash) == solution(legs, payoff, conversion_ppm, limit, cash)
    assert compiled.execution(payoff, conversion_ppm, limit, cash) == executable_size(
        legs, payoff, conversion_ppm, limit, cash
    )


@given(st.lists(baskets(), min_size=2, max_size=5), st.randoms(use_true_random=False))
def test_a_refreshed_leg_is_like_a_new_one(seen: list[tuple[LegDepth, ...]], rng: random.Random) -> None:
    legs = list(seen[0])
    kept = PackedLegs(legs)
    for others in seen[1:]:
        index, source = rng.randrange(len(legs)), rng.choice(others)
        legs[index] = LegDepth(side=Side.BUY, levels=source.levels, fees=legs[index].fees)
        kept.refresh(index, source.levels)
        assert kept.solve(ONE) == PackedLegs(legs).solve(ONE)
        assert kept.execution(ONE) == executable_size(legs, ONE)


def test_worked_example(kernel: str) -> None:
    legs = PackedLegs([bought(levels) for levels in THREE_OUTCOMES])
    assert legs.solve(ONE) == Solution(Size(80 * CONTRACT), 1_759_450 * 10**12)
    legs.refresh(1, ())
    assert legs.solve(ONE) is None
    legs.refresh(1, THREE_OUTCOMES[1])
    found = legs.execution(ONE)
    assert found is not None
    assert found.profit == 1_759_450


def test_a_size_below_a_minimum_is_no_solution(kernel: str) -> None:
    legs = [LegDepth(side=Side.BUY, levels=levels, min_size=Size(81 * CONTRACT)) for levels in THREE_OUTCOMES]
    assert PackedLegs(legs).solve(ONE) is not None  # without fees: 150 sets
    legs = [LegDepth(side=Side.BUY, levels=x, min_size=Size(81 * CONTRACT), fees=FIVE_PERCENT) for x in THREE_OUTCOMES]
    assert PackedLegs(legs).solve(ONE) is None


def test_cash_is_spent_to_the_last_lot(kernel: str) -> None:
    legs = PackedLegs([bought(levels) for levels in THREE_OUTCOMES])
    ten_sets = Money(9_716_200)
    assert legs.solve(ONE, cash=ten_sets) == Solution(Size(10 * CONTRACT), 283_800 * 10**12)
    assert legs.solve(ONE, cash=Money(ten_sets - 1)) == Solution(Size(9_990_000), 9_990_000 * 28_380 * 10**6)


def test_depth_without_end_is_cut_at_the_largest_size(kernel: str) -> None:
    legs = PackedLegs([bought((Level(Price(4_000), Size(10**20)), Level(Price(4_100), Size(1))))] * 2)
    found = legs.solve(ONE)
    assert found is not None
    assert found.size == MAX_SIZE


def test_the_largest_numbers_stay_exact(kernel: str) -> None:
    # 500 legs of a hundred million contracts at the lowest price, for the largest payoff: nothing wraps around.
    legs = [bought((Level(Price(1), MAX_SIZE),), PolymarketFees(80_000))] * packed.MAX_LEGS
    found = PackedLegs(legs).solve(packed.MAX_PAYOFF)
    assert found is not None
    assert (found.size, found.gain) == merge(legs, net_payoff(packed.MAX_PAYOFF, 0), MAX_SIZE, None)
    assert found.gain > 2**93
    dear = [bought((Level(Price(9_999), MAX_SIZE),), PolymarketFees(80_000))] * packed.MAX_LEGS
    cash = Money(12_345_678_901_234)
    found = PackedLegs(dear).solve(packed.MAX_PAYOFF, cash=cash)
    assert found == solution(tuple(dear), packed.MAX_PAYOFF, 0, None, cash)


@pytest.mark.parametrize("level", [Level(Price(0), Size(1)), Level(ONE, Size(1)), Level(Price(5_000), Size(-1))])
def test_an_impossible_level_is_refused_and_changes_nothing(kernel: str, level: Level) -> None:
    legs = PackedLegs([bought(levels) for levels in THREE_OUTCOMES])
    with pytest.raises(ValueError, match="is no level"):
        legs.refresh(0, (THREE_OUTCOMES[0][0], level))
    assert legs.solve(ONE) == Solution(Size(80 * CONTRACT), 1_759_450 * 10**12)


def test_numbers_beyond_the_bounds_are_refused(kernel: str) -> None:
    with pytest.raises(ValueError, match="legs cannot be packed"):
        PackedLegs([bought(THREE_OUTCOMES[0])] * (packed.MAX_LEGS + 1))
    with pytest.raises(ValueError, match="legs cannot be packed"):
        PackedLegs([])
    with pytest.raises(ValueError, match="payoff"):
        PackedLegs([bought(THREE_OUTCOMES[0])]).solve(Price(packed.MAX_PAYOFF + 1))
    with pytest.raises(ValueError, match="charges more"):
        PackedLegs([bought(THREE_OUTCOMES[0], PolymarketFees(4_000_000))])
