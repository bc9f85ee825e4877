"""Things to do when the exchange's clock has come to a time: that clock may run faster than the machine's."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.context import ServerContext

_LOOK_S = 0.005


class Timers:
    """Looks at the clock while something is due, every few milliseconds; `release` looks at once.

    Where the event loop is a simulation's, its time is the exchange's: then it looks once, when something is due.
    """

    def __init__(self, context: ServerContext) -> None:
        self._clock = context.clock
        self._context = context
        self._order = count()
        self._due: list[tuple[Nanos, int, Callable[[], None]]] = []
        self._handle: asyncio.TimerHandle | None = None
        self._looks_at = Nanos(0)

    def at(self, due: Nanos, act: Callable[[], None]) -> None:
        """Do `act` at `due`; what is due at one instant happens in the order of entry. Needs a running loop."""
        heappush(self._due, (due, next(self._order), act))
        if self._handle is None or self._due[0][0] < self._looks_at:
            self._set()

    def release(self) -> None:
        """Do what is due by now."""
        now = self._clock.now()
        while self._due and self._due[0][0] <= now:
            heappop(self._due)[2]()

    def close(self) -> None:
        """Forget everything."""
        self._due.clear()
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None

    def _look(self) -> None:
        self._handle = None
        if self._context.own_network:
            self._context.catch_up()
        self.release()
        if self._due:
            self._set()

    def _set(self) -> None:
        """Look again: soon, or in a simulation when the next thing is due."""
        if self._handle is not None:
            self._handle.cancel()
        wait_s = _LOOK_S
        if self._context.own_network:
            self._looks_at = self._due[0][0]
            wait_s = max(0, self._looks_at - self._clock.now()) / SECOND
        self._handle = asyncio.get_running_loop().call_later(wait_s, self._look)
