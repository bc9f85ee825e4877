"""Walking books: what a size costs, and how many sets of a bundle pay."""

from fractions import Fraction
from itertools import pairwise

import msgspec
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleLeg
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import KalshiFees, NoFees, PolymarketFees, PriceBand, PriceGrid
from dutchbook.domain.pricing.depth import LegDepth, executable_size, order_price, walk
from dutchbook.domain.pricing.fees import marginal_fee, taker_fee
from dutchbook.domain.pricing.merge import LOT, merge, net_payoff
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size, complement
from tests.domain.ladders import (
    FIVE_PERCENT,
    THREE_OUTCOMES,
    Ladder,
    baskets,
    bought,
    ladder,
    ladders,
    lot_sizes,
    sold,
    splits,
)

UNLIMITED = 10**14
SPLIT = Price(-ONE)


def contracts(number: float) -> Size:
    return Size(round(number * CONTRACT))


def money(dollars: float) -> Money:
    return Money(round(dollars * DOLLAR))


def test_walking_a_book_charges_the_fee_level_by_level() -> None:
    levels = ladder((0.52, 100), (0.53, 200), (0.55, 500))
    taken = walk(levels, contracts(400), fees=FIVE_PERCENT)
    assert (taken.size, taken.notional, taken.fee) == (contracts(400), money(213), money(4.9765))
    assert (taken.average, taken.worst) == (5_325, 5_500)
    assert taker_fee(FIVE_PERCENT, Price(5_325), contracts(400)) == money(4.97888)  # what the average price would say


def test_a_thin_book_gives_what_it_has() -> None:
    levels = ladder((0.52, 100))
    assert walk(levels, contracts(400)).size == contracts(100)
    nothing = walk((), contracts(400))
    assert (nothing.size, nothing.notional, nothing.average, nothing.worst) == (0, 0, None, None)


def test_a_sale_is_rounded_down_and_a_purchase_up() -> None:
    levels = (Level(Price(3_333), Size(1)), Level(Price(3_332), Size(2)))
    assert (walk(levels, Size(3), side=Side.SELL).notional, walk(levels, Size(3), side=Side.SELL).average) == (0, 3_332)
    assert (walk(levels, Size(3)).notional, walk(levels, Size(3)).average) == (1, 3_333)


def three_outcomes() -> tuple[LegDepth, ...]:
    return tuple(bought(levels) for levels in THREE_OUTCOMES)


def test_a_basket_grows_until_the_next_set_would_lose() -> None:
    found = executable_size(three_outcomes(), ONE)
    assert found is not None
    assert (found.size, found.profit) == (contracts(80), money(1.75945))
    assert found.gain == 1_759_450 * 10**12
    assert found.margin == 7_930 * 10**6
    assert found.limits == (3_100, 4_000, 2_500)
    assert found.proceeds - found.cost - found.fees == found.profit
    assert found.outlay == found.cost + found.fees


def level_cost(leg: LegDepth, size: int) -> int:
    """What so many contracts cost with their fees, in micro-dollars."""
    taken = walk(leg.levels, contracts(size), fees=leg.fees)
    return taken.notional + taken.fee


def test_margins_fall_as_levels_are_used_up() -> None:
    gains = [merge(three_outcomes(), net_payoff(ONE, 0), contracts(size), None)[1] for size in (0, 50, 60, 80)]
    steps = [later - earlier for earlier, later in pairwise(gains)]
    assert steps == [50 * 28_380 * 10**12, 10 * 18_185 * 10**12, 20 * 7_930 * 10**12]
    loss_of_80, loss_of_90 = (
        sum(level_cost(leg, size) for leg in three_outcomes()) - size * ONE * 100 for size in (80, 90)
    )
    assert loss_of_80 == -1_759_450
    assert loss_of_90 - loss_of_80 == 10 * 2_165  # each set beyond the eightieth loses 0.002165


def test_without_fees_the_same_basket_is_larger() -> None:
    found = executable_size([bought(levels, NoFees()) for levels in THREE_OUTCOMES], ONE)
    assert found is not None
    assert (found.size, found.profit) == (contracts(150), money(6.4))


