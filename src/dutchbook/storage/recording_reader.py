"""Reading recordings: nothing is yielded that was not proven, and nothing is left out in silence."""

from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import FrameRef, MarketEvent
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Frame, RecordedFrame
from dutchbook.storage.blocks import CutOff, proven_count, read_blocks, seal_of
from dutchbook.storage.frame_lines import decode_frames
from dutchbook.storage.gaps import Gap
from dutchbook.storage.manifest import (
    CATALOGUE_FILE,
    GAPS_FILE,
    CatalogueFile,
    Manifest,
    SealedFile,
    SegmentEntry,
    SegmentKind,
    read_manifest,
    segment_name,
)
from dutchbook.storage.pruning import pruned_of
from dutchbook.storage.segments import PART

_ADVICE = "use `dutchbook data verify`, or import it again"


class FrameBlock(msgspec.Struct, frozen=True, gc=False):
    """Frames that stand together: the n-th of them (from 0) is line `first` + n of `segment`."""

    segment: int
    first: int
    frames: list[Frame]


class Recording:
    """A recording to read from. Made by `open`; holds no files open between calls.

    A recording that is not `manifest.complete` was cut short by its writer's end; its finished segments and the whole
    blocks of the last one are read, and the total is not known.
    """

    def __init__(self, folder: Path, manifest: Manifest, pruned: int = 0) -> None:
        self.folder = folder
        self.manifest = manifest
        self.pruned = pruned
        """How many of its first segments were let go on purpose."""
        self._catalogue: CatalogueFile | None = None

    @classmethod
    def open(cls, folder: Path) -> "Recording":
        """Open the recording in `folder`. Raises RecordingError if there is none, or its manifest is damaged."""
        manifest = read_manifest(folder)
        return cls(folder, manifest, pruned_of(folder))

    @property
    def total(self) -> int:
        """How many frames or events its finished segments hold: for progress."""
        return self.manifest.frames + self.manifest.events

    def questions(self) -> tuple[Question, ...]:
        """The questions it knows. Raises RecordingError if the catalogue is damaged."""
        return self._read_catalogue().questions

    def markets(self) -> tuple[Market, ...]:
        """The markets it knows. Raises RecordingError if the catalogue is damaged."""
        return self._read_catalogue().markets

    def frames(self) -> Iterator[RecordedFrame]:
        """All frames in order, with their places. Raises RecordingError behind the proven ones, if more is listed."""
        for block in self.frame_blocks():
            segment, first = block.segment, block.first
            for line, frame in enumerate(block.frames, first):
                yield RecordedFrame(frame, FrameRef(segment, line))

    def frame_blocks(self) -> Iterator[FrameBlock]:
        """All frames in order, a few hundred at a time: the fastest way through. Raises as `frames` does."""
        self._check_begins()
        yield from self.kept_blocks()

    def kept_blocks(self) -> Iterator[FrameBlock]:
        """`frame_blocks` without those that were pruned."""
        for number, entry in self._kept(SegmentKind.FRAMES):
            yield from self._proven_blocks(number, entry)
        if not self.manifest.complete:
            yield from self._open_blocks()

    def frame_at(self, ref: FrameRef) -> Frame:
        """The frame at one place. Reads its segment up to there. Raises RecordingError if it is not there."""
        if 0 <= ref.segment < self.pruned:
            raise RecordingError(f"{ref} was let go with its segment: it was older than `retention.recordings` allowed")
        if 0 <= ref.segment < len(self.manifest.segments):
            entry = self.manifest.segments[ref.segment]
            blocks = self._proven_blocks(ref.segment, entry) if entry.kind is SegmentKind.FRAMES else iter(())
        else:
            blocks = self._open_blocks() if ref.segment == len(self.manifest.segments) else iter(())
        for block in blocks:
            if block.first <= ref.offset < block.first + len(block.frames):
                return block.frames[ref.offset - block.first]
        raise RecordingError(f"{self.folder} has no {ref} - it belongs to another recording")

    def events(self) -> Iterator[tuple[MarketEvent, FrameRef]]:
        """All events in order, with segment and number. Raises RecordingError before the first damaged segment."""
        self._check_begins()
        yield from self.kept_events()

    def kept_events(self) -> Iterator[tuple[MarketEvent, FrameRef]]:
        """`events` without those that were pruned."""
        # DuckDB and NumPy cost a tenth of a second: only recordings of events need them.
        from dutchbook.storage.event_table import read_events

        for number, entry in self._kept(SegmentKind.EVENTS):
            self._prove(entry)
            count = 0
            for event in read_events(self.folder / entry.name):
                yield event, FrameRef(number, count)
                count += 1
            self._check_count(entry, count)

    def gaps(self) -> tuple[Gap, ...]:
        """What its writer knows to have missed. Raises RecordingError if the gap log is damaged."""
        path = self.folder / GAPS_FILE
        sealed = self.manifest.gap_log or SealedFile(0, "")
        content = _content(path)
        if self.manifest.complete:
            whole = len(content) == sealed.size
        else:
            # What the writer appended behind the seal, up to its last whole line.
            whole = len(content) >= sealed.size
            content = content[: content.rfind(b"\n") + 1]
        if not whole or seal_of(path, first=sealed.size) != sealed:
            raise RecordingError(f"{path} is damaged: its checksum does not fit - {_ADVICE}")
        try:
            return tuple(msgspec.json.Decoder(Gap).decode_lines(content))
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RecordingError(f"{path} is damaged ({error}) - {_ADVICE}") from error

    def _kept(self, kind: SegmentKind) -> Iterator[tuple[int, SegmentEntry]]:
        """The finished segments of a kind that are there, with their numbers."""
        for number, entry in enumerate(self.manifest.segments):
            if entry.kind is kind and number >= self.pruned:
                yield number, entry

    def _check_begins(self) -> None:
        """Books cannot be followed from the middle of a recording."""
        if self.pruned:
            raise RecordingError(
                f"{self.folder}: its first {self.pruned} segments were let go, being older than "
                "`retention.recordings` allowed - only what needs no frames can be told of it"
            )

    def _read_catalogue(self) -> CatalogueFile:
        if self._catalogue is None:
            self._catalogue = self._proven_catalogue()
        return self._catalogue

    def _proven_catalogue(self) -> CatalogueFile:
        sealed, path = self.manifest.catalogue, self.folder / CATALOGUE_FILE
        if sealed is None:
            return CatalogueFile()
        # An incomplete recording's catalogue may be newer than its manifest; its own checksum still proves it.
        if _seal(path) != sealed and self.manifest.complete:
            raise RecordingError(f"{path} is damaged: its checksum does not fit - {_ADVICE}")
        try:
            return msgspec.json.decode(b"".join(read_blocks(path)), type=CatalogueFile)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise RecordingError(f"{path} is damaged ({error}) - {_ADVICE}") from error

    def _proven_blocks(self, number: int, entry: SegmentEntry) -> Iterator[FrameBlock]:
        """The frames of a finished segment. If its checksum fails, what its marks prove, and then the error."""
        path = self.folder / entry.name
        if _seal(path) != SealedFile(entry.size, entry.sha256):
            proven = proven_count(path, entry.marks)
            if proven:
                yield from _first(proven, _blocks(path, number))
            raise RecordingError(f"{path} is damaged behind its first {proven} frames - {_ADVICE}")
        count = 0
        for block in _blocks(path, number):
            count += len(block.frames)
            yield block
        self._check_count(entry, count)

    def _open_blocks(self) -> Iterator[FrameBlock]:
        """The whole blocks of the segment that the writer did not finish: cut off is what incomplete means."""
        number = len(self.manifest.segments)
        name = segment_name(SegmentKind.FRAMES, number)
        for path in (self.folder / (name + PART), self.folder / name):
            if path.exists():
                try:
                    yield from _blocks(path, number)
                except CutOff:
                    return
                return

    def _prove(self, entry: SegmentEntry) -> None:
        path = self.folder / entry.name
        if _seal(path) != SealedFile(entry.size, entry.sha256):
            raise RecordingError(f"{path} is damaged: its checksum does not fit - {_ADVICE}")

    def _check_count(self, entry: SegmentEntry, count: int) -> None:
        if count != entry.count:
            path = self.folder / entry.name
            raise RecordingError(f"{path} holds {count} {entry.kind}, not the {entry.count} listed - {_ADVICE}")


def _first(count: int, blocks: Iterator[FrameBlock]) -> Iterator[FrameBlock]:
    """The blocks that hold the first `count` frames, which end with a block."""
    return takewhile(lambda block: block.first < count, blocks)


def _blocks(path: Path, segment: int) -> Iterator[FrameBlock]:
    first = 0
    for block in read_blocks(path):
        frames = decode_frames(block)
        yield FrameBlock(segment, first, frames)
        first += len(frames)


def _seal(path: Path) -> SealedFile:
    try:
        return seal_of(path)
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}) - {_ADVICE}") from error


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}) - {_ADVICE}") from error
