"""When markets have to be looked at though nothing happens there: the soonest is asked for after every look."""

from heapq import heappop, heappush

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import Nanos


class Appointments:
    """One time for each market at most. What was put off or dropped stays in the heap until it comes to the top."""

    def __init__(self) -> None:
        self._times: dict[MarketId, Nanos] = {}
        self._ranks: dict[MarketId, int] = {}
        self._heap: list[tuple[Nanos, MarketId]] = []
        self._made = 0

    def set(self, market: MarketId, at: Nanos | None) -> None:
        """Look at a market then, and not before; None: not at all."""
        if at is None:
            self._times.pop(market, None)
            self._ranks.pop(market, None)
        elif self._times.get(market) != at:
            if market not in self._ranks:
                self._ranks[market] = self._made = self._made + 1
            self._times[market] = at
            heappush(self._heap, (at, market))

    def soonest(self) -> Nanos | None:
        """The next time that is due, or None."""
        heap, times = self._heap, self._times
        while heap and times.get(heap[0][1]) != heap[0][0]:
            heappop(heap)
        return heap[0][0] if heap else None

    def take(self, now: Nanos) -> list[MarketId]:
        """The markets that are due, each once, those first that had an appointment first."""
        due: set[MarketId] = set()
        while (at := self.soonest()) is not None and at <= now:
            due.add(heappop(self._heap)[1])
        return sorted(due, key=self._ranks.__getitem__)
