"""Time that a test moves: a clock and the sleeping that goes with it."""

import asyncio
from collections.abc import Callable
from heapq import heappop, heappush
from itertools import count

import aiohttp

from dutchbook.domain.units import SECOND, Nanos

T0 = Nanos(1_767_225_600 * SECOND)
_TURNS = 25


class VirtualTime:
    """Sleepers wake in the order of their times, each before the clock goes on; requests under way are waited for."""

    def __init__(self, start: Nanos = T0) -> None:
        self._now = start
        self._sleepers: list[tuple[Nanos, int, asyncio.Future[None]]] = []
        self._order = count()
        self.asleep_s: list[float] = []
        self._requests = 0

    def now(self) -> Nanos:
        return self._now

    async def sleep(self, seconds: float) -> None:
        self.asleep_s.append(seconds)
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heappush(self._sleepers, (Nanos(self._now + round(seconds * SECOND)), next(self._order), future))
        await future

    async def advance(self, seconds: float) -> None:
        """Let so much time pass."""
        target = Nanos(self._now + round(seconds * SECOND))
        await self._rest()
        while self._sleepers and self._sleepers[0][0] <= target:
            at, _, future = heappop(self._sleepers)
            self._now = max(at, self._now)
            if not future.done():
                future.set_result(None)
                await self._rest()
        self._now = target

    async def _rest(self) -> None:
        """Let everything happen that needs no time."""
        turns = 0
        while turns < _TURNS or self._requests:
            await asyncio.sleep(0)
            turns += 1

    def tracing(self) -> aiohttp.TraceConfig:
        """For a session whose requests take no time."""
        config = aiohttp.TraceConfig()

        async def began(*_: object) -> None:
            self._requests += 1

        async def ended(*_: object) -> None:
            self._requests -= 1

        config.on_request_start.append(began)
        config.on_request_end.append(ended)
        config.on_request_exception.append(ended)
        return config


async def until(condition: Callable[[], object]) -> None:
    """Let the loop turn until something is so; real input and output needs it."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - sockets have no event to wait for
            await asyncio.sleep(0)
