"""The machine's clock, and one that moves when it is told to. In replay the events themselves are the time."""

import time
from collections.abc import Callable
from typing import cast

from dutchbook.domain.units import Nanos


class RealClock:
    """UTC from the machine. The only place of the engine that asks it."""

    # The machine's own function, not a method around it: every frame asks, and would pay twice.
    now: Callable[[], Nanos] = staticmethod(cast("Callable[[], Nanos]", time.time_ns))


class VirtualClock:
    """Time that its owner moves, never going back: a desk that lives faster than the world, or that a test drives."""

    def __init__(self, start: Nanos) -> None:
        self._now = start

    def now(self) -> Nanos:
        return self._now

    def advance(self, to: Nanos) -> None:
        """Move to `to`; a receive time that steps back (a recorder's clock was set) leaves the time where it is."""
        self._now = max(to, self._now)
