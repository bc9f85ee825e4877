"""Socket captures cut by market: `<ticker>.jsonl.gz`, each line a frame and when it came, with `markets.csv` beside.

The frames of all markets of one subscription share its sequence numbers; each file has one market's only. So a hole
proves nothing, and a falling number is a new connection. Files are merged in the order of receipt.
"""

import csv
import heapq
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Capture, Frame, SequenceKind
from dutchbook.venues.capture_files import beside, damaged, decoded, files
from dutchbook.venues.kalshi import rest_wire
from dutchbook.venues.kalshi.codec import MARKET_SOURCE
from dutchbook.venues.kalshi.markets import market_of, unpromised
from dutchbook.venues.kalshi.numbers import nanos_of
from dutchbook.venues.kalshi.terms import ASSUMED_FEES
from dutchbook.venues.kalshi.wire import Milliseconds

FORMAT = "kalshi-gold15m-ws"

_PATTERNS = ("*.jsonl.gz", "*.ndjson.gz")
_MARKETS = "markets.csv"
_BOOK = "orderbook_"


class _Line(msgspec.Struct, frozen=True, gc=False):
    """One captured frame."""

    recv_ms: Milliseconds
    event: msgspec.Raw


class _Numbered(msgspec.Struct, frozen=True, gc=False):
    """What a frame is, and its number."""

    type: str = ""
    seq: int = 0


type _Ordered = tuple[int, int, Frame]
"""Receive time, number of the file's latest book message, frame."""

_decode_numbered = msgspec.json.Decoder(_Numbered).decode


def read(paths: Sequence[Path]) -> Capture:
    """Open a capture. Raises RecordingError for missing or damaged files, in frames once they are reached."""
    captures = files(paths, *_PATTERNS)
    windows = [_window(path) for path in captures]
    markets = {market.id: market for market, _ in windows}
    counts = [count for _, count in windows]
    return Capture(
        format=FORMAT,
        venue=Venue.KALSHI,
        sequence=SequenceKind.FILTERED,
        questions=unpromised(markets.values()),
        markets=tuple(markets.values()),
        frames=_frames(captures),
        total=None if None in counts else sum(filter(None, counts)),
    )


def _frames(captures: Sequence[Path]) -> Iterator[Frame]:
    """Frames of one millisecond keep the order of their numbers, whichever file they are in."""
    streams = [_ordered(path) for path in captures]
    for _, _, frame in heapq.merge(*streams, key=lambda item: item[:2]):
        yield frame


def _ordered(path: Path) -> Iterator[_Ordered]:
    latest = 0
    for number, line in decoded(path, msgspec.json.Decoder(_Line)):
        payload = bytes(line.event)
        try:
            frame = _decode_numbered(payload)
        except msgspec.MsgspecError as error:
            raise damaged(path, number, error) from error
        if frame.type.startswith(_BOOK):
            latest = frame.seq
        yield line.recv_ms, latest, Frame(MARKET_SOURCE, nanos_of(line.recv_ms), payload)


def _window(path: Path) -> tuple[Market, int | None]:
    """The market of a file, and how many frames the file has where the table says it."""
    table = beside(path, _MARKETS)
    name = path.name.removesuffix(".gz").rpartition(".")[0]
    for line, row in _table(table):
        if row.get("window") == name:
            lines = row.get("lines") or ""
            try:
                return _market(row), int(lines) if lines else None
            except ValueError as error:
                raise damaged(table, line, error) from error
    raise RecordingError(f"{table}: nothing about {name} - a file and its line in the table belong together")


def _table(path: Path) -> list[tuple[int, Mapping[str, str]]]:
    try:
        with path.open(encoding="utf-8", newline="") as stream:
            reader = csv.DictReader(stream, strict=True)
            return [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise RecordingError(f"{path}: {error} - get the file again") from error


def _market(row: Mapping[str, str]) -> Market:
    """The market as the table knows it. Its fees are not in there. Raises ValueError for a row that is none."""
    found = rest_wire.Market(
        ticker=_cell(row, "window"),
        event_ticker=_cell(row, "event_ticker"),
        status=_cell(row, "status"),
        title=_cell(row, "window"),
        open_time=_cell(row, "open_time"),
        close_time=_cell(row, "close_time"),
        strike_type=_cell(row, "strike_type"),
        floor_strike=msgspec.Raw(_cell(row, "floor_strike").encode()),
        result=_cell(row, "result"),
        settlement_value_dollars=_cell(row, "settlement_value_dollars"),
        settlement_ts=_cell(row, "settlement_ts"),
        price_level_structure=_cell(row, "price_level_structure"),
    )
    return market_of(found, ASSUMED_FEES)


def _cell(row: Mapping[str, str], column: str) -> str:
    text = row.get(column)
    if text is None:
        raise ValueError(f"no column {column}")
    return text
