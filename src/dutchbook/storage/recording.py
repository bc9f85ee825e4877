"""Writing recordings: what a venue sent, kept so that it can be replayed byte for byte.

A recording is a folder: numbered segments, a catalogue, a gap log, and a manifest that seals them. The segment being
written ends in `.part`; a segment counts once the manifest lists it. So a writer that was killed leaves a recording
that says `complete: false` and is good up to the last whole block. Equal input makes equal files.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import MarketEvent
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Frame, SequenceKind
from dutchbook.storage.blocks import compress_block, seal_of
from dutchbook.storage.durable import replace_file, write_all
from dutchbook.storage.gaps import Gap
from dutchbook.storage.manifest import (
    CATALOGUE_FILE,
    GAPS_FILE,
    MANIFEST_FILE,
    CatalogueFile,
    Manifest,
    encode_manifest,
    writer_name,
)
from dutchbook.storage.segments import EventSegment, FrameSegment
from dutchbook.storage.settings import StorageSettings


class RecordingWriter:
    """Writes one recording: either frames or events, a catalogue, gaps. Raises RecordingError when the disk refuses.

    After such an error it takes nothing more; what was flushed stays usable. Leaving a `with` block by an exception
    keeps what was written, as an incomplete recording.
    """

    def __init__(
        self,
        folder: Path,
        *,
        capture_format: str,
        venue: Venue,
        sequence: SequenceKind = SequenceKind.NONE,
        settings: StorageSettings | None = None,
    ) -> None:
        """Begin a recording in a new or empty folder. Raises RecordingError if it holds anything."""
        self.folder = folder
        self.manifest = Manifest(writer=writer_name(), format=capture_format, venue=venue, sequence=sequence)
        self._settings = settings or StorageSettings()
        self._frames: FrameSegment | None = None
        self._events: EventSegment | None = None
        self._stopped: str | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            if any(folder.iterdir()):
                raise RecordingError(f"{folder} is not empty - name a new folder, or remove what it holds")
            self._gap_file = os.open(folder / GAPS_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
            self._save()
        except OSError as error:
            raise RecordingError(f"{folder}: no recording can be begun here - {error}") from error

    def catalogue(self, questions: Iterable[Question], markets: Iterable[Market]) -> None:
        """Set what the recording says of its questions and markets; again when more is known."""
        self._check_open()
        content = CatalogueFile(tuple(questions), tuple(markets))
        path = self.folder / CATALOGUE_FILE
        try:
            replace_file(path, compress_block(msgspec.json.encode(content)))
            self._save(
                catalogue=seal_of(path),
                questions=len(content.questions),
                markets=len(content.markets),
            )
        except OSError as error:
            self._fail(error)

    def write(self, frame: Frame) -> None:
        """Take one frame. It reaches the disk with its block, or with the next `flush`."""
        self.put(frame)

    def put(self, frame: Frame) -> bool:
        """`write`, and tell whether the frame ended a segment."""
        if self._stopped is not None:
            self._check_open()
        try:
            full = (self._frames or self._begin_frames()).add(frame)
            if full:
                self._end_segment()
        except OSError as error:
            self._fail(error)
        return full

    def write_event(self, event: MarketEvent) -> None:
        """Take one event. It reaches the disk with its segment, or with the next `flush`."""
        self._check_open()
        try:
            if (self._events or self._begin_events()).add(event):
                self._end_segment()
        except OSError as error:
            self._fail(error)

    def gap(self, gap: Gap) -> None:
        """Note that something was missed. On disk at once."""
        self._check_open()
        try:
            write_all(self._gap_file, msgspec.json.encode(gap) + b"\n")
        except OSError as error:
            self._fail(error)
        self.manifest = msgspec.structs.replace(self.manifest, gaps=self.manifest.gaps + 1)

    def flush(self) -> None:
        """Make everything taken so far survive a power cut. Of events this ends the segment: do it seldom."""
        self._check_open()
        try:
            if self._frames:
                self._frames.flush()
            if self._events:
                self._end_segment()
            os.fsync(self._gap_file)
        except OSError as error:
            self._fail(error)

    def close(self, *, complete: bool = True) -> Manifest:
        """End the recording and seal it. Unless `complete`, it says that something is missing."""
        self._check_open()
        try:
            self._end_segment()
            os.fsync(self._gap_file)
            self._save(complete=complete)
        except OSError as error:
            self._fail(error)
        self._stop("it is closed")
        return self.manifest

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._stopped is None:
            self.close(complete=error is None)

    def _begin_frames(self) -> FrameSegment:
        if self._events or self.manifest.events:
            raise RecordingError(f"{self.folder} records events - record frames in a folder of their own")
        self._frames = FrameSegment(self.folder, len(self.manifest.segments), self._settings)
        return self._frames

    def _begin_events(self) -> EventSegment:
        if self._frames or self.manifest.frames:
            raise RecordingError(f"{self.folder} records frames - record events in a folder of their own")
        self._events = EventSegment(self.folder, len(self.manifest.segments), self._settings)
        return self._events

    def _end_segment(self) -> None:
        """Finish the open segment, if there is one, and let the manifest list it."""
        segment = self._frames or self._events
        if segment is None:
            return
        entry = segment.finish()
        before = self.manifest
        counted = "frames" if self._frames else "events"
        self._frames = self._events = None
        self._save(
            segments=(*before.segments, entry),
            first=entry.first if before.first is None else min(before.first, entry.first),
            last=entry.last if before.last is None else max(before.last, entry.last),
            **{counted: getattr(before, counted) + entry.count},
        )

    def _save(self, **changes: Any) -> None:
        """Write the manifest with these changes. Raises OSError."""
        gap_log = seal_of(self.folder / GAPS_FILE)
        self.manifest = msgspec.structs.replace(self.manifest, gap_log=gap_log, **changes)
        replace_file(self.folder / MANIFEST_FILE, encode_manifest(self.manifest))

    def _check_open(self) -> None:
        if self._stopped is not None:
            raise RecordingError(f"{self.folder}: nothing more can be recorded - {self._stopped}")

    def _fail(self, error: OSError) -> NoReturn:
        self._stop(str(error))
        raise RecordingError(f"{self.folder}: recording stopped - {error} - what was flushed is usable") from error

    def _stop(self, reason: str) -> None:
        self._stopped = reason
        for segment in (self._frames, self._events):
            if segment is not None:
                segment.abandon()
        os.close(self._gap_file)
