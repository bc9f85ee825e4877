"""YES here and NO there: when both strategies for pairs want one, and what they send."""

from collections.abc import Sequence
from typing import Any

import pytest

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.pairs import ApprovedPairs
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import MarketListed, MarketStatusChanged
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import KalshiFees, Market, MarketStatus, PolymarketFees
from dutchbook.domain.orders import Intent, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.strategies.bundle import Across, BundleStrategy
from dutchbook.strategies.cross_venue import PairStrategy
from dutchbook.strategies.cross_venue_settings import CrossVenueSettings, demands
from dutchbook.strategies.cross_venue_styles import AtomicArb, LegAndHedge
from dutchbook.strategies.observations import NearMissOpened, Observation, OpportunitySeen
from dutchbook.strategies.settings import BundleSettings
from tests.catalogue.makers import market
from tests.catalogue.test_pairs import pair
from tests.strategies.desk import PaperDesk, Quotes

HERE = market("0xrain", min_size=Size(5 * CONTRACT), min_notional=DOLLAR)
THERE = market("KX-RAIN", venue=Venue.KALSHI, min_size=Size(10_000))
FREE = {"mismatch": 0, "atomic_edge": 0, "hedge_edge": 0, "atomic_depth": 1, "max_basket_cash": 100_000}


class TwoVenues:
    """Two markets that are a pair, and the strategies around them."""

    def __init__(
        self, markets: Sequence[Market] = (HERE, THERE), *, inverted: bool = False, bundle: Any = None, **own: Any
    ) -> None:
        self.here, self.there = markets[0], markets[1]
        self.catalogue = Catalogue((), markets)
        self.desk = PaperDesk(markets)
        within = BundleSettings.model_validate(
            {"capital_yield": 0, "least_yield": 0, "repeat_after": "1ms"} | (bundle or {})
        )
        settings = CrossVenueSettings.model_validate(FREE | own)
        pairs = ApprovedPairs([pair(markets[0], markets[1], inverted=inverted)], settings.mismatch)
        least = demands(min(settings.atomic_edge, settings.hedge_edge), within, settings)
        self.watching = BundleStrategy((), within, catalogue=self.catalogue, across=Across(pairs, least))
        styles = (
            AtomicArb(demands(settings.atomic_edge, within, settings), settings),
            LegAndHedge(demands(settings.hedge_edge, within, settings), settings, self.catalogue),
        )
        self.atomic, self.hedged = (
            PairStrategy(style, self.watching.index, self.catalogue, within.repeat_after) for style in styles
        )

    def quote(self, here: tuple[Quotes, Quotes], there: tuple[Quotes, Quotes]) -> tuple[tuple[Intent, ...], ...]:
        """Bids and asks of YES at both venues; what the bundle strategy, atomic-arb and leg-and-hedge want."""
        self.desk.now = Nanos(self.desk.now + SECOND)
        changed = self.desk.quote_market(self.here, *here) + self.desk.quote_market(self.there, *there)
        return self.look(changed)

    def look(self, changed: Sequence[Any]) -> tuple[tuple[Intent, ...], ...]:
        return tuple(
            tuple(each.books_changed(changed, self.desk)) for each in (self.watching, self.atomic, self.hedged)
        )

    def seen(self, kind: type[Observation]) -> list[Observation]:
        return [each for each in self.watching.observations() if isinstance(each, kind)]


# YES asked for 0.43 here; NO asked for 0.52 there, as YES is bid 0.48.
GAP = (([(0.42, 300)], [(0.43, 200)]), ([(0.48, 200)], [(0.50, 300)]))


def test_a_gap_between_venues_is_bought_at_once_at_both() -> None:
    story = TwoVenues()
    bundle, [intent], _ = story.quote(*GAP)
    assert bundle == ()
    assert (intent.strategy, intent.kind) == ("atomic-arb", BundleKind.CROSS_VENUE)
    assert intent.subject == "cross_venue:0xrain/yes+KX-RAIN/no"
    assert [(leg.outcome, leg.side, leg.limit, leg.size, leg.tif) for leg in intent.legs] == [
        (HERE.yes, Side.BUY, 4_300, 200 * CONTRACT, TimeInForce.FOK),
        (THERE.no, Side.BUY, 5_200, 200 * CONTRACT, TimeInForce.FOK),
    ]
    assert intent.waves == ((0, 1),)
    assert intent.edge == 10 * DOLLAR
    assert intent.max_loss == 4 * DOLLAR  # the dearer leg sold back: 0.02 on each of 200
    assert "both legs at once" in intent.reason


def test_the_other_direction_is_watched_too() -> None:
    story = TwoVenues()
    _, [intent], _ = story.quote(([(0.50, 100)], [(0.52, 100)]), ([(0.40, 100)], [(0.42, 100)]))
    assert [leg.outcome for leg in intent.legs] == [HERE.no, THERE.yes]


