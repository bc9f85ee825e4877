"""An event loop whose time passes only when there is nothing to do, and whose connections never leave the process.

The same program with the same seed does the same things in the same order, a thousand times faster than the clock. It
is asyncio's own loop but for its heart, `_run_once`: no selector is asked, no debugging looked after, and timers are
ordered by their instant and then by the order of asking.
"""

import asyncio
import selectors
import socket
from collections import deque
from collections.abc import Callable, Mapping
from contextvars import Context, copy_context
from functools import partial
from heapq import heappop, heappush
from random import Random
from typing import Any, NoReturn

from dutchbook.app.torture.network import Network, VirtualServer
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import SECOND, Nanos

_RESOLUTION = 1e-9
"""Seconds. Timers within it count as one instant: asyncio compares floats."""


class Stuck(DutchbookError):
    """Nothing is due and nothing will ever be: somebody waits for what cannot happen."""


class _Nothing(selectors.BaseSelector):
    """Never finds anything ready. Keeps what is registered, as asyncio expects."""

    def __init__(self) -> None:
        self._keys: dict[int, selectors.SelectorKey] = {}

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        key = selectors.SelectorKey(fileobj, _descriptor(fileobj), events, data)
        self._keys[key.fd] = key
        return key

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._keys.pop(_descriptor(fileobj))

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:  # noqa: ARG002
        return []

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._keys

    def close(self) -> None:
        self._keys.clear()


class _Call(asyncio.TimerHandle):
    """Something to be called, now or at `when()`, unless it is cancelled before."""

    __slots__ = ()

    def __init__(self, when: float, callback: Callable[..., object], args: tuple[Any, ...], context: Context) -> None:
        # What asyncio's own constructor does besides is debugging, which costs more than all of this.
        self._when = when
        self._callback = callback
        self._args = args
        self._context = context
        self._cancelled = False

    def cancel(self) -> None:
        self._cancelled = True
        self._callback = self._args = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<call of {self._callback} at {self._when}>"

    def go(self) -> None:
        """Call it."""
        if not self._cancelled:
            self._context.run(self._callback, *self._args)


type _Due = tuple[Callable[..., object], Callable[..., object], tuple[Any, ...]]
"""Who calls it, what is called, with what."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Virtual time from `start` on, and a `Network` in place of sockets. Use one for one simulation."""

    def __init__(self, start: Nanos, rng: Random) -> None:
        self._start = start
        self._now = start
        self._passed = 0.0
        self._calls: deque[_Due] = deque()
        self._timers: list[tuple[float, int, _Call | asyncio.Future[None]]] = []
        self._asked = 0
        super().__init__(_Nothing())
        self._clock_resolution = _RESOLUTION
        self.network = Network(self, rng)
        # Each task and future asks for both: a call of a type is the cheapest "no" and the cheapest future there is.
        self.get_debug = bool  # type: ignore[method-assign]
        self.create_future = partial(asyncio.Future, loop=self)  # type: ignore[method-assign]

    def time(self) -> float:
        """Seconds since the start."""
        return self._passed

    def now(self) -> Nanos:
        """UTC of the simulation: this loop is its clock."""
        return self._now

    def call_soon[*Ts](
        self, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.Handle:
        """Call it behind all that is to be called by now. Only what brings no context of its own can be cancelled."""
        if context is not None:  # tasks and futures, which keep no handle
            self._calls.append((context.run, callback, args))
            return _KEPT
        call = _Call(self._passed, callback, args, copy_context())
        self._calls.append((_Call.go, call, ()))  # type: ignore[arg-type]
        return call

    def call_later[*Ts](
        self, delay: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call it so many seconds from now."""
        return self.call_at(self._passed + delay, callback, *args, context=context)

    def call_at[*Ts](
        self, when: float, callback: Callable[[*Ts], object], *args: *Ts, context: Context | None = None
    ) -> asyncio.TimerHandle:
        """Call it at a time of this loop; of one instant in the order of asking."""
        call = _Call(when, callback, args, copy_context() if context is None else context)
        self._asked += 1
        heappush(self._timers, (when, self._asked, call))
        return call

    def sleep(self, delay: float) -> asyncio.Future[None]:
        """What `asyncio.sleep` does, with less around it."""
        over: asyncio.Future[None] = self.create_future()
        self._asked += 1
        heappush(self._timers, (self._passed + delay, self._asked, over))
        return over

    def _run_once(self) -> None:
        """Call what is to be called, and let time pass in between, until somebody stops the loop.

        Raises Stuck where nothing is due and never will be.
        """
        calls, next_call = self._calls, self._calls.popleft
        while True:
            for _ in range(len(calls)):
                run, callback, args = next_call()
                try:
                    run(callback, *args)
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 - as asyncio does: told to the loop's handler
                    self._tell(callback, error)
            if self._stopping:  # type: ignore[attr-defined]
                return
            if not calls:
                self._pass()

    def _pass(self) -> None:
        """Let time pass until the next timer, and do what is due then."""
        timers = self._timers
        while timers:
            when, _, what = heappop(timers)
            call = what if type(what) is _Call else None
            if call is not None and call._cancelled:  # noqa: SLF001 - asyncio's own field
                continue
            if when > self._passed:
                self._passed = when
                self._now = Nanos(self._start + round(when * SECOND))
            if call is None:
                if not what.done():  # type: ignore[union-attr]
                    what.set_result(None)  # type: ignore[union-attr]
            else:
                try:
                    call.go()
                except (SystemExit, KeyboardInterrupt):
                    raise
                except BaseException as error:  # noqa: BLE001 - as asyncio does: told to the loop's handler
                    self._tell(call, error)
            if not timers or timers[0][0] >= self._passed + _RESOLUTION:
                return
        if not self._calls:
            raise Stuck("virtual time stands still: no timer is set and nothing is on its way - a wait never ends")

    def _tell(self, called: object, error: BaseException) -> None:
        self.call_exception_handler({"message": f"{called!r} failed", "exception": error})

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


class _Kept(asyncio.Handle):
    """What `call_soon` gives for calls that nobody may cancel."""

    __slots__ = ()

    def __init__(self) -> None:
        self._cancelled = False

    def __repr__(self) -> str:
        return "<a call within a context of its own>"

    def cancel(self) -> None:
        raise RuntimeError("a call within a context of its own cannot be cancelled here")


_KEPT = _Kept()


def _descriptor(fileobj: Any) -> int:
    return fileobj if isinstance(fileobj, int) else int(fileobj.fileno())
