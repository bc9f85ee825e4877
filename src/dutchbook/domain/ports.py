"""What the desk needs from the world, each as a small protocol owned by the inside."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from dutchbook.domain.book import BookView
from dutchbook.domain.events import FrameRef, MarketEvent
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.units import Nanos


class Frame(msgspec.Struct, frozen=True, gc=False):
    """One message as it was captured: who sent it (`<venue>/<channel>`, or a feed's name), when it came, its bytes."""

    source: str
    received: Nanos
    payload: bytes


class RecordedFrame(msgspec.Struct, frozen=True, gc=False):
    """A frame in a recording, with its place there."""

    frame: Frame
    ref: FrameRef


class Clock(Protocol):
    """Where the time comes from; in replay it moves when an event is applied and never by itself."""

    def now(self) -> Nanos: ...


class Codec(Protocol):
    """One venue's connection: bytes to events. Keeps what the protocol makes it remember, does no I/O."""

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """The events of one frame. Raises WireError, applying nothing, when the frame breaks the protocol."""
        ...

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:
        """What is due because time passed: groups of changes that nothing more can join."""
        ...


class Books(Protocol):
    """Read access to the books, for strategies and rules."""

    def view(self, outcome: OutcomeId) -> BookView | None: ...


class SequenceKind(StrEnum):
    """What the venue's sequence numbers in a capture can prove."""

    FULL = "full"
    FILTERED = "filtered"
    """Other markets' messages were cut out: a hole is no gap, a falling number is."""
    NONE = "none"


class Capture(msgspec.Struct, frozen=True, kw_only=True):
    """A capture of one format, opened: either raw frames or normalised events, and what it says of its markets.

    `frames` and `events` are read once and lazily, in the order of receipt; both empty for a catalogue-only source.
    `book_hashes` says whether frames carry hashes that can be checked.
    """

    format: str
    venue: Venue
    sequence: SequenceKind = SequenceKind.NONE
    questions: tuple[Question, ...] = ()
    markets: tuple[Market, ...] = ()
    frames: Iterable[Frame] = ()
    events: Iterable[MarketEvent] = ()
    total: int | None = None
    """How many frames or events there are, where it is cheap to know: for progress."""
