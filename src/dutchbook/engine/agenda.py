"""What is due later: timers and messages on their way, in order of time and then of asking."""

from heapq import heappop, heappush

import msgspec

from dutchbook.domain.events import Cause, MarketEvent
from dutchbook.domain.orders import OrderId
from dutchbook.domain.units import NEVER, Nanos


class OrderArrives(msgspec.Struct, frozen=True):
    """An order reaches the exchange."""

    order: OrderId


class CancelArrives(msgspec.Struct, frozen=True):
    """A cancel reaches the exchange."""

    order: OrderId


class TimerDue(msgspec.Struct, frozen=True):
    """A wake-up that somebody asked for."""

    name: str


class EventDue(msgspec.Struct, frozen=True):
    """A fact that a recording holds apart from its frames: a market closes by the clock, or settles."""

    event: MarketEvent


type Due = OrderArrives | CancelArrives | TimerDue | EventDue


class Agenda:
    """A heap of what is due. Ties are broken by the order of asking, never by identity."""

    def __init__(self) -> None:
        self._heap: list[tuple[Nanos, int, Due, Cause]] = []
        self._asked = 0
        self.due_at: Nanos = NEVER
        """When the next thing is due: `NEVER` if there is none. Read at every frame."""

    def __len__(self) -> int:
        return len(self._heap)

    def add(self, at: Nanos, due: Due, cause: Cause) -> None:
        """Put `due` on the agenda for `at`."""
        self._asked += 1
        heappush(self._heap, (at, self._asked, due, cause))
        self.due_at = self._heap[0][0]

    def next_at(self) -> Nanos | None:
        """When the next thing is due, or None."""
        return self.due_at if self._heap else None

    def pop_due(self, now: Nanos) -> tuple[Nanos, Due, Cause] | None:
        """The earliest thing due at `now` or before, or None."""
        if self.due_at > now or not self._heap:
            return None
        at, _, due, cause = heappop(self._heap)
        self.due_at = self._heap[0][0] if self._heap else NEVER
        return at, due, cause
