"""Feeds a recording to the loop: the receive times of its frames are the time."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from dutchbook.domain.events import FrameRef, MarketEvent
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.agenda import EventDue
from dutchbook.engine.loop import Loop
from dutchbook.storage.recording_reader import FrameBlock

AFTERMATH = Nanos(60 * SECOND)
"""How long after the last frame time goes on: orders arrive, groups close, markets settle."""
_EVERY = 5_000
_START = FrameRef(0, 0)

type Progress = Callable[[int, int | None], None]
"""Called with how many frames are done, and of how many."""


class Scheduled(msgspec.Struct, frozen=True):
    """A fact that the recording holds apart from its frames, and when it came true."""

    at: Nanos
    event: MarketEvent


def replay_frames(
    loop: Loop, blocks: Iterable[FrameBlock], scheduled: Sequence[Scheduled], progress: Progress | None, total: int
) -> None:
    """Raw frames through codec and turn, each with its place in the recording as cause."""
    _schedule(loop, scheduled)
    ref, done = _START, 0
    for block in blocks:
        ref = loop.frames(block.frames, block.segment, block.first)
        done += len(block.frames)
        if progress is not None:
            progress(done, total)
    _finish(loop, ref)


def replay_events(
    loop: Loop,
    events: Iterable[tuple[MarketEvent, FrameRef]],
    scheduled: Sequence[Scheduled],
    progress: Progress | None,
    total: int,
) -> None:
    """Normalised events through the turn."""
    _schedule(loop, scheduled)
    ref = _START
    for done, (event, ref) in enumerate(events, 1):
        loop.event(event, ref)
        if progress is not None and done % _EVERY == 0:
            progress(done, total)
    _finish(loop, ref)


def _schedule(loop: Loop, scheduled: Sequence[Scheduled]) -> None:
    for fact in scheduled:
        loop.agenda.add(fact.at, EventDue(fact.event), _START)


def _finish(loop: Loop, ref: FrameRef) -> None:
    """Let the last consequences happen."""
    loop.advance(Nanos(loop.desk.now + AFTERMATH), ref)
