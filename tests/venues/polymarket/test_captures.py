"""Captures of other people's recorders: all books verify, games end mirrored, damage is named."""

import gzip
import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from dutchbook.domain.book import Book
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import BookLost, BookSnapshot, GridChanged, GroupClosed, LevelsSet, MarketEvent
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market, PolymarketFees
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import ONE, Nanos, complement
from dutchbook.venues.polymarket.captures import FORMATS
from dutchbook.venues.polymarket.codec import PolymarketCodec
from tests.conftest import recorded_data
from tests.venues.polymarket.venue_side import frame

LATE = Nanos(2 * 10**18)


def replayed(name: str, verify: bool = True) -> tuple[PolymarketCodec, list[MarketEvent]]:
    capture = FORMATS[name]([recorded_data(name)])
    codec = PolymarketCodec(capture.markets, verify=verify)
    events = [event for one in capture.frames for event in codec.decode(one)]
    return codec, [*events, *codec.flush(LATE)]


def folded(events: Iterable[MarketEvent]) -> tuple[dict[OutcomeId, Book], int, int]:
    """All books at the end, and how many states were crossed at the ends of groups and within them."""
    books: dict[OutcomeId, Book] = {}
    ends = within = 0
    for event in events:
        look: Iterable[OutcomeId] = ()
        match event:
            case BookSnapshot(outcome=outcome):
                books.setdefault(outcome, Book(outcome)).replace(event.bids, event.asks, event.received)
                look, complete = (outcome,), event.complete
            case LevelsSet(changes=changes):
                for change in changes:
                    books[change.outcome].set_level(change.side, change.price, change.size)
                look, complete = {change.outcome for change in changes}, event.complete
            case GroupClosed(outcomes=outcomes):
                look, complete = outcomes, True
            case _:
                continue
        crossed = sum(books[outcome].crossed for outcome in look)
        ends, within = (ends + crossed, within) if complete else (ends, within + crossed)
    return books, ends, within


def are_mirrors(market: Market, books: dict[OutcomeId, Book]) -> bool:
    yes, no = books[market.yes], books[market.no]
    return {complement(level.price): level.size for level in yes.bids()} == {
        level.price: level.size for level in no.asks()
    } and {complement(level.price): level.size for level in yes.asks()} == {
        level.price: level.size for level in no.bids()
    }


def test_every_rest_and_socket_book_of_the_updown_runs_verifies(tell: Callable[[str], None]) -> None:
    codec, events = replayed("polymarket-updown15m-raw")
    counters = codec.counters
    said = (
        f"updown15m: {counters.snapshots_ok} of {counters.snapshots_checked} books and {counters.changes_ok} of "
        f"{counters.changes_checked} changes (by outcome and timestamp group) verify in {counters.frames} frames"
    )
    tell(said)
    books = sum(isinstance(event, BookSnapshot) for event in events)
    assert books == counters.snapshots_checked == counters.snapshots_ok == 570
    assert counters.changes_checked == counters.changes_ok == 84
    assert (counters.frames, counters.malformed, counters.gaps, counters.unknown_types) == (473, 0, 0, {})
    assert not any(isinstance(event, BookLost) for event in events)


def test_the_updown_runs_keep_all_feeds_in_the_order_of_receipt() -> None:
    capture = FORMATS["polymarket-updown15m-raw"]([recorded_data("polymarket-updown15m-raw")])
    frames = list(capture.frames)
    sources = Counter(one.source for one in frames)
    assert sources == {
        "polymarket/rest": 378, "polymarket/market": 95, "polymarket/rtds": 924, "binance": 308, "coinbase": 308
    }  # fmt: skip
    assert all(a.received <= b.received for a, b in pairwise(frames))
    assert len(capture.markets) == len(capture.questions) == 9
    assert {market.fees for market in capture.markets} == {PolymarketFees(72_000, 1, True, 200_000)}


