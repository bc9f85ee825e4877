"""The live clients against the exchange in a box: whatever goes wrong, true books, or word that they are not known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from pydantic import TypeAdapter

from dutchbook.domain.identity import Venue
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.venues.feed import FeedState, LiveFeed
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.polymarket.codec import PolymarketCodec
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.live import LivePolymarket
from tests.exchange.servers.kalshi import venue as kalshi_venue
from tests.exchange.servers.polymarket import data_stage
from tests.venues.live.desk_side import DeskSide, session, surroundings
from tests.venues.live.sandbox_side import KEY, Box, KalshiBox, PolymarketBox
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import VirtualTime, until

_FAULT: TypeAdapter[FaultSpec] = TypeAdapter(FaultSpec)
FRAME_FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("freeze", {}),
    ("drop", {"chance": "30%"}),
    ("duplicate", {"chance": "50%"}),
    ("reorder", {"chance": "30%"}),
    ("delay", {"delay": "700ms", "jitter": "500ms", "chance": "40%"}),
    ("corrupt", {"chance": "20%"}),
    ("disconnect", {"chance": "10%"}),
)
HTTP_FAULTS: tuple[tuple[str, dict[str, object]], ...] = (
    ("http_status", {"status": 503}),
    ("http_status", {"status": 429, "retry_after": 3}),
    ("http_status", {"status": 429}),
    ("http_status", {"status": 425}),
    ("html_body", {}),
    ("reset_mid_body", {}),
    ("truncated_body", {}),
)


class Play:
    """A venue, a desk, and what happens between them."""

    def __init__(self, box: Box, time: VirtualTime, desk: DeskSide) -> None:
        self.box = box
        self.time = time
        self.desk = desk

    async def live(self, seconds: int) -> None:
        """Let the market move, and time pass."""
        for _ in range(seconds * 2):
            self.box.act()
            await self.pass_time(0.5)

    async def rest(self, seconds: int) -> None:
        """Let time pass in a market that stands still."""
        for _ in range(seconds):
            await self.pass_time(1)

    async def pass_time(self, seconds: float) -> None:
        await self.time.advance(seconds)
        self.box.board.advance()
        self.box.exchange.advance()
        self.desk.pass_time(self.time.now())

    def wrong(self) -> list[str]:
        """Books that the desk believes in and that are not the venue's."""
        return [
            outcome
            for outcome, truth in self.box.books().items()
            if self.desk.knows(outcome) and (self.desk.bids(outcome), self.desk.asks(outcome)) != truth
        ]

    def unknown(self) -> list[str]:
        return [outcome for outcome in self.box.books() if not self.desk.knows(outcome)]

    def whole(self) -> bool:
        return not self.wrong() and not self.unknown()

    def turn_on(self, kind: str, **fields: object) -> None:
        self.box.board.turn_on(_FAULT.validate_python({"name": "it", "fault": kind, **fields}))

    def turn_off(self) -> None:
        self.box.board.turn_off("it")


@asynccontextmanager
async def playing(venue: Venue) -> AsyncIterator[Play]:
    if venue is Venue.POLYMARKET:
        time = VirtualTime(data_stage.START)
        box: Box = PolymarketBox(time)
    else:
        time = VirtualTime(kalshi_venue.START)
        box = KalshiBox(time)
    async with box.listening(), session(time) as http:
        live: LiveFeed
        if isinstance(box, PolymarketBox):
            live = LivePolymarket(http, surroundings(time), box.hosts)
            desk = DeskSide(venue, PolymarketCodec(box.markets()))
        else:
            live = LiveKalshi(http, surroundings(time), box.hosts, signer=KalshiSigner(KEY, ED25519, time))
            desk = DeskSide(venue, KalshiCodec())
        desk.feed = live
        for _ in range(60):
            box.act()
        running = asyncio.create_task(live.run(box.markets(), desk.take, desk.hear))
        play = Play(box, time, desk)
        try:
            yield play
            assert not running.done()
        finally:
            running.cancel()
            await asyncio.wait([running])


