"""Which bundles follow from a venue's promises, and why others do not exist."""

from collections.abc import Sequence
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dutchbook.catalogue.relations import Relations, relate
from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import ONE, Price
from tests.catalogue.makers import SETTLES, catalogue_of, market, question

A, B, C = market("a"), market("b"), market("c")
PARTITION = {"exclusive": True, "exhaustive": True}


def related(markets: Sequence[Market], **promises: Any) -> Relations:
    asked = question(markets, **promises)
    return relate(asked, catalogue_of(asked, markets))


def one(relations: Relations, kind: BundleKind) -> Bundle:
    [bundle] = [b for b in relations.bundles if b.kind is kind]
    return bundle


def why_no(relations: Relations, kind: BundleKind) -> str:
    assert not [b for b in relations.bundles if b.kind is kind]
    [reason] = [u.reason for u in relations.unusable if u.kind in (kind, None)]
    return reason


def resolved(market: Market, payout: int | None) -> Market:
    return replace(market, status=MarketStatus.RESOLVED, payout=None if payout is None else Price(payout))


def test_every_market_can_be_bought_whole_or_split_and_sold() -> None:
    relations = related([A])
    both, split = one(relations, BundleKind.BUY_BOTH), one(relations, BundleKind.SPLIT_SELL)
    assert [(leg.outcome, leg.side) for leg in both.legs] == [(A.yes, Side.BUY), (A.no, Side.BUY)]
    assert both.payoff == ONE
    assert both.releases is None
    assert both.mirrored
    assert [leg.side for leg in split.legs] == [Side.SELL, Side.SELL]
    assert split.payoff == -ONE


def test_all_yes_of_an_exhaustive_question_pays_one_at_the_last_settlement() -> None:
    late = replace(C, settles=SETTLES + 5)
    bundle = one(related([A, B, late], **PARTITION), BundleKind.ALL_YES)
    assert [leg.outcome for leg in bundle.legs] == [A.yes, B.yes, C.yes]
    assert bundle.payoff == ONE
    assert bundle.releases == SETTLES + 5


def test_exclusive_is_not_exhaustive() -> None:
    relations = related([A, B, C], exclusive=True)
    assert "does not promise" in why_no(relations, BundleKind.ALL_YES)
    assert one(relations, BundleKind.ALL_NO).payoff == 2 * ONE


def test_exhaustive_is_not_exclusive() -> None:
    relations = related([A, B, C], exhaustive=True)
    assert "at most one" in why_no(relations, BundleKind.ALL_NO)
    assert one(relations, BundleKind.ALL_YES).payoff == ONE


def test_all_no_is_cash_at_once_where_it_can_be_converted() -> None:
    bundle = one(related([A, B, C], **PARTITION, convertible=True, conversion_fee_ppm=700), BundleKind.ALL_NO)
    assert bundle.releases is None
    assert bundle.conversion_ppm == 700
    locked = one(related([A, B, C], **PARTITION, conversion_fee_ppm=700), BundleKind.ALL_NO)
    assert locked.releases == SETTLES
    assert locked.conversion_ppm == 0


def test_unnamed_placeholders_make_the_named_outcomes_inexhaustive_and_are_in_no_bundle() -> None:
    slot, other = market("slot", placeholder=True), market("other", catch_all=True)
    relations = related([A, B, slot, other], **PARTITION, convertible=True)
    assert "1 unnamed placeholders" in why_no(relations, BundleKind.ALL_YES)
    all_no = one(relations, BundleKind.ALL_NO)
    assert [leg.market for leg in all_no.legs] == [A.id, B.id, other.id]
    assert all_no.payoff == 2 * ONE
    assert not [leg for b in relations.bundles for leg in b.legs if leg.market == slot.id]


def test_with_its_catch_all_and_no_placeholder_left_a_question_is_exhaustive() -> None:
    relations = related([A, B, market("other", catch_all=True)], **PARTITION)
    assert len(one(relations, BundleKind.ALL_YES).legs) == 3


def test_a_market_resolved_no_drops_out() -> None:
    relations = related([A, resolved(B, 0), C], **PARTITION)
    assert [leg.market for leg in one(relations, BundleKind.ALL_YES).legs] == [A.id, C.id]
    all_no = one(relations, BundleKind.ALL_NO)
    assert len(all_no.legs) == 2
    assert all_no.payoff == ONE


