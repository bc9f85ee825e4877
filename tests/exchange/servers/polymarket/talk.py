"""Clients of the data servers on loopback: a socket that keeps what it hears, and an HTTP client."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, DummyCookieJar, WSMsgType, web

from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.sockets import Conversation, Handshake, Refuse, serve_socket

PATIENCE_S = 5.0


class Heard:
    """A client's socket."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket

    async def say(self, message: object) -> None:
        await self._socket.send_str(message if isinstance(message, str) else json.dumps(message))

    async def text(self) -> str:
        """The next frame."""
        message = await asyncio.wait_for(self._socket.receive(), PATIENCE_S)
        assert message.type is WSMsgType.TEXT, message
        return str(message.data)

    async def frame(self) -> Any:
        """The next frame, decoded."""
        return json.loads(await self.text())

    async def frames(self, count: int) -> list[Any]:
        return [await self.frame() for _ in range(count)]

    async def quiet(self) -> bool:
        """Whether nothing but the answer to a PING is on its way."""
        await self.say("PING")
        return await self.text() == "PONG"

    async def close_code(self) -> int | None:
        """How the server ended the connection, after whatever it still said."""
        while True:
            message = await asyncio.wait_for(self._socket.receive(), PATIENCE_S)
            if message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING):
                return self._socket.close_code


type Dial = Callable[[str], Any]


@asynccontextmanager
async def sockets(
    accept: Callable[[Handshake], Conversation | Refuse], context: ServerContext
) -> AsyncIterator[Callable[[str], Any]]:
    """Serve, and hand out a function that connects to a path."""
    server = await serve_socket("127.0.0.1", 0, accept, context)
    try:
        async with ClientSession() as session:

            @asynccontextmanager
            async def dial(path: str) -> AsyncIterator[Heard]:
                async with session.ws_connect(f"http://127.0.0.1:{server.port}{path}", max_msg_size=0) as socket:
                    yield Heard(socket)

            yield dial
    finally:
        await server.close()


@asynccontextmanager
async def http(app: web.Application) -> AsyncIterator[Callable[..., Any]]:
    """Serve, and hand out a function that gets a path: status and decoded body."""
    server = await serve_http(app, "127.0.0.1", 0)
    try:
        async with ClientSession(f"http://127.0.0.1:{server.port}", cookie_jar=DummyCookieJar()) as session:

            async def get(path: str, **query: str) -> tuple[int, Any]:
                async with session.get(path, params=query) as answer:
                    return answer.status, await answer.json()

            yield get
    finally:
        await server.close()