@pytest.mark.parametrize("venue", Venue)
async def test_a_living_market_is_followed_to_the_last_level(venue: Venue) -> None:
    async with playing(venue) as play:
        await until(play.whole)
        await play.live(20)
        await play.rest(1)
        await until(play.whole)
        assert not play.desk.malformed


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize(("kind", "fields"), FRAME_FAULTS, ids=lambda one: one if isinstance(one, str) else "")
async def test_faulty_frames_end_in_true_books_or_in_none(venue: Venue, kind: str, fields: dict[str, object]) -> None:
    async with playing(venue) as play:
        await until(play.whole)
        play.turn_on(kind, **fields)
        await play.live(30)
        await play.rest(90)
        assert not play.wrong()
        play.turn_off()
        await play.live(5)
        await play.rest(70)
        await until(play.whole)


@pytest.mark.parametrize("venue", Venue)
@pytest.mark.parametrize(("kind", "fields"), HTTP_FAULTS, ids=lambda one: one if isinstance(one, str) else "")
async def test_faulty_answers_while_frames_are_lost_end_in_true_books_or_in_none(
    venue: Venue, kind: str, fields: dict[str, object]
) -> None:
    async with playing(venue) as play:
        await until(play.whole)
        play.turn_on(kind, **fields)
        lossy = {"name": "lossy", "fault": "drop", "chance": "30%", "lasts": "20s"}
        play.box.board.turn_on(_FAULT.validate_python(lossy))
        await play.live(25)
        await play.rest(90)
        assert not play.wrong()
        play.turn_off()
        await play.live(5)
        await play.rest(100)
        await until(play.whole)


async def test_a_group_without_its_end_is_noticed() -> None:
    async with playing(Venue.POLYMARKET) as play:
        await until(play.whole)
        play.turn_on("omit_group_end", chance="50%")
        await play.live(30)
        await play.rest(70)
        assert not play.wrong()
        play.turn_off()
        await play.live(5)
        await play.rest(70)
        await until(play.whole)


async def test_numbers_that_jump_are_gaps() -> None:
    async with playing(Venue.KALSHI) as play:
        await until(play.whole)
        play.turn_on("skip_seq", chance="20%")
        await play.live(30)
        play.turn_off()
        await play.rest(70)
        await until(play.whole)


@pytest.mark.parametrize("venue", Venue)
async def test_a_restart_of_the_venue_is_survived(venue: Venue) -> None:
    async with playing(venue) as play:
        await until(play.whole)
        play.turn_on("restart", after="5s", down="20s", post_only="30s")
        await play.live(10)
        assert FeedState.RECONNECTING in play.desk.states()
        await play.live(60)
        await play.rest(70)
        await until(play.whole)


async def test_a_buffer_that_ran_over_ends_the_subscription_and_a_new_one_begins() -> None:
    async with playing(Venue.KALSHI) as play:
        await until(play.whole)
        play.turn_on("overflow", times=2, skip=3)
        await play.live(20)
        await play.rest(40)
        await until(play.whole)
        assert any("25" in notice.reason for notice in play.desk.notices)


async def test_a_venue_whose_clock_is_wrong_is_told_and_tried_again_until_it_is_right() -> None:
    async with playing(Venue.KALSHI) as play:
        await until(play.whole)
        play.turn_on("clock_skew", ahead="5m")
        disconnect = {"name": "break", "fault": "disconnect", "times": 1}
        play.box.board.turn_on(_FAULT.validate_python(disconnect))
        await play.live(20)
        assert play.unknown() == [market.yes for market in play.box.markets()]
        assert any("401" in notice.reason for notice in play.desk.notices)
        play.turn_off()
        await play.rest(40)
        await until(play.whole)


async def test_both_venues_are_discovered_as_they_are_listed() -> None:
    time = VirtualTime(data_stage.START)
    async with PolymarketBox(time).listening() as box, session(time) as http:
        found = await LivePolymarket(http, surroundings(time), box.hosts).discover(PolymarketWanted())
        assert {(one.id, one.yes, one.no, one.grid, one.neg_risk) for one in found.markets} == {
            (one.id, one.yes, one.no, one.grid, one.neg_risk) for one in box.markets()
        }
        assert not found.skipped
    time = VirtualTime(kalshi_venue.START)
    async with KalshiBox(time).listening() as other, session(time) as http:
        again = await LiveKalshi(http, surroundings(time), other.hosts).discover(KalshiWanted())
        assert {(one.id, one.grid) for one in again.markets} >= {(one.id, one.grid) for one in other.markets()}
        assert not again.skipped
