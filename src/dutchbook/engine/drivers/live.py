"""Feeds a market that happens now to the loop: frames as they come, time passing in between."""

from typing import Protocol

from dutchbook.domain.events import FrameRef
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.loop import Loop


class Keep(Protocol):
    """Puts frames on record."""

    def place(self, frame: Frame) -> FrameRef:
        """Give a frame its place: known before it is used."""
        ...

    def settle(self) -> None:
        """The frame was used, or failed to be: put it there."""
        ...


class LiveDriver:
    """Takes each frame as it is handed over, and lets time pass when told to. Waiting is the caller's."""

    def __init__(self, loop: Loop, keep: Keep, clock: Clock) -> None:
        self._loop = loop
        self._keep = keep
        self._clock = clock
        self._ref = FrameRef(0, 0)
        self.last_frame: Nanos | None = None

    def take(self, frame: Frame) -> None:
        """Use a frame, and put it on record behind the orders that it leads to."""
        self._ref = self._keep.place(frame)
        try:
            self._loop.frame(frame, self._ref)
        finally:
            self._keep.settle()
        self.last_frame = frame.received

    def advance(self) -> None:
        """Let happen what is due by now: arrivals, timers, the looks at equity and halt."""
        self._loop.advance(self._clock.now(), self._ref)

    def next_at(self) -> Nanos | None:
        """When something is due that is no frame."""
        return self._loop.agenda.next_at()
