"""What is on its way between desk and exchanges, in virtual time: nothing arrives before its latency is over."""

from collections.abc import Callable
from heapq import heappop, heappush

import msgspec

from dutchbook.domain.units import MILLISECOND, NEVER, Nanos

_NONE = Nanos(0)

type Parcel = Callable[[Nanos], None]
"""What happens on arrival; it is told the time."""


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How long messages travel, one way each: market data, orders and other requests, answers.

    Orders take up to `jitter` longer, drawn evenly, and never overtake each other at one venue.
    """

    feed: Nanos
    order: Nanos
    answer: Nanos
    jitter: Nanos = _NONE

    @classmethod
    def even(cls, latency: Nanos, jitter: Nanos = _NONE) -> "Ways":
        """The same for all three."""
        return cls(feed=latency, order=latency, answer=latency, jitter=jitter)


DEFAULT_WAYS = Ways.even(Nanos(50 * MILLISECOND), Nanos(10 * MILLISECOND))


class Post:
    """Parcels by their time of arrival; those of one instant arrive in the order in which they left."""

    __slots__ = ("_heap", "_sent", "due_at")

    def __init__(self) -> None:
        self._heap: list[tuple[Nanos, int, Parcel]] = []
        self._sent = 0
        self.due_at: Nanos = NEVER
        """When the next one arrives: `NEVER` if none is on its way."""

    def send(self, at: Nanos, parcel: Parcel) -> None:
        """Have something arrive at `at`."""
        self._sent += 1
        heappush(self._heap, (at, self._sent, parcel))
        self.due_at = self._heap[0][0]

    def take(self) -> Parcel:
        """The next arrival. Raises IndexError where nothing is on its way."""
        _, _, parcel = heappop(self._heap)
        self.due_at = self._heap[0][0] if self._heap else NEVER
        return parcel
