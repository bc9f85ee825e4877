"""Feeds a market that happens now to the loop: frames as they come due, time passing in between."""

from collections.abc import Callable, Iterator

from dutchbook.domain.events import FrameRef
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.loop import Loop

type Keep = Callable[[Frame], FrameRef]
"""Puts a frame on record before it is used, and tells its place."""


class PaperDriver:
    """Takes frames off a source that is ahead of the clock, none before its time. Sleeping is the caller's."""

    def __init__(self, loop: Loop, frames: Iterator[Frame], keep: Keep, clock: Clock) -> None:
        self._loop = loop
        self._frames = frames
        self._keep = keep
        self._clock = clock
        self._next: Frame | None = next(frames, None)
        self._ref = FrameRef(0, 0)
        self.last_frame: Nanos | None = None

    @property
    def ended(self) -> bool:
        """Whether the source has nothing more."""
        return self._next is None

    def next_at(self) -> Nanos | None:
        """When something is due: a frame, an arrival or a timer."""
        times = (self._next.received if self._next else None, self._loop.agenda.next_at())
        return min((at for at in times if at is not None), default=None)

    def step(self, limit: int = 1_000) -> int:
        """Do all that is due now, at most `limit` frames of it; how many frames that were."""
        taken = 0
        while self._next is not None and taken < limit and self._next.received <= self._clock.now():
            frame, self._next = self._next, next(self._frames, None)
            self._ref = self._keep(frame)
            self._loop.frame(frame, self._ref)
            self.last_frame = frame.received
            taken += 1
        if taken < limit:
            self._loop.advance(self._clock.now(), self._ref)
        return taken
