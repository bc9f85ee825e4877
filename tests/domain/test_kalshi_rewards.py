"""Kalshi's liquidity programme: each side by itself, halved by each cent, down to the target size."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Book, Level
from dutchbook.domain.identity import kalshi_yes
from dutchbook.domain.pricing.kalshi_rewards import level_weights, side_snapshot, snapshot_share
from dutchbook.domain.rewards import SideScoring
from dutchbook.domain.units import CONTRACT, ONE, Nanos, Price, Size

HALVED = SideScoring(target_size=Size(1_000 * CONTRACT), discount_ppm=500_000)


def side(*levels: tuple[int, int]) -> list[Level]:
    return [Level(Price(price), Size(size * CONTRACT)) for price, size in levels]


def own(price: int, size: int) -> dict[Price, Size]:
    return {Price(price): Size(size * CONTRACT)}


def book(bids: list[Level], asks: list[Level]) -> Book:
    made = Book(kalshi_yes("KX"))
    made.replace(bids, asks, Nanos(1))
    return made


def test_each_cent_away_from_the_best_bid_halves_the_score() -> None:
    weights = level_weights(HALVED, side((4_000, 300), (3_900, 300), (3_700, 400), (3_600, 500)))
    assert weights == {4_000: 1, 3_900: 0.5, 3_700: 0.125}  # the target is reached at 37 cents


def test_a_side_that_never_reaches_the_target_scores_nobody() -> None:
    assert level_weights(HALVED, side((4_000, 300), (3_900, 699))) == {}
    assert side_snapshot(HALVED, side((4_000, 300)), own(4_000, 300)) == (0, 0)


def test_a_side_bid_at_99_cents_is_passed_over() -> None:
    assert level_weights(HALVED, side((9_900, 5_000))) == {}
    assert level_weights(HALVED, side((9_890, 5_000))) == {9_890: 1}


def test_an_order_behind_the_target_scores_nothing() -> None:
    levels = side((4_000, 1_000), (3_900, 1_000))
    assert side_snapshot(HALVED, levels, own(3_900, 500)) == (0, 1_000)
    assert side_snapshot(HALVED, levels, own(4_000, 250)) == (250, 1_000)


def test_both_sides_count_one_whole_each() -> None:
    yes = book(side((4_000, 1_000)), side((4_200, 2_000)))  # asks of YES at 42 are bids for NO at 58
    assert snapshot_share(HALVED, yes, own(4_000, 500), {}) == pytest.approx(0.25)
    assert snapshot_share(HALVED, yes, own(4_000, 500), own(5_800, 1_000)) == pytest.approx(0.5)


def test_a_market_with_one_qualified_side_gives_all_to_it() -> None:
    yes = book(side((4_000, 1_000)), side((4_200, 10)))
    assert snapshot_share(HALVED, yes, own(4_000, 500), own(5_800, 10)) == pytest.approx(0.5)
    assert snapshot_share(HALVED, book([], []), {}, {}) == 0


ladders = st.dictionaries(st.integers(1, ONE - 1).map(Price), st.integers(1, 10**9).map(Size), min_size=1, max_size=8)


@given(ladders, st.integers(1, 10**9), st.integers(100_000, 1_000_000))
def test_weights_fall_with_distance_and_a_share_is_between_none_and_all(
    sizes: dict[Price, Size], target: int, discount: int
) -> None:
    scoring = SideScoring(target_size=Size(target), discount_ppm=discount)
    levels = [Level(price, sizes[price]) for price in sorted(sizes, reverse=True)]
    weights = list(level_weights(scoring, levels).values())
    assert weights == sorted(weights, reverse=True)
    mine, total = side_snapshot(scoring, levels, sizes)
    assert mine == pytest.approx(total)
