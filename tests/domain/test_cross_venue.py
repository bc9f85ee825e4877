"""A pair across two venues: both grids, both fee schedules, and the chance that they settle it differently."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import FeeSchedule, KalshiFees, PolymarketFees, PriceBand, PriceGrid
from dutchbook.domain.pricing.cross_venue import break_even_mismatch, counted, dearest, mismatch_cost
from dutchbook.domain.pricing.depth import LegDepth, executable_size
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.pricing.yields import mismatch_break_even, mismatch_ev
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size, notional_up
from tests.domain.ladders import ladder

CENTS, MILLS = PriceGrid.uniform(Price(100)), PriceGrid.uniform(Price(10))
TAPERED = PriceGrid(
    (
        PriceBand(Price(0), Price(1_000), Price(10)),
        PriceBand(Price(1_000), Price(9_000), Price(100)),
        PriceBand(Price(9_000), ONE, Price(10)),
    )
)
POLYMARKET_TICKS = [PriceGrid.uniform(Price(tick)) for tick in (1, 10, 100, 1_000)]
KALSHI_GRIDS = [CENTS, MILLS, TAPERED]


def polymarket(levels: tuple[Level, ...], rate: int = 50_000, grid: PriceGrid = CENTS) -> LegDepth:
    return LegDepth(
        side=Side.BUY,
        levels=levels,
        fees=PolymarketFees(rate),
        grid=grid,
        min_size=Size(5 * CONTRACT),
        min_notional=DOLLAR,
    )


def kalshi(levels: tuple[Level, ...], grid: PriceGrid = CENTS, unit: int = 100) -> LegDepth:
    return LegDepth(side=Side.BUY, levels=levels, fees=KalshiFees(unit=Money(unit)), grid=grid, min_size=Size(10_000))


def test_the_worked_example_of_yes_here_and_no_there() -> None:
    found = executable_size([polymarket(ladder((0.43, 200))), kalshi(ladder((0.52, 200)), unit=10_000)], ONE)
    assert found is not None
    assert (found.size, found.outlay, found.profit) == (200 * CONTRACT, 195_951_000, 4_049_000)
    # 4.049 dollars of 200: the pair earns nothing once it is settled twice with 2.0245 %.
    assert break_even_mismatch(found, ONE) == 20_245
    assert mismatch_break_even(Money(found.outlay // 200)) == pytest.approx(0.020245)
    assert mismatch_cost(ONE, found.size, 20_245) == 4_049_000
    assert mismatch_ev(Money(found.outlay // 200), 0.005) * 200 == pytest.approx(4.049 - 1.0)


@pytest.mark.parametrize(
    ("here", "there", "why"),
    [
        (ladder((0.40, 4)), ladder((0.50, 100)), "Polymarket takes no order below 5 contracts"),
        (ladder((0.04, 10)), ladder((0.50, 100)), "Polymarket takes no order below a dollar"),
        (ladder((0.46, 100)), ladder((0.52, 100)), "both venues' fees take the gap of two cents"),
    ],
)
def test_what_cannot_be_executed_at_both_venues_is_no_opportunity(
    here: tuple[Level, ...], there: tuple[Level, ...], why: str
) -> None:
    assert executable_size([polymarket(here), kalshi(there)], ONE) is None, why


@st.composite
def books(draw: st.DrawFn, low: int, high: int, least: int = 1) -> tuple[Level, ...]:
    prices = draw(st.lists(st.integers(low, high), min_size=1, max_size=4, unique=True))
    sizes = st.integers(least, 3_000).map(lambda hundredths: Size(hundredths * LOT))
    return tuple(Level(Price(price), draw(sizes)) for price in sorted(prices))


@st.composite
def pairs(draw: st.DrawFn) -> tuple[LegDepth, LegDepth]:
    """Books of both venues around a sum of a dollar, on any of their grids; levels may stand off a grid."""
    centre = draw(st.integers(400, 9_600))
    here = draw(books(max(1, centre - 500), min(9_999, centre + 200)))
    there = draw(books(max(1, ONE - centre - 500), min(9_999, ONE - centre + 200)))
    first = polymarket(here, draw(st.integers(0, 80_000)), draw(st.sampled_from(POLYMARKET_TICKS)))
    second = kalshi(there, draw(st.sampled_from(KALSHI_GRIDS)), draw(st.sampled_from([100, 10_000])))
    return first, second


@st.composite
def gaps(draw: st.DrawFn) -> tuple[LegDepth, LegDepth]:
    """As `pairs`, but cheap and deep enough that there is nearly always something to execute."""
    centre = draw(st.integers(2_000, 8_000))
    here = draw(books(centre - 900, centre - 600, least=1_000))
    there = draw(books(ONE - centre - 900, ONE - centre - 600, least=1_000))
    first = polymarket(here, draw(st.integers(0, 80_000)), draw(st.sampled_from(POLYMARKET_TICKS[:3])))
    second = kalshi(there, draw(st.sampled_from(KALSHI_GRIDS)), draw(st.sampled_from([100, 10_000])))
    return first, second


def cost(leg: LegDepth, size: int) -> Fraction | None:
    """Dollars for `size` with the fee before any rounding, level by level; None beyond the book. Plain arithmetic."""
    rate = Fraction(leg.fees.rate_ppm if isinstance(leg.fees, PolymarketFees) else 70_000, 1_000_000)
    total = Fraction(0)
    for level in leg.levels:
        taken, price = Fraction(min(size, level.size), CONTRACT), Fraction(level.price, ONE)
        total += taken * (price + rate * price * (1 - price))
        size -= min(size, level.size)
        if not size:
            return total
    return None


def best_by_hand(legs: tuple[LegDepth, LegDepth], mismatch: Fraction) -> Fraction:
    """The most that any size could earn: profits are linear between the ends of levels, so those are tried."""
    ends = [sum(level.size for level in leg.levels[: i + 1]) for leg in legs for i in range(len(leg.levels))]
    earned = []
    for size in ends:
        costs = [cost(leg, size) for leg in legs]
        if all(each is not None for each in costs):
            earned.append(Fraction(size, CONTRACT) * (1 - mismatch) - sum(each for each in costs if each is not None))
    return max(earned, default=Fraction(0))


@given(pairs(), st.integers(0, 50_000))
def test_no_edge_is_seen_where_trying_every_size_by_hand_finds_none(
    legs: tuple[LegDepth, LegDepth], mismatch: int
) -> None:
    found = executable_size(legs, Price(ONE - -(-ONE * mismatch // 1_000_000)))
    if best_by_hand(legs, Fraction(mismatch, 1_000_000)) <= 0:
        assert found is None


@given(gaps())
def test_an_edge_that_is_seen_is_no_more_than_the_books_give(legs: tuple[LegDepth, LegDepth]) -> None:
    found = executable_size(legs, ONE)
    assume(found is not None)
    assert found is not None
    by_hand = [cost(leg, found.size) for leg in legs]
    assert all(each is not None for each in by_hand)
    gross = Fraction(found.size, CONTRACT) - sum(each for each in by_hand if each is not None)
    assert 0 < Fraction(found.profit, DOLLAR) <= gross
    assert found.outlay + found.profit == found.size  # a set pays a dollar


@given(gaps())
def test_what_is_executable_is_an_order_that_both_venues_take(legs: tuple[LegDepth, LegDepth]) -> None:
    found = executable_size(legs, ONE)
    assume(found is not None)
    assert found is not None
    assert found.size % LOT == 0
    for leg, limit in zip(legs, found.limits, strict=True):
        assert leg.grid is not None
        assert leg.grid.contains(limit)
        assert found.size >= leg.min_size
        assert limit * found.size >= leg.min_notional * ONE
        assert sum(level.size for level in leg.levels if level.price <= limit) >= found.size


@given(gaps())
def test_below_the_break_even_mismatch_a_pair_earns_and_above_it_loses(legs: tuple[LegDepth, LegDepth]) -> None:
    found = executable_size(legs, ONE)
    assume(found is not None)
    assert found is not None
    even = break_even_mismatch(found, ONE)
    assert mismatch_cost(ONE, found.size, even) <= found.profit < mismatch_cost(ONE, found.size, even + 1) + 1


fees = st.one_of(
    st.builds(PolymarketFees, rate_ppm=st.integers(0, 80_000)),
    st.builds(KalshiFees, unit=st.sampled_from([100, 10_000])),
)


@given(
    fees,
    st.sampled_from([*POLYMARKET_TICKS, *KALSHI_GRIDS]),
    st.integers(1, 10**5).map(lambda lots: Size(lots * LOT)),
    st.integers(0, 10**9).map(Money),
)
def test_a_hedge_goes_to_the_last_price_of_the_grid_that_its_budget_pays(
    schedule: FeeSchedule, grid: PriceGrid, size: Size, budget: Money
) -> None:
    def affordable(price: int) -> bool:
        paid = notional_up(Price(price), size) + taker_fee(schedule, Price(price), size, Side.BUY)
        return grid.contains(Price(price)) and paid <= budget

    assert dearest(schedule, grid, size, budget) == max(filter(affordable, range(1, ONE)), default=None)


@given(books(1, 9_999), st.integers(1, 1_000_000))
def test_counting_on_a_part_of_the_depth_counts_no_more_than_that(levels: tuple[Level, ...], share: int) -> None:
    kept = counted(levels, share)
    shown = {level.price: level.size for level in levels}
    assert all(0 < level.size * 1_000_000 <= shown[level.price] * share for level in kept)
    assert [level.price for level in kept] == [level.price for level in levels if level.size * share >= 1_000_000]
