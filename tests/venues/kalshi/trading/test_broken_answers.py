"""Answers whose very bytes are wrong, from a server that writes what it likes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import msgspec
import pytest

from dutchbook.domain.events import OrderReported, VenueState, VenueStateChanged
from dutchbook.domain.orders import IntentId, Order, OrderId, OrderStatus, Report
from dutchbook.domain.ports import Frame
from dutchbook.venues.kalshi.broker import KalshiBroker
from dutchbook.venues.kalshi.drafting import KalshiDrafter
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Asked, read_answered
from tests.exchange.servers.kalshi.venue import LEP, START, TENNIS, listing
from tests.venues.kalshi.trading.desk_side import VirtualTimer, leg
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import VirtualTime, until

NAME = "run-i1-1"
CREATED = b'{"order_id":"o-1","client_order_id":"%b","fill_count":"0.00","remaining_count":"1.00","ts_ms":1}'


def http(status: bytes, body: bytes, *more: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"\r\n".join([b"HTTP/1.1 " + status, b"Content-Length: %d" % size, *more, b"", body])


def created(name: bytes = NAME.encode()) -> bytes:
    return CREATED % name


def _whole(answer: bytes) -> bool:
    """Whether an answer ends where it says."""
    head, _, body = answer.partition(b"\r\n\r\n")
    return b"Content-Length: %d" % len(body) in head


class RawServer:
    """Answers every POST with the same bytes, everything else with an empty 404."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.posts: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = next(
                    (int(line[15:]) for line in head.split(b"\r\n") if line.startswith(b"Content-Length:")), 0
                )
                body = await reader.readexactly(length)
                if head.startswith(b"POST"):
                    self.posts.append(head + body)
                    writer.write(self.answer)
                    if b"201" not in self.answer or not _whole(self.answer):
                        writer.close()
                else:
                    writer.write(http(b"404 Not Found", b""))
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


class Heard:
    """What a desk makes of the frames of one broker."""

    def __init__(self) -> None:
        self.codec = KalshiOrderCodec()
        self.reports: list[OrderReported] = []
        self.states: list[VenueStateChanged] = []

    def hear(self, frame: Frame) -> None:
        if read_answered(frame).asked is not Asked.PLACE:
            return
        for event in self.codec.decode(frame):
            if isinstance(event, OrderReported):
                self.reports.append(event)
            elif isinstance(event, VenueStateChanged):
                self.states.append(event)


@asynccontextmanager
async def sent_to(port: int, *, wait: bool = True) -> AsyncIterator[Heard]:
    """One order, sent to whoever listens there."""
    time, heard = VirtualTime(START), Heard()
    hosts = KalshiHosts(f"http://127.0.0.1:{port}/trade-api/v2", f"ws://127.0.0.1:{port}/trade-api/ws/v2")
    around = Surroundings(time, Random(7), time.sleep, connect)
    async with aiohttp.ClientSession() as session:
        broker = KalshiBroker(
            session,
            around,
            KalshiSigner("key-ann", ED25519, time),
            KalshiDrafter(),
            hosts,
            later=lambda seconds, wake: VirtualTimer(time, seconds, wake),
        )
        running = asyncio.create_task(broker.run(heard.hear, lambda _: None))
        await until(lambda: broker.reachable or not wait)
        market = msgspec.structs.replace(listing(LEP, TENNIS, "x").market, shard=0)
        order = Order(
            id=OrderId(NAME),
            intent=IntentId("i1"),
            leg=leg(),
            venue_id=NAME,
            status=OrderStatus.SENDING,
            created=START,
        )
        heard.codec.know([order])
        broker.place([broker.draft(order, market, START)], START)
        await until(lambda: heard.reports)
        try:
            yield heard
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def outcome_of(answer: bytes) -> Heard:
    server = RawServer(answer)
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening, sent_to(listening.sockets[0].getsockname()[1]) as heard:
        assert len(server.posts) == 1
        return heard


async def test_a_whole_answer_is_taken() -> None:
    heard = await outcome_of(http(b"201 Created", created()))
    assert [event.report for event in heard.reports] == [Report.ACCEPTED]
    assert not heard.states


@pytest.mark.parametrize(
    "answer",
    [
        http(b"302 Found", b"", b"Location: http://127.0.0.1:1/elsewhere"),
        http(b"201 Created", created(), length=400),
        http(b"201 Created", created(), b"Content-Encoding: gzip"),
        b"HTTP/1.1 201 Created\r\n\r\n" + created(),
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"HTTP/1.1 201 Created\r\nContent-Length: -1\r\n\r\n{}",
        b"",
        http(b"204 No Content", b""),
        http(b"102 Processing", b""),
    ],
)
async def test_no_whole_answer_of_success_or_refusal_leaves_the_order_unknown(answer: bytes) -> None:
    heard = await outcome_of(answer)
    assert [event.report for event in heard.reports] == [Report.TIMEOUT]
    assert heard.reports[0].detail


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"orders":[]}',
        b'{"order_id":null,"fill_count":"0.00","remaining_count":"1.00"}',
        b'{"order_id":"../../x","fill_count":"0.00","remaining_count":"1.00"}',
        b'{"order_id":"o-1","fill_count":0,"remaining_count":1}',
        b'{"order_id":"o-1","fill_count":"NaN","remaining_count":"1.00"}',
        b'{"order_id":"o-1","fill_count":"-1.00","remaining_count":"1.00"}',
        '{"order_id":"o-1","fill_count":"\u0661.00","remaining_count":"1.00"}'.encode(),
        created(b"run-i1-2"),
        b"\xff\xfe",
    ],
)
async def test_a_success_that_makes_no_sense_leaves_the_order_unknown(body: bytes) -> None:
    heard = await outcome_of(http(b"201 Created", body))
    assert [event.report for event in heard.reports] == [Report.TIMEOUT]
    if body != b"\xff\xfe":  # what is not even text is no whole answer
        assert [event.state for event in heard.states] == [VenueState.DOWN]


async def test_where_nobody_listens_nothing_is_sent() -> None:
    listening = await asyncio.start_server(RawServer(b"").serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    listening.close()
    await listening.wait_closed()
    async with sent_to(port, wait=False) as heard:
        assert [event.report for event in heard.reports] == [Report.REJECTED]
        assert heard.reports[0].detail.startswith("not sent: no connection")
