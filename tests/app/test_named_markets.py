"""Markets that somebody named are read wherever they stand in a venue's list."""

import asyncio
from collections.abc import Sequence

from dutchbook.app.live.named import named_at, with_named
from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.pairs import PairedMarket
from dutchbook.venues.feed import Discovered
from tests.catalogue.makers import market, question

FIRST, NAMED, BESIDE = market("first"), market("named"), market("beside")


class Listing:
    """A venue that lists one market first and knows more, except one that it never heard of."""

    def __init__(self, *listed: str) -> None:
        self.listed = [one for one in (FIRST, NAMED, BESIDE) if one.id in listed]
        self.asked: list[MarketId] = []

    async def discover(self) -> Discovered:
        return Discovered(questions=(question(self.listed, id="first"),), markets=tuple(self.listed), truncated=True)

    async def markets(self, ids: Sequence[MarketId]) -> Discovered:
        self.asked += ids
        if "unknown" in ids:
            raise VenueRefused("GET /markets/unknown answered 404", 404)
        return Discovered(questions=(question([NAMED, BESIDE], id="second"),), markets=(NAMED, BESIDE))

    def found(self, *ids: str) -> Discovered:
        return asyncio.run(_found(self, tuple(MarketId(name) for name in ids)))


async def _found(listing: Listing, ids: Sequence[MarketId]) -> Discovered:
    return await with_named(listing.discover, listing.markets, ids)()


def test_a_named_market_is_found_with_all_of_its_event() -> None:
    found = Listing("first").found("named")
    assert [one.id for one in found.markets] == ["first", "named", "beside"]
    assert [one.id for one in found.questions] == ["first", "second"]
    assert found.truncated


def test_what_is_listed_anyway_is_not_asked_for() -> None:
    listing = Listing("first", "named")
    assert [one.id for one in listing.found("named").markets] == ["first", "named"]
    assert listing.asked == []


def test_two_of_one_event_are_read_once() -> None:
    listing = Listing("first")
    assert len(listing.found("named", "beside").markets) == 3
    assert listing.asked == ["named"]


def test_one_that_the_venue_does_not_know_is_skipped_with_its_word() -> None:
    found = Listing("first").found("unknown")
    assert [one.id for one in found.markets] == ["first"]
    assert found.skipped == (("unknown", "GET /markets/unknown answered 404"),)


def test_each_venue_is_asked_for_its_own() -> None:
    here, there = PairedMarket(Venue.POLYMARKET, MarketId("0x1")), PairedMarket(Venue.KALSHI, MarketId("KX-1"))
    assert named_at(Venue.POLYMARKET, (here, there, here)) == ("0x1",)
    assert named_at(Venue.KALSHI, (here, there)) == ("KX-1",)
