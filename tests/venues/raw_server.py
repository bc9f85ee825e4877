"""A server on loopback that sends exactly the bytes it is told to, and remembers exactly what it was sent."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

type Behaviour = Callable[["Visit", bytes], None]
"""What to do with one whole request."""


def response(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    """A well-formed answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def request(path: str, body: bytes = b"", method: str = "POST") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: here\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


class Visit(asyncio.Protocol):
    """One connection, from the server's side."""

    def __init__(self, server: "RawServer") -> None:
        self._server = server
        self._bytes = b""
        self.requests: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self._server.visits.append(self)
        self._server.greet(self)

    def data_received(self, data: bytes) -> None:
        self._bytes += data
        while (whole := _whole(self._bytes)) is not None:
            request, self._bytes = self._bytes[:whole], self._bytes[whole:]
            self.requests.append(request)
            self._server.requests.append(request)
            self._server.behave(self, request)

    def connection_lost(self, _: Exception | None) -> None:
        self._server.gone.append(self)

    def say(self, data: bytes) -> None:
        self.transport.write(data)

    def reset(self) -> None:
        """Break the connection without a goodbye."""
        self.transport.abort()

    def hang_up(self) -> None:
        self.transport.close()


class RawServer:
    """All connections; `behave` is asked for each request, `greet` at each connection."""

    def __init__(self, behave: Behaviour) -> None:
        self.behave = behave
        self.greet: Callable[[Visit], None] = lambda _: None
        self.visits: list[Visit] = []
        self.gone: list[Visit] = []
        self.requests: list[bytes] = []
        self.base = ""

    @asynccontextmanager
    async def listening(self, tls: ssl.SSLContext | None = None) -> AsyncIterator["RawServer"]:
        server = await asyncio.get_running_loop().create_server(lambda: Visit(self), "127.0.0.1", 0, ssl=tls)
        scheme = "http" if tls is None else "https"
        self.base = f"{scheme}://localhost:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for visit in self.visits:
                visit.reset()
            await server.wait_closed()
            while len(self.gone) < len(self.visits):  # noqa: ASYNC110 - sockets have no event to wait for
                await asyncio.sleep(0)


def _whole(data: bytes) -> int | None:
    """Where the first request ends, if all of it is there."""
    head, mark, _ = data.partition(b"\r\n\r\n")
    if not mark:
        return None
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    end = len(head) + 4 + (lengths[0] if lengths else 0)
    return end if len(data) >= end else None
