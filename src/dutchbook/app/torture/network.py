"""Connections within one process: bytes arrive in order, late by a seeded chance, and break when they are told to."""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, cast

_FIRST_PORT = 20_000
_FIRST_CLIENT = 40_000
_LEAST_S, _MOST_S = 0.000_2, 0.02
"""How long bytes travel one way."""


class VirtualServer(asyncio.AbstractServer):
    """Somebody who listens."""

    def __init__(self, network: "Network", host: str, port: int) -> None:
        self._network = network
        self.port = port
        self.sockets = (_Named((host, port), ("", 0)),)

    def close(self) -> None:
        self._network.forget(self.port)

    def is_serving(self) -> bool:
        return self._network.serves(self.port)

    async def start_serving(self) -> None:
        """It does already."""

    async def serve_forever(self) -> None:
        await asyncio.get_running_loop().create_future()

    async def wait_closed(self) -> None:
        """It is, at once."""

    def get_loop(self) -> asyncio.AbstractEventLoop:
        return self._network.loop


class Network:
    """Who listens where, and who is connected to whom."""

    def __init__(self, loop: asyncio.AbstractEventLoop, rng: Random) -> None:
        self.loop = loop
        self._rng = rng
        self._listening: dict[int, Callable[[], asyncio.BaseProtocol]] = {}
        self._ports = _FIRST_PORT
        self._clients = _FIRST_CLIENT
        self.connections: dict[int, list[VirtualTransport]] = {}
        """The clients' ends of what is connected, by the port of the server."""

    def listen(self, factory: Callable[[], asyncio.BaseProtocol], host: str, port: int) -> VirtualServer:
        """Raises OSError for a port that is taken."""
        if not port:
            self._ports += 1
            port = self._ports
        if port in self._listening:
            raise OSError(98, f"port {port} is taken")
        self._listening[port] = factory
        return VirtualServer(self, host, port)

    def forget(self, port: int) -> None:
        """Nobody listens there any more; what is connected stays."""
        self._listening.pop(port, None)

    def serves(self, port: int) -> bool:
        """Whether somebody listens there."""
        return port in self._listening

    async def connect(
        self, factory: Callable[[], asyncio.BaseProtocol], port: int
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect to who listens on a port. Raises ConnectionRefusedError if nobody does."""
        await asyncio.sleep(self.delay())
        serving = self._listening.get(port)
        if serving is None:
            raise ConnectionRefusedError(111, f"nobody listens on port {port}")
        self._clients += 1
        here, there = ("127.0.0.1", self._clients), ("127.0.0.1", port)
        near, far = VirtualTransport(self, (here, there)), VirtualTransport(self, (there, here))
        near.far, far.far = far, near
        client, server = factory(), serving()
        near.set_protocol(client)
        far.set_protocol(server)
        self.connections.setdefault(port, []).append(near)
        server.connection_made(far)
        client.connection_made(near)
        return near, client

    def delay(self) -> float:
        """Seconds that something travels."""
        return self._rng.uniform(_LEAST_S, _MOST_S)

    def gone(self, transport: "VirtualTransport", port: int) -> None:
        """An end is closed."""
        ends = self.connections.get(port, [])
        if transport in ends:
            ends.remove(transport)


type _Address = tuple[str, int]


class VirtualTransport(asyncio.Transport):
    """One end of a connection."""

    far: "VirtualTransport"

    def __init__(self, network: Network, addresses: tuple[_Address, _Address]) -> None:
        here, there = addresses
        super().__init__({"socket": _Named(here, there), "sockname": here, "peername": there})
        self._network = network
        self._loop = network.loop
        self._there = there
        self.set_protocol(asyncio.Protocol())
        self._travelling: deque[bytes] = deque()
        self._arrived: deque[bytes] = deque()
        self._last = 0.0
        self._wrote = -1.0
        self._paused = False
        self._closing = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """The bytes arrive at the far end after a while, in order."""
        if self._closing or not data:
            return
        now, far = self._loop.time(), self.far
        if self._wrote == now and far._travelling:  # noqa: SLF001 - the other half
            far._travelling[-1] += data  # noqa: SLF001 - what is written at one instant travels together
            return
        self._wrote = now
        far._last = at = max(far._last, now + self._network.delay())  # noqa: SLF001 - the other half
        # Timers of one instant fire in any order: each takes the next bytes, not those that it was set for.
        far._travelling.append(bytes(data))  # noqa: SLF001 - the other half
        self._loop.call_at(at, far.arrive)

    def writelines(self, list_of_data: Any) -> None:
        self.write(b"".join(list_of_data))

    def arrive(self) -> None:
        """The next bytes are here; the protocol gets them unless it reads no more for now."""
        if self._closing or not self._travelling:
            return
        if self._arrived or self._paused:
            self._arrived.append(self._travelling.popleft())
        else:
            self._take(self._travelling.popleft())

    def _deliver(self) -> None:
        while self._arrived and not self._paused and not self._closing:
            self._take(self._arrived.popleft())

    def pause_reading(self) -> None:
        self._paused = True

    def resume_reading(self) -> None:
        self._paused = False
        self._loop.call_soon(self._deliver)

    def is_reading(self) -> bool:
        return not self._paused and not self._closing

    def is_closing(self) -> bool:
        return self._closing

    def get_protocol(self) -> asyncio.BaseProtocol:
        return self._protocol

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        self._protocol = protocol
        self._take: Callable[[bytes], object] = (
            partial(_fill, cast("asyncio.BufferedProtocol", protocol))
            if hasattr(protocol, "get_buffer")
            else cast("asyncio.Protocol", protocol).data_received
        )

    def close(self) -> None:
        """End it: the far end learns of it behind the bytes that are on their way."""
        self._end(None)

    def abort(self) -> None:
        self._end(None)

    def cut(self) -> None:
        """Break it, as a network does: both ends see a reset at once, and what was on its way is lost."""
        self.far._end(ConnectionResetError(104, "the connection broke"))  # noqa: SLF001 - the other half
        self._end(ConnectionResetError(104, "the connection broke"))

    def can_write_eof(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_write_buffer_limits(self) -> tuple[int, int]:
        return 0, 1 << 16

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:
        """There is no buffer: all bytes are on their way at once."""

    def _end(self, error: Exception | None) -> None:
        if self._closing:
            return
        self._closing = True
        self._network.gone(self, self._there[1])
        self._loop.call_soon(self._protocol.connection_lost, error)
        if error is None:
            far = self.far
            self._loop.call_at(max(far._last, self._loop.time()), far.hang_up)  # noqa: SLF001 - the other half

    def hang_up(self) -> None:
        """The far end closed."""
        if self._closing:
            return
        while self._travelling:
            self.arrive()
        eof = getattr(self._protocol, "eof_received", None)
        if eof is None or not eof():
            self._end(None)


class _Named:
    """What code that asks a transport for its socket wants to know."""

    family, type, proto = socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP

    def __init__(self, here: _Address, there: _Address) -> None:
        self._here, self._there = here, there

    def getsockname(self) -> _Address:
        return self._here

    def getpeername(self) -> _Address:
        return self._there

    def setsockopt(self, *_: object) -> None:
        """Nothing to set."""

    def getsockopt(self, *_: object) -> int:
        return 0

    def fileno(self) -> int:
        return -1


def _fill(protocol: asyncio.BufferedProtocol, data: bytes) -> None:
    room = memoryview(protocol.get_buffer(len(data)))
    if len(room) >= len(data):  # nearly always
        room[: len(data)] = data
        protocol.buffer_updated(len(data))
        return
    rest = memoryview(data)
    while rest:
        buffer = memoryview(protocol.get_buffer(len(rest)))
        count = min(len(buffer), len(rest))
        buffer[:count] = rest[:count]
        protocol.buffer_updated(count)
        rest = rest[count:]
