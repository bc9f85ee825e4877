"""Orders and cancels on their way out, paced by the venue's write budget: cancels first, and some tokens kept for them.

What can leave now leaves in the same call. The budget counts tokens, ten for an order and two for a cancel, in a bucket
for each shard; calls that name shard 0 or none are billed to all of them (protocol section 7.3).
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import NoReturn

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.budget import Bucket, Filling, Limit, Sleep
from dutchbook.venues.trading import Prepared

ORDER_COST, CANCEL_COST = 10, 2
CANCELLED = "cancelled before it left"
"""Why an order was given up that somebody cancelled."""
_FIRST_PAUSE = Nanos(SECOND // 4)
"""A bucket of the lowest tier gains enough for twelve cancels meanwhile."""
_LONGEST_PAUSE = Nanos(30 * SECOND)


class WriteTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How writes leave. `spared` tokens of the budget are not for orders, and `kept` of these not for cancels either:
    switches, which wait for nothing, are to find some. An order waits for tokens `longest_s` at most, then it is given
    up unsent.

    Signatures are good for 10 s, and at most 4 s old when a request is handed over; `answer_s` counts from there, so
    that none leaves that is too old.
    """

    answer_s: float = 5.0
    spared: int = 30
    kept: int = 10
    longest_s: float = 2.0
    most_orders: int = 20
    """Orders of one request; 1 sends each by itself."""
    most_cancels: int = 50


class WriteBudget:
    """A bucket of write tokens for each shard, all alike."""

    def __init__(self, limit: Limit, clock: Clock) -> None:
        self._limit = limit
        self._clock = clock
        self._buckets = {0: Bucket(limit, clock.now())}
        self._paused = Nanos(0)
        self._refusals = 0

    @property
    def capacity(self) -> int:
        return self._limit.capacity

    def fillings(self) -> tuple[Filling, ...]:
        """How full each shard's bucket is."""
        now = self._clock.now()
        return tuple(bucket.filling(f"writes, shard {shard}", now) for shard, bucket in self._buckets.items())

    def relimit(self, limit: Limit) -> None:
        """The account has other limits than assumed: begin with empty buckets of theirs."""
        if limit == self._limit:
            return
        now = self._clock.now()
        self._limit = limit
        self._buckets = {shard: Bucket(limit, now) for shard in self._buckets}
        for bucket in self._buckets.values():
            bucket.take(limit.capacity, now)

    def take(self, tokens: int, shard: int | None, spare: int = 0) -> Nanos:
        """Bill `tokens` if they are there with `spare` more: 0. Else bill nothing: how long until they may be."""
        now = self._clock.now()
        if now < self._paused:
            return Nanos(self._paused - now)
        if shard is not None and shard not in self._buckets:
            self._buckets[shard] = Bucket(self._limit, now)
        buckets = [self._buckets[shard]] if shard else list(self._buckets.values())
        wait = max(bucket.take(tokens + spare, now) for bucket in buckets)
        given_back = spare if not wait else tokens + spare
        for bucket in buckets:
            bucket.take(-given_back, now)
        return wait

    def force(self, tokens: int, shard: int | None) -> None:
        """Bill what leaves in any case: switches that must not wait."""
        now = self._clock.now()
        for bucket in [self._buckets[shard]] if shard and shard in self._buckets else self._buckets.values():
            bucket.take(tokens, now)

    def refused(self, retry_after_s: float | None) -> None:
        """The venue says that we asked too often: pause, doubling from 1/4 to 30 seconds unless it says how long."""
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE << min(self._refusals, 8))
        if retry_after_s is not None:
            pause = max(0, round(retry_after_s * SECOND))
        self._refusals += 1
        self._paused = max(self._paused, Nanos(self._clock.now() + pause))

    def served(self) -> None:
        """A write was answered otherwise: the next pause begins small again."""
        self._refusals = 0


class CancelWish(msgspec.Struct, frozen=True):
    """An order to be cancelled, by all its names. `shard` None: the venue finds it by its market."""

    client_id: str
    order_id: str
    market: str
    shard: int | None


