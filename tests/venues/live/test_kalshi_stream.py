"""Kalshi's live stream against a strict local server: true books, or word that they are not known."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from dutchbook.domain.errors import ConfigError, VenueRefused
from dutchbook.domain.identity import MarketId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import KalshiFees, Market, PriceGrid
from dutchbook.domain.units import ONE, Price, Size, price_of
from dutchbook.venues.feed import FeedState
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.kalshi.sign import KalshiSigner
from tests.venues.live.desk_side import DeskSide, session, surroundings
from tests.venues.live.kalshi_server import Book, KalshiServer
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import VirtualTime, until

KEY = "a952bcbe-ec3b-4b5b-b8f9-11dae589608c"
A, B = "KXA-26NOV21-T1", "KXB-26NOV21-T2"


def market(ticker: str) -> Market:
    name = MarketId(ticker)
    return Market(
        id=name,
        venue=Venue.KALSHI,
        question=QuestionId(ticker.rpartition("-")[0]),
        title=ticker,
        yes=kalshi_yes(name),
        no=kalshi_no(name),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(10_000),
        fees=KalshiFees(),
    )


class Stage:
    """A venue, a client and a desk."""

    def __init__(self, server: KalshiServer, time: VirtualTime, live: LiveKalshi, desk: DeskSide) -> None:
        self.server = server
        self.time = time
        self.live = live
        self.desk = desk
        self.running: asyncio.Task[None] | None = None

    def is_true(self, ticker: str = A) -> bool:
        """Whether the desk's book is the venue's."""
        outcome = kalshi_yes(ticker)
        sides = self.server.books[ticker].sides
        bids = {price_of(price): size * 10_000 for price, size in sides["yes"].items()}
        asks = {ONE - price_of(price): size * 10_000 for price, size in sides["no"].items()}
        return self.desk.knows(outcome) and (self.desk.bids(outcome), self.desk.asks(outcome)) == (bids, asks)

    def actions(self) -> list[str]:
        """What the client asked of its subscriptions."""
        return [said["params"].get("action", said["cmd"]) for said in self.server.readers[0].commands]


@asynccontextmanager
async def stage(*tickers: str, signed_by: str = KEY, prepare: list[str] | None = None) -> AsyncIterator[Stage]:
    time = VirtualTime()
    server = KalshiServer(ED25519, KEY, time)
    for ticker in (A, B):
        server.books[ticker] = Book({"0.4000": 300, "0.4100": 25}, {"0.5000": 100, "0.5600": 1_000})
    for fault in prepare or []:
        setattr(server, fault, False)
    async with server.listening(), session(time) as http:
        signer = KalshiSigner(signed_by, ED25519, time)
        live = LiveKalshi(http, surroundings(time), server.hosts, signer=signer)
        desk = DeskSide(Venue.KALSHI, KalshiCodec())
        desk.feed = live
        here = Stage(server, time, live, desk)
        carried = [market(ticker) for ticker in tickers or (A, B)]
        here.running = asyncio.create_task(live.run(carried, desk.take, desk.hear))
        try:
            yield here
        finally:
            here.running.cancel()
            await asyncio.wait([here.running])
            left = [task for task in asyncio.all_tasks() if "dutchbook" in repr(task.get_coro())]
            assert not left, "tasks are left over"
        assert not server.violations


async def test_snapshots_come_first_and_changes_follow() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        await here.server.change(A, "no", "0.5700", 500)
        await until(lambda: here.is_true(A))
        assert here.desk.asks(kalshi_yes(A))[4_300] == 5_000_000
        assert here.desk.states() == [FeedState.CONNECTED]


async def test_a_missing_number_loses_the_books_and_their_snapshots_are_asked_for() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        here.server.skip = 1
        await here.server.change(A, "yes", "0.4000", -100)
        await here.server.change(B, "yes", "0.4200", 100)
        await here.time.advance(0.3)
        await until(lambda: here.is_true(A) and here.is_true(B))
        assert here.desk.codec.counters.gaps == 1  # type: ignore[attr-defined]
        assert here.actions()[-1] == "get_snapshot"


async def test_where_snapshots_cannot_be_asked_for_markets_leave_and_enter_again() -> None:
    async with stage(prepare=["knows_snapshots"]) as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        here.server.skip = 1
        await here.server.change(A, "yes", "0.4000", -100)
        await here.server.change(B, "yes", "0.4200", 100)
        await here.time.advance(1)
        await until(lambda: here.is_true(A) and here.is_true(B))
        assert here.actions()[-3:] == ["get_snapshot", "delete_markets", "add_markets"]


async def test_without_any_snapshot_the_connection_is_made_anew() -> None:
    async with stage(prepare=["gives_snapshots"]) as here:
        await here.time.advance(16)
        await until(lambda: FeedState.RECONNECTING in here.desk.states())
        [ended] = [notice for notice in here.desk.notices if notice.state is FeedState.RECONNECTING]
        assert "no snapshot" in ended.line()
        assert not here.desk.knows(kalshi_yes(A))
        here.server.gives_snapshots = True
        await here.time.advance(30)
        await until(lambda: here.is_true(A) and here.is_true(B))


async def test_one_market_without_a_snapshot_is_told_as_lost_and_the_others_live() -> None:
    async with stage(A, "KXGONE-1") as here:
        await until(lambda: here.is_true(A))
        await here.time.advance(17)
        await until(lambda: FeedState.LOST in here.desk.states())
        assert here.desk.notices[-1].lost == (kalshi_yes("KXGONE-1"),)
        assert here.is_true(A)


async def test_a_broken_connection_loses_its_books_until_they_are_sent_again() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        await here.server.hang_up()
        await until(lambda: FeedState.RECONNECTING in here.desk.states())
        assert not here.desk.knows(kalshi_yes(A))
        assert not here.desk.knows(kalshi_yes(B))
        await here.server.change(A, "yes", "0.4000", 100)
        await here.time.advance(1)
        await until(lambda: here.is_true(A) and here.is_true(B))


async def test_a_socket_that_is_open_and_silent_is_found_out() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        here.server.frozen = True
        await here.server.change(A, "yes", "0.4000", 100)
        await here.time.advance(16)
        await until(lambda: FeedState.STALE in here.desk.states())
        assert not here.desk.knows(kalshi_yes(A))
        here.server.frozen = False
        await here.time.advance(30)
        await until(lambda: here.is_true(A) and here.is_true(B))


async def test_the_last_message_before_a_silence_is_missed_too() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        here.server.skip = 1
        await here.server.change(B, "yes", "0.4000", 100)
        await here.time.advance(12)
        await until(lambda: here.is_true(A) and here.is_true(B))
        assert FeedState.STALE not in here.desk.states()


async def test_a_quiet_market_is_no_frozen_socket() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        for _ in range(20):
            await here.time.advance(10)
        assert FeedState.STALE not in here.desk.states()
        assert here.is_true(A)
        assert here.is_true(B)


async def test_books_that_move_while_an_answering_socket_says_nothing_are_found_out() -> None:
    async with stage(prepare=["knows_snapshots"]) as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        await here.time.advance(16)
        here.server.books[A].sides["yes"]["0.4200"] = 700
        await here.time.advance(22)
        await until(lambda: FeedState.STALE in here.desk.states())
        await here.time.advance(30)
        await until(lambda: here.is_true(A) and here.is_true(B))


async def test_markets_come_and_go_while_it_runs() -> None:
    async with stage(A) as here:
        await until(lambda: here.is_true(A))
        here.live.watch([market(B)])
        await until(lambda: here.is_true(B))
        here.live.drop([market(A)])
        await until(lambda: here.server.readers[0].tickers[2] == [B])
        await until(lambda: not here.desk.knows(kalshi_yes(A)))
        assert here.is_true(B)


async def test_a_subscription_that_was_emptied_is_filled_again() -> None:
    async with stage(A) as here:
        await until(lambda: here.is_true(A))
        here.live.drop([market(A)])
        await until(lambda: not here.desk.knows(kalshi_yes(A)))
        here.live.watch([market(B)])
        await until(lambda: here.is_true(B))


async def test_more_markets_than_one_command_names_enter_in_parts() -> None:
    tickers = [f"KXMANY-{number}" for number in range(1_100)]
    async with stage(*tickers) as here:
        for ticker in tickers:
            here.server.books[ticker] = Book({"0.4000": 100}, {})
        await until(lambda: here.server.readers and len(here.server.readers[0].tickers.get(2, ())) == 1_100)
        await until(lambda: all(here.desk.knows(kalshi_yes(ticker)) for ticker in tickers))


async def test_a_key_that_the_venue_does_not_know_is_told_at_once() -> None:
    async with stage(signed_by="another") as here:
        assert here.running is not None
        with pytest.raises(VenueRefused, match=r"/trade-api/ws/v2.*401.*NOT_FOUND"):
            await here.running


async def test_each_handshake_is_signed_anew() -> None:
    async with stage() as here:
        await until(lambda: here.is_true(A))
        await here.time.advance(3_600)  # the first signature is too old by now
        await here.server.hang_up()
        await here.time.advance(1)
        await until(lambda: here.is_true(A) and len(here.server.readers) == 1)


async def test_without_a_key_one_line_says_so() -> None:
    time = VirtualTime()
    async with session(time) as http:
        with pytest.raises(ConfigError, match="needs an API key"):
            await LiveKalshi(http, surroundings(time)).run([], lambda _: None, lambda _: None)


async def test_rest_that_fails_while_nothing_moves_proves_nothing_for_long() -> None:
    async with stage(prepare=["knows_snapshots"]) as here:
        await until(lambda: here.is_true(A) and here.is_true(B))
        here.server.answers["/markets/orderbooks"] = lambda _: web.Response(status=500)
        await here.time.advance(59)
        assert here.desk.knows(kalshi_yes(A))
        await here.time.advance(30)
        await until(lambda: FeedState.STALE in here.desk.states())
