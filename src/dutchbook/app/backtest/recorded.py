"""Recordings through the model of recorded quotes: at several latencies, from one reading."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from dutchbook.domain.events import MarketEvent
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Codec, SequenceKind
from dutchbook.domain.units import CONTRACT, Nanos, Size
from dutchbook.engine.feed import Feed
from dutchbook.evaluation.recorded_quotes import QuoteFigures, RecordedQuotes
from dutchbook.storage.recording_reader import Recording
from dutchbook.venues.kalshi.codec import MARKET_SOURCE as KALSHI_SOURCE
from dutchbook.venues.kalshi.codec import KalshiCodec
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec

SIZE = Size(20 * CONTRACT)
"""The size of each quote: the least that earns in many markets."""


def recorded_quotes(folder: Path, latencies: Sequence[Nanos], size: Size = SIZE) -> list[QuoteFigures]:
    """What quotes at the best prices would have met. Raises RecordingError where the recording is damaged."""
    recording = Recording.open(folder)
    models = [RecordedQuotes(recording.markets(), size, latency) for latency in latencies]
    for event in _events(recording):
        for model in models:
            model.take(event)
    return [model.figures() for model in models]


def _events(recording: Recording) -> Iterator[MarketEvent]:
    """All market events of a recording, from its frames or as they stand there."""
    manifest = recording.manifest
    if manifest.events:
        yield from (event for event, _ in recording.events())
        return
    polymarket = PolymarketCodec([market for market in recording.markets() if market.venue is Venue.POLYMARKET])
    kept = SequenceKind.FULL if manifest.sequence is SequenceKind.NONE else manifest.sequence
    codecs: dict[str, Codec] = {
        MARKET_SOURCE: polymarket,
        REST_SOURCE: polymarket,
        KALSHI_SOURCE: KalshiCodec(sequence=kept),
    }
    feed = Feed(codecs)
    for block in recording.frame_blocks():
        for frame in block.frames:
            yield from feed.flush(frame.received)
            yield from feed.decode(frame)
