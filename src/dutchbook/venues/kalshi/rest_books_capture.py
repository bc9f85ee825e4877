"""Sweeps of REST order books, normalised: `levels.parquet`, one row for each level of each book.

There is no catalogue beside it. A ticker tells its event only by convention (all but the last part), which is enough to
name a question, and not to promise anything of it; grids are taken as whole cents and fees as the dearest.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

from dutchbook.domain.book import Level
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import BookSnapshot, MarketEvent
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Capture
from dutchbook.domain.units import ONE, Nanos, Price, Size, complement
from dutchbook.venues.capture_files import files, rows
from dutchbook.venues.kalshi import rest_wire
from dutchbook.venues.kalshi.markets import market_of, unpromised
from dutchbook.venues.kalshi.numbers import yes_outcome
from dutchbook.venues.kalshi.terms import ASSUMED_FEES

FORMAT = "kalshi-rest-books"

_YES_BID, _NO_BID = 1, -1
_LEVELS = """
    select captured_us, family, ticker, side, price_e4, size_e2 from read_parquet(?)
    order by captured_us, family, ticker, side desc, price_e4
"""
_TICKERS = "select distinct ticker from read_parquet(?) order by ticker"
_BOOKS = "select count(*) from (select distinct captured_us, family, ticker from read_parquet(?))"
_LATEST = Nanos(9 * 10**18)


def read(paths: Sequence[Path]) -> Capture:
    """Open a capture. Raises RecordingError for missing or damaged tables."""
    tables = files(paths, "levels.parquet")
    if len(tables) != 1:
        raise RecordingError(f"{len(tables)} tables of levels - import one capture at a time")
    [table] = tables
    try:
        markets = [_market(*row) for row in rows(_TICKERS, table)]
    except (TypeError, ValueError) as error:
        raise RecordingError(f"{table}: {error} - get the file again") from error
    [(total,)] = rows(_BOOKS, table)
    return Capture(
        format=FORMAT,
        venue=Venue.KALSHI,
        questions=unpromised(markets),
        markets=tuple(markets),
        events=_events(table),
        total=total,
    )


def _events(table: Path) -> Iterator[MarketEvent]:
    for (captured_us, _, ticker), levels in groupby(rows(_LEVELS, table), key=itemgetter(0, 1, 2)):
        try:
            event = _snapshot(captured_us, ticker, [level[3:] for level in levels])
        except (TypeError, ValueError) as error:
            where = f"the book of {ticker} at {captured_us}"
            raise RecordingError(f"{table}: {where}: {error} - use what comes before, or get the file again") from error
        yield event


def _snapshot(captured_us: int, ticker: str, levels: Sequence[tuple[int, int, int]]) -> BookSnapshot:
    received = Nanos(captured_us * 1_000)
    if not 0 <= received <= _LATEST:
        raise ValueError("no time")
    bids = tuple(_level(price, size) for side, price, size in levels if side == _YES_BID)
    no_bids = [_level(price, size) for side, price, size in levels if side == _NO_BID]
    asks = tuple(Level(complement(level.price), level.size) for level in no_bids)
    if len({level.price for level in bids}) + len({level.price for level in asks}) != len(levels):
        raise ValueError("a price named twice, or a side that is none")
    return BookSnapshot(yes_outcome(ticker), bids, asks, received)


def _level(price_e4: int, size_e2: int) -> Level:
    if not 0 < price_e4 < ONE or size_e2 <= 0:
        raise ValueError(f"{size_e2} hundredths of a contract at {price_e4} is no level")
    return Level(Price(price_e4), Size(size_e2 * 10_000))


def _market(ticker: Any) -> Market:
    event = ticker.rpartition("-")[0] or ticker
    return market_of(rest_wire.Market(ticker=ticker, event_ticker=event, status="active", title=ticker), ASSUMED_FEES)