def test_a_missing_change_is_found_out_by_the_next_one(tmp_path: Path) -> None:
    capture = FORMATS["polymarket-updown15m-raw"]([recorded_data("polymarket-updown15m-raw")])
    changes = 0
    codec = PolymarketCodec(capture.markets)
    for one in capture.frames:
        if b'"price_changes"' in one.payload:
            changes += 1
            if changes % 3 == 1:
                continue
        codec.decode(one)
    codec.flush(LATE)
    assert changes == 42
    assert codec.counters.changes_ok < codec.counters.changes_checked
    assert codec.counters.resyncs > 0
    assert codec.counters.snapshots_ok == codec.counters.snapshots_checked == 570


def test_all_server_snapshots_of_the_five_minute_books_verify(tell: Callable[[str], None]) -> None:
    folder = recorded_data("polymarket-btc5m-books")
    capture = FORMATS["polymarket-btc5m-books"]([folder])
    codec = PolymarketCodec(capture.markets)
    with gzip.open(folder / "server_snapshots.jsonl.gz") as lines:
        for number, line in enumerate(lines):
            codec.decode(frame(line.strip(), number))
    counters = codec.counters
    tell(f"btc5m: {counters.snapshots_ok} of {counters.snapshots_checked} server snapshots verify")
    assert counters.snapshots_checked == counters.snapshots_ok == 38


def test_the_five_minute_books_fold_without_a_crossed_state() -> None:
    capture = FORMATS["polymarket-btc5m-books"]([recorded_data("polymarket-btc5m-books")])
    kinds: Counter[str] = Counter()

    def counted() -> Iterable[MarketEvent]:
        received = Nanos(0)
        for event in capture.events:
            assert event.received >= received, "time never steps back, though the recorder's clock did"
            received = event.received
            kinds[type(event).__name__] += 1
            if not isinstance(event, GridChanged):
                yield event

    books, ends, within = folded(counted())
    assert kinds == {"BookSnapshot": 47, "LevelsSet": 126_403, "GridChanged": 2}
    assert (ends, within, len(capture.markets)) == (0, 0, 36)
    assert set(books) <= {outcome for market in capture.markets for outcome in (market.yes, market.no)}


def test_both_tokens_of_every_game_mirror_each_other_at_the_end(tell: Callable[[str], None]) -> None:
    capture = FORMATS["polymarket-mlb-ws"]([recorded_data("polymarket-mlb-ws")])
    events = list(capture.events)
    books, ends, within = folded(events)
    tell(f"mlb: {len(events)} events; crossed: {within} in groups, {ends} at ends")
    assert len(capture.markets) == 19
    assert all(are_mirrors(market, books) for market in capture.markets)
    assert all(a.received <= b.received for a, b in pairwise(events))


def test_the_games_messages_of_one_instant_are_one_group() -> None:
    capture = FORMATS["polymarket-mlb-ws"]([recorded_data("polymarket-mlb-ws")])
    open_since: dict[OutcomeId, int | None] = {}
    groups = 0
    for event in capture.events:
        match event:
            case GroupClosed(outcomes=outcomes):
                assert len({open_since.pop(outcome) for outcome in outcomes}) == 1
                groups += 1
            case BookSnapshot(outcome=outcome, complete=False):
                open_since[outcome] = event.at
            case LevelsSet(changes=changes, complete=False):
                open_since |= {change.outcome: event.at for change in changes}
    assert groups == 32_337
    assert not open_since


