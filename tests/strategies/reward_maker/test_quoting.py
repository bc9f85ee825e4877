"""Where a quote stands, by the document's rule."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.markets import PriceBand, PriceGrid
from dutchbook.domain.units import CONTRACT, ONE, Price, Size
from dutchbook.strategies.reward_maker.quoting import (
    Place,
    Sight,
    Worth,
    both_needed,
    boundary_quote,
    deviates,
    quote_size,
    reservation_quote,
    reward_floor,
)
from tests.catalogue.makers import CENT
from tests.strategies.reward_maker.books import cents, levels, seen, terms

FINE = PriceGrid.uniform(Price(10))
TWO_STEPS = PriceGrid((PriceBand(Price(0), Price(1_000), Price(10)), PriceBand(Price(1_000), ONE, Price(100))))


def test_the_floor_is_the_middle_less_the_spread_a_cent_inside() -> None:
    # A middle of 0.47, less 2.5 of 3.5 cents.
    assert reward_floor(9_400, terms(spread=0.035)) == 4_450


def test_the_second_best_bid_is_taken_where_it_is_within_the_reward() -> None:
    book = seen([(0.46, 100), (0.45, 100), (0.44, 100)], [(0.48, 100)])
    assert boundary_quote(book, terms(), CENT) == (4_500, Place.SECOND)


def test_the_boundary_is_taken_where_the_second_best_bid_is_below_it_and_snapped_down() -> None:
    book = seen([(0.46, 100), (0.40, 100)], [(0.48, 100)])
    assert boundary_quote(book, terms(), CENT) == (4_400, Place.BOUNDARY)
    assert boundary_quote(book, terms(), FINE) == (4_450, Place.BOUNDARY)


def test_a_boundary_that_snaps_below_the_second_best_bid_joins_that_bid() -> None:
    book = seen([(0.46, 100), (0.44, 100)], [(0.48, 100)])
    assert boundary_quote(book, terms(), CENT) == (4_400, Place.BOUNDARY)


def test_a_lone_bid_or_a_book_without_asks_is_not_quoted() -> None:
    assert boundary_quote(seen([(0.46, 100)], [(0.48, 100)]), terms(), CENT) is None
    assert boundary_quote(seen([(0.46, 100), (0.45, 10)], []), terms(), CENT) is None


def test_both_outcomes_are_needed_at_a_middle_of_ten_cents_and_below() -> None:
    assert both_needed([2_000, 18_000])
    assert not both_needed([2_001, 17_999])
    assert both_needed([None, 17_999]), "what nobody knows is not safe to leave out"


def test_a_quote_is_as_large_as_earns_times_the_multiplier_in_whole_contracts() -> None:
    assert quote_size(terms(least=20), Size(5 * CONTRACT), 1_000_000) == 20 * CONTRACT
    assert quote_size(terms(least=20), Size(5 * CONTRACT), 1_030_000) == 21 * CONTRACT
    assert quote_size(terms(least=3), Size(5 * CONTRACT), 1_000_000) == 5 * CONTRACT
    assert quote_size(terms(least=20), Size(0), 100_000) == 20 * CONTRACT, "less would earn nothing"


def test_any_tick_is_a_deviation_at_threshold_0_and_a_share_else() -> None:
    assert deviates(cents(45), cents(46), 0)
    assert not deviates(cents(45), cents(45), 0)
    assert not deviates(cents(45), cents(46), 30_000)
    assert deviates(cents(44), cents(46), 30_000)


prices = st.lists(st.integers(1, 98), min_size=3, max_size=8, unique=True)


@given(prices, st.integers(1, 3), st.sampled_from([0.015, 0.025, 0.035, 0.045]))
def test_a_quote_is_on_the_grid_below_the_best_ask_and_no_better_than_the_best_bid_allows(
    found: list[int], asks: int, spread: float
) -> None:
    ordered = sorted(found)
    bids = levels([(price / 100, 10) for price in reversed(ordered[:-asks])])
    book = Sight(bids, levels([(price / 100, 10) for price in ordered[-asks:]]))
    placed = boundary_quote(book, terms(spread=spread), CENT)
    if placed is None:
        assert len(bids) < 2
        return
    price, place = placed
    assert CENT.contains(price)
    assert price >= book.bids[1].price, "never worse than the second-best bid"
    assert price < book.asks[0].price
    if place is Place.SECOND:
        middle = book.middle
        assert middle is not None
        assert 2 * price >= middle - 2 * (round(spread * 10_000) - 100) - 1


@given(st.integers(0, ONE))
def test_below_and_above_are_the_nearest_prices_of_a_grid_with_two_steps(price: int) -> None:
    on_grid = [p for p in range(1, ONE) if TWO_STEPS.contains(Price(p))]
    below = [p for p in on_grid if p <= price]
    above = [p for p in on_grid if p >= price]
    assert TWO_STEPS.below(Price(price)) == (below[-1] if below else None)
    assert TWO_STEPS.above(Price(price)) == (above[0] if above else None)


EVEN = seen([(0.48, 100), (0.47, 100), (0.46, 50)], [(0.52, 100)])


def test_a_reservation_quote_stands_in_logits_below_what_it_is_worth_and_lower_the_more_is_held() -> None:
    flat = reservation_quote(EVEN, terms(spread=0.045), FINE, Worth(0.50, 0, 0.004, 0.06))
    long = reservation_quote(EVEN, terms(spread=0.045), FINE, Worth(0.50, 10, 0.004, 0.06))
    # Logit 0 less ln(1.06 / 0.94), and 0.04 less for ten contracts.
    assert flat == (4_700, Place.RESERVATION)
    assert long == (4_600, Place.RESERVATION)


def test_a_reservation_quote_never_improves_the_best_bid_and_is_not_placed_where_it_earns_nothing() -> None:
    assert reservation_quote(EVEN, terms(), FINE, Worth(0.60, 0, 0.004, 0.01)) == (4_800, Place.RESERVATION)
    assert reservation_quote(EVEN, terms(spread=0.02), FINE, Worth(0.50, 0, 0.004, 0.06)) is None
    assert reservation_quote(seen([(0.48, 1)], [(0.52, 1)]), terms(), FINE, Worth(0.5, 0, 0.0, 0.04)) is None


@given(st.floats(0.05, 0.95), st.integers(-40, 40), st.floats(0.0, 0.3))
def test_what_is_held_and_who_knows_more_only_ever_lower_a_reservation_quote(
    fair: float, held: int, informed: float
) -> None:
    wide = terms(spread=0.99)
    plain = reservation_quote(EVEN, wide, FINE, Worth(fair, held, 0.004, informed))
    more = reservation_quote(EVEN, wide, FINE, Worth(fair, held + 10, 0.004, informed + 0.05))
    assert plain is not None
    assert more is None or more[0] <= plain[0] <= EVEN.bids[0].price
