"""Near misses: who is in the pool, for how long, what it lacks, and how it ends."""

import pytest

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import MarketResolved
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.units import SECOND, Price
from dutchbook.strategies.observations import Closing, NearMissClosed, NearMissOpened, OpportunitySeen
from dutchbook.strategies.settings import BundleSettings
from tests.catalogue.makers import market, question
from tests.strategies.desk import Story

MARKETS = [market(name, fees=PolymarketFees(rate_ppm=10_000)) for name in "ab"]
ALL_YES = "all_yes:who"


def story(**settings: object) -> Story:
    quiet = {"near_miss_mirrored": False, **settings}
    return Story(question(MARKETS, exhaustive=True), MARKETS, **quiet)  # type: ignore[arg-type]


def asks(told: Story, first: float, second: float) -> int:
    """Quote both; how many intents came of it."""
    return len(told.quote((MARKETS[0], [(0.2, 50)], [(first, 50)]), (MARKETS[1], [(0.4, 50)], [(second, 50)])))


def closings(told: Story) -> list[NearMissClosed]:
    return [seen for seen in told.strategy.observations() if isinstance(seen, NearMissClosed)]


def test_a_bundle_two_percent_above_its_payoff_is_a_near_miss_and_one_further_away_is_not() -> None:
    told = story()
    asks(told, 0.50, 0.53)
    assert len(told.strategy.pool) == 0
    asks(told, 0.50, 0.52)
    [miss] = told.strategy.pool.members()
    assert miss.bundle.id == ALL_YES
    assert miss.ratio_ppm == 1_020_000
    assert told.strategy.stats.near_misses == 1


def test_it_is_told_what_it_lacks_after_fees_and_which_leg_has_most_room() -> None:
    told = story()
    asks(told, 0.50, 0.51)
    [opened] = told.strategy.observations()
    assert isinstance(opened, NearMissOpened)
    assert opened.ratio_ppm == 1_010_000
    # 0.01 above the payoff, and fees of 0.01 * (0.25 + 0.2499).
    assert opened.lack.short == Price(150)
    assert opened.lack.leg == MARKETS[0].yes, "its spread is 0.30, the other's 0.11"


def test_a_down_tick_that_opens_it_is_priced_at_full_depth_at_once() -> None:
    told = story()
    asks(told, 0.50, 0.51)
    told.pass_time(3 * SECOND)
    assert asks(told, 0.50, 0.47) == 1
    closed, opportunity = told.strategy.observations()[1:]
    assert isinstance(closed, NearMissClosed)
    assert closed.how is Closing.OPENED
    assert closed.lasted == 3 * SECOND + 10_000_000
    assert isinstance(opportunity, OpportunitySeen)


def test_a_down_tick_below_the_payoff_that_fees_take_is_told_apart_from_an_opportunity() -> None:
    told = story()
    asks(told, 0.50, 0.51)
    assert asks(told, 0.50, 0.499) == 0
    assert [closed.how for closed in closings(told)] == [Closing.BELOW]
    assert len(told.strategy.pool) == 0


def test_it_remembers_its_best_and_how_it_drifted_away() -> None:
    told = story()
    for second in (0.52, 0.505, 0.515, 0.60):
        asks(told, 0.50, second)
    [closed] = closings(told)
    assert closed.how is Closing.DRIFTED
    assert closed.best_ppm == 1_005_000


def test_a_lost_book_ends_it() -> None:
    told = story()
    asks(told, 0.50, 0.51)
    told.strategy.book_lost([MARKETS[0].yes], told.desk)
    assert [closed.how for closed in closings(told)] == [Closing.BOOK_LOST]


def test_an_empty_side_ends_it_too() -> None:
    told = story()
    asks(told, 0.50, 0.51)
    told.quote((MARKETS[0], [(0.2, 50)], []))
    assert [closed.how for closed in closings(told)] == [Closing.BOOK_LOST]


def test_a_resolution_ends_it() -> None:
    told = story()
    asks(told, 0.50, 0.51)
    event = MarketResolved(MARKETS[0].id, Price(0), told.desk.now)
    told.catalogue.apply(event)
    told.strategy.on_event(event, told.desk)
    assert [closed.how for closed in closings(told)] == [Closing.RESOLVED]
    assert len(told.strategy.pool) == 0


def test_the_figures_count_durations_and_ends() -> None:
    told = story()
    for second in (0.51, 0.60, 0.51, 0.47, 0.51):
        asks(told, 0.50, second)
    figures = told.strategy.pool.figures()
    assert (figures.seen, figures.open) == (3, 1)
    assert figures.closed == {Closing.DRIFTED: 1, Closing.OPENED: 1}
    assert figures.seen_by_kind == {BundleKind.ALL_YES: 3}
    assert figures.mean == figures.longest == 10_000_000


def test_the_figures_of_an_empty_pool_have_no_mean() -> None:
    figures = story().strategy.pool.figures()
    assert figures.mean is None
    assert figures.longest is None


def test_the_range_is_a_setting() -> None:
    told = story(near_miss_from="1%", near_miss_to="3%")
    asks(told, 0.50, 0.505)
    assert len(told.strategy.pool) == 0
    asks(told, 0.50, 0.53)
    assert len(told.strategy.pool) == 1
    with pytest.raises(ValueError, match="near_miss_from"):
        BundleSettings.model_validate({"near_miss_from": "3%", "near_miss_to": "2%"})


@pytest.mark.parametrize("venue", list(Venue))
def test_a_mirrored_pair_is_counted_once_by_its_spread_and_never_journaled(venue: Venue) -> None:
    only = market("a", venue=venue)
    told = Story(question([only]), [only])
    told.quote((only, [(0.49, 50)], [(0.50, 50)]))
    assert [miss.bundle.kind for miss in told.strategy.pool.members()] == [BundleKind.BUY_BOTH]
    told.quote((only, [(0.40, 50)], [(0.50, 50)]))
    assert told.strategy.pool.figures().closed == {Closing.DRIFTED: 1}
    assert not told.strategy.observations()


def test_a_mirrored_pair_that_crosses_is_a_fault_and_no_opportunity() -> None:
    only = market("a", venue=Venue.KALSHI)
    told = Story(question([only]), [only])
    told.quote((only, [(0.49, 50)], [(0.50, 50)]))
    told.quote((only, [(0.50, 50)], [(0.50, 50)]))
    assert told.strategy.pool.figures().closed == {Closing.CROSSED: 1}
    assert told.strategy.stats.crossed == 1
    assert told.strategy.stats.opportunities == 0
