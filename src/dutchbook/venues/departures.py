"""Requests that leave as soon as the venue's rate limits let them: at once where there is room, cancels first.

What has to wait leaves in the order in which it came. It is built when it leaves, so that no signature is older than
its request.
"""

from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from dutchbook.domain.units import SECOND
from dutchbook.venues.budget import Bill, Budget
from dutchbook.venues.order_line import Later, Timer


class Departure(msgspec.Struct, frozen=True):
    """A request that wants to leave: what it costs, and what writes it. `ids` are the orders that it is about.

    `cargo` is the sender's own, for one who takes it back.
    """

    bills: tuple[Bill, ...]
    ids: tuple[str, ...]
    write: Callable[[], None]
    cargo: object = None


class Departures:
    """Two queues before the order line, one of cancels and one of all else."""

    def __init__(self, budget: Budget, later: Later) -> None:
        self._budget = budget
        self._later = later
        self._urgent: deque[Departure] = deque()
        self._ordinary: deque[Departure] = deque()
        self._timer: Timer | None = None

    @property
    def waiting(self) -> int:
        """How many have to wait now."""
        return len(self._urgent) + len(self._ordinary)

    def pay(self, bills: Sequence[Bill]) -> bool:
        """Whether an ordinary request may be written now: then it is paid for, and whoever asked writes it."""
        return not self._ordinary and not self._budget.spend_now(bills)

    def leave(self, departure: Departure, *, urgent: bool = False) -> None:
        """Write it now if the limits let it, else as soon as they do."""
        queue = self._urgent if urgent else self._ordinary
        if self._pays(queue, departure.bills):
            departure.write()
            return
        queue.append(departure)
        if self._timer is None:
            self._go_on()

    def _pays(self, queue: deque[Departure], bills: Sequence[Bill]) -> bool:
        """Nobody is overtaken, and what cannot be paid in full is not paid at all."""
        return not queue and not self._budget.spend_now(bills)

    def withdraw(self, wanted: Callable[[Departure], bool]) -> list[Departure]:
        """Take back those of the ordinary ones that are wanted and did not leave."""
        found = [each for each in self._ordinary if wanted(each)]
        if found:
            self._ordinary = deque(each for each in self._ordinary if not wanted(each))
        return found

    def _go_on(self) -> None:
        self._timer = None
        waits = [wait for queue in (self._urgent, self._ordinary) if (wait := self._drain(queue))]
        if waits:
            self._timer = self._later(min(waits) / SECOND, self._go_on)

    def _drain(self, queue: deque[Departure]) -> int:
        """Write from the front of a queue; how long its first one has to wait still."""
        while queue:
            wait = self._budget.spend_now(queue[0].bills)
            if wait:
                return wait
            queue.popleft().write()
        return 0
