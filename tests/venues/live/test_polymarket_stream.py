"""Polymarket's live stream against a strict local server: true books, or word that they are not known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from dutchbook.domain.errors import VenueRefused
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Frame
from dutchbook.venues.feed import FeedState
from dutchbook.venues.polymarket.codec import PolymarketCodec
from dutchbook.venues.polymarket.live import LivePolymarket
from dutchbook.venues.polymarket.stream import StreamTerms
from tests.venues.live.desk_side import DeskSide, rows, session, surroundings
from tests.venues.live.polymarket_server import START_MS, PolymarketServer
from tests.venues.live.virtual_time import VirtualTime, until
from tests.venues.polymarket.venue_side import CONDITION, NO, YES, VenueBook, market, pair

OTHER = ("0x" + "2b" * 32, "3000", "4000")


class Stage:
    """A venue, a client and a desk."""

    def __init__(self, server: PolymarketServer, time: VirtualTime, live: LivePolymarket, desk: DeskSide) -> None:
        self.server = server
        self.time = time
        self.live = live
        self.desk = desk
        self.running: asyncio.Task[None] | None = None

    def is_true(self, outcome: str = YES) -> bool:
        """Whether the desk's book is the venue's."""
        book = self.server.books[outcome]
        return self.desk.knows(outcome) and (self.desk.bids(outcome), self.desk.asks(outcome)) == (
            rows(book.bids),
            rows(book.asks),
        )

    def start(self, *markets: Market) -> None:
        self.running = asyncio.create_task(self.live.run(markets, self.desk.take, self.desk.hear))


@asynccontextmanager
async def stage(
    *markets: Market, per_socket: int = 200, server: PolymarketServer | None = None
) -> AsyncIterator[Stage]:
    time = VirtualTime()
    async with (server or PolymarketServer()).listening() as venue, session(time) as http:
        live = LivePolymarket(http, surroundings(time), venue.hosts, StreamTerms(outcomes_per_socket=per_socket))
        desk = DeskSide(Venue.POLYMARKET, PolymarketCodec(markets or [market()]))
        desk.feed = live
        here = Stage(venue, time, live, desk)
        here.start(*(markets or [market()]))
        assert here.running is not None
        try:
            yield here
        finally:
            here.running.cancel()
            await asyncio.wait([here.running])
            left = [task for task in asyncio.all_tasks() if "dutchbook" in repr(task.get_coro())]
            assert not left, "tasks are left over"
        assert not venue.violations


async def test_snapshots_come_first_and_changes_follow() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(YES) and here.is_true(NO))
        await here.server.place("0.42", "11", START_MS + 50)
        await until(lambda: here.is_true(YES) and here.is_true(NO))
        assert here.desk.bids(YES)[4_200] == 11_000_000
        assert here.desk.states() == [FeedState.CONNECTED]


async def test_a_text_ping_goes_out_every_ten_seconds_and_no_pong_reaches_the_desk() -> None:
    async with stage() as here:
        await until(here.is_true)
        for count in (1, 2, 3):
            await here.time.advance(10)
            await until(lambda: here.server.readers[0].pings == count)  # noqa: B023
        assert not [frame for frame in here.desk.frames if frame.payload == b"PONG"]


async def test_a_broken_connection_loses_its_books_until_they_are_sent_again() -> None:
    async with stage() as here:
        await until(here.is_true)
        await here.server.hang_up()
        await until(lambda: FeedState.RECONNECTING in here.desk.states())
        assert not here.desk.knows(YES)
        assert not here.desk.knows(NO)
        await here.server.place("0.42", "3", START_MS + 100)  # nobody hears it
        await here.time.advance(1)
        await until(lambda: here.is_true(YES) and here.is_true(NO))
        assert here.desk.bids(YES)[4_200] == 3_000_000


async def test_tries_again_with_growing_waits_while_the_venue_is_away() -> None:
    async with stage() as here:
        await until(here.is_true)
        here.server.handshake = 502
        await here.server.hang_up()
        for count in range(1, 7):
            await until(lambda: here.desk.states().count(FeedState.RECONNECTING) == count)  # noqa: B023
            notice = here.desk.notices[-1]
            assert notice.retry_at is not None
            assert 0.25 <= (notice.retry_at - notice.at) / 1e9 <= 30
            await here.time.advance((notice.retry_at - notice.at) / 1e9)
        assert "502" in here.desk.notices[-1].line()
        assert "\n" not in here.desk.notices[-1].line()
        here.server.handshake = None
        await here.time.advance(30)
        await until(here.is_true)


async def test_a_venue_that_refuses_the_first_handshake_is_told_at_once() -> None:
    server = PolymarketServer()
    server.handshake = 403
    async with stage(server=server) as here:
        assert here.running is not None
        with pytest.raises(VenueRefused, match=r"/ws/market.*403"):
            await here.running


async def test_a_socket_that_answers_pings_and_sends_no_data_is_found_out() -> None:
    async with stage() as here:
        await until(here.is_true)
        here.server.frozen = True
        await here.server.place("0.42", "3", START_MS + 5_000)
        await here.time.advance(14)
        assert FeedState.STALE not in here.desk.states()
        await here.time.advance(4)
        await until(lambda: FeedState.STALE in here.desk.states())
        assert not here.desk.knows(YES)
        here.server.frozen = False
        await here.time.advance(30)
        await until(lambda: here.is_true(YES) and here.is_true(NO))


async def test_a_quiet_market_is_no_frozen_socket() -> None:
    async with stage() as here:
        await until(here.is_true)
        for _ in range(30):
            await here.time.advance(10)
        assert here.desk.states() == [FeedState.CONNECTED]
        assert here.is_true()


async def test_without_data_and_without_proof_nothing_is_known() -> None:
    async with stage() as here:
        await until(here.is_true)
        here.server.answers["/books"] = lambda _: web.Response(status=503)
        await here.time.advance(59)
        assert here.desk.knows(YES)
        await here.time.advance(30)
        await until(lambda: FeedState.STALE in here.desk.states())
        assert "503" in next(notice for notice in here.desk.notices if notice.state is FeedState.STALE).line()


async def test_a_link_without_any_frame_is_dead() -> None:
    async with stage() as here:
        await until(here.is_true)
        here.server.deaf = True
        here.server.answers["/books"] = lambda _: web.Response(status=503)
        await here.time.advance(31)
        await until(lambda: FeedState.RECONNECTING in here.desk.states())
        assert "no frame" in here.desk.notices[-1].reason or "no frame" in here.desk.notices[-2].reason


async def test_one_market_that_the_socket_forgot_is_found_out_though_others_are_lively() -> None:
    condition, yes, no = OTHER
    server = PolymarketServer()
    server.list_market(condition, yes, no, _renamed(condition, yes, no))
    async with stage(market(), market(yes, no, condition), server=server) as here:
        await until(lambda: here.is_true() and here.desk.knows(yes))
        at = START_MS
        for second in range(140):
            at = START_MS + 1_000 * (second + 1)
            await here.server.place("0.42", str(second + 1), at)
            if second == 70:
                server.changed[yes] = at  # a change that the socket keeps to itself
            await here.time.advance(1)
            if FeedState.STALE in here.desk.states():
                break
        await until(lambda: FeedState.STALE in here.desk.states())
        assert not here.desk.knows(yes) or len(here.desk.notices) > 2


async def test_a_snapshot_that_does_not_come_is_read_over_rest_and_again_until_the_socket_has_it() -> None:
    server = PolymarketServer()
    server.withheld = {NO}
    async with stage(server=server) as here:
        await until(lambda: here.desk.knows(YES))
        assert not here.desk.knows(NO)
        await here.time.advance(6)
        await until(lambda: here.is_true(NO))
        assert here.server.bodies[-1] == [{"token_id": NO}]
        here.server.books[NO].set("BUY", "0.57", "99")
        here.server.changed[NO] = START_MS + 9_000
        await here.time.advance(6)
        await until(lambda: here.is_true(NO))
        polls = len(here.server.bodies)
        await here.server.tell(here.server.books[NO].frame(START_MS + 9_000))
        await until(lambda: here.desk.frames[-1].source == "polymarket/market")
        await here.time.advance(12)
        assert len(here.server.bodies) == polls


async def test_a_book_that_nobody_has_is_told_as_lost_once() -> None:
    server = PolymarketServer()
    del server.books[NO]
    async with stage(server=server) as here:
        await until(lambda: here.desk.knows(YES))
        await here.time.advance(6)
        await until(lambda: FeedState.LOST in here.desk.states())
        assert here.desk.notices[-1].lost == (OutcomeId(NO),)
        await here.time.advance(30)
        assert here.desk.states().count(FeedState.LOST) == 1


async def test_a_change_that_was_dropped_is_noticed_by_the_hash_and_repaired_over_rest() -> None:
    async with stage() as here:
        await until(here.is_true)
        await here.server.place("0.42", "3", START_MS + 100, silently=True)
        await here.server.place("0.39", "8", START_MS + 200)
        await until(lambda: len(here.desk.frames) > 1)
        await here.time.advance(0.1)
        here.desk.pass_time(here.time.now())
        assert not here.desk.knows(YES)
        await here.time.advance(0.3)
        await until(lambda: here.is_true(YES) and here.is_true(NO))


async def test_outcomes_are_spread_over_sockets_and_pairs_stay_together() -> None:
    server = PolymarketServer()
    markets = []
    for index in range(5):
        condition, yes, no = "0x" + f"{index + 16:02x}" * 32, str(10 + index), str(90 + index)
        server.list_market(condition, yes, no, _renamed(condition, yes, no))
        markets.append(market(yes, no, condition))
    async with stage(*markets, per_socket=4, server=server) as here:
        await until(lambda: all(here.desk.knows(one.yes) and here.desk.knows(one.no) for one in markets))
        carried = [set(reader.assets) for reader in server.readers]
        assert sorted(map(len, carried)) == [2, 4, 4]
        assert all(
            {one.yes, one.no} <= assets or not {one.yes, one.no} & assets for one in markets for assets in carried
        )


async def test_markets_come_and_go_while_it_runs() -> None:
    condition, yes, no = OTHER
    server = PolymarketServer()
    server.list_market(condition, yes, no, _renamed(condition, yes, no))
    async with stage(server=server) as here:
        await until(here.is_true)
        late = market(yes, no, condition)
        here.live.watch([late])
        await until(lambda: here.desk.knows(yes) and here.desk.knows(no))
        assert len(server.readers) == 1
        here.live.drop([late])
        await until(lambda: server.readers[0].assets == [YES, NO])


async def test_an_asset_list_that_an_open_socket_ignores_is_read_over_rest() -> None:
    condition, yes, no = OTHER
    server = PolymarketServer()
    server.list_market(condition, yes, no, _renamed(condition, yes, no))
    async with stage(server=server) as here:
        await until(here.is_true)
        server.withheld = {yes, no}
        here.live.watch([market(yes, no, condition)])
        await here.time.advance(6)
        await until(lambda: here.desk.knows(yes) and here.desk.knows(no))


async def test_what_the_desk_raises_ends_the_feed_and_is_raised() -> None:
    class Full(Exception):
        pass

    def refuse(_: Frame) -> None:
        raise Full

    time = VirtualTime()
    async with PolymarketServer().listening() as venue, session(time) as http:
        live = LivePolymarket(http, surroundings(time), venue.hosts)
        with pytest.raises(Full):
            await live.run([market()], refuse, lambda _: None)


async def test_notices_are_frames_that_a_replay_understands() -> None:
    async with stage() as here:
        await until(here.is_true)
        await here.server.hang_up()
        await until(lambda: FeedState.RECONNECTING in here.desk.states())
        [lost] = here.desk.notice_codec.decode(here.desk.notices[-1].as_frame())
        assert lost.received == here.desk.notices[-1].at
        assert set(getattr(lost, "outcomes")) == {YES, NO}  # noqa: B009


def _renamed(condition: str, yes: str, no: str) -> tuple[VenueBook, VenueBook]:
    """The books of another market."""

    class Other(VenueBook):
        def body(self, at: int) -> dict[str, object]:
            said = super().body(at)
            assert said["market"] == CONDITION
            return _rehashed({**said, "market": condition, "hash": ""})

    first, second = pair()
    return Other(yes, first.bids.items(), first.asks.items()), Other(no, second.bids.items(), second.asks.items())  # type: ignore[arg-type]


def _rehashed(said: dict[str, object]) -> dict[str, object]:
    import hashlib
    import json

    said["hash"] = hashlib.sha1(json.dumps(said, separators=(",", ":")).encode()).hexdigest()  # noqa: S324
    return said