def test_a_pair_across_two_venues_pays_both_venues_fees() -> None:
    here = bought(ladder((0.43, 200)), FIVE_PERCENT)
    there = bought(ladder((0.52, 200)), KalshiFees(unit=Money(10_000)))
    found = executable_size([here, there], ONE)
    assert found is not None
    assert (found.size, found.fees) == (contracts(200), money(2.451 + 3.4944 + 0.0056))
    assert (found.outlay, found.profit) == (money(195.951), money(4.049))


def test_a_split_is_sold_level_by_level() -> None:
    four = PolymarketFees(40_000)
    found = executable_size([sold(ladder((0.53, 10), (0.52, 90)), four), sold(ladder((0.51, 30)), four)], SPLIT)
    assert found is not None
    assert found.size == contracts(30)
    assert (found.cost, found.outlay) == (money(30), money(30))
    assert found.proceeds == money(5.3 + 20 * 0.52 + 30 * 0.51)
    assert found.limits == (5_200, 5_100)


def test_the_conversion_fee_is_charged_on_the_payoff() -> None:
    legs = [bought(ladder((1 - bid, 10))) for bid in (0.44, 0.30, 0.19, 0.12)]
    free = executable_size(legs, Price(3 * ONE))
    charged = executable_size(legs, Price(3 * ONE), 4_000)
    assert free is not None
    assert charged is not None
    assert free.profit == money(0.14205)
    assert free.profit - charged.profit == money(10 * 3 * 0.004)
    assert executable_size(legs, Price(3 * ONE), 5_000) is None


def test_size_and_cash_limits_are_kept() -> None:
    limited = executable_size(three_outcomes(), ONE, limit=contracts(12.345))
    assert limited is not None
    assert limited.size == contracts(12.34)
    poor = executable_size(three_outcomes(), ONE, cash=money(10))
    assert poor is not None
    assert poor.size == contracts(10.29)  # 0.97162 a set
    assert poor.outlay <= money(10)
    assert executable_size(three_outcomes(), ONE, cash=Money(0)) is None
    assert executable_size(three_outcomes(), ONE, limit=Size(0)) is None


def test_cash_is_counted_at_the_price_of_each_level() -> None:
    legs = [bought(ladder((0.30, 10), (0.40, 100)), NoFees()), bought(ladder((0.50, 200)), NoFees())]
    cash = 10 * 800_000 + 5 * 900_000  # micro-dollars: ten sets at 0.80, five at 0.90
    size, gain = merge(legs, net_payoff(ONE, 0), UNLIMITED, cash * 10**12)
    assert (size, gain) == (contracts(15), (10 * 200_000 + 5 * 100_000) * 10**12)


def test_a_set_that_earns_nothing_is_left_alone() -> None:
    legs = [bought(ladder((0.40, 10), (0.50, 100)), NoFees()), bought(ladder((0.50, 200)), NoFees())]
    assert merge(legs, net_payoff(ONE, 0), UNLIMITED, None) == (contracts(10), 1_000_000 * 10**12)


def test_the_venues_rounding_does_not_overdraw_the_cash() -> None:
    cents = KalshiFees(unit=Money(10_000))
    legs = [bought(ladder((0.43, 500)), cents), bought(ladder((0.52, 500)), cents)]
    cash = money(98.4629)  # exactly a hundred sets, had fees not to be whole cents
    found = executable_size(legs, ONE, cash=cash)
    assert found is not None
    assert contracts(99.9) < found.size < contracts(100)
    assert found.outlay <= cash


def test_a_size_below_a_legs_minimum_is_no_execution() -> None:
    first, *others = three_outcomes()
    enough = msgspec.structs.replace(first, min_size=contracts(80))
    too_much = msgspec.structs.replace(first, min_size=contracts(80.01))
    assert executable_size([enough, *others], ONE) is not None
    assert executable_size([too_much, *others], ONE) is None


