"""Captures of others: what they hold, and what happens when they are damaged."""

import gzip
import json
import shutil
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from dutchbook.domain.book import Book
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import BookSnapshot, LevelAdded
from dutchbook.domain.identity import Venue, kalshi_yes
from dutchbook.domain.markets import MarketStatus, Strike, StrikeKind
from dutchbook.domain.ports import Capture, Frame, SequenceKind
from dutchbook.domain.units import MILLISECOND, ONE
from dutchbook.venues.kalshi.captures import FORMATS
from dutchbook.venues.kalshi.codec import MARKET_SOURCE, KalshiCodec
from tests.conftest import protocol_samples, recorded_data
from tests.venues.kalshi.venue_side import T0, delta, snapshot, text, trade

GOLD, BOOKS, EVENTS = "kalshi-gold15m-ws", "kalshi-rest-books", "kalshi-events-catalogue"
HEAD = (
    "window,lines,event_ticker,open_time,close_time,strike_type,floor_strike,status,result,expiration_value,"
    "settlement_value_dollars,settlement_ts,price_level_structure"
)
FIRST, SECOND = "KXGOLD15M-26AUG101900-00", "KXGOLD15M-26AUG101915-15"


def write_window(folder: Path, ticker: str, lines: Sequence[tuple[int, object]]) -> Path:
    path = folder / f"{ticker}.jsonl.gz"
    body = b"".join(b'{"recv_ms":%d,"event":%s}\n' % (at, text(message)) for at, message in lines)
    path.write_bytes(gzip.compress(body))
    return path


def write_table(folder: Path, *rows: str) -> None:
    (folder / "markets.csv").write_text("\n".join((HEAD, *rows)) + "\n")


def row(ticker: str, lines: int, strike: str = "4395.85") -> str:
    event = ticker.rpartition("-")[0]
    times = "2026-08-10T22:45:00Z,2026-08-10T23:00:00Z"
    settled = "finalized,yes,4399.09,1.0000,2026-08-10T23:00:05.467118Z,linear_cent"
    return f"{ticker},{lines},{event},{times},greater_or_equal,{strike},{settled}"


@pytest.fixture
def capture_folder(tmp_path: Path) -> Path:
    """A capture of one window with 400 frames."""
    lines = [(T0 + n, snapshot(1) if n == 0 else delta(n + 1, f"{n}.25")) for n in range(400)]
    write_window(tmp_path, FIRST, lines)
    write_table(tmp_path, row(FIRST, 400))
    return tmp_path


def open_gold(*paths: Path) -> Capture:
    return FORMATS[GOLD](paths)


def test_a_window_has_its_frames_as_on_the_wire_and_its_market_from_the_table(capture_folder: Path) -> None:
    capture = open_gold(capture_folder)
    [market], [question] = capture.markets, capture.questions
    assert (capture.venue, capture.sequence, capture.total) == (Venue.KALSHI, SequenceKind.FILTERED, 400)
    assert market.strike == Strike(StrikeKind.GREATER_OR_EQUAL, 4_395_850_000)
    assert (market.status, market.payout, market.settles) == (MarketStatus.RESOLVED, ONE, 1_786_402_805_467_118_000)
    assert question.markets == (market.id,)
    assert not question.exclusive
    frames = list(capture.frames)
    assert len(frames) == 400
    assert frames[1] == Frame(MARKET_SOURCE, market.opens + 38_339 * MILLISECOND, text(delta(2, "1.25")))  # type: ignore[operator, arg-type]


def test_a_file_can_be_named_itself(capture_folder: Path) -> None:
    assert open_gold(capture_folder / f"{FIRST}.jsonl.gz").total == 400