def test_an_inverted_pair_buys_the_same_side_at_both_venues() -> None:
    story = TwoVenues(inverted=True)
    _, [intent], _ = story.quote(([(0.42, 100)], [(0.43, 100)]), ([(0.50, 100)], [(0.52, 100)]))
    assert [leg.outcome for leg in intent.legs] == [HERE.yes, THERE.yes]


def test_without_a_gap_nobody_wants_anything_and_a_near_miss_is_watched() -> None:
    story = TwoVenues()
    assert story.quote(([(0.42, 100)], [(0.43, 100)]), ([(0.42, 100)], [(0.47, 100)])) == ((), (), ())
    [miss] = story.seen(NearMissOpened)
    assert isinstance(miss, NearMissOpened)
    assert (miss.kind, miss.ratio_ppm, miss.lack.short) == (BundleKind.CROSS_VENUE, 1_010_000, 100)


def test_an_opportunity_is_noted_once_whoever_takes_it() -> None:
    story = TwoVenues()
    story.quote(*GAP)
    story.quote(*GAP)
    [seen] = story.seen(OpportunitySeen)
    assert isinstance(seen, OpportunitySeen)
    assert (seen.size, seen.edge) == (200 * CONTRACT, 10 * DOLLAR)
    assert story.watching.stats.declined == {"left to the strategies for pairs across venues": 2}


