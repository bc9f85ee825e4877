"""An event loop whose time passes only when there is nothing to do, and whose connections never leave the process.

The same program with the same seed does the same things in the same order, a thousand times faster than the clock. It
replaces the selector of asyncio's own loop and nothing private of it: where no callback is ready, asyncio asks its
selector to wait for the next timer, and this one moves the time there instead.
"""

import asyncio
import selectors
import socket
from collections.abc import Callable, Mapping
from random import Random
from typing import Any, NoReturn

from dutchbook.app.torture.network import Network, VirtualServer
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import SECOND, Nanos

_RESOLUTION = 1e-9
"""Seconds. Timers within it count as one instant: asyncio compares floats."""


class Stuck(DutchbookError):
    """Nothing is due and nothing will ever be: somebody waits for what cannot happen."""


class _Waiting(selectors.BaseSelector):
    """Never finds anything ready; waiting moves the loop's time. Keeps what is registered, as asyncio expects."""

    def __init__(self) -> None:
        self.passed = 0.0
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, _descriptor(fileobj), events, data)
        self._keys[key.fd] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(_descriptor(fileobj))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise Stuck("virtual time stands still: no timer is set and nothing is on its way - a wait never ends")
        self.passed += max(0.0, timeout)
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def close(self) -> None:
        self._keys.clear()


class VirtualLoop(asyncio.SelectorEventLoop):
    """Virtual time from `start` on, and a `Network` in place of sockets. Use one for one simulation."""

    def __init__(self, start: Nanos, rng: Random) -> None:
        self._waiting = _Waiting()
        self._start = start
        super().__init__(self._waiting)
        self._clock_resolution = _RESOLUTION
        self.network = Network(self, rng)

    def time(self) -> float:
        """Seconds since the start."""
        return self._waiting.passed

    def now(self) -> Nanos:
        """UTC of the simulation: this loop is its clock."""
        return Nanos(self._start + round(self._waiting.passed * SECOND))

    async def getaddrinfo(  # type: ignore[override]
        self, host: str, port: int, **_: object
    ) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        """Every name is this process."""
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (str(host), port))]

    async def create_server(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], host: Any = None, port: Any = None, **_: object
    ) -> VirtualServer:
        """Listen on a port of the network; 0 for a free one."""
        return self.network.listen(protocol_factory, str(host or "127.0.0.1"), int(port or 0))

    async def create_connection(  # type: ignore[override]
        self, protocol_factory: Callable[[], asyncio.BaseProtocol], host: Any = None, port: Any = None, **_: object
    ) -> tuple[asyncio.Transport, asyncio.BaseProtocol]:
        """Connect within the network, whatever the host's name. Raises ConnectionRefusedError where nobody listens."""
        del host
        return await self.network.connect(protocol_factory, int(port))

    def run_in_executor(self, executor: Any, func: Any, *args: Any) -> NoReturn:  # type: ignore[override]
        """Raises RuntimeError: a thread would have a time of its own."""
        del executor, args
        raise RuntimeError(f"{func} wants a thread, which virtual time cannot wait for")


def _descriptor(fileobj: Any) -> int:
    return fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
