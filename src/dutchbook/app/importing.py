"""Captures into recordings, and what recordings say of themselves."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError, UsageError
from dutchbook.domain.ports import Capture
from dutchbook.storage.manifest import Manifest
from dutchbook.storage.recording import RecordingWriter
from dutchbook.storage.recording_check import RecordingCheck, verify
from dutchbook.storage.recording_reader import Recording
from dutchbook.venues.kalshi import captures as kalshi
from dutchbook.venues.polymarket import captures as polymarket

type Progress = Callable[[int, int | None], None]
"""Called with how much is done, and of how much, where that is known."""

_EVERY = 5_000
_FORMATS: Mapping[str, Callable[[Sequence[Path]], Capture]] = {**polymarket.FORMATS, **kalshi.FORMATS}


class RecordingSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A recording in figures, and the first of its markets."""

    folder: Path
    manifest: Manifest
    titles: tuple[str, ...]


def capture_formats() -> Sequence[str]:
    """The names of the capture formats that can be imported."""
    return tuple(_FORMATS)


def import_capture(capture_format: str, paths: Sequence[Path], out: Path, progress: Progress) -> Manifest:
    """Read a capture into a new recording in `out`. Raises UsageError for an unknown format or path.

    Raises RecordingError where the capture is damaged: what came before stays, as a recording that is not complete.
    A capture that is damaged from its beginning leaves nothing behind.
    """
    opener = _FORMATS.get(capture_format)
    if opener is None:
        known = ", ".join(_FORMATS)
        raise UsageError(f"no capture format is called {capture_format!r} - there are: {known} - name one of them")
    for path in paths:
        if not path.exists():
            raise UsageError(f"{path} does not exist - name the files or the folder of the capture")
    capture = opener(paths)
    frames, events = _begun(capture.frames), _begun(capture.events)
    with RecordingWriter(out, capture_format=capture.format, venue=capture.venue, sequence=capture.sequence) as writer:
        writer.catalogue(capture.questions, capture.markets)
        try:
            done = _copy(frames, writer.write, capture.total, progress)
            done += _copy(events, writer.write_event, capture.total, progress)
        except RecordingError as error:
            raise RecordingError(f"{error}; what comes before it is in {out}, marked as cut short") from error
        progress(done, done)
        return writer.close()


def _begun[T](items: Iterable[T]) -> Iterator[T]:
    """The same items, the first one read already. Raises RecordingError if they are damaged from their beginning."""
    rest = iter(items)
    return chain(tuple(islice(rest, 1)), rest)


def _copy[T](items: Iterable[T], write: Callable[[T], None], total: int | None, progress: Progress) -> int:
    """Write all items; returns how many there were."""
    done = 0
    for done, item in enumerate(items, 1):
        write(item)
        if done % _EVERY == 0:
            progress(done, total)
    return done


def verify_recording(folder: Path) -> RecordingCheck:
    """Prove a recording from end to end."""
    return verify(folder)


def show_recording(folder: Path) -> RecordingSummary:
    """What a recording holds. Raises RecordingError if it is damaged."""
    recording = Recording.open(folder)
    titles = tuple(question.title or question.id for question in recording.questions()[:20])
    return RecordingSummary(folder=folder, manifest=recording.manifest, titles=titles)
