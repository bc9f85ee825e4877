"""Questions about orders and the account: asked when an answer or a message leaves something open, or the desk asks.

Each question ends in one `Answered`. Reads may be repeated, and are; nothing here changes anything at the venue.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from functools import partial
from typing import Any, NoReturn

from dutchbook.domain.orders import Order
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.backoff import Backoff
from dutchbook.venues.kalshi.account_reader import AccountReader
from dutchbook.venues.kalshi.open_orders import OpenOrders
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Answered, Asked, Exchange

_OVERLAP = Nanos(10 * SECOND)
"""Fills are listed up to a second late, by the venue's clock; what is read twice is told once."""
_TRIES = 3
_AT_ONCE = 4
"""Orders asked for at the same time: a desk that was killed may have a hundred of them, and its account is to be read
within the same budget of reads before anything else can go on."""

type Job = Callable[[], Coroutine[Any, Any, None]]
type Read = Callable[[], Coroutine[Any, Any, tuple[Exchange, ...]]]


class Inquiries:
    """Asks, and tells what was answered. `socket_s` is how long the socket may take to tell of an order's end or of
    fills, `late_s` how late REST may show what happened."""

    def __init__(
        self,
        reader: AccountReader,
        orders: OpenOrders,
        surroundings: Surroundings,
        tell: Callable[[Answered], None],
        *,
        socket_s: float,
        late_s: float,
    ) -> None:
        self._reader = reader
        self._orders = orders
        self._now = surroundings.clock.now
        self._sleep = surroundings.sleep
        self._rng = surroundings.rng
        self._tell = tell
        self._socket_s = socket_s
        self._late_s = late_s
        self._since = Nanos(0)
        self._sweep = asyncio.Event()
        self._collecting: set[str] = set()
        self._asking: set[str] = set()
        self._turns = asyncio.Semaphore(_AT_ONCE)
        self._jobs: asyncio.TaskGroup | None = None
        self._early: list[Job] = []

    def since(self, at: Nanos) -> None:
        """The next sweep asks for fills from here on."""
        self._since = at

    def sweep(self) -> None:
        """Read the whole account soon. One at a time: wishes that come meanwhile make one more."""
        self._sweep.set()

    def catch_up(self) -> None:
        """Read what happened while nobody heard: now, and once more when REST shows all of it."""
        self.sweep()
        self._spawn(self._sweep_again)

    def query(self, order: Order) -> None:
        """What became of an order of ours? Of several wishes for one order before it is its turn, one is served."""
        if order.venue_id not in self._asking:
            self._asking.add(order.venue_id)
            self._spawn(partial(self._query, order))

    def verify(self, names: Sequence[str]) -> None:
        """Did these orders end, as the answer to their cancel says, or says not?"""
        self._spawn(partial(self._verify, names))

    def look_up(self, order_id: str) -> None:
        """Whose order is it that a fill names?"""
        self._spawn(partial(self._look_up, order_id))

    def collect(self, order_id: str) -> None:
        """Which fills did an order have, if the socket does not tell of them soon?"""
        if order_id not in self._collecting:
            self._collecting.add(order_id)
            self._spawn(partial(self._collect, order_id))

    async def run(self) -> NoReturn:
        """Ask until cancelled, and sweep at the start."""
        self.sweep()
        async with asyncio.TaskGroup() as group:
            self._jobs = group
            try:
                while self._early:
                    group.create_task(self._early.pop(0)())
                await self._sweeping()
            finally:
                self._jobs = None
        raise AssertionError("sweeping never ends by itself")

    def _spawn(self, job: Job) -> None:
        if self._jobs is None:
            self._early.append(job)
        else:
            self._jobs.create_task(job())

    async def _sweeping(self) -> NoReturn:
        """Sweep when that is wanted; again, a little later each time, while answers are missing."""
        backoff = Backoff(self._rng)
        while True:
            await self._sweep.wait()
            self._sweep.clear()
            strange = tuple(self._orders.strange)
            swept = await self._ask(Asked.SWEEP, (), partial(self._reader.sweep, self._since, strange))
            if all(each.status in (200, 404) for each in swept.exchanges):
                self._since = Nanos(max(self._since, swept.sent - _OVERLAP))
                backoff.reset()
            else:
                self._sweep.set()
                await self._sleep(backoff.next_s())

    async def _sweep_again(self) -> None:
        await self._sleep(self._late_s)
        self.sweep()

    async def _query(self, order: Order) -> None:
        try:
            async with self._turns:
                order_id = self._orders.order_id(order.venue_id)
                await self._ask(Asked.QUERY, (order.venue_id,), partial(self._reader.query, order, order_id))
        finally:
            self._asking.discard(order.venue_id)

    async def _verify(self, names: Sequence[str]) -> None:
        await self._sleep(self._socket_s)
        for name in names:
            order_id = self._orders.order_id(name)
            if order_id is not None and not self._orders.over(name):
                await self._ask(Asked.QUERY, (name,), partial(self._one, order_id))

    async def _look_up(self, order_id: str) -> None:
        await self._ask(Asked.QUERY, (), partial(self._reader.look_up, order_id))

    async def _collect(self, order_id: str) -> None:
        try:
            for _ in range(_TRIES):
                await self._sleep(self._socket_s)
                if not self._orders.owes(order_id):
                    return
                await self._ask(Asked.QUERY, (), partial(self._reader.fills, order_id))
        finally:
            self._collecting.discard(order_id)

    async def _one(self, order_id: str) -> tuple[Exchange, ...]:
        return (await self._reader.order(order_id),)

    async def _ask(self, asked: Asked, ids: tuple[str, ...], read: Read) -> Answered:
        sent = self._now()
        answered = Answered(asked=asked, sent=sent, exchanges=await read(), ids=ids)
        self._tell(answered)
        return answered
