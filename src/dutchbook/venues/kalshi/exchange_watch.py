"""Looking at the exchange's own state, again and again: pauses, the maintenance on Thursdays, and silence."""

import asyncio
from collections.abc import Callable
from typing import NoReturn

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Nanos
from dutchbook.venues.budget import Sleep
from dutchbook.venues.kalshi.order_codec import STATUS
from dutchbook.venues.order_line import OrderLine
from dutchbook.venues.trading import Answered, Asked, Exchange

ANSWER_S = 3.0


class ExchangeWatch:
    """Asks every few seconds, over the line that orders leave by: a line that is dead shows. Tells of every failure,
    and of other answers only if they are new."""

    def __init__(
        self, line: OrderLine, request: bytes, clock: Clock, tell: Callable[[Answered], None], every_s: float
    ) -> None:
        self._line = line
        self._request = request
        self._clock = clock
        self._tell = tell
        self._every_s = every_s
        self._last: tuple[int | None, str] = (None, "")
        self._wanted = asyncio.Event()

    def look(self) -> None:
        """Look now: something was refused for a pause."""
        self._wanted.set()

    async def run(self, sleep: Sleep) -> NoReturn:
        """Look until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._remind(sleep))
            while True:
                await self._wanted.wait()
                self._wanted.clear()
                await self._look()

    async def _remind(self, sleep: Sleep) -> NoReturn:
        while True:
            self._wanted.set()
            await sleep(self._every_s)

    async def _look(self) -> None:
        sent: Nanos = self._clock.now()
        found = await self._line.ask(self._request, answer_s=ANSWER_S)
        seen = (found.status, found.body)
        if found.status != 200 or seen != self._last:
            self._tell(Answered(asked=Asked.HEARTBEAT, sent=sent, exchanges=(_short(found),)))
        self._last = seen


def _short(found: Exchange) -> Exchange:
    """Without the path's prefix, which differs from host to host."""
    return Exchange(path=STATUS, status=found.status, body=found.body, failure=found.failure)
