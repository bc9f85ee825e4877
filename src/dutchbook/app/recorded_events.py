"""What a running desk sees, for those who only watch: the events of its recording, as they reach the disk."""

from collections.abc import Iterator
from pathlib import Path

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import MarketEvent
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import Nanos
from dutchbook.engine.feed import Feed
from dutchbook.engine.listings import LISTING_SOURCE, ListingCodec
from dutchbook.storage.recording_reader import Recording
from dutchbook.storage.recording_tail import RecordingTail
from dutchbook.venues.kalshi.codec import MARKET_SOURCE as KALSHI_SOURCE
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec


class RecordedEvents:
    """The events of one recording, from its newest segment on. `now` is the receive time of the last frame."""

    def __init__(self, folder: Path) -> None:
        """Raises RecordingError if there is no recording, or its catalogue is damaged."""
        recording = Recording.open(folder)
        self.folder = folder
        self.markets: tuple[Market, ...] = recording.markets()
        self.now = Nanos(0)
        self._tail = RecordingTail(folder)
        kind = recording.manifest.sequence
        polymarket = PolymarketCodec(
            [market for market in self.markets if market.venue is Venue.POLYMARKET], verify=False
        )
        kalshi = KalshiCodec(sequence=SequenceKind.FULL if kind is SequenceKind.NONE else kind)
        listings = ListingCodec(lambda listed: polymarket.learn(m for m in listed if m.venue is Venue.POLYMARKET))
        self._feed = Feed(
            {MARKET_SOURCE: polymarket, REST_SOURCE: polymarket, KALSHI_SOURCE: kalshi, LISTING_SOURCE: listings}
        )

    def read(self, most: int) -> Iterator[MarketEvent]:
        """What is new on the disk, of some more than so many frames at most; what is left comes at the next call."""
        taken = 0
        for block in self._tail.blocks():
            for frame in block:
                self.now = max(self.now, frame.received)
                yield from self._feed.decode(frame)
            taken += len(block)
            if taken >= most:
                return


def recorded_events(folder: Path) -> RecordedEvents | None:
    """Those of a recording; None as long as none was begun there."""
    try:
        return RecordedEvents(folder)
    except RecordingError:
        return None
