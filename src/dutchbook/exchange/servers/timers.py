"""Things to do when the exchange's clock has come to a time: that clock may run faster than the machine's."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos

_LOOK_S = 0.005


class Timers:
    """Looks at the clock while something is due, every few milliseconds; `release` looks at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._order = count()
        self._due: list[tuple[Nanos, int, Callable[[], None]]] = []
        self._handle: asyncio.TimerHandle | None = None

    def at(self, due: Nanos, act: Callable[[], None]) -> None:
        """Do `act` at `due`; what is due at one instant happens in the order of entry. Needs a running loop."""
        heappush(self._due, (due, next(self._order), act))
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(_LOOK_S, self._look)

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
        self.release()
        self._handle = asyncio.get_running_loop().call_later(_LOOK_S, self._look) if self._due else None
