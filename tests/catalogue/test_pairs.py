"""From a pair that somebody approved to the bundles across venues."""

from typing import Any

import pytest
from msgspec.structs import replace

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.pairs import ApprovedPairs, check_new, question_of
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.pairs import Pair, PairedMarket, PairId, PairStatus, venue_by_form
from dutchbook.domain.units import ONE, Nanos
from tests.catalogue.makers import DAY, NOW, SETTLES, market

HERE = market("0xrain")
THERE = market("KX-RAIN", venue=Venue.KALSHI, settles=Nanos(SETTLES + DAY))


def pair(first: Market = HERE, second: Market = THERE, name: str = "p1", **facts: Any) -> Pair:
    paired = [PairedMarket(one.venue, one.id) for one in (first, second)]
    return Pair(id=PairId(name), first=paired[0], second=paired[1], reason="the same rules", who="ann", at=NOW, **facts)


def listed(*markets: Market) -> Catalogue:
    return Catalogue((), markets)


def test_a_pair_is_bought_in_both_directions() -> None:
    yes_here, no_here = ApprovedPairs([pair()], 10_000).bundles(listed(HERE, THERE))
    assert [leg.outcome for leg in yes_here.legs] == [HERE.yes, THERE.no]
    assert [leg.outcome for leg in no_here.legs] == [HERE.no, THERE.yes]
    assert yes_here.id == "cross_venue:0xrain/yes+KX-RAIN/no"
    for bundle in (yes_here, no_here):
        assert (bundle.kind, bundle.payoff, bundle.mismatch_ppm) == (BundleKind.CROSS_VENUE, ONE, 10_000)
        assert bundle.question == question_of(pair())
        assert {leg.side for leg in bundle.legs} == {Side.BUY}
        assert not bundle.mirrored
    # Of Kalshi's one book, the NO leg reads the YES that is published.
    assert [leg.published for leg in yes_here.legs] == [None, THERE.yes]


def test_an_inverted_pair_holds_the_same_side_at_both_venues() -> None:
    both_yes, both_no = ApprovedPairs([pair(inverted=True)]).bundles(listed(HERE, THERE))
    assert [leg.outcome for leg in both_yes.legs] == [HERE.yes, THERE.yes]
    assert [leg.outcome for leg in both_no.legs] == [HERE.no, THERE.no]


def test_its_cash_is_bound_until_the_later_venue_pays() -> None:
    [bundle, _] = ApprovedPairs([pair()]).bundles(listed(HERE, THERE))
    assert bundle.releases == THERE.settles


def test_a_pair_may_have_a_mismatch_of_its_own() -> None:
    [bundle, _] = ApprovedPairs([pair(mismatch_ppm=500)], 10_000).bundles(listed(HERE, THERE))
    assert bundle.mismatch_ppm == 500


@pytest.mark.parametrize("status", [PairStatus.PROPOSED, PairStatus.REMOVED])
def test_what_nobody_approved_is_not_traded(status: PairStatus) -> None:
    assert not ApprovedPairs([pair(status=status)])


@pytest.mark.parametrize(
    ("markets", "why"),
    [
        ((HERE,), "market KX-RAIN is not listed by kalshi"),
        ((HERE, replace(THERE, status=MarketStatus.PAUSED)), "market KX-RAIN is paused"),
        ((replace(HERE, placeholder=True), THERE), "market 0xrain is an unnamed placeholder"),
        ((replace(HERE, settles=None), THERE), "no market says when it settles"),
    ],
)
def test_a_pair_that_cannot_be_traded_now_says_why(markets: tuple[Market, ...], why: str) -> None:
    pairs = ApprovedPairs([pair()])
    assert pairs.bundles(listed(*markets)) == []
    assert why in (pairs.why_none(pair(), listed(*markets)) or "")
    assert pairs.why_none(pair(), listed(HERE, THERE)) is None


def test_a_market_knows_its_pairs() -> None:
    other = pair(HERE, market("KX-WET", venue=Venue.KALSHI), "p2")
    pairs = ApprovedPairs([pair(), other])
    assert [each.id for each in pairs.with_market(HERE.id)] == ["p1", "p2"]
    assert [each.id for each in pairs.with_market(THERE.id)] == ["p1"]
    assert pairs.with_market(MarketId("KX-SUN")) == ()


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        (HERE, HERE, "0xrain was named twice"),
        (HERE, market("0xsun"), "both at polymarket"),
        (THERE, HERE, "p1 is this pair already, approved by ann"),
    ],
)
def test_a_pair_that_cannot_be_is_refused_in_one_line(first: Market, second: Market, message: str) -> None:
    with pytest.raises(UsageError, match=message) as refused:
        check_new(PairedMarket(first.venue, first.id), PairedMarket(second.venue, second.id), [pair()])
    assert "\n" not in str(refused.value)


def test_what_a_matcher_proposed_may_be_approved() -> None:
    check_new(pair().first, pair().second, [pair(status=PairStatus.PROPOSED)])


@pytest.mark.parametrize(
    ("text", "venue"),
    [
        ("0x" + "5b" * 32, Venue.POLYMARKET),
        ("0x5b", None),
        ("KXHIGHNY-26JUL10-B82.5", Venue.KALSHI),
        ("KXBTC15M-26JUL101515-15", Venue.KALSHI),
        ("will-it-rain", None),
        ("RAIN", None),
        ("", None),
    ],
)
def test_an_id_tells_its_venue_by_its_form(text: str, venue: Venue | None) -> None:
    assert venue_by_form(text) is venue
