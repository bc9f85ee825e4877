"""Letting go of the oldest segments of a recording: how many went is on record before the first of them goes."""

from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.units import Nanos
from dutchbook.storage.durable import replace_file
from dutchbook.storage.manifest import read_manifest

PRUNED_FILE = "pruned.json"


class Freed(msgspec.Struct, frozen=True):
    """What went: `segments` of recordings, and their `size` in bytes."""

    segments: int = 0
    size: int = 0

    def __add__(self, other: "Freed") -> "Freed":
        return Freed(self.segments + other.segments, self.size + other.size)


class _Pruned(msgspec.Struct, frozen=True):
    segments: int


def pruned_of(folder: Path) -> int:
    """How many of a recording's first segments were let go. Raises RecordingError if that cannot be read."""
    path = folder / PRUNED_FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Pruned).segments
    except FileNotFoundError:
        return 0
    except (OSError, msgspec.MsgspecError) as error:
        raise RecordingError(f"{path} cannot be read ({error}) - remove it: missing segments are then told") from error


def prune_recording(folder: Path, before: Nanos, *, look_only: bool = False) -> Freed:
    """Let go of the segments whose last frame is older than `before`, also while the recording is written to.

    Catalogue, gap log and manifest stay, so what was pruned can be told from what is missing. With `look_only` nothing
    is changed. Raises RecordingError if there is no recording, or the disk refuses.
    """
    segments = read_manifest(folder).segments
    gone = pruned_of(folder)
    until = next((number for number, entry in enumerate(segments) if entry.last >= before), len(segments))
    freed = Freed(max(0, until - gone), sum(entry.size for entry in segments[gone:until]))
    if look_only or not freed.segments:
        return freed
    try:
        replace_file(folder / PRUNED_FILE, msgspec.json.encode(_Pruned(until)) + b"\n")
        # From the first one on: what a crash left of an earlier time goes as well.
        for entry in segments[:until]:
            (folder / entry.name).unlink(missing_ok=True)
    except OSError as error:
        raise RecordingError(f"{folder}: its oldest segments stay - {error}") from error
    return freed
