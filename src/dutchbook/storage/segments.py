"""The segment that a recording's writer is filling: of frames or of events, named `.part` until it is whole."""

from collections.abc import Sequence
from pathlib import Path

from dutchbook.domain.events import MarketEvent
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.storage.blocks import BlockWriter, seal_of
from dutchbook.storage.durable import sync_folder
from dutchbook.storage.frame_lines import FrameEncoder
from dutchbook.storage.manifest import Mark, SealedFile, SegmentEntry, SegmentKind, segment_name
from dutchbook.storage.settings import StorageSettings

PART = ".part"
"""What the name of a segment ends in while it is being written."""

_MARKS = 16
"""Into how many parts, about, marks divide a full segment of frames."""


class Span:
    """How many frames or events a segment holds, and between which receive times."""

    __slots__ = ("count", "first", "last")

    def __init__(self) -> None:
        self.count = 0
        self.first = self.last = Nanos(0)

    def take(self, received: Nanos) -> None:
        """Count one more."""
        if not self.count:
            self.first = self.last = received
        elif received > self.last:
            self.last = received
        elif received < self.first:
            self.first = received
        self.count += 1

    def entry(self, kind: SegmentKind, name: str, seal: SealedFile, marks: Sequence[Mark] = ()) -> SegmentEntry:
        """The manifest's entry for a finished segment."""
        return SegmentEntry(
            kind=kind,
            name=name,
            count=self.count,
            first=self.first,
            last=self.last,
            size=seal.size,
            sha256=seal.sha256,
            marks=tuple(marks),
        )


class FrameSegment:
    """A segment of frames being written. Every method raises OSError if the disk refuses."""

    def __init__(self, folder: Path, number: int, settings: StorageSettings) -> None:
        self._path = folder / segment_name(SegmentKind.FRAMES, number)
        self._part = self._path.with_name(self._path.name + PART)
        self._limit = settings.recording_segment_bytes
        self._blocks = BlockWriter(
            self._part, block_bytes=settings.recording_block_bytes, mark_bytes=self._limit // _MARKS
        )
        self._line = FrameEncoder().line
        self._span = Span()

    def add(self, frame: Frame) -> bool:
        """Take one frame; true once the segment is full."""
        self._blocks.add(self._line(frame))
        self._span.take(frame.received)
        return self._blocks.written >= self._limit

    def flush(self) -> None:
        """Make every frame so far survive a power cut."""
        self._blocks.sync()

    def finish(self) -> SegmentEntry:
        """Close the segment under its final name."""
        seal = self._blocks.finish()
        self._part.replace(self._path)
        sync_folder(self._path.parent)
        return self._span.entry(SegmentKind.FRAMES, self._path.name, seal, self._blocks.marks)

    def abandon(self) -> None:
        """Leave the segment as it is on disk."""
        self._blocks.abandon()


class EventSegment:
    """A segment of events being collected. It reaches the disk as a whole, when it is finished."""

    def __init__(self, folder: Path, number: int, settings: StorageSettings) -> None:
        self._path = folder / segment_name(SegmentKind.EVENTS, number)
        self._part = self._path.with_name(self._path.name + PART)
        # DuckDB and NumPy cost a tenth of a second: recorders of frames do without them.
        from dutchbook.storage.event_table import EventTableWriter

        self._table = EventTableWriter()
        self._limit = settings.recording_segment_bytes
        self._span = Span()

    def add(self, event: MarketEvent) -> bool:
        """Take one event; true once the segment is full. Raises RecordingError for what no table can hold."""
        self._table.add(event)
        self._span.take(event.received)
        return self._table.written >= self._limit

    def finish(self) -> SegmentEntry:
        """Write the segment under its final name. Raises RecordingError or OSError if the disk refuses."""
        self._table.finish(self._part)
        self._part.replace(self._path)
        sync_folder(self._path.parent)
        return self._span.entry(SegmentKind.EVENTS, self._path.name, seal_of(self._path))

    def abandon(self) -> None:
        """Forget the segment."""
        self._table.abandon()
