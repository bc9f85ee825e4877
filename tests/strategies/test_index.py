"""The index keeps by differences what a full recount would find."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.catalogue.relations import bundles_of
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.units import ONE, Price
from dutchbook.strategies.index import BundleIndex, Standing, Tracked
from dutchbook.strategies.near_miss import ratio_ppm
from tests.catalogue.makers import above, catalogue_of, question

POLYMARKET = [above(k) for k in (60, 65, 70)]
KALSHI = [above(k, venue=Venue.KALSHI) for k in (60, 65, 70)]


def _all_bundles(markets: Sequence[Market]) -> list[Bundle]:
    """Of every kind. Strikes contradict `exclusive`, so the markets are asked for twice."""
    found: dict[BundleId, Bundle] = {}
    for exclusive in (True, False):
        asked = question(markets, exclusive=exclusive, exhaustive=True)
        found |= {bundle.id: bundle for bundle in bundles_of(asked, catalogue_of(asked, markets))}
    return list(found.values())


BUNDLES = {Venue.POLYMARKET: _all_bundles(POLYMARKET), Venue.KALSHI: _all_bundles(KALSHI)}
EVERY = [bundle for bundles in BUNDLES.values() for bundle in bundles]

type Tops = dict[OutcomeId, tuple[Price | None, Price | None]]


def cost_from_scratch(bundle: Bundle, tops: Tops) -> int | None:
    """Paid less received for a set, from the best prices of each leg's own outcome."""
    total = 0
    for leg in bundle.legs:
        bid, ask = tops.get(leg.published or leg.outcome, (None, None))
        if leg.published:
            bid, ask = (None if ask is None else Price(ONE - ask)), (None if bid is None else Price(ONE - bid))
        price = ask if leg.side is Side.BUY else bid
        if price is None:
            return None
        total += price if leg.side is Side.BUY else -price
    return total


def costs(index: BundleIndex) -> dict[str, int | None]:
    return {tracked.bundle.id: None if tracked.missing else tracked.cost for tracked in index}


def feed(index: BundleIndex, outcome: OutcomeId, bid: Price | None, ask: Price | None) -> list[Tracked]:
    touched: list[Tracked] = []
    index.move(index.watches[outcome], bid, ask, touched)
    for tracked in touched:
        tracked.queued = False
    return touched


_TOP = st.none() | st.integers(1, 9_999).map(Price)


@pytest.mark.parametrize("venue", list(Venue))
@given(data=st.data())
def test_costs_by_differences_are_costs_from_scratch(venue: Venue, data: st.DataObject) -> None:
    bundles = BUNDLES[venue]
    index = BundleIndex(bundles)
    outcomes = sorted(index.outcomes())
    moves = data.draw(st.lists(st.tuples(st.sampled_from(outcomes), _TOP, _TOP), max_size=30))
    tops: Tops = {}
    for outcome, bid, ask in moves:
        before = costs(index)
        touched = feed(index, outcome, bid, ask)
        tops[outcome] = (bid, ask)
        after = costs(index)
        assert after == {bundle.id: cost_from_scratch(bundle, tops) for bundle in bundles}
        assert {b for b in after if after[b] != before[b]} <= {str(t.bundle.id) for t in touched}
    rebuilt = BundleIndex()
    for bundle in bundles[::-1]:
        rebuilt.add(bundle)
    for outcome, (bid, ask) in tops.items():
        feed(rebuilt, outcome, bid, ask)
    assert costs(rebuilt) == costs(index)


def test_a_bundle_added_later_starts_from_the_tops_known_by_then() -> None:
    both, split = BUNDLES[Venue.POLYMARKET][:2]
    index = BundleIndex([both])
    feed(index, both.legs[0].outcome, Price(4_000), Price(4_100))
    feed(index, both.legs[1].outcome, Price(5_900), Price(6_050))
    added = index.add(split)
    assert (added.cost, added.missing) == (-9_900, 0)


def test_a_book_that_nobody_reads_any_more_is_forgotten() -> None:
    both = BUNDLES[Venue.POLYMARKET][0]
    index = BundleIndex([both])
    feed(index, both.legs[0].outcome, Price(4_000), Price(4_100))
    index.remove(both.id)
    assert not index.outcomes()
    assert index.add(both).missing == 2


def test_an_id_is_tracked_once() -> None:
    with pytest.raises(ValueError, match="tracked already"):
        BundleIndex([EVERY[0], EVERY[0]])


def test_removing_a_bundle_leaves_the_others_alone() -> None:
    mine = BUNDLES[Venue.POLYMARKET]
    index = BundleIndex(mine)
    for market in POLYMARKET:
        feed(index, market.yes, Price(4_000), Price(4_100))
        feed(index, market.no, Price(5_900), Price(6_000))
    before = costs(index)
    gone = mine[-1].id
    index.remove(gone)
    assert costs(index) == {bundle: cost for bundle, cost in before.items() if bundle != gone}
    assert index.remove(gone) is None


def test_a_book_counts_the_bundles_below_their_payoff_until_they_are_gone() -> None:
    both, split = BUNDLES[Venue.POLYMARKET][:2]
    index = BundleIndex([both, split])
    for tracked in index:
        assert index.restand(tracked, Standing.UNDER) is Standing.UNPRICED
    assert {watch.hot for watch in index.watches.values()} == {2}
    index.remove(both.id)
    assert {watch.hot for watch in index.watches.values()} == {1}


def test_every_change_is_wanted_of_books_unseen_and_of_those_below_a_payoff() -> None:
    both, split = BUNDLES[Venue.POLYMARKET][:2]
    index = BundleIndex([both, split])
    first, second = index.watches
    assert index.deep == {first, second}
    feed(index, first, Price(4_000), Price(4_100))
    assert index.deep == {second}
    feed(index, second, Price(5_900), Price(6_000))
    assert not index.deep
    [tracked] = [tracked for tracked in index if tracked.bundle is both]
    index.restand(tracked, Standing.UNDER)
    assert index.deep == {first, second}
    index.remove(both.id)
    assert not index.deep


@given(st.sampled_from([b for b in EVERY if not b.mirrored]), st.integers(1, 40_000), st.integers(0, 30_000))
def test_the_range_of_near_misses_is_that_of_cost_over_payoff(bundle: Bundle, cost: int, low: int) -> None:
    index = BundleIndex([bundle], near_from=low, near_to=low + 20_000)
    [tracked] = index
    tracked.cost, tracked.missing = cost, 0
    exact = cost * 1_000_000 / bundle.payoff
    place = tracked.place()
    if cost < bundle.payoff:
        assert place is Standing.UNDER
    else:
        assert (place is Standing.NEAR) is (1_000_000 + low <= exact <= 1_020_000 + low)


@given(st.integers(1, 19_999))
def test_a_split_is_near_where_it_brings_back_at_least_its_dollar_less_two_percent(proceeds: int) -> None:
    split = next(b for b in EVERY if b.kind is BundleKind.SPLIT_SELL)
    index = BundleIndex([split])
    [tracked] = index
    tracked.cost, tracked.missing = -proceeds, 0
    exact = ONE * 1_000_000 / proceeds
    expected = Standing.UNDER if proceeds >= ONE else Standing.NEAR if exact <= 1_020_000 else Standing.FAR
    assert tracked.place() is expected
    assert ratio_ppm(split, -proceeds) >= exact