class WriteQueue:
    """Holds what the budget does not let leave yet. `run` wakes it."""

    def __init__(
        self,
        budget: WriteBudget,
        clock: Clock,
        terms: WriteTerms,
        *,
        send_orders: Callable[[Sequence[Prepared]], None],
        send_cancels: Callable[[Sequence[CancelWish]], None],
        give_up: Callable[[Sequence[Prepared], str], None],
        soon: Callable[[Callable[[], None]], object],
    ) -> None:
        """`soon` calls a function once what is being done now is done."""
        self._budget = budget
        self._clock = clock
        self._terms = terms
        self._send_orders = send_orders
        self._send_cancels = send_cancels
        self._give_up = give_up
        self._orders: deque[tuple[Prepared, Nanos]] = deque()
        self._cancels: deque[CancelWish] = deque()
        self._soon = soon
        self._due = False
        self._wait = Nanos(0)
        self._waiting = asyncio.Event()

    def place(self, prepared: Sequence[Prepared]) -> None:
        """Send these now, or as soon as the budget allows."""
        now = self._clock.now()
        self._orders.extend((one, now) for one in prepared)
        self.drain()

    def cancel(self, wishes: Sequence[CancelWish]) -> None:
        """Send these ahead of all orders; with others that are wanted in the same moment, in one request."""
        waiting = {wish.order_id for wish in self._cancels}
        self._cancels.extend(wish for wish in wishes if wish.order_id not in waiting)
        if self._cancels and not self._due:
            self._due = True
            self._soon(self.drain)

    def withdraw(self, client_id: str) -> bool:
        """Give up an order that has not left. False if it has, or never was here."""
        for entry in self._orders:
            if entry[0].venue_id == client_id:
                self._orders.remove(entry)
                self._give_up((entry[0],), CANCELLED)
                return True
        return False

    def withdraw_all(self, reason: str) -> None:
        """Give up every order that has not left."""
        given_up = [prepared for prepared, _ in self._orders]
        self._orders.clear()
        if given_up:
            self._give_up(given_up, reason)

    def drain(self) -> None:
        """Send what the budget allows now."""
        self._due = False
        self._wait = self._drain_cancels() or self._drain_orders()
        if self._wait:
            self._waiting.set()
        else:
            self._waiting.clear()

    async def run(self, sleep: Sleep) -> NoReturn:
        """Send the rest when its time has come, until cancelled."""
        while True:
            await self._waiting.wait()
            await sleep(self._wait / SECOND)
            self.drain()

    def _drain_cancels(self) -> Nanos:
        while self._cancels:
            batch = list(self._cancels)[: self._terms.most_cancels]
            kept = min(self._terms.kept, max(0, self._budget.capacity - CANCEL_COST))
            batch = batch[: max(1, (self._budget.capacity - kept) // CANCEL_COST)]
            while wait := self._budget.take(CANCEL_COST * len(batch), _shard_of([each.shard for each in batch]), kept):
                if len(batch) == 1:
                    return wait
                batch = batch[: len(batch) // 2]
            for _ in batch:
                self._cancels.popleft()
            self._send_cancels(batch)
        return Nanos(0)

    def _drain_orders(self) -> Nanos:
        self._drop_old()
        while self._orders:
            batch = [prepared for prepared, _ in list(self._orders)[: self._terms.most_orders]]
            while wait := self._pay(batch):
                if len(batch) == 1:
                    return wait
                batch = batch[: len(batch) // 2]
            for _ in batch:
                self._orders.popleft()
            self._send_orders(batch)
        return Nanos(0)

    def _pay(self, batch: Sequence[Prepared]) -> Nanos:
        spare = min(self._terms.spared, max(0, self._budget.capacity - ORDER_COST))
        # That a batch is billed to all shards is assumed: it may name several.
        shard = batch[0].market.shard if len(batch) == 1 else None
        return self._budget.take(ORDER_COST * len(batch), shard, spare)

    def _drop_old(self) -> None:
        oldest = self._clock.now() - round(self._terms.longest_s * SECOND)
        given_up: list[Prepared] = []
        while self._orders and self._orders[0][1] < oldest:
            given_up.append(self._orders.popleft()[0])
        if given_up:
            self._give_up(given_up, f"the write budget had no room for {self._terms.longest_s:g} s")


def _shard_of(shards: Sequence[int | None]) -> int | None:
    """Which bucket a batch bills: that of its only row, else all."""
    return shards[0] if len(shards) == 1 else None
