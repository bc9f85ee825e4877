"""Feeds a market that happens now to the loop: frames as they come, time passing in between."""

from collections.abc import Callable

from dutchbook.domain.events import FrameRef
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.loop import Loop

type Keep = Callable[[Frame], FrameRef]
"""Puts a frame on record before it is used, and tells its place."""


class PaperDriver:
    """Takes each frame as it is handed over, and lets time pass when told to. Waiting is the caller's."""

    def __init__(self, loop: Loop, keep: Keep, clock: Clock) -> None:
        self._loop = loop
        self._keep = keep
        self._clock = clock
        self._ref = FrameRef(0, 0)
        self.last_frame: Nanos | None = None

    def take(self, frame: Frame) -> None:
        """Put a frame on record and use it."""
        self._ref = self._keep(frame)
        self._loop.frame(frame, self._ref)
        self.last_frame = frame.received

    def advance(self) -> None:
        """Let happen what is due by now: arrivals, timers, the looks at equity and halt."""
        self._loop.advance(self._clock.now(), self._ref)

    def next_at(self) -> Nanos | None:
        """When something is due that is no frame."""
        return self._loop.agenda.next_at()
