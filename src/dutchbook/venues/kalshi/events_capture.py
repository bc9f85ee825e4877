"""A catalogue and nothing else: `events_<day>.parquet`, and markets of some events in `event_to_markets.json.gz`."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Capture
from dutchbook.venues.capture_files import beside, decoded, files, rows
from dutchbook.venues.kalshi import rest_wire
from dutchbook.venues.kalshi.markets import market_of, question_of
from dutchbook.venues.kalshi.terms import ASSUMED_FEES

FORMAT = "kalshi-events-catalogue"

_COMPANION = "event_to_markets.json.gz"
_EVENTS = """
    select event_ticker, series_ticker, title, sub_title, category, mutually_exclusive from read_parquet(?)
    order by event_ticker
"""


class _Members(msgspec.Struct, frozen=True):
    """An event of the companion, and its markets' tickers."""

    title: str = ""
    market_slugs: tuple[str, ...] = ()


type _Companion = dict[str, dict[str, dict[str, _Members]]]
"""By category, series and event."""


def read(paths: Sequence[Path]) -> Capture:
    """Open a capture. Raises RecordingError for missing or damaged files."""
    events: dict[str, rest_wire.Event] = {}
    markets: dict[str, list[Market]] = {}
    for table in files(paths, "events_*.parquet"):
        for row in rows(_EVENTS, table):
            event = _read(table, row)
            events[event.event_ticker] = event
        companion = beside(table, _COMPANION)
        for event, members in _listed(companion):
            events.setdefault(event.event_ticker, event)
            markets[event.event_ticker] = [_market(companion, ticker, event) for ticker in members.market_slugs]
    return Capture(
        format=FORMAT,
        venue=Venue.KALSHI,
        questions=tuple(_question(event, markets.get(name, [])) for name, event in events.items()),
        markets=tuple(market for found in markets.values() for market in found),
        total=0,
    )


def _read(table: Path, row: tuple[Any, ...]) -> rest_wire.Event:
    names = ("event_ticker", "series_ticker", "title", "sub_title", "category", "mutually_exclusive")
    try:
        return msgspec.convert(dict(zip(names, row, strict=True)), rest_wire.Event)
    except msgspec.ValidationError as error:
        raise RecordingError(f"{table}: {error} - get the file again") from error


def _question(event: rest_wire.Event, markets: Sequence[Market]) -> Question:
    try:
        return question_of(event, markets, binary=True)
    except ValueError as error:
        raise RecordingError(f"event {event.event_ticker!r}: {error} - get the file again") from error


def _listed(companion: Path) -> Iterator[tuple[rest_wire.Event, _Members]]:
    """Events of the companion. It does not say which are exclusive."""
    for _, content in decoded(companion, msgspec.json.Decoder(_Companion)):
        for category, of_series in content.items():
            for series, of_event in of_series.items():
                for event, members in of_event.items():
                    yield rest_wire.Event(event, series, members.title, category=category), members


def _market(companion: Path, ticker: str, event: rest_wire.Event) -> Market:
    found = rest_wire.Market(ticker=ticker, event_ticker=event.event_ticker, status="active", title=ticker)
    try:
        return market_of(found, ASSUMED_FEES)
    except ValueError as error:
        raise RecordingError(f"{companion}: {error} - get the file again") from error
