"""The line that orders leave by: warm connections to one host, one request at a time on each, and never a second try.

`send` writes the bytes in the same call when a connection is free. Cancels go ahead of orders, and one connection is
kept free of orders for them. What became of a request is told once, as an `Exchange`.
"""

import asyncio
import ssl
from collections import deque
from collections.abc import Awaitable, Callable
from typing import NoReturn
from urllib.parse import urlsplit

import aiofastnet
import msgspec

from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import SECOND
from dutchbook.venues.backoff import Backoff
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.order_connection import FULL, UNREACHED, Connection, Later, OnAnswer, Timer, Wish, said
from dutchbook.venues.retry_after import retry_after_s
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Exchange

__all__ = ["Dial", "Later", "LineTerms", "OnAnswer", "OrderLine", "Timer", "dialler"]

_LOOPBACK = ("localhost", "127.0.0.1", "::1")

type Dial = Callable[[asyncio.Protocol], Awaitable[asyncio.Transport]]
"""Opens a connection for a protocol. Raises OSError (ssl.SSLError, TimeoutError among them)."""


class LineTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How a line is kept. `warm` connections are open always, `most` at most; both count the one kept for cancels.

    A connection that nobody used for `idle_s` is tried with a GET of `ping`, so that neither side closes it.
    """

    warm: int = 5
    most: int = 12
    answer_s: float = 10.0
    connect_s: float = 5.0
    idle_s: float = 30.0
    ping: str = "/time"
    waiting: int = 512
    """Requests that may wait for a connection; more are refused at once."""
    longest_answer: int = 4 << 20
    keep: frozenset[bytes] = frozenset()
    """Headers of answers that are handed on in `Exchange.headers`: their names in small letters."""


_RESERVED = 1
"""Connections that stay free of orders, so that a cancel never waits behind them."""


class OrderLine:
    """A pool of connections to one host. `run` keeps it; without it every request fails at once, unsent."""

    def __init__(
        self,
        base: str,
        around: Surroundings,
        terms: LineTerms = LineTerms(),  # noqa: B008 - a frozen value
        *,
        dial: Dial | None = None,
        later: Later | None = None,
    ) -> None:
        """`base` is scheme and host. Raises UsageError for an unprotected host other than this machine."""
        self.base = base
        self._terms = terms
        self._around = around
        self._dial = dial or dialler(base, terms.connect_s)
        self._later = later
        self._idle: list[Connection] = []
        self._open: set[Connection] = set()
        self._opening = 0
        self._urgent: deque[Wish] = deque()
        self._ordinary: deque[Wish] = deque()
        self._need = asyncio.Event()
        self._running = False
        host = urlsplit(base).netloc
        self._ping = (
            f"GET {terms.ping} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {USER_AGENT}\r\nAccept: application/json\r\n\r\n"
        ).encode()

    @property
    def ready(self) -> bool:
        """Whether all warm connections are there."""
        return len(self._open) >= self._terms.warm

    def send(
        self,
        request: bytes,
        on_answer: OnAnswer,
        *,
        urgent: bool = False,
        answer_s: float | None = None,
        cargo: object = None,
    ) -> None:
        """Write a whole request, once, on one connection: now if one is free, else as soon as one is.

        `on_answer` is called once, later, never from within this call. Not to be called outside the event loop.
        `cargo` is what `withdraw` knows it by.
        """
        wish = Wish(request, on_answer, cargo)
        later = self._later or asyncio.get_running_loop().call_later
        if not self._running:
            later(0, lambda: wish.fail(UNREACHED))
            return
        connection = self._take(urgent=urgent)
        if connection is not None:
            connection.carry(wish)
        if not wish.over:
            wish.timer = later(self._terms.answer_s if answer_s is None else answer_s, wish.expire)
        if connection is not None:
            return
        queue = self._urgent if urgent else self._ordinary
        if len(queue) >= self._terms.waiting:
            later(0, lambda: wish.fail(FULL))
            return
        queue.append(wish)
        self._look()

    def rehearse(self, request: bytes) -> None:
        """Do all of `send` that leaves no trace, for an ordinary request."""
        connection = self._take(urgent=False)
        if connection is not None:
            self._idle.append(connection)
        Wish(request, _unheard)

    def withdraw(self, wanted: Callable[[object], bool]) -> list[object]:
        """Take back what still waits for a connection and is not urgent, by its cargo. Nobody is told of it."""
        found = [wish for wish in self._ordinary if not wish.over and wanted(wish.cargo)]
        for wish in found:
            self._ordinary.remove(wish)
            wish.call_off()
        return [wish.cargo for wish in found]

    async def ask(self, request: bytes, *, urgent: bool = False, answer_s: float | None = None) -> Exchange:
        """As `send`, and wait for what comes of it."""
        told: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()

        def tell(exchange: Exchange) -> None:
            if not told.done():
                told.set_result(exchange)

        self.send(request, tell, urgent=urgent, answer_s=answer_s)
        return await told

    async def run(self) -> NoReturn:
        """Keep the connections until cancelled."""
        self._running = True
        self._look()
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._terms.most):
                    group.create_task(self._berth())
                group.create_task(self._keep_warm())
        finally:
            self._close()
        raise AssertionError("the berths of a line never end by themselves")

    def freed(self, connection: Connection) -> None:
        """A connection's own word: it may carry the next request."""
        connection.used = self._around.clock.now()
        self._idle.append(connection)
        self._pass_on()

    def pause(self, retry_after: str | None) -> float | None:
        """The seconds that a header Retry-After asks for."""
        return None if retry_after is None else retry_after_s(retry_after, self._around.clock)

    def _take(self, *, urgent: bool) -> Connection | None:
        while len(self._idle) > (0 if urgent else _RESERVED):
            connection = self._idle.pop()
            if connection.usable:
                return connection
        return None

    def _pass_on(self) -> None:
        """Give free connections to those who wait, cancels first."""
        for queue, urgent in ((self._urgent, True), (self._ordinary, False)):
            while queue:
                if queue[0].over:
                    queue.popleft()
                    continue
                connection = self._take(urgent=urgent)
                if connection is None:
                    return
                connection.carry(queue.popleft())

    def _look(self) -> None:
        """Wake the berths if more connections are wanted than there are."""
        if self._short():
            self._need.set()
        else:
            self._need.clear()

    def _short(self) -> bool:
        busy = len(self._open) - len(self._idle)
        wanted = max(self._terms.warm, busy + len(self._urgent) + len(self._ordinary) + _RESERVED)
        return len(self._open) + self._opening < min(self._terms.most, wanted)

    async def _berth(self) -> NoReturn:
        """A place for one connection: filled while one is wanted."""
        backoff = Backoff(self._around.rng)
        while True:
            await self._need.wait()
            self._opening += 1
            self._look()
            connection = Connection(self, self._terms.longest_answer, self._terms.keep)
            try:
                transport = await self._dial(connection)
            except OSError as error:
                self._opening -= 1
                self._unreached(error)
                await self._around.sleep(backoff.next_s())
                self._look()
                continue
            except BaseException:
                self._opening -= 1
                raise
            self._opening -= 1
            await self._hold(connection, transport)
            if connection.fruitless:
                await self._around.sleep(backoff.next_s())
            else:
                backoff.reset()
            self._look()

    async def _hold(self, connection: Connection, transport: asyncio.Transport) -> None:
        connection.opened(transport)
        self._open.add(connection)
        self.freed(connection)
        try:
            await connection.lost
        finally:
            connection.end()
            self._open.discard(connection)
            if connection in self._idle:
                self._idle.remove(connection)
            self._look()

    def _unreached(self, error: OSError) -> None:
        """Nobody shall wait for a host that cannot be reached: an order would leave late and stale."""
        if not self._open and not self._opening:
            self._refuse_waiting(f"{UNREACHED}: {said(error)}")

    def _refuse_waiting(self, reason: str) -> None:
        waiting = [*self._urgent, *self._ordinary]
        self._urgent.clear()
        self._ordinary.clear()
        for wish in waiting:
            wish.fail(reason)

    async def _keep_warm(self) -> NoReturn:
        """Use what nobody used for long, one at a time; let go of what is more than warm."""
        while True:
            await self._around.sleep(self._terms.idle_s / self._terms.most)
            oldest = min(self._idle, key=lambda each: each.used, default=None)
            since = self._around.clock.now() - round(self._terms.idle_s * SECOND)
            if oldest is None or oldest.used > since or len(self._idle) <= _RESERVED:
                continue
            self._idle.remove(oldest)
            if not oldest.usable or len(self._open) > self._terms.warm:
                oldest.abandon()
                continue
            wish = Wish(self._ping, lambda _: None)
            later = self._later or asyncio.get_running_loop().call_later
            wish.timer = later(self._terms.connect_s, wish.expire)
            oldest.carry(wish)

    def _close(self) -> None:
        self._running = False
        self._refuse_waiting(UNREACHED)


def _unheard(_: Exchange) -> None:
    """Hears nothing."""


def dialler(base: str, connect_s: float, tls: ssl.SSLContext | None = None) -> Dial:
    """Connects by TCP: with TLS, or without to this machine. Raises UsageError for an unprotected host elsewhere."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if parts.scheme == "http" and host in _LOOPBACK:
        context = None
    elif parts.scheme == "https":
        context = tls or ssl.create_default_context()
    else:
        raise UsageError(f"{base}: orders leave by https, or by http to this machine alone - correct the address")
    port = parts.port or (443 if context else 80)

    async def dial(protocol: asyncio.Protocol) -> asyncio.Transport:
        # Its transports write to the socket within the call, also on uvloop and under TLS, where others wait for
        # the end of the loop's turn.
        loop = asyncio.get_running_loop()
        async with asyncio.timeout(connect_s):
            transport, _ = await aiofastnet.create_connection(loop, lambda: protocol, host, port, ssl=context)
        return transport

    return dial
