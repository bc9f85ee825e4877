"""Rate budgets: weighted token buckets on the desk's own clock, and pauses when a venue says that we ask too often.

A request bills every bucket that it belongs to (its endpoint's, its host's). Bills are taken in the order of asking and
waited for afterwards, so that nobody is overtaken; a wait that is cancelled has still been billed.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos

type Sleep = Callable[[float], Awaitable[None]]
"""Waits for that many seconds of the desk's clock."""

type Bill = tuple[str, int]
"""A group's name, and how many tokens of its bucket."""

_AT_ONCE = Nanos(0)
_FIRST_PAUSE = Nanos(SECOND)
_LONGEST_PAUSE = Nanos(30 * SECOND)


class Limit(msgspec.Struct, frozen=True):
    """A bucket's terms: `capacity` tokens at most, `refill` tokens a second."""

    refill: int
    capacity: int


def window(requests: int, seconds: int = 10) -> Limit:
    """The bucket that keeps a limit of so many requests in any window of so many seconds.

    A tenth may come at once, the rest evenly: a full bucket and its refill together never exceed the window's limit.
    """
    burst = max(1, requests // 10)
    return Limit(refill=max(1, (requests - burst) // seconds), capacity=burst)


class Filling(msgspec.Struct, frozen=True):
    """How full a bucket is: tokens that are `left` (below zero: owed) of its `capacity`. Shown, never decided by."""

    name: str
    left: float
    capacity: int


class Bucket:
    """One token bucket. Exact: counts in tokens times nanoseconds."""

    __slots__ = ("_capacity", "_level", "_refill", "_seen")

    def __init__(self, limit: Limit, now: Nanos) -> None:
        self._refill = limit.refill
        self._capacity = limit.capacity * SECOND
        self._level = self._capacity
        self._seen = now

    def wait(self, tokens: int, now: Nanos) -> Nanos:
        """How long until `tokens` could be had, 0 for now; bills nothing. Who wants more than all waits for all."""
        self._fill(now)
        short = min(tokens * SECOND, self._capacity) - self._level
        return Nanos(0) if short <= 0 else Nanos(-(-short // self._refill))

    def change(self, limit: Limit, now: Nanos) -> None:
        """Other terms from now on. What is in it stays there, as far as it fits."""
        self._fill(now)
        self._refill = limit.refill
        self._capacity = limit.capacity * SECOND
        self._level = min(self._level, self._capacity)

    def lower(self, tokens: int, now: Nanos) -> None:
        """There are at most so many tokens in it; below zero, so many are owed: as many as 30 s refill, at most."""
        self._fill(now)
        self._level = min(self._level, max(tokens * SECOND, -self._refill * _LONGEST_PAUSE))

    def filling(self, name: str, now: Nanos) -> Filling:
        """How full it would be now. Changes nothing."""
        gained = max(0, now - self._seen) * self._refill
        return Filling(name, min(self._capacity, self._level + gained) / SECOND, self._capacity // SECOND)

    def spend(self, tokens: int, now: Nanos) -> Nanos:
        """As `wait`, and bill `tokens` if they are there."""
        self._fill(now)
        if self._level >= tokens * SECOND:
            self._level -= tokens * SECOND
            return _AT_ONCE
        wait = self.wait(tokens, now)
        if wait == 0:  # who wants more than all gets it once all are there
            self._level -= tokens * SECOND
        return wait

    def give_back(self, tokens: int) -> None:
        """Undo what `spend` has just billed."""
        self._level += tokens * SECOND

    def take(self, tokens: int, now: Nanos) -> Nanos:
        """Bill `tokens`; how long to wait until they are there. A clock that steps back refills nothing."""
        self._fill(now)
        self._level -= tokens * SECOND
        return Nanos(0) if self._level >= 0 else Nanos(-(self._level // self._refill))

    def _fill(self, now: Nanos) -> None:
        if now > self._seen:
            self._level = min(self._capacity, self._level + (now - self._seen) * self._refill)
            self._seen = now


class Budget:
    """All buckets of one venue, by the names of its endpoint groups."""

    def __init__(self, limits: Mapping[str, Limit], clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        now = clock.now()
        self._buckets = {name: Bucket(limit, now) for name, limit in limits.items()}
        self._paused: dict[str, Nanos] = {}
        self._pauses: dict[str, int] = {}

    async def spend(self, groups: Iterable[str], tokens: int = 1) -> None:
        """Bill `tokens` to each group and wait until all have them and no pause is on. Raises KeyError for no group."""
        names = tuple(groups)
        now = self._clock.now()
        wait = max((self._buckets[name].take(tokens, now) for name in names), default=Nanos(0))
        ready = Nanos(now + wait)
        while (left := max([ready, *(self._paused.get(name, ready) for name in names)]) - self._clock.now()) > 0:
            await self._sleep(left / SECOND)

    def spend_now(self, bills: Sequence[Bill]) -> Nanos:
        """Pay all bills if each bucket has enough and none is paused: then 0. Else pay none: when to ask again.

        Raises KeyError for no group.
        """
        now, buckets = self._clock.now(), self._buckets
        if not self._paused:
            paid = 0
            for name, tokens in bills:
                if buckets[name].spend(tokens, now):
                    break
                paid += 1
            else:
                return _AT_ONCE
            self.give_back(bills[:paid])  # all or nothing
        return self._spend_later(bills, now)

    def give_back(self, bills: Sequence[Bill]) -> None:
        """Undo what `spend_now` has just paid."""
        for name, tokens in bills:
            self._buckets[name].give_back(tokens)

    def _spend_later(self, bills: Sequence[Bill], now: Nanos) -> Nanos:
        """`spend_now` where something may have to be waited for."""
        pauses = (self._paused[name] - now for name, _ in bills if name in self._paused)
        longest = max([0, *pauses, *(self._buckets[name].wait(tokens, now) for name, tokens in bills)])
        if longest == 0:
            for name, tokens in bills:
                self._buckets[name].spend(tokens, now)
        return Nanos(longest)

    def fillings(self) -> tuple[Filling, ...]:
        """How full each group's bucket is."""
        now = self._clock.now()
        return tuple(bucket.filling(name, now) for name, bucket in self._buckets.items())

    def owe(self, name: str, tokens: int) -> None:
        """Bill what turned out to have been used: those who come later wait for it. Raises KeyError for no group."""
        self._buckets[name].take(tokens, self._clock.now())

    def change(self, name: str, limit: Limit) -> None:
        """The venue holds a group to other terms than we thought. Raises KeyError for no group."""
        self._buckets[name].change(limit, self._clock.now())

    def lower(self, name: str, tokens: int) -> None:
        """The venue counts at most so many tokens; more than ours change nothing. Raises KeyError for no group."""
        self._buckets[name].lower(tokens, self._clock.now())

    def cool_down(self, group: str, retry_after_s: float | None = None) -> float:
        """The venue refused a request of this group as one too many: pause it; for how many seconds.

        Without a word from the venue the pause doubles with each refusal in a row, from 1 to 30 seconds.
        """
        again = self._pauses.get(group, 0)
        self._pauses[group] = again + 1
        pause = Nanos(min(_LONGEST_PAUSE, _FIRST_PAUSE << min(again, 8)))
        if retry_after_s is not None:
            pause = Nanos(max(0, round(retry_after_s * SECOND)))
        until = Nanos(self._clock.now() + pause)
        self._paused[group] = max(until, self._paused.get(group, until))
        return pause / SECOND

    def served(self, group: str) -> None:
        """A request of this group was answered: the next pause begins small again."""
        self._pauses.pop(group, None)