def test_windows_are_merged_by_receive_time_and_within_it_by_number(tmp_path: Path) -> None:
    other = {"ticker": SECOND}
    one = [(T0, snapshot(1)), (T0 + 1, delta(4)), (T0 + 1, trade(9)), (T0 + 3, delta(7))]
    two = [(T0 + 1, snapshot(2, **other)), (T0 + 1, delta(3, **other)), (T0 + 1, delta(6, **other))]  # type: ignore[arg-type]
    write_window(tmp_path, SECOND, [*two, (T0 + 4, delta(8, **other))])  # type: ignore[arg-type]
    write_window(tmp_path, FIRST, one)
    write_table(tmp_path, row(FIRST, 4), row(SECOND, 4))
    frames = list(open_gold(tmp_path).frames)
    numbers = [json.loads(frame.payload)["seq"] for frame in frames]
    assert numbers == [1, 2, 3, 4, 9, 6, 7, 8]
    codec = KalshiCodec(sequence=SequenceKind.FILTERED)
    assert sum(len(codec.decode(frame)) for frame in frames) == 8
    assert codec.counters.gaps == 0


def test_the_sample_window_is_a_capture_of_this_format() -> None:
    capture = open_gold(protocol_samples("kalshi/ws_gold15m") / f"{FIRST}.ndjson.gz")
    assert capture.markets[0].id == FIRST
    assert capture.total is None
    assert sum(1 for _ in capture.frames) == 23_003


def prefix_of(capture: Capture) -> tuple[list[Frame], str]:
    """The frames that come before the damage, and what is said of it."""
    frames: list[Frame] = []
    with pytest.raises(RecordingError) as caught:
        frames.extend(capture.frames)
    return frames, str(caught.value)


def frames_or_none(capture: Capture) -> list[Frame] | None:
    """All frames, or None if the capture is refused."""
    try:
        return list(capture.frames)
    except RecordingError:
        return None


@pytest.mark.parametrize("share", [0.05, 0.5, 0.99])
def test_a_truncated_file_is_used_up_to_its_end(capture_folder: Path, share: float) -> None:
    whole = list(open_gold(capture_folder).frames)
    path = capture_folder / f"{FIRST}.jsonl.gz"
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    frames, message = prefix_of(open_gold(capture_folder))
    assert frames == whole[: len(frames)]
    assert len(frames) < 400
    assert f"{path}, line {len(frames) + 1}: the file ends here" in message
    assert "get the file again" in message


def test_a_flipped_bit_anywhere_gives_nothing_that_was_not_there(capture_folder: Path) -> None:
    path = capture_folder / f"{FIRST}.jsonl.gz"
    whole, data = list(open_gold(capture_folder).frames), path.read_bytes()
    refused = 0
    for at in range(0, len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :])
        frames = frames_or_none(open_gold(capture_folder))
        # Flips in the header's spare bytes change nothing.
        assert frames is None or frames == whole
        refused += frames is None
    assert refused > len(data) // 7 - 10


@pytest.mark.parametrize("line", [b"{", b"[]", b'{"recv_ms":-5,"event":{}}', b'{"recv_ms":1,"event":5}', b"\xff"])
def test_a_line_that_is_none_stops_the_reading_there(tmp_path: Path, line: bytes) -> None:
    good = b'{"recv_ms":%d,"event":%s}\n' % (T0, text(snapshot(1)))
    path = tmp_path / f"{FIRST}.jsonl.gz"
    path.write_bytes(gzip.compress(good + good + line + b"\n" + good))
    write_table(tmp_path, row(FIRST, 4))
    frames, message = prefix_of(open_gold(tmp_path))
    assert len(frames) == 2
    assert f"{path}, line 3: " in message


def test_missing_files_are_named(capture_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(RecordingError, match="no such file or folder"):
        open_gold(tmp_path / "nowhere")
    with pytest.raises(RecordingError, match="another format"):
        open_gold(capture_folder / "markets.csv")
    (capture_folder / "markets.csv").unlink()
    with pytest.raises(RecordingError, match=r"markets\.csv: missing"):
        open_gold(capture_folder)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (row(SECOND, 5), f"nothing about {FIRST}"),
        (row(FIRST, 5, strike="NaN"), "line 2"),
        (row(FIRST, 5).replace("2026-08-10T23:00:00Z", "later"), "line 2"),
        (row(FIRST, 5).replace(",5,", ",x,"), "line 2"),
        (row(FIRST, 5)[:60], "line 2"),
    ],
)
def test_a_table_that_does_not_tell_the_market_is_refused(capture_folder: Path, table: str, said: str) -> None:
    write_table(capture_folder, table)
    with pytest.raises(RecordingError, match=said):
        open_gold(capture_folder)


