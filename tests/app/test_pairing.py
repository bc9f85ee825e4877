"""Approving pairs with the markets of the venues at hand."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dutchbook.app.pairing import Wanted, all_pairs, approve, approved_pairs, by_form, hindered, paired_markets
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.pairs import PairedMarket, PairId, PairStatus
from dutchbook.domain.units import Nanos
from dutchbook.storage.home import Home
from dutchbook.storage.pair_table import PairTable
from tests.catalogue.makers import market
from tests.catalogue.test_pairs import HERE, THERE, pair

LISTED: Mapping[MarketId, Market] = {HERE.id: HERE, THERE.id: THERE}


def wanted(first: str = HERE.id, second: str = THERE.id, **facts: Any) -> Wanted:
    return Wanted(first=first, second=second, reason=" the same rules ", who="ann", **facts)


def test_a_listed_market_brings_its_venue_and_its_title(tmp_path: Path) -> None:
    made = approve(tmp_path, wanted(), LISTED, Nanos(7))
    assert made.first == PairedMarket(Venue.POLYMARKET, HERE.id, HERE.title)
    assert (made.id, made.second.venue, made.reason, made.at) == ("p1", Venue.KALSHI, "the same rules", 7)
    assert approved_pairs(tmp_path) == all_pairs(tmp_path) == (made,)
    assert paired_markets(tmp_path) == made.markets


def test_a_market_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no market 'KX-SUN' is listed there"):
        approve(tmp_path, wanted(second="KX-SUN"), LISTED, Nanos(7))
    assert all_pairs(tmp_path) == ()


def test_what_a_matcher_proposed_keeps_its_name_when_it_is_approved(tmp_path: Path) -> None:
    table = PairTable(Home(tmp_path).pairs)
    proposed = table.decide(lambda free, _: replace(pair(name=free), status=PairStatus.PROPOSED, who="matcher"))
    assert approved_pairs(tmp_path) == ()
    made = approve(tmp_path, wanted(THERE.id, HERE.id), LISTED, Nanos(7))
    assert (made.id, made.who) == (proposed.id, "ann")
    assert [each.id for each in approved_pairs(tmp_path)] == [PairId("p1")]


def test_a_pair_that_cannot_be_traded_now_is_told_with_the_reason(tmp_path: Path) -> None:
    other = market("KX-SUN", venue=Venue.KALSHI)
    approve(tmp_path, wanted(), LISTED, Nanos(7))
    approve(tmp_path, wanted(second="KX-SUN"), {**LISTED, other.id: other}, Nanos(8))
    halted = {HERE.id: HERE, THERE.id: replace(THERE, status=MarketStatus.PAUSED), other.id: other}
    assert hindered(all_pairs(tmp_path), halted) == {"p1": "market KX-RAIN is paused"}


def test_ids_of_no_venue_s_form_are_not_asked_for() -> None:
    condition = "0x" + "5b" * 32
    assert [each.market for each in by_form((condition, "what", "KXRAIN-26JUL10"))] == [condition, "KXRAIN-26JUL10"]
