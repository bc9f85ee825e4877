"""The same recording gives the same journal, whether frames of changes take the compiled lane or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import pytest

from dutchbook.app.importing import import_capture
from dutchbook.app.replaying import replay
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import BookSnapshot, LevelsSet, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, PRICE_DECIMALS, SIZE_DECIMALS, decimal_text
from dutchbook.evaluation.report import ReplayReport
from dutchbook.storage.recording import RecordingWriter
from dutchbook.venues.polymarket import mlb_capture
from dutchbook.venues.polymarket.codec import PolymarketCodec
from tests.conftest import recorded_data
from tests.stories.market_day import Day

pytest.importorskip("numba")


def trusting() -> Settings:
    """Settings under which no hash is verified."""
    settings = shipped_settings()
    polymarket = settings.venues.polymarket.model_copy(update={"verify_hashes": False})
    return settings.model_copy(update={"venues": settings.venues.model_copy(update={"polymarket": polymarket})})


def replayed(recording: Path, home: Path) -> tuple[ReplayReport, int]:
    """The report with the lane, checked to be that of the plain path, and how many frames took the lane."""
    decode, decoded = PolymarketCodec.decode, [0]

    def counted(codec: PolymarketCodec, frame: Frame) -> Sequence[MarketEvent]:
        decoded[-1] += 1
        return decode(codec, frame)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PolymarketCodec, "decode", counted)
        laned = replay(recording, settings=trusting(), home=home / "laned")
        decoded.append(0)
        patch.setattr(PolymarketCodec, "open_lane", lambda _codec, _shelf: None)
        plain = replay(recording, settings=trusting(), home=home / "plain")
    assert told(laned) == told(plain)
    return laned, decoded[1] - decoded[0]


def told(report: ReplayReport) -> dict[str, object]:
    """What a report says of the recording, the head of the journal among it, and not of the run."""
    varying = ("run", "seconds", "frames_per_second")
    return {name: value for name, value in msgspec.structs.asdict(report).items() if name not in varying}


def test_a_day_with_orders_writes_the_same_journal(tmp_path: Path) -> None:
    day = Day(tmp_path / "day")
    for _ in day.frames(4_000):
        pass
    day.close()
    report, taken = replayed(day.recording, tmp_path)
    assert report.orders > 0
    assert taken > 50


def test_raw_frames_of_short_markets_write_the_same_journal(tmp_path: Path) -> None:
    folder = tmp_path / "recording"
    import_capture("polymarket-updown15m-raw", [recorded_data("polymarket-updown15m-raw")], folder, lambda *_: None)
    report, taken = replayed(folder, tmp_path)
    assert (report.frames, report.changes_checked) == (2_013, 0)
    assert taken > 40


def test_games_with_crossed_books_told_as_frames_write_the_same_journal(tmp_path: Path) -> None:
    capture = mlb_capture.read([recorded_data("polymarket-mlb-ws")])
    with RecordingWriter(tmp_path / "recording", capture_format="told", venue=Venue.POLYMARKET) as writer:
        writer.catalogue(capture.questions, capture.markets)
        market_of = {outcome: market.id for market in capture.markets for outcome in (market.yes, market.no)}
        for frame in _told(capture.events, market_of):
            writer.write(frame)
        writer.close()
    report, taken = replayed(tmp_path / "recording", tmp_path)
    assert report.frames == 64_768
    assert report.crossed > 0
    assert taken > 30_000


def _told(events: Iterable[MarketEvent], market_of: Mapping[OutcomeId, MarketId]) -> Iterator[Frame]:
    """Recorded books and changes in the form in which the venue sends them, with hashes that nobody looks at."""
    for event in events:
        if isinstance(event, BookSnapshot):
            outcome = event.outcome
            body = {"bids": _levels(event.bids), "asks": _levels(event.asks), "asset_id": outcome, "event_type": "book"}
        elif isinstance(event, LevelsSet):
            outcome = event.changes[0].outcome
            rows = [
                {
                    "asset_id": change.outcome, **_level(Level(change.price, change.size)),
                    "side": "BUY" if change.side is Side.BUY else "SELL", "hash": "0", "best_bid": "0", "best_ask": "1",
                }
                for change in event.changes
            ]  # fmt: skip
            body = {"price_changes": rows, "event_type": "price_change"}
        else:
            continue
        at = str((event.at or event.received) // MILLISECOND)
        kind = body.pop("event_type")
        message = {"market": market_of[outcome], **body, "timestamp": at, "event_type": kind}
        yield Frame("polymarket/market", event.received, msgspec.json.encode(message))


def _levels(levels: Iterable[Level]) -> list[dict[str, str]]:
    return [_level(level) for level in levels]


def _level(level: Level) -> dict[str, str]:
    return {
        "price": decimal_text(level.price, PRICE_DECIMALS),
        "size": decimal_text(level.size, SIZE_DECIMALS),
    }