@pytest.mark.needs_data(BOOKS)
def test_the_rest_sweeps_give_one_book_for_each_ticker_and_time() -> None:
    capture = FORMATS[BOOKS]([recorded_data(BOOKS)])
    events = list(_books(capture))
    assert len(events) == capture.total == 3_480
    assert sum(len(event.bids) + len(event.asks) for event in events) == 145_875
    assert len(capture.markets) == 1_643
    assert {event.outcome for event in events} == {market.yes for market in capture.markets}
    assert all(before.received <= after.received for before, after in pairwise(events))
    assert not any(question.exclusive or question.exhaustive for question in capture.questions)
    crossed = 0
    for event in events:
        book = Book(event.outcome)
        book.replace(event.bids, event.asks, event.received)
        crossed += book.crossed
    assert crossed == 0


def _books(capture: Capture) -> Iterator[BookSnapshot]:
    for event in capture.events:
        assert isinstance(event, BookSnapshot)
        yield event


@pytest.mark.needs_data(EVENTS)
def test_the_events_catalogue_is_a_catalogue_without_frames() -> None:
    capture = FORMATS[EVENTS]([recorded_data(EVENTS)])
    assert (list(capture.frames), list(capture.events), capture.total) == ([], [], 0)
    assert len(capture.questions) == 7_219
    assert sum(question.exclusive for question in capture.questions) == 3_442
    assert not any(question.exhaustive for question in capture.questions)
    members = [market for question in capture.questions for market in question.markets]
    assert sorted(members) == sorted(market.id for market in capture.markets)
    assert len(members) == 2_054


@pytest.mark.needs_data(BOOKS, EVENTS)
@pytest.mark.parametrize(
    ("name", "file"),
    [(BOOKS, "levels.parquet"), (EVENTS, "events_2026-05-10.parquet"), (EVENTS, "event_to_markets.json.gz")],
)
def test_damaged_tables_are_refused(name: str, file: str, tmp_path: Path) -> None:
    folder = tmp_path / name
    shutil.copytree(recorded_data(name), folder)
    whole = (folder / file).read_bytes()
    (folder / file).write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RecordingError, match=file):
        FORMATS[name]([folder])
    (folder / file).unlink()
    with pytest.raises(RecordingError):
        FORMATS[name]([folder])


def test_impossible_levels_are_refused_and_what_comes_before_is_given(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    path = tmp_path / "levels.parquet"
    rows = "('f', 1, 'A-B', 1, 4700, 300), ('f', 1, 'A-B', -1, 5200, 100), ('f', 2, 'A-B', {})"
    for bad in ("1, 4700, -5", "1, 4700, 0", "0, 4700, 5", "1, 10000, 5", "1, 0, 5", "null, 4700, 5", "1, 4700, null"):
        path.unlink(missing_ok=True)
        table = f"(values {rows.format(bad)}) as t(family, captured_us, ticker, side, price_e4, size_e2)"
        duckdb.sql(f"copy (select * from {table}) to '{path}'")  # noqa: S608 - our own rows
        read = FORMATS[BOOKS]([tmp_path])
        events = iter(read.events)
        first = next(events)
        assert isinstance(first, BookSnapshot)
        assert first.outcome == kalshi_yes("A-B")
        assert [(level.price, level.size) for level in first.asks] == [(4_800, 1_000_000)]
        with pytest.raises(RecordingError, match="the book of A-B at 2"):
            next(events)


def test_frames_of_a_capture_decode(capture_folder: Path) -> None:
    codec = KalshiCodec(sequence=SequenceKind.FILTERED)
    events = [event for frame in open_gold(capture_folder).frames for event in codec.decode(frame)]
    assert [type(event) for event in events[:2]] == [BookSnapshot, LevelAdded]
    assert len(events) == 400
