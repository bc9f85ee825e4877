"""What a desk does with a feed: books from its frames, losses from its notices, snapshots of what codecs lose."""

from collections.abc import Callable, Sequence
from random import Random

import aiohttp

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookLost, MarketEvent
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Codec, Frame
from dutchbook.domain.units import Nanos, price_of, size_of
from dutchbook.engine.book_table import BookTable
from dutchbook.venues.feed import FeedNotice, FeedState, LiveFeed, NoticeCodec
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from tests.venues.live.virtual_time import VirtualTime

type Rows = dict[int, int]


def surroundings(time: VirtualTime) -> Surroundings:
    return Surroundings(time, Random(7), time.sleep, connect)


def session(time: VirtualTime) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(trace_configs=[time.tracing()])


class DeskSide:
    """The reader of one feed."""

    def __init__(self, venue: Venue, codec: Codec) -> None:
        self.codec = codec
        self.notice_codec = NoticeCodec(venue)
        self.books = BookTable()
        self.frames: list[Frame] = []
        self.notices: list[FeedNotice] = []
        self.events: list[MarketEvent] = []
        self.malformed = 0
        self.feed: LiveFeed | None = None

    def take(self, frame: Frame) -> None:
        self.frames.append(frame)
        try:
            events = self.codec.decode(frame)
        except WireError:
            self.malformed += 1
            return
        self._learn(events)

    def pass_time(self, now: Nanos) -> None:
        """Let the codec close what is due."""
        self._learn(self.codec.flush(now))

    def hear(self, notice: FeedNotice) -> None:
        self.notices.append(notice)
        self._apply(self.notice_codec.decode(notice.as_frame()))

    def _learn(self, events: Sequence[MarketEvent]) -> None:
        """Apply what a codec says, and ask for what it lost."""
        self._apply(events)
        lost = [outcome for event in events if isinstance(event, BookLost) for outcome in event.outcomes]
        if lost and self.feed is not None:
            self.feed.resync(lost)

    def _apply(self, events: Sequence[MarketEvent]) -> None:
        self.events += events
        for event in events:
            apply: Callable[..., object] | None = self.books.appliers.get(type(event))
            if apply is not None:
                apply(event)

    def knows(self, outcome: str) -> bool:
        view = self.books.view(OutcomeId(outcome))
        return view is not None and view.usable

    def bids(self, outcome: str) -> Rows:
        view = self.books.view(OutcomeId(outcome))
        assert view is not None
        assert view.usable
        return {level.price: level.size for level in view.bids()}

    def asks(self, outcome: str) -> Rows:
        view = self.books.view(OutcomeId(outcome))
        assert view is not None
        assert view.usable
        return {level.price: level.size for level in view.asks()}

    def states(self) -> list[FeedState]:
        return [notice.state for notice in self.notices]


def rows(levels: dict[str, str]) -> Rows:
    """The venue's texts in our units."""
    return {price_of(price): size_of(size) for price, size in levels.items()}
