"""What a live feed says of itself, beside its frames: connected, stale, reconnecting, and which books are lost.

Notices are data like frames: `as_frame` makes one a line of a recording, `NoticeCodec` reads it again, so that a replay
loses the same books at the same place.
"""

from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import Protocol

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, MarketEvent
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos


class FeedState(StrEnum):
    """How a connection, or a part of what it carries, fares."""

    CONNECTED = "connected"
    STALE = "stale"
    """It is open, but nothing proves that its data still flows; it is being replaced."""
    RECONNECTING = "reconnecting"
    LOST = "lost"
    """The connection is well; these books of it are not known."""


class FeedNotice(msgspec.Struct, frozen=True, kw_only=True):
    """A change in a feed's state. `connection` counts a feed's connections from 1.

    The books of `lost` are unknown from `at` until their next snapshots.
    """

    venue: Venue
    connection: int
    state: FeedState
    at: Nanos
    reason: str = ""
    lost: tuple[OutcomeId, ...] = ()
    retry_at: Nanos | None = None

    def line(self) -> str:
        """It in one line, for people."""
        parts = [f"{self.venue} feed {self.connection}: {self.state}"]
        if self.reason:
            parts.append(f" - {self.reason}")
        if self.lost:
            parts.append(f" - {len(self.lost)} book{'s' if len(self.lost) > 1 else ''} unknown")
        if self.retry_at is not None:
            parts.append(f" - trying again in {(self.retry_at - self.at) / SECOND:.2g} s")
        return "".join(parts)

    def as_frame(self) -> Frame:
        """It as a frame of the source `<venue>/feed`."""
        return Frame(source_of(self.venue), self.at, _encode(self))


type FrameSink = Callable[[Frame], None]
type NoticeSink = Callable[[FeedNotice], None]


class Discovered(msgspec.Struct, frozen=True):
    """What a search of a venue found. `skipped` names markets of which nothing can be made, each with the reason."""

    questions: tuple[Question, ...] = ()
    markets: tuple[Market, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    truncated: bool = False
    """Whether there was more than was asked for."""


class LiveFeed(Protocol):
    """One venue's market data, live. The same shape for every venue."""

    async def run(self, markets: Sequence[Market], frames: FrameSink, notices: NoticeSink) -> None:
        """Hand every frame of these markets to `frames` at once, until cancelled.

        Both sinks are called from the event loop, in the order of what happened. What a sink raises ends the feed and
        is raised here. Raises VenueRefused if the venue refuses the very first connection for good.
        """
        ...

    def watch(self, markets: Iterable[Market]) -> None:
        """Carry these markets too from now on."""
        ...

    def drop(self, markets: Iterable[Market]) -> None:
        """Carry these no longer: they are over."""
        ...

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """A codec lost these books: get their snapshots. Returns at once; what cannot be had is told as lost again."""
        ...


def source_of(venue: Venue) -> str:
    """The source of a venue's notices."""
    return f"{venue}/feed"


class NoticeCodec:
    """Reads recorded notices of one venue: the books that they lose."""

    def __init__(self, venue: Venue) -> None:
        self._venue = venue

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        """Raises WireError for what is no notice."""
        if frame.source != source_of(self._venue):
            return ()
        try:
            notice = _decode(frame.payload)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WireError(self._venue, f"no notice of a feed: {error}", frame.payload) from error
        if not notice.lost:
            return ()
        return (BookLost(notice.lost, notice.reason or str(notice.state), frame.received),)

    def flush(self, now: Nanos) -> Sequence[MarketEvent]:  # noqa: ARG002 - the port's signature
        """Nothing: each notice stands for itself."""
        return ()


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(FeedNotice).decode
