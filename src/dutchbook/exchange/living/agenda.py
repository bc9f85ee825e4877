"""What happens when, in virtual time."""

from collections.abc import Callable
from heapq import heappop, heappush

from dutchbook.domain.units import Nanos

type Action = Callable[[Nanos], None]
"""Something to do; it is told the time it was due at."""


class Agenda:
    """Actions by time; those of one instant run in the order in which they were put down."""

    __slots__ = ("_heap", "_number")

    def __init__(self) -> None:
        self._heap: list[tuple[Nanos, int, Action]] = []
        self._number = 0

    def put(self, at: int, action: Action) -> None:
        self._number += 1
        heappush(self._heap, (Nanos(at), self._number, action))

    def next_at(self) -> Nanos | None:
        return self._heap[0][0] if self._heap else None

    def take(self) -> tuple[Nanos, Action]:
        """The next action and its time. Raises IndexError where nothing is left."""
        at, _, action = heappop(self._heap)
        return at, action

    def __len__(self) -> int:
        return len(self._heap)
