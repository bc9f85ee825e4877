"""A plain venue on loopback for faults: a counter that a POST moves, and a socket that repeats what it is told."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import msgspec
from aiohttp import web
from pydantic import TypeAdapter

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan, FaultSpec
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import application, serve_http
from dutchbook.exchange.servers.sockets import Connection, Handshake, Heartbeat, Refuse, SocketServer, serve_socket

START = Nanos(1_790_000_000 * SECOND)
_FAULT: TypeAdapter[FaultSpec] = TypeAdapter(FaultSpec)


class HandClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at

    def pass_time(self, seconds: float) -> None:
        self.at = Nanos(self.at + round(seconds * SECOND))


def fault(kind: str, **fields: object) -> FaultSpec:
    """One fault as a plan would say it; its name is its kind unless told otherwise."""
    return _FAULT.validate_python({"name": kind, "fault": kind, **fields})


def board_of(clock: HandClock, *faults: FaultSpec, seed: int = 1) -> Switchboard:
    return Switchboard(FaultPlan(faults=faults), Random(seed), clock)


def context_of(clock: HandClock, board: Switchboard, venue: Venue = Venue.KALSHI) -> ServerContext:
    return ServerContext(venue, clock, board, Random(2), lambda: None)


async def until(holds: Callable[[], bool]) -> None:
    """Let the loop turn until something is so; a test that waits in vain fails."""
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110 - what is awaited has no event
            await asyncio.sleep(0)


class Server:
    """The running HTTP venue. `accepted` counts POSTs that reached it."""

    def __init__(self) -> None:
        self.accepted = 0

    async def count(self, _: web.Request) -> web.Response:
        return web.json_response({"balance": self.accepted, "rows": ["x" * 40] * 20})

    async def accept(self, _: web.Request) -> web.Response:
        self.accepted += 1
        return web.json_response({"order": self.accepted, "rows": ["x" * 40] * 20})

    async def fail(self, _: web.Request) -> web.Response:
        raise ZeroDivisionError("a mistake of ours")


class Answered(msgspec.Struct, frozen=True):
    status: int
    body: bytes
    headers: Mapping[str, str]

    def json(self) -> object:
        return msgspec.json.decode(self.body)


class HttpClient:
    """A plain client of it."""

    def __init__(self, server: Server, session: aiohttp.ClientSession) -> None:
        self.server = server
        self._session = session

    async def send(self, method: str, path: str, timeout_s: float = 5.0) -> Answered:
        limit = aiohttp.ClientTimeout(total=timeout_s)
        async with self._session.request(method, path, timeout=limit) as answer:
            return Answered(answer.status, await answer.read(), answer.headers)

    async def get(self, path: str = "/balance") -> Answered:
        return await self.send("GET", path)

    async def post(self, path: str = "/order", timeout_s: float = 5.0) -> Answered:
        return await self.send("POST", path, timeout_s)


@asynccontextmanager
async def http_venue(clock: HandClock, board: Switchboard, venue: Venue = Venue.KALSHI) -> AsyncIterator[HttpClient]:
    """GET /balance, POST /order, GET /mistake."""
    server = Server()
    app = application(context_of(clock, board, venue), "a venue")
    app.add_routes(
        [web.get("/balance", server.count), web.post("/order", server.accept), web.get("/mistake", server.fail)]
    )
    running = await serve_http(app, "127.0.0.1", 0)
    try:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{running.port}") as session:
            yield HttpClient(server, session)
    finally:
        await running.close()


class Speaker:
    """The venue's side of a connection: echoes what it hears, PING apart, which is answered past all faults."""

    def __init__(self) -> None:
        self.connection: Connection | None = None
        self.heard: list[bytes] = []
        self.over = False

    def opened(self, connection: Connection) -> None:
        self.connection = connection

    def received(self, text: bytes) -> None:
        self.heard.append(text)
        assert self.connection is not None
        if text == b"PING":
            self.connection.send(b"PONG", bypass_faults=True)
        else:
            self.connection.send(text)

    def closed(self) -> None:
        self.over = True


class SocketVenue:
    """A running socket server with its conversations, in the order of their connections."""

    def __init__(self, server: SocketServer, speakers: Sequence[Speaker], session: aiohttp.ClientSession) -> None:
        self.server = server
        self.speakers = speakers
        self._session = session
        self._clients: list[aiohttp.ClientWebSocketResponse] = []

    async def connect(self, path: str = "/ws/market", *, autoping: bool = True) -> aiohttp.ClientWebSocketResponse:
        """One plain client."""
        client = await self._session.ws_connect(f"http://127.0.0.1:{self.server.port}{path}", autoping=autoping)
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.close()

    def say(self, *payloads: bytes, to: int = 0) -> None:
        """Send frames to one client as the venue would."""
        connection = self.speakers[to].connection
        assert connection is not None
        for payload in payloads:
            connection.send(payload)

    async def heard_by(self, client: aiohttp.ClientWebSocketResponse) -> list[bytes]:
        """All that the client got until now: text frames up to the answer to a PING, which no fault touches."""
        await client.send_str("PING")
        frames: list[bytes] = []
        while True:
            message = await client.receive(timeout=5)
            if message.type is not aiohttp.WSMsgType.TEXT:
                frames.append(b"<" + message.type.name.encode() + b">")
                return frames
            if message.data == "PONG":
                return frames
            frames.append(message.data.encode())


@asynccontextmanager
async def socket_venue(
    clock: HandClock, board: Switchboard, venue: Venue = Venue.KALSHI, heartbeat: Heartbeat | None = None
) -> AsyncIterator[SocketVenue]:
    speakers: list[Speaker] = []

    def accept(handshake: Handshake) -> Speaker | Refuse:
        if handshake.path == "/nowhere":
            return Refuse(404, b'{"error":"not found"}')
        speakers.append(Speaker())
        return speakers[-1]

    server = await serve_socket("127.0.0.1", 0, accept, context_of(clock, board, venue), heartbeat)
    try:
        async with aiohttp.ClientSession() as session:
            running = SocketVenue(server, speakers, session)
            try:
                yield running
            finally:
                await running.close()
    finally:
        await server.close()
