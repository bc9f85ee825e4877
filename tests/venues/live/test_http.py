"""Reads over HTTP: what is repeated, what is told, and that every failure is one clear line."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime

import pytest
from aiohttp import web
from aiohttp.typedefs import Handler

from dutchbook.domain.errors import DutchbookError, VenueRefused, VenueUnavailable, VenueUnreachable, WireError
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.units import SECOND, Price
from dutchbook.venues.budget import Budget, Limit
from dutchbook.venues.http import HttpReader, Patience, Question
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.rest import PolymarketRest
from tests.venues.live.desk_side import session, surroundings
from tests.venues.live.polymarket_server import START_MS, PolymarketServer
from tests.venues.live.virtual_time import T0, VirtualTime
from tests.venues.polymarket.venue_side import NO, YES

GROUP = "/time"
QUESTION = Question(path="/time", groups=(GROUP,))


class Answers:
    """Gives one answer after the other, the last one for ever."""

    def __init__(self, *answers: web.Response) -> None:
        self.given = list(answers)
        self.asked = 0

    def __call__(self, _: web.Request) -> web.StreamResponse:
        self.asked += 1
        found = self.given[min(self.asked, len(self.given)) - 1]
        return web.Response(status=found.status, body=found.body, headers=found.headers)


@asynccontextmanager
async def reading(*answers: web.Response) -> AsyncIterator[tuple[HttpReader, VirtualTime, Answers]]:
    time, said = VirtualTime(), Answers(*answers)
    server = PolymarketServer()
    server.answers["/time"] = said
    async with server.listening(), session(time) as http:
        around = surroundings(time)
        budget = Budget({GROUP: Limit(refill=1_000, capacity=1_000)}, time, time.sleep)
        yield HttpReader(server.hosts.clob, http, budget, around), time, said


async def outcome_of(reader: HttpReader, time: VirtualTime, seconds: float = 120) -> bytes:
    """What a read gives while time passes."""
    task = asyncio.create_task(reader.read(QUESTION, bytes))
    await time.advance(seconds)
    return await task


def json_answer(body: bytes, status: int = 200, **headers: str) -> web.Response:
    return web.Response(
        body=body, status=status, headers={name.replace("_", "-"): text for name, text in headers.items()}
    )


async def test_an_answer_is_given_as_it_came() -> None:
    async with reading(json_answer(b"1767225600")) as (reader, time, said):
        assert await outcome_of(reader, time, 0) == b"1767225600"
        assert said.asked == 1


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504])
async def test_what_may_pass_is_asked_again(status: int) -> None:
    async with reading(json_answer(b"{}", status), json_answer(b"1")) as (reader, time, said):
        assert await outcome_of(reader, time) == b"1"
        assert said.asked == 2


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "clock"), (403, "region"), (404, "name"), (410, "update"), (400, "asked")]
)
async def test_what_will_not_pass_is_told_at_once(status: int, advice: str) -> None:
    async with reading(json_answer(b'{"error":"Unauthorized/Invalid api key"}', status)) as (reader, time, said):
        with pytest.raises(VenueRefused, match=rf"/time: {status} .*Invalid api key.*{advice}") as caught:
            await outcome_of(reader, time)
        assert caught.value.status == status
        assert said.asked == 1


async def test_the_last_of_three_failures_is_told_in_one_line() -> None:
    async with reading(json_answer(b'{"error":"a\nb"}', 503)) as (reader, time, said):
        with pytest.raises(VenueUnavailable, match=r"^http://127.*/time: 503 Service Unavailable.*try again later$"):
            await outcome_of(reader, time)
        assert said.asked == 3


async def test_a_pause_in_seconds_is_kept_and_then_it_works() -> None:
    async with reading(json_answer(b"{}", 429, Retry_After="7"), json_answer(b"1")) as (reader, time, said):
        task = asyncio.create_task(reader.read(QUESTION, bytes))
        await time.advance(6.9)
        assert said.asked == 1
        await time.advance(0.2)
        assert await task == b"1"


async def test_a_pause_until_a_date_is_kept() -> None:
    date = format_datetime(datetime.fromtimestamp(T0 / SECOND + 9, UTC), usegmt=True)
    async with reading(json_answer(b"{}", 503, Retry_After=date), json_answer(b"1")) as (reader, time, said):
        task = asyncio.create_task(reader.read(QUESTION, bytes))
        await time.advance(8.9)
        assert said.asked == 1
        await time.advance(0.2)
        assert await task == b"1"


async def test_too_many_requests_without_a_word_wait_longer_each_time() -> None:
    async with reading(json_answer(b'{"error":"too many requests"}', 429)) as (reader, time, said):
        with pytest.raises(VenueUnavailable, match=r"429 Too Many Requests.*try again in 4 s"):
            await outcome_of(reader, time)
        assert said.asked == 3


async def test_a_pause_of_hours_is_not_waited_out() -> None:
    async with reading(json_answer(b"{}", 429, Retry_After="7200")) as (reader, time, said):
        with pytest.raises(VenueUnavailable, match="7200 s") as caught:
            await outcome_of(reader, time)
        assert said.asked == 1
        assert caught.value.retry_after_s == 7_200


async def test_a_web_page_is_no_answer() -> None:
    page = b"<!DOCTYPE html><title>Just a moment...</title>"
    async with reading(json_answer(page)) as (reader, time, _):
        with pytest.raises(VenueUnavailable, match="web page"):
            await outcome_of(reader, time)
    async with reading(json_answer(page, 403)) as (reader, time, _):
        with pytest.raises(VenueRefused, match=r"403 Forbidden - ") as caught:
            await outcome_of(reader, time)
        assert "<" not in str(caught.value)


async def test_no_answer_is_followed_to_another_host() -> None:
    async with reading(json_answer(b"", 302, Location="https://elsewhere.example/")) as (reader, time, said):
        with pytest.raises(VenueRefused, match="302"):
            await outcome_of(reader, time)
        assert said.asked == 1


async def test_half_a_body_is_asked_for_again_and_then_told() -> None:
    asked: list[str] = []

    async def half(request: web.Request) -> web.StreamResponse:
        asked.append(request.path)
        answer = web.StreamResponse(headers={"Content-Length": "400"})
        await answer.prepare(request)
        await answer.write(b"[1,2")
        assert request.transport is not None
        request.transport.close()
        return answer

    async with serving(half) as (reader, time):
        with pytest.raises(VenueUnreachable, match=r"/time: .*check the network"):
            await outcome_of(reader, time)
    assert len(asked) == 3


async def test_an_answer_that_cannot_be_read_is_asked_for_again() -> None:
    def read(body: bytes) -> bytes:
        if body != b"good":
            raise WireError("polymarket", "half an answer", body)
        return body

    async with reading(json_answer(b"ba"), json_answer(b"good")) as (reader, time, said):
        task = asyncio.create_task(reader.read(QUESTION, read))
        await time.advance(5)
        assert await task == b"good"
        assert said.asked == 2


async def test_a_host_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound and not listening: nobody answers, and nobody else can
        port = taken.getsockname()[1]
        time = VirtualTime()
        async with session(time) as http:
            budget = Budget({GROUP: Limit(refill=9, capacity=9)}, time, time.sleep)
            reader = HttpReader(f"http://127.0.0.1:{port}", http, budget, surroundings(time))
            with pytest.raises(VenueUnreachable, match=rf"127\.0\.0\.1:{port}/time.*check the network") as caught:
                await outcome_of(reader, time)
        assert "\n" not in str(caught.value)


async def test_silence_ends_at_the_time_limit() -> None:
    async def never(_: web.Request) -> web.StreamResponse:
        await asyncio.get_running_loop().create_future()
        raise AssertionError

    async with serving(never, Patience(total_s=0.05, tries=1)) as (reader, _):
        with pytest.raises(VenueUnreachable, match="no answer within"):
            await reader.read(QUESTION, bytes)


@asynccontextmanager
async def serving(handler: Handler, patience: Patience | None = None) -> AsyncIterator[tuple[HttpReader, VirtualTime]]:
    """A reader of a server that does what `handler` does."""
    app, time = web.Application(), VirtualTime()
    app.router.add_get("/time", handler)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        async with session(time) as http:
            budget = Budget({GROUP: Limit(refill=9, capacity=9)}, time, time.sleep)
            yield HttpReader(base, http, budget, surroundings(time), patience=patience or Patience()), time
    finally:
        await runner.cleanup()


@asynccontextmanager
async def clob() -> AsyncIterator[tuple[PolymarketServer, PolymarketRest, VirtualTime]]:
    time = VirtualTime()
    async with PolymarketServer().listening() as server, session(time) as http:
        budget = Budget(LIMITS, time, time.sleep)
        yield server, PolymarketRest(HttpReader(server.hosts.clob, http, budget, surroundings(time)), time), time
        assert not server.violations


async def test_books_come_as_frames_whatever_their_order_and_unknown_ones_are_missing() -> None:
    async with clob() as (_, rest, time):
        books = await rest.books([OutcomeId(YES), OutcomeId("77"), OutcomeId(NO), OutcomeId(YES)])
        assert {book.outcome for book in books} == {YES, NO}
        assert {book.frame.source for book in books} == {"polymarket/rest"}
        assert all(book.changed_ms == START_MS and book.frame.received == time.now() for book in books)


async def test_no_request_asks_for_more_than_five_hundred_books() -> None:
    async with clob() as (server, rest, _):
        await rest.books([OutcomeId(str(number)) for number in range(1, 1_101)])
        assert [len(body) for body in server.bodies] == [500, 500, 100]


async def test_the_small_reads_mean_what_they_say() -> None:
    async with clob() as (_, rest, time):
        outcome = OutcomeId(YES)
        assert await rest.time() == START_MS * 1_000_000
        assert (await rest.book(outcome)).outcome == outcome
        assert await rest.tick_size(outcome) == PriceGrid.uniform(Price(100))
        assert await rest.charges_fees(outcome)
        [point] = await rest.prices_history(outcome, time.now(), time.now())
        assert (point.at, point.price) == (T0, 0.505)


async def test_a_book_that_is_not_there_is_refused() -> None:
    async with clob() as (_, rest, _):
        with pytest.raises(VenueRefused, match=r"/book: 404 .*No orderbook exists"):
            await rest.book(OutcomeId("77"))


async def test_what_is_no_id_is_never_asked_for() -> None:
    async with clob() as (server, rest, _):
        with pytest.raises((ValueError, DutchbookError)):
            await rest.terms(MarketId("../orders"))
        assert server.requests == []
