"""What the desk needs from the world, each as a small protocol owned by the inside."""

from collections.abc import Container, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import Protocol, runtime_checkable

import msgspec

from dutchbook.domain.arena_books import ArenaBook
from dutchbook.domain.book import Book, BookView
from dutchbook.domain.compact_books import CompactBook
from dutchbook.domain.events import FrameRef, MarketEvent
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.units import Nanos, Price, Size


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


@runtime_checkable
class Doubting(Protocol):
    """A codec that knows what an unreadable frame makes unknown."""

    def doubt(self, frame: Frame) -> Sequence[MarketEvent]:
        """To be asked right after `decode` refused this frame: the books of which it may have told are lost."""
        ...


class NewBest(msgspec.Struct, frozen=True, gc=False):
    """All that a frame brings: a new best ask of an outcome, and with it the best bid of its market's other one."""

    outcome: OutcomeId
    price: Price
    size: Size


type Awaited = Mapping[OutcomeId, Container[int]]
"""Prices at which somebody waits for an outcome to be offered."""


@runtime_checkable
class Glancing(Protocol):
    """A codec that can say what a frame brings before it is decoded."""

    def glance(self, frame: Frame, awaited: Awaited) -> NewBest | None:
        """What is awaited, if the frame brings it, nothing but it, whole, and its books prove that. Changes nothing.

        `decode` of the same frame then yields one event, complete by itself.
        """
        ...

    def rehearse(self, frame: Frame) -> None:
        """Do all that `glance` would do if this frame, taken before, brought what is awaited."""
        ...


class Shelf(Protocol):
    """Where the books of a desk stand, for who keeps them elsewhere meanwhile."""

    def held(self, outcome: OutcomeId) -> Book | CompactBook | ArenaBook | None:
        """The book of an outcome, or None if there is none."""
        ...

    def put(self, book: Book | ArenaBook) -> None:
        """Let this be the outcome's book, in place of another that said the same."""
        ...


class LaneCounts(msgspec.Struct, frozen=True):
    """What a lane did: events that the plain path would have made, and faults of the data as the book table counts."""

    events: int
    crossed: int
    mirror_breaks: int


class Lane(Protocol):
    """A codec's short way from frames to books, for as long as nobody needs to see each change."""

    @property
    def pays(self) -> bool:
        """Whether it saves time on the frames that come; looked at after `settle`."""
        ...

    def take(self, frame: Frame) -> Sequence[OutcomeId] | None:
        """Begin with a frame. None, changing nothing, if it must go through `decode`.

        Else the outcomes whose books may be looked at now, before the frame is applied: then `go_on`. Of others than
        those with a new top only if `tell_all` said so. None are named when the frame is done.
        """
        ...

    def go_on(self) -> Sequence[OutcomeId]:
        """Continue with the frame: as `take`."""
        ...

    def close_due(self, now: Nanos) -> Sequence[OutcomeId]:
        """Close groups that nothing more can join at `now`, in place of `Codec.flush`: as `go_on`, until none."""
        ...

    def tell_all(self, wanted: bool) -> None:
        """Whether every look is to be told of, and not only new tops."""
        ...

    def settle(self) -> LaneCounts:
        """What was done since the last settlement."""
        ...

    def leave(self) -> None:
        """End the lane. A frame in the middle of which this happens goes on through `decode`."""
        ...


@runtime_checkable
class Laned(Protocol):
    """A codec that may have a lane."""

    def open_lane(self, shelf: Shelf) -> Lane | None:
        """A lane for the books of its markets; None where it would not be right, or cannot be had."""
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
