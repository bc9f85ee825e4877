"""A recording's table of contents: what it holds, how much, and by which checksums it is proven."""

from enum import StrEnum
from hashlib import sha256
from pathlib import Path

import msgspec

from dutchbook import __version__
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import Nanos

MANIFEST_FILE = "manifest.json"
CATALOGUE_FILE = "catalogue.json.zst"
GAPS_FILE = "gaps.jsonl"
LAYOUT = 1
"""The version of the folder's layout and of all its files. Older ones stay readable."""


class SegmentKind(StrEnum):
    """What a segment holds."""

    FRAMES = "frames"
    """Captured messages, as compressed JSON lines."""
    EVENTS = "events"
    """Normalised events, as a Parquet table."""


class SealedFile(msgspec.Struct, frozen=True):
    """A file's size and checksum. Of a file that is still written to: of its beginning."""

    size: int
    sha256: str


class Mark(msgspec.Struct, frozen=True):
    """A point inside a segment of frames: its first `count` frames are its first `size` bytes, with this checksum.

    By marks the beginning of a damaged segment can be proven.
    """

    count: int
    size: int
    sha256: str


class SegmentEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One finished segment. `count` is its frames or events; `first` and `last` bound their receive times."""

    kind: SegmentKind
    name: str
    count: int
    first: Nanos
    last: Nanos
    size: int
    sha256: str
    marks: tuple[Mark, ...] = ()


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a recording holds, in its finished segments. `complete` once the writer has closed it in good order.

    `format` is the capture's format, or `live`; `writer` the program and version that wrote it.
    """

    layout: int = LAYOUT
    writer: str
    format: str
    venue: Venue
    sequence: SequenceKind
    complete: bool = False
    frames: int = 0
    events: int = 0
    gaps: int = 0
    questions: int = 0
    markets: int = 0
    first: Nanos | None = None
    last: Nanos | None = None
    segments: tuple[SegmentEntry, ...] = ()
    catalogue: SealedFile | None = None
    gap_log: SealedFile | None = None

    @property
    def kind(self) -> SegmentKind | None:
        """What its segments hold: all the same; None if there are none."""
        return self.segments[0].kind if self.segments else None


class CatalogueFile(msgspec.Struct, frozen=True):
    """The content of the catalogue file."""

    questions: tuple[Question, ...] = ()
    markets: tuple[Market, ...] = ()


def writer_name() -> str:
    """This program and its version, as it signs manifests."""
    return f"dutchbook {__version__}"


def segment_name(kind: SegmentKind, number: int) -> str:
    """The file name of the segment with this number, from 0."""
    ending = "jsonl.zst" if kind is SegmentKind.FRAMES else "parquet"
    return f"{kind}-{number:06}.{ending}"


def encode_manifest(manifest: Manifest) -> bytes:
    """A manifest as readable JSON whose last member is the checksum of everything before it."""
    text = msgspec.json.format(msgspec.json.encode(manifest), indent=2)
    return text[: -len(b"\n}")] + _seal(text)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a recording. Raises RecordingError if there is none, or it is not as it was written."""
    path = folder / MANIFEST_FILE
    try:
        content = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise RecordingError(f"{folder} is no recording: it has no {MANIFEST_FILE} - name a folder that has") from None
    except OSError as error:
        raise RecordingError(f"{path} cannot be read ({error.strerror}) - import the recording again") from error
    text = content[: -len(_seal(b""))] + b"\n}"
    if content != text[: -len(b"\n}")] + _seal(text):
        raise RecordingError(f"{path} is damaged: its checksum does not fit - import the recording again")
    return _decoded(text, path)


def _decoded(text: bytes, path: Path) -> Manifest:
    try:
        layout = msgspec.json.decode(text, type=_LayoutOnly).layout
        if layout != LAYOUT:
            raise RecordingError(f"{path} has layout {layout}, this program reads {LAYOUT} - use a newer dutchbook")
        manifest = msgspec.json.decode(text, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path} is no manifest ({error}) - import the recording again") from error
    for number, entry in enumerate(manifest.segments):
        if entry.name != segment_name(entry.kind, number):
            raise RecordingError(f"{path} lists {entry.name!r} as segment {number} - import the recording again")
    return manifest


class _LayoutOnly(msgspec.Struct):
    layout: int


def _seal(text: bytes) -> bytes:
    return b',\n  "sha256": "%b"\n}\n' % sha256(text).hexdigest().encode()
