"""Checking a recording from end to end: what is good, what is not, and where."""

from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.storage.recording_reader import Recording


class RecordingCheck(msgspec.Struct, frozen=True, kw_only=True):
    """What a check found. `ok` means that everything the manifest promises is there and proven.

    `complete` is what the manifest says of its writer: a recording cut short can be `ok`, as far as it goes.
    `frames` and `events` can be read and are proven; `problems` say what else is wrong, each with its file.
    """

    ok: bool
    complete: bool
    frames: int = 0
    events: int = 0
    gaps: int = 0
    pruned: int = 0
    """Segments that were let go on purpose: no problem."""
    problems: tuple[str, ...] = ()


def verify(folder: Path) -> RecordingCheck:
    """Read and prove the whole recording. Changes nothing; a folder that holds no recording is not ok."""
    try:
        recording = Recording.open(folder)
    except (RecordingError, OSError) as error:
        return RecordingCheck(ok=False, complete=False, problems=(str(error),))
    check = _Counter()
    frames = check.count(len(block.frames) for block in recording.kept_blocks())
    events = check.count(1 for _ in recording.kept_events())
    gaps = check.count(1 for _ in _lazily(recording.gaps))
    check.count(1 for _ in _lazily(recording.markets))
    return RecordingCheck(
        ok=not check.problems,
        complete=recording.manifest.complete,
        frames=frames,
        events=events,
        gaps=gaps,
        pruned=recording.pruned,
        problems=tuple(check.problems),
    )


class _Counter:
    """Counts what can be read until it breaks, and keeps why it broke."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def count(self, amounts: Iterator[int]) -> int:
        total = 0
        try:
            for amount in amounts:
                total += amount
        except (RecordingError, OSError) as error:
            self.problems.append(str(error))
        return total


def _lazily[T](read: Callable[[], tuple[T, ...]]) -> Iterator[T]:
    """The same, but raising when it is iterated."""
    yield from read()
