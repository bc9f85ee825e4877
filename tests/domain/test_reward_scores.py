"""Polymarket's reward score: the documentation's examples, the checked numbers, and what must hold for every book."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Book, Level
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.pricing.rewards import (
    Resting,
    SidedScore,
    adjusted_middle,
    least_score,
    liquidity_score,
    minute_reward,
    most_others,
    reward_share,
    sample,
    sided_score,
)
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Nanos, Price, Size

EVEN = int(ONE)  # twice a middle of 0.50


def terms(max_spread: int = 300, min_size: int = 0, daily: int = 50, multiplier_ppm: int = 1_000_000) -> RewardTerms:
    return RewardTerms(
        market=MarketId("0x1"),
        daily=Money(daily * DOLLAR),
        max_spread=Price(max_spread),
        min_size=Size(min_size * CONTRACT),
        multiplier_ppm=multiplier_ppm,
    )


def contracts(count: float) -> Size:
    return Size(round(count * CONTRACT))


def book(bids: list[tuple[int, int]], asks: list[tuple[int, int]]) -> Book:
    made = Book(OutcomeId("1"))
    made.replace(
        [Level(Price(price), contracts(size)) for price, size in bids],
        [Level(Price(price), contracts(size)) for price, size in asks],
        Nanos(1),
    )
    return made


@pytest.mark.parametrize(
    ("distance", "score"), [(0, 1), (50, 0.694444), (100, 0.444444), (150, 0.25), (200, 0.111111), (300, 0)]
)
def test_the_score_falls_with_the_square_of_the_distance(distance: int, score: float) -> None:
    of_one = liquidity_score(terms(), EVEN, Price(5_000 - distance), CONTRACT)
    assert of_one == pytest.approx(score, abs=5e-7)


def test_one_sided_quotes_of_the_checked_example_earn_a_third() -> None:
    mine = (Resting(True, Price(4_900), contracts(200)), Resting(False, Price(5_150), contracts(100)))
    sides = sided_score(terms(), EVEN, mine)
    assert sides == pytest.approx((88.8889, 25.0), abs=5e-5)
    least = least_score(sides, EVEN)
    assert least == pytest.approx(29.6296, abs=5e-5)
    share = reward_share(least, 800)
    assert share == pytest.approx(0.035714, abs=5e-7)
    assert minute_reward(Money(50 * DOLLAR), share) * 1_440 / DOLLAR == pytest.approx(1.7857, abs=5e-5)


def test_the_documentations_example_of_three_orders_on_each_side() -> None:
    """Middle 0.50, band 3 cents: orders on YES and on its mirror NO count on one side (polymarket.com, rewards)."""
    one = [(4_900, 100), (4_850, 200), (4_900, 100)]  # bids for YES at 0.49 and 0.485, an ask of NO at 0.51
    two = [(5_150, 100), (5_150, 100), (5_050, 200)]  # an ask of YES at 0.515, bids for NO at 0.485 and 0.495
    orders = [Resting(True, Price(price), contracts(size)) for price, size in one]
    orders += [Resting(False, Price(price), contracts(size)) for price, size in two]
    sides = sided_score(terms(), EVEN, orders)
    first = ((3 - 1) / 3) ** 2 * 100 + ((3 - 1.5) / 3) ** 2 * 200 + ((3 - 1) / 3) ** 2 * 100
    second = ((3 - 1.5) / 3) ** 2 * 100 + ((3 - 1.5) / 3) ** 2 * 100 + ((3 - 0.5) / 3) ** 2 * 200
    assert sides == pytest.approx((first, second))
    assert least_score(sides, EVEN) == pytest.approx(max(min(first, second), max(first, second) / 3))


@pytest.mark.parametrize(
    ("middle", "least"), [(2_000, 20), (1_998, 10), (18_000, 20), (18_002, 10)], ids=["10c", "9.99c", "90c", "90.01c"]
)
def test_one_side_counts_from_ten_to_ninety_cents_only(middle: int, least: float) -> None:
    assert least_score(SidedScore(10, 60), middle) == least


def test_an_order_below_the_least_size_scores_nothing() -> None:
    assert liquidity_score(terms(min_size=100), EVEN, Price(5_000), contracts(99.999999)) == 0
    assert liquidity_score(terms(min_size=100), EVEN, Price(5_000), contracts(100)) == 100


def test_the_middle_passes_over_levels_smaller_than_the_least_size() -> None:
    yes = book([(4_950, 5), (4_900, 100)], [(5_000, 7), (5_200, 300)])
    assert adjusted_middle(yes, contracts(100)) == 4_900 + 5_200
    assert adjusted_middle(yes, contracts(5)) == 4_950 + 5_000


@pytest.mark.parametrize(("bids", "asks"), [([], [(5_100, 100)]), ([(4_900, 100)], []), ([(4_900, 9)], [(5_100, 100)])])
def test_without_two_sides_there_is_no_middle_and_no_sample(
    bids: list[tuple[int, int]], asks: list[tuple[int, int]]
) -> None:
    assert sample(terms(min_size=10), book(bids, asks)) is None


def test_our_own_orders_are_not_counted_among_the_others() -> None:
    yes = book([(4_900, 300)], [(5_100, 300)])
    mine = (Resting(True, Price(4_900), contracts(300)), Resting(False, Price(5_100), contracts(300)))
    alone = sample(terms(), yes, mine)
    assert alone is not None
    assert (alone.others, alone.share) == (0, 1)
    half = sample(
        terms(), yes, (Resting(True, Price(4_900), contracts(150)), Resting(False, Price(5_100), contracts(150)))
    )
    assert half is not None
    assert half.share == pytest.approx(0.5)


def test_the_multiplier_of_a_game_scales_own_and_others_alike() -> None:
    plain = liquidity_score(terms(), EVEN, Price(4_900), CONTRACT)
    assert liquidity_score(terms(multiplier_ppm=2_500_000), EVEN, Price(4_900), CONTRACT) == pytest.approx(2.5 * plain)


prices = st.integers(1, ONE - 1).map(Price)
sizes = st.integers(1, 10**9).map(Size)
middles = st.integers(2, 2 * ONE - 2)
orders = st.lists(st.builds(Resting, st.booleans(), prices, sizes), max_size=6)
bands = st.integers(1, 1_000)


@given(middles, prices, sizes, st.integers(0, 10**9), bands, st.integers(0, 200))
def test_more_size_never_scores_less(middle: int, price: Price, size: Size, more: int, band: int, least: int) -> None:
    said = terms(max_spread=band, min_size=least)
    assert liquidity_score(said, middle, price, Size(size + more)) >= liquidity_score(said, middle, price, size)


@given(middles, prices, sizes, bands)
def test_on_the_edge_of_the_band_and_outside_the_score_is_zero(
    middle: int, price: Price, size: Size, band: int
) -> None:
    scored = liquidity_score(terms(max_spread=band), middle, price, size)
    assert (scored > 0) == (abs(2 * price - middle) < 2 * band)


@given(orders, middles, bands)
def test_one_sided_quotes_earn_a_third_inside_and_nothing_outside(mine: list[Resting], middle: int, band: int) -> None:
    one_side = [order for order in mine if order.bid]
    sides = sided_score(terms(max_spread=band), middle, one_side)
    expected = sides.one / 3 if 2_000 <= middle <= 18_000 else 0
    assert least_score(sides, middle) == pytest.approx(expected)


@given(orders, orders, middles, bands)
def test_another_order_never_lowers_the_least_score(
    mine: list[Resting], more: list[Resting], middle: int, band: int
) -> None:
    said = terms(max_spread=band)
    before = least_score(sided_score(said, middle, mine), middle)
    assert least_score(sided_score(said, middle, [*mine, *more]), middle) >= before - 1e-9


@given(st.lists(orders, min_size=1, max_size=5), middles, bands)
def test_however_the_others_orders_belong_together_they_never_score_more_than_reckoned(
    makers: list[list[Resting]], middle: int, band: int
) -> None:
    said = terms(max_spread=band)
    actual = sum(least_score(sided_score(said, middle, mine), middle) for mine in makers)
    everybody = sided_score(said, middle, [order for mine in makers for order in mine])
    assert actual <= most_others(everybody, middle) * (1 + 1e-9) + 1e-9


@given(st.floats(0, 1e9), st.floats(0, 1e9))
def test_a_share_is_between_none_and_all(own: float, others: float) -> None:
    assert 0 <= reward_share(own, others) <= 1