def test_gamma_dumps_are_a_catalogue_without_frames() -> None:
    capture = FORMATS["polymarket-gamma-dumps"]([recorded_data("polymarket-gamma-dumps")])
    assert (list(capture.frames), list(capture.events), capture.total) == ([], [], 0)
    assert (len(capture.questions), len(capture.markets)) == (866, 6597)
    known = {market.id for market in capture.markets}
    assert all(set(question.markets) <= known for question in capture.questions)
    assert all(market.payout in (None, 0, ONE // 2, ONE) for market in capture.markets)


def test_a_truncated_capture_gives_what_comes_before_and_then_names_the_line(tmp_path: Path) -> None:
    folder = recorded_data("polymarket-updown15m-raw")
    run = "m9-rtds-chainlink-smoke-20260428b"
    shutil.copy(folder / f"{run}.markets.jsonl.gz", tmp_path)
    whole = (folder / f"{run}.raw.jsonl.gz").read_bytes()
    (tmp_path / f"{run}.raw.jsonl.gz").write_bytes(whole[:-2_000])
    frames = iter(FORMATS["polymarket-updown15m-raw"]([tmp_path]).frames)
    delivered: list[Frame] = []
    with pytest.raises(RecordingError, match=r"raw\.jsonl\.gz, line \d+: .* - use what comes before it"):
        delivered.extend(frames)
    assert len(delivered) > 5


def test_a_monotonic_clock_counts_only_where_it_is_the_wall_clock(tmp_path: Path) -> None:
    lines = [{"source": "polymarket_clob", "recv_wall_ts": 5, "recv_mono_ns": mono, "payload": "PONG"}
             for mono in (5_000_123, 77)]  # fmt: skip
    (tmp_path / "x.raw.jsonl.gz").write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    (tmp_path / "x.markets.jsonl.gz").write_bytes(gzip.compress(b""))
    frames = FORMATS["polymarket-updown15m-raw"]([tmp_path]).frames
    assert [one.received for one in frames] == [5_000_123, 5_000_000]


def test_a_line_that_is_no_json_is_named(tmp_path: Path) -> None:
    good = {"source": "polymarket_clob", "recv_wall_ts": 1, "payload": "PONG"}
    (tmp_path / "x.raw.jsonl.gz").write_bytes(gzip.compress(json.dumps(good).encode() + b"\n{oops}\n"))
    (tmp_path / "x.markets.jsonl.gz").write_bytes(gzip.compress(b""))
    frames = iter(FORMATS["polymarket-updown15m-raw"]([tmp_path]).frames)
    assert next(frames).payload == b"PONG"
    with pytest.raises(RecordingError, match="line 2"):
        next(frames)


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_what_is_no_capture_of_the_format_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(RecordingError):
        FORMATS[name]([tmp_path])
    with pytest.raises(RecordingError, match="no such file"):
        FORMATS[name]([tmp_path / "absent.raw.jsonl.gz"])


def test_a_damaged_table_is_refused(tmp_path: Path) -> None:
    folder = recorded_data("polymarket-mlb-ws")
    for name in ("messages.parquet", "levels.parquet", "games.csv"):
        shutil.copy(folder / name, tmp_path / name)
    (tmp_path / "levels.parquet").chmod(0o644)
    (tmp_path / "levels.parquet").write_bytes((folder / "levels.parquet").read_bytes()[:-100])
    with pytest.raises(RecordingError, match=r"levels\.parquet"):
        list(FORMATS["polymarket-mlb-ws"]([tmp_path]).events)


def test_a_run_without_its_markets_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.raw.jsonl.gz").write_bytes(gzip.compress(b""))
    with pytest.raises(RecordingError, match=r"x\.markets\.jsonl\.gz: missing"):
        FORMATS["polymarket-updown15m-raw"]([tmp_path])


def test_a_flipped_bit_anywhere_gives_nothing_that_was_not_there(tmp_path: Path) -> None:
    lines = b"".join(
        b'{"source":"polymarket_clob","recv_wall_ts":%d,"payload":"%d"}\n' % (1_000 + number, number * 7_919)
        for number in range(300)
    )
    path = tmp_path / "x.raw.jsonl.gz"
    path.write_bytes(gzip.compress(lines))
    (tmp_path / "x.markets.jsonl.gz").write_bytes(gzip.compress(b""))
    whole, data = _frames_or_none(tmp_path), path.read_bytes()
    assert whole is not None
    refused = 0
    for at in range(0, len(data), 7):
        path.write_bytes(data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :])
        frames = _frames_or_none(tmp_path)
        # Flips in the header's spare bytes change nothing.
        assert frames is None or frames == whole
        refused += frames is None
    assert refused > len(data) // 7 - 10


def _frames_or_none(folder: Path) -> list[Frame] | None:
    """All frames, or None if the capture is refused."""
    try:
        return list(FORMATS["polymarket-updown15m-raw"]([folder]).frames)
    except RecordingError:
        return None