def test_a_notional_below_a_legs_minimum_is_no_execution() -> None:
    leg = LegDepth(side=Side.BUY, levels=ladder((0.01, 99)), min_notional=money(1))
    other = bought(ladder((0.90, 200)), NoFees())
    assert executable_size([leg, other], ONE) is None
    assert executable_size([msgspec.structs.replace(leg, levels=ladder((0.01, 100))), other], ONE) is not None


def test_an_empty_leg_is_no_execution() -> None:
    assert executable_size([bought(()), *three_outcomes()], ONE) is None


def test_a_legs_facts_come_from_the_bundle() -> None:
    leg = BundleLeg(OutcomeId("1"), MarketId("m"), Side.SELL, FIVE_PERCENT, PriceGrid.uniform(Price(100)), contracts(5))
    made = LegDepth.of(leg, ladder((0.5, 1)))
    assert (made.side, made.fees, made.grid, made.min_size) == (leg.side, leg.fees, leg.grid, leg.min_size)


TAPERED = PriceGrid(
    (
        PriceBand(Price(0), Price(1_000), Price(10)),
        PriceBand(Price(1_000), Price(9_000), Price(100)),
        PriceBand(Price(9_000), ONE, Price(10)),
    )
)


@pytest.mark.parametrize(
    ("side", "worst", "sent"),
    [
        (Side.BUY, 995, 1_000),
        (Side.BUY, 1_001, 1_100),
        (Side.BUY, 8_950, 9_000),
        (Side.BUY, 9_001, 9_010),
        (Side.BUY, 9_995, None),
        (Side.BUY, 5, 10),
        (Side.SELL, 5, None),
        (Side.SELL, 1_001, 1_000),
        (Side.SELL, 9_005, 9_000),
        (Side.SELL, 9_995, 9_990),
        (Side.SELL, 4_400, 4_400),
    ],
)
def test_a_limit_is_the_nearest_grid_price_that_still_takes_the_level(side: Side, worst: int, sent: int | None) -> None:
    assert order_price(TAPERED, side, Price(worst)) == sent


@given(st.sampled_from(Side), st.integers(1, ONE - 1), st.sampled_from([1, 10, 25, 50, 100, 1_000]))
def test_a_limit_is_on_the_grid_and_less_than_a_step_away(side: Side, worst: int, tick: int) -> None:
    grid = PriceGrid.uniform(Price(tick))
    sent = order_price(grid, side, Price(worst))
    if sent is None:
        assert (worst > ONE - tick) if side is Side.BUY else (worst < tick)
    else:
        assert grid.contains(sent)
        assert 0 <= (sent - worst if side is Side.BUY else worst - sent) < tick


def test_levels_beyond_the_grid_are_left_alone() -> None:
    cents = PriceGrid.uniform(Price(100))
    dear = LegDepth(side=Side.BUY, levels=ladder((0.985, 10), (0.995, 50)), grid=cents)
    other = bought(ladder((0.001, 100)), NoFees())
    found = executable_size([dear, other], ONE)
    assert found is not None
    assert found.size == contracts(10)
    assert found.limits == (9_900, 10)
    assert found.expected == (9_850, 10)


@given(st.one_of(baskets(), splits()), st.data())
def test_no_smaller_size_earns_more_and_none_goes_beyond_a_legs_depth(
    legs: tuple[LegDepth, ...], data: st.DataObject
) -> None:
    payoff = net_payoff(ONE if legs[0].side is Side.BUY else SPLIT, 0)
    size, gain = merge(legs, payoff, UNLIMITED, None)
    assert size % LOT == 0
    assert all(size <= sum(level.size for level in leg.levels) for leg in legs)
    fewer = data.draw(st.integers(0, size))
    smaller, less = merge(legs, payoff, fewer, None)
    assert smaller == fewer - fewer % LOT
    assert less <= gain


