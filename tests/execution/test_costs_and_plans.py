from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.markets import FeeSchedule, KalshiFees, NoFees, PolymarketFees, PriceBand, PriceGrid
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size
from dutchbook.execution.costs import cost, furthest, quote, reaching, snapped
from dutchbook.execution.plan import plan
from dutchbook.execution.settings import Sending
from tests.execution.stage import Stage, yes

TAPERED = PriceGrid(
    (
        PriceBand(Price(0), Price(1_000), Price(10)),
        PriceBand(Price(1_000), Price(9_000), Price(100)),
        PriceBand(Price(9_000), ONE, Price(10)),
    )
)
schedules = st.sampled_from([NoFees(), PolymarketFees(50_000), PolymarketFees(250_000, exponent=2), KalshiFees()])
grids = st.sampled_from([PriceGrid.uniform(Price(100)), PriceGrid.uniform(Price(10)), TAPERED])
sizes = st.integers(1, 1_000).map(lambda contracts: Size(contracts * CONTRACT))


@given(schedules, grids, st.sampled_from(Side), sizes, st.integers(-1_000 * DOLLAR, 1_000 * DOLLAR).map(Money))
def test_the_furthest_price_is_affordable_and_the_next_one_on_the_grid_is_not(
    fees: FeeSchedule, grid: PriceGrid, side: Side, size: Size, budget: Money
) -> None:
    on_grid = [Price(price) for price in range(1, ONE) if grid.contains(Price(price))]
    affordable = [price for price in on_grid if cost(fees, side, price, size) <= budget]
    expected = (max if side is Side.BUY else min)(affordable, default=None)
    assert furthest(fees, grid, side, size, budget) == expected


@given(st.integers(-200, ONE + 200), grids, st.sampled_from(Side))
def test_a_snapped_price_is_on_the_grid_and_no_worse(price: int, grid: PriceGrid, side: Side) -> None:
    found = snapped(grid, side, Price(price))
    if found is None:
        assert not 0 < price < ONE or not any(
            grid.contains(Price(p)) for p in (range(1, price + 1) if side is Side.BUY else range(price, ONE))
        )
    else:
        assert grid.contains(found)
        assert found <= price if side is Side.BUY else found >= price


def test_a_limit_reaches_beyond_what_is_shown_but_not_beyond_its_bound() -> None:
    grid = PriceGrid.uniform(Price(100))
    assert reaching(grid, Side.BUY, Price(1_800), Price(200), Price(9_000)) == 2_000
    assert reaching(grid, Side.BUY, Price(1_800), Price(200), Price(1_950)) == 1_900
    assert reaching(grid, Side.SELL, Price(1_800), Price(200), Price(1_000)) == 1_600
    assert reaching(grid, Side.SELL, Price(1_800), Price(200), Price(1_750)) == 1_800
    assert reaching(grid, Side.SELL, Price(100), Price(200), Price(1)) == 100


def test_a_quote_walks_levels_within_the_limit_and_says_how_much_there_is() -> None:
    levels = [Level(Price(4_000), Size(10 * CONTRACT)), Level(Price(4_100), Size(10 * CONTRACT))]
    whole = quote(levels, NoFees(), Side.BUY, Size(15 * CONTRACT), Price(9_999))
    assert whole is not None
    assert (whole.size, whole.cost, whole.worst) == (15 * CONTRACT, 6_050_000, 4_100)
    part = quote(levels, NoFees(), Side.BUY, Size(15 * CONTRACT), Price(4_000))
    assert part is not None
    assert (part.size, part.worst) == (10 * CONTRACT, 4_000)
    assert quote(levels, NoFees(), Side.BUY, Size(15 * CONTRACT), Price(3_999)) is None


def test_a_plan_knows_its_order_and_its_worst_loss() -> None:
    stage = Stage([({48: 100}, {50: 100}), ({28: 100}, {30: 25}), ({13: 100}, {15: 100})])
    step = stage.begin(BundleKind.ALL_YES, [(0, 50), (1, 30), (2, 15)], 20)
    assert "legs 1+2+3" in step.notes[0].text
    [intent] = stage.execution.working()
    made = plan(intent, stage.bundle(intent.subject), stage, Sending.ONE_BY_ONE)
    assert made.waves == ((1,), (0,), (2,))
    assert made.worst_loss == 16 * DOLLAR  # the third misses, the first two are lost


def test_of_nos_in_an_exclusive_question_all_but_one_pay_even_if_a_leg_misses() -> None:
    stage = Stage([({45: 50}, {50: 50}), ({35: 50}, {40: 50}), ({30: 50}, {32: 50})])
    stage.begin(BundleKind.ALL_NO, [(0, 55), (1, 65), (2, 70)], 20)
    [intent] = stage.execution.working()
    made = plan(intent, stage.bundle(intent.subject), stage, Sending.TOGETHER)
    assert made.worst_loss == 20 * DOLLAR * 35 // 100  # 65 and 70 cents, of which a dollar is sure


def test_a_split_of_which_the_dearer_half_does_not_sell_is_the_worst_of_a_split() -> None:
    stage = Stage([({53: 50}, {49: 50})])
    stage.begin(BundleKind.SPLIT_SELL, [(0, 53), (0, 51)], 20)
    [intent] = stage.execution.working()
    made = plan(intent, stage.bundle(intent.subject), stage, Sending.TOGETHER)
    assert made.worst_loss == 20 * DOLLAR * 49 // 100


def test_an_intent_that_is_no_bundle_risks_its_cost() -> None:
    stage = Stage([({48: 100}, {50: 100})])
    bundle = stage.add_bundle(BundleKind.ALL_YES, [0])
    stage.begin(BundleKind.ALL_YES, [(0, 50)], 20)
    [intent] = stage.execution.working()
    made = plan(intent, None, stage, Sending.THINNEST_FIRST)
    assert (made.worst_loss, made.waves) == (10 * DOLLAR, ((0,),))
    assert bundle.legs[0].outcome == yes(0)
