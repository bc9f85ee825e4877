"""The two clocks: the machine's, and one that moves only when an event is applied."""

import time

from dutchbook.domain.units import Nanos


class RealClock:
    """UTC from the machine. The only place of the engine that asks it."""

    def now(self) -> Nanos:
        return Nanos(time.time_ns())


class VirtualClock:
    """Replay time: set by the events themselves, never going back."""

    def __init__(self, start: Nanos) -> None:
        self._now = start

    def now(self) -> Nanos:
        return self._now

    def advance(self, to: Nanos) -> None:
        """Move to `to`; a receive time that steps back (a recorder's clock was set) leaves the time where it is."""
        self._now = max(to, self._now)