@given(st.one_of(baskets(lot_sizes), splits(lot_sizes)), st.data())
def test_one_more_lot_never_pays(legs: tuple[LegDepth, ...], data: st.DataObject) -> None:
    payoff = net_payoff(ONE if legs[0].side is Side.BUY else SPLIT, 0)
    size, _ = merge(legs, payoff, UNLIMITED, None)
    depth = min(sum(level.size for level in leg.levels) for leg in legs)
    assume(size < depth)
    more = Size(data.draw(st.integers(1, (depth - size) // LOT)) * LOT + size)
    taken = [walk(leg.levels, more, side=leg.side, fees=leg.fees) for leg in legs]
    before = [walk(leg.levels, Size(size), side=leg.side, fees=leg.fees) for leg in legs]
    sign = [1 if leg.side is Side.BUY else -1 for leg in legs]
    spent = sum(s * (t.notional - b.notional) + t.fee - b.fee for s, t, b in zip(sign, taken, before, strict=True))
    rounding = 200 * len(legs)  # two fees a leg, rounded by less than a unit of $0.0001
    assert payoff * (more - size) // 10**12 - spent <= rounding


@given(baskets(), st.integers(0, 5), st.integers(1, 10**9))
def test_more_depth_never_earns_less(legs: tuple[LegDepth, ...], index: int, more: int) -> None:
    leg = legs[index % len(legs)]
    at = index % len(leg.levels)
    level = leg.levels[at]
    levels = (*leg.levels[:at], Level(level.price, Size(level.size + more)), *leg.levels[at + 1 :])
    deeper = [msgspec.structs.replace(leg, levels=levels) if each is leg else each for each in legs]
    thin_size, thin_gain = merge(legs, net_payoff(ONE, 0), UNLIMITED, None)
    deep_size, deep_gain = merge(deeper, net_payoff(ONE, 0), UNLIMITED, None)
    assert deep_size >= thin_size
    assert deep_gain >= thin_gain


@given(st.lists(ladders(Side.BUY, 2_800, 3_500), min_size=3, max_size=3), st.integers(0, 60_000), st.integers(0, 9_999))
def test_higher_fees_never_help(levels: list[Ladder], rate: int, more: int) -> None:
    payoff = net_payoff(ONE, 0)
    size, gain = merge([bought(each, PolymarketFees(rate)) for each in levels], payoff, UNLIMITED, None)
    smaller, less = merge([bought(each, PolymarketFees(rate + more)) for each in levels], payoff, UNLIMITED, None)
    assert smaller <= size
    assert less <= gain


@given(splits(), st.integers(0, 10**9))
def test_selling_both_sides_mirrors_buying_both_sides(legs: tuple[LegDepth, ...], limit: int) -> None:
    # Selling NO at b is buying YES at 1 - b: the split dollar comes back as the merged one.
    mirrored = [
        bought(tuple(Level(complement(level.price), level.size) for level in leg.levels), leg.fees)
        for leg in reversed(legs)
    ]
    assert merge(legs, net_payoff(SPLIT, 0), limit, None) == merge(mirrored, net_payoff(ONE, 0), limit, None)
    split, merged = executable_size(legs, SPLIT), executable_size(mirrored, ONE)
    if split and merged:  # venues round a sale and a purchase differently: one of them may earn nothing
        assert split.limits == tuple(complement(price) for price in reversed(merged.limits))


@given(ladders(Side.BUY, 1, 9_999), st.integers(0, 250_000))
def test_the_fee_on_the_average_price_overstates(levels: Ladder, rate: int) -> None:
    size = sum(level.size for level in levels)
    average = Fraction(sum(level.price * level.size for level in levels), size * ONE)
    by_level = sum(level.size * marginal_fee(PolymarketFees(rate), level.price) for level in levels)
    on_average = size * rate * average * (1 - average) * 10**6
    assert by_level <= on_average + size  # each marginal fee is rounded up by less than a pico-dollar


@given(baskets(), st.integers(1, 10**9), st.integers(1, 10**10))
def test_limits_hold_in_every_execution(legs: tuple[LegDepth, ...], cash: int, limit: int) -> None:
    found = executable_size(legs, ONE, limit=Size(limit), cash=Money(cash))
    if found is not None:
        assert found.outlay <= cash
        assert found.size <= limit
        assert found.profit == found.proceeds - found.cost - found.fees > 0
        assert found.margin > 0
        assert found.profit * 10**12 <= found.gain
        assert all(e <= worst for e, worst in zip(found.expected, found.limits, strict=True))