@pytest.mark.parametrize("payout", [ONE, 5_000, None])
def test_a_market_resolved_to_anything_else_closes_the_question(payout: int | None) -> None:
    relations = related([A, resolved(B, payout), C], **PARTITION)
    assert {b.kind for b in relations.bundles} == {BundleKind.BUY_BOTH, BundleKind.SPLIT_SELL}
    [unusable] = relations.unusable
    assert unusable.kind is None
    assert B.id in unusable.reason


@pytest.mark.parametrize("status", [MarketStatus.PAUSED, MarketStatus.CLOSED, MarketStatus.UNOPENED])
def test_a_market_that_cannot_be_traded_spoils_all_yes_and_only_shortens_all_no(status: MarketStatus) -> None:
    relations = related([A, B, replace(C, status=status)], **PARTITION)
    assert C.id in why_no(relations, BundleKind.ALL_YES)
    assert one(relations, BundleKind.ALL_NO).payoff == ONE
    assert not [leg for b in relations.bundles for leg in b.legs if leg.market == C.id]


def test_a_market_not_listed_yet_may_be_the_one_that_pays() -> None:
    asked = question([A, B, C], **PARTITION)
    relations = relate(asked, catalogue_of(asked, [A, B]))
    assert "not listed" in why_no(relations, BundleKind.ALL_YES)
    assert one(relations, BundleKind.ALL_NO).payoff == ONE


def test_one_market_left_is_a_bet_and_no_bundle() -> None:
    relations = related([A, resolved(B, 0)], **PARTITION)
    assert "fewer than two" in why_no(relations, BundleKind.ALL_YES)
    assert "fewer than two" in why_no(relations, BundleKind.ALL_NO)


def test_an_unknown_settlement_time_is_not_taken_for_cash_at_once() -> None:
    timeless = [replace(m, settles=None) for m in (A, B)]
    relations = related(timeless, **PARTITION)
    assert "lock-up is unknown" in why_no(relations, BundleKind.ALL_YES)
    assert "lock-up is unknown" in why_no(relations, BundleKind.ALL_NO)
    closing = related([replace(m, closes=SETTLES) for m in timeless], **PARTITION)
    assert one(closing, BundleKind.ALL_YES).releases == SETTLES


def test_the_no_of_a_shared_book_names_the_outcome_that_the_venue_publishes() -> None:
    markets = [market("x", venue=Venue.KALSHI), market("y", venue=Venue.KALSHI)]
    relations = related(markets, exclusive=True)
    assert [leg.published for leg in one(relations, BundleKind.ALL_NO).legs] == [m.yes for m in markets]
    for bundle in relations.bundles:
        assert all(leg.published is None for leg in bundle.legs if leg.outcome in {m.yes for m in markets})


_FATES = st.sampled_from(["open", "placeholder", "no", "paused"])


@given(st.lists(_FATES, min_size=1, max_size=4), st.booleans(), st.booleans(), st.booleans())
def test_every_bundle_pays_at_least_its_payoff_in_every_state_that_the_promises_allow(
    fates: list[str], exclusive: bool, exhaustive: bool, convertible: bool
) -> None:
    markets = [_with_fate(i, fate) for i, fate in enumerate(fates)]
    relations = related(markets, exclusive=exclusive, exhaustive=exhaustive, convertible=convertible)
    for yes in product([False, True], repeat=len(markets)):
        if any(m.payout == 0 and won for m, won in zip(markets, yes, strict=True)):
            continue
        if (exclusive and sum(yes) > 1) or (exhaustive and not any(yes)):
            continue
        held = {m.yes: won for m, won in zip(markets, yes, strict=True)}
        held |= {m.no: not won for m, won in zip(markets, yes, strict=True)}
        for bundle in relations.bundles:
            signs = [1 if leg.side is Side.BUY else -1 for leg in bundle.legs]
            worth = sum(sign * ONE * held[leg.outcome] for sign, leg in zip(signs, bundle.legs, strict=True))
            assert worth >= bundle.payoff, bundle.id


def _with_fate(number: int, fate: str) -> Market:
    base = market(f"m{number}", placeholder=fate == "placeholder")
    if fate == "no":
        return resolved(base, 0)
    return replace(base, status=MarketStatus.PAUSED) if fate == "paused" else base