def test_fees_of_both_venues_take_their_part() -> None:
    here = market("0xrain", fees=PolymarketFees(50_000))
    there = market("KX-RAIN", venue=Venue.KALSHI, fees=KalshiFees(unit=Money(DOLLAR // 100)))
    _, [intent], _ = TwoVenues((here, there)).quote(*GAP)
    assert intent.edge == 4_049_000  # the worked example: 10 less 2.451 and 3.50
    dearer = ([(0.42, 300)], [(0.46, 200)])
    assert TwoVenues((here, there)).quote(dearer, GAP[1]) == ((), (), ())


def test_the_mismatch_is_charged_and_named_with_its_break_even() -> None:
    _, [intent], _ = TwoVenues(mismatch="1%").quote(*GAP)
    assert intent.edge == 8 * DOLLAR
    assert "settled differently with 1.00% reckoned costs 2.00, break-even at 5.00%" in intent.reason
    assert TwoVenues(mismatch="5%").quote(*GAP)[1:] == ((), ())
    assert len(TwoVenues(mismatch="4.9%").quote(*GAP)[1]) == 1


def test_sets_that_do_not_earn_their_own_mismatch_are_not_bought() -> None:
    two_levels = ([(0.42, 300)], [(0.43, 100), (0.475, 100)])
    assert {leg.size for leg in TwoVenues(mismatch="0.4%").quote(two_levels, GAP[1])[1][0].legs} == {200 * CONTRACT}
    assert {leg.size for leg in TwoVenues(mismatch="1%").quote(two_levels, GAP[1])[1][0].legs} == {100 * CONTRACT}


def test_the_required_edge_is_asked_after_fees_and_mismatch() -> None:
    assert len(TwoVenues(mismatch="1%", atomic_edge="0.04").quote(*GAP)[1]) == 1
    assert TwoVenues(mismatch="1%", atomic_edge="0.0401").quote(*GAP)[1] == ()


def test_a_lock_up_that_does_not_pay_is_declined() -> None:
    bundle = {"capital_yield": "4%", "least_yield": "0"}
    late = market("KX-RAIN", venue=Venue.KALSHI, settles=Nanos(HERE.settles or 0) + 3 * 365 * 86_400 * SECOND)
    assert len(TwoVenues(bundle=bundle).quote(*GAP)[1]) == 1
    assert TwoVenues((HERE, late), bundle=bundle).quote(*GAP)[1] == ()


def test_atomic_arb_leaves_room_in_the_depth() -> None:
    _, [intent], _ = TwoVenues(atomic_depth="75%").quote(*GAP)
    assert {leg.size for leg in intent.legs} == {150 * CONTRACT}


def test_leg_and_hedge_begins_at_the_thinner_venue() -> None:
    story = TwoVenues(hedge_depth="50%")
    *_, [intent] = story.quote(([(0.42, 300)], [(0.43, 20)]), GAP[1])
    assert intent.strategy == "leg-and-hedge"
    assert (intent.waves, intent.window) == (((0,), (1,)), 30 * SECOND)
    opening, hedge = intent.legs
    assert (opening.outcome, opening.size, opening.limit, opening.tif) == (
        HERE.yes,
        20 * CONTRACT,
        4_300,
        TimeInForce.IOC,
    )
    # Two cents more than shown, and three more would be what the pair pays.
    assert (hedge.outcome, hedge.size, hedge.limit) == (THERE.no, 20 * CONTRACT, 5_400)
    assert intent.max_loss == 20 * 430_000  # all of the first leg
    assert "first at polymarket" in intent.reason


def test_leg_and_hedge_counts_on_a_part_of_the_second_book_only() -> None:
    *_, [intent] = TwoVenues(hedge_depth="50%").quote(([(0.42, 300)], [(0.43, 150)]), GAP[1])
    assert intent.waves == ((0,), (1,))
    assert {leg.size for leg in intent.legs} == {100 * CONTRACT}


def test_leg_and_hedge_may_be_told_which_venue_is_slower() -> None:
    *_, [intent] = TwoVenues(first_leg="kalshi").quote(([(0.42, 300)], [(0.43, 20)]), GAP[1])
    assert intent.waves == ((1,), (0,))
    assert [leg.outcome for leg in intent.legs] == [HERE.yes, THERE.no]
    assert "first at kalshi" in intent.reason


@pytest.mark.parametrize(("reach", "limit"), [("0", 5_200), ("0.01", 5_300), ("0.2", 5_700)])
def test_a_hedge_never_costs_more_than_the_pair_pays(reach: str, limit: int) -> None:
    *_, [intent] = TwoVenues(hedge_reach=reach, first_leg="polymarket").quote(*GAP)
    assert intent.legs[1].limit == limit


def test_what_one_has_at_work_the_other_leaves_alone() -> None:
    story = TwoVenues()
    story.desk.working.add("cross_venue:0xrain/yes+KX-RAIN/no")
    assert story.quote(*GAP) == ((), (), ())


def test_the_same_is_not_proposed_again_at_once() -> None:
    story = TwoVenues(bundle={"repeat_after": "5s"})
    assert len(story.quote(*GAP)[1]) == 1
    assert story.quote(*GAP)[1] == ()


def test_two_pairs_with_a_market_in_common_do_not_count_its_depth_twice() -> None:
    story = TwoVenues()
    other = market("KX-WET", venue=Venue.KALSHI)
    markets = (HERE, THERE, other)
    story.catalogue = Catalogue((), markets)
    story.desk = PaperDesk(markets)
    pairs = ApprovedPairs([pair(), pair(HERE, other, "p2")])
    settings = BundleSettings.model_validate({"capital_yield": 0, "least_yield": 0})
    asks = demands(Price(0), settings, CrossVenueSettings.model_validate(FREE))
    watching = BundleStrategy((), settings, catalogue=story.catalogue, across=Across(pairs, asks))
    strategy = PairStrategy(
        AtomicArb(asks, CrossVenueSettings.model_validate(FREE)), watching.index, story.catalogue, Nanos(SECOND)
    )
    changed = [
        *story.desk.quote_market(HERE, *GAP[0]),
        *story.desk.quote_market(THERE, *GAP[1]),
        *story.desk.quote_market(other, [(0.49, 200)], [(0.5, 300)]),
    ]
    assert watching.books_changed(changed, story.desk) == ()
    [intent] = strategy.books_changed(changed, story.desk)
    assert intent.subject.endswith("KX-WET/no")  # the better one


def test_a_crossed_book_at_one_venue_is_a_fault_and_no_profit() -> None:
    story = TwoVenues()
    assert story.quote(([(0.44, 100)], [(0.43, 100)]), GAP[1]) == ((), (), ())


def test_a_halted_venue_ends_the_watch_and_its_return_begins_it_again() -> None:
    story = TwoVenues()
    story.quote(*GAP)
    paused = MarketStatusChanged(THERE.id, MarketStatus.PAUSED, story.desk.now)
    story.catalogue.apply(paused)
    assert story.watching.on_event(paused, story.desk) == ()
    assert len(story.watching.index) == 0
    assert "cross_venue:p1: market KX-RAIN is paused" in story.watching.why_not(THERE.id)
    back = MarketStatusChanged(THERE.id, MarketStatus.OPEN, story.desk.now)
    story.catalogue.apply(back)
    story.watching.on_event(back, story.desk)
    assert len(story.watching.index) == 2
    assert len(story.quote(*GAP)[1]) == 1


def test_a_market_that_is_listed_later_completes_its_pair() -> None:
    story = TwoVenues()
    catalogue = Catalogue((), [HERE])
    asks = demands(Price(0), BundleSettings.model_validate({}), CrossVenueSettings.model_validate(FREE))
    watching = BundleStrategy(
        (), BundleSettings.model_validate({}), catalogue=catalogue, across=Across(ApprovedPairs([pair()]), asks)
    )
    assert len(watching.index) == 0
    listed = MarketListed(THERE, story.desk.now)
    catalogue.apply(listed)
    watching.on_event(listed, story.desk)
    assert {tracked.bundle.kind for tracked in watching.index} == {BundleKind.CROSS_VENUE}


def test_leg_sizes_are_whole_lots_and_limits_on_both_grids() -> None:
    here = market("0xrain", fees=PolymarketFees(40_000), min_size=Size(5 * CONTRACT), min_notional=DOLLAR)
    _, [intent], _ = TwoVenues((here, THERE)).quote(
        ([(0.42, 300)], [(0.43, 77.777777)]), ([(0.4899, 33.334567), (0.48, 200)], [(0.5, 10)])
    )
    for leg, traded in zip(intent.legs, (here, THERE), strict=True):
        assert leg.size % 10_000 == 0
        assert traded.grid.contains(leg.limit)
