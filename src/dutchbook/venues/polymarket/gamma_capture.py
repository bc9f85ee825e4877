"""Dumps of Gamma as a catalogue without frames.

They are `*.search.raw.json.gz`, `markets_resolved.parquet` and `geopolitics_markets.parquet`. Tables leave out ticks,
minimums and fees, and one of them the token ids: their markets are known, but are never open. A market that a search
response holds too is taken from there.
"""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError, WireError
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, MarketStatus, PriceGrid, Question
from dutchbook.domain.ports import Capture
from dutchbook.domain.units import ONE, Price
from dutchbook.venues.capture_files import files, rows
from dutchbook.venues.polymarket.gamma import Listing, decode_search, instant
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.terms import HIGHEST_FEES, MIN_NOTIONAL, MIN_SIZE

FORMAT = "polymarket-gamma-dumps"

_SEARCH = ".search.raw.json.gz"
_RESOLVED = "markets_resolved.parquet"
_GEOPOLITICS = "geopolitics_markets.parquet"
_GRID = PriceGrid.uniform(Price(100))

_RESOLVED_ROWS = """
    select event_slug, event_title, condition_id, market_question, outcomes, resolved_outcome, resolved_price,
        lower(closed) = 'true', end_date, tag_labels
    from read_parquet(?) where condition_id is not null and outcomes is not null order by event_slug, market_id
"""
"""One row of the known file has no condition id: nothing to know a market by."""
_GEOPOLITICS_ROWS = """
    select slug, question, condition_id, clob_token_ids, lower(closed) = 'true', end_date, description
    from read_parquet(?) order by slug
"""
_token_ids = msgspec.json.Decoder(tuple[str, ...])


class _Fact(msgspec.Struct, frozen=True):
    """What a table says of one market."""

    market: MarketId
    title: str
    closed: bool
    end: str | None
    tokens: tuple[str, ...] = ()
    labels: tuple[str, str] = ("Yes", "No")
    payout: Price | None = None
    rules: str = ""


def read(paths: Sequence[Path]) -> Capture:
    """Open dumps, files or folders. Raises RecordingError for what is damaged or no dump of Gamma."""
    listings = [_listing(path) for path in _dumps(paths)]
    questions: dict[str, Question] = {}
    markets: dict[str, Market] = {}
    for listing in listings:
        for question in listing.questions:
            questions.setdefault(question.id, question)
        for market in listing.markets:
            markets.setdefault(market.id, market)
    return Capture(
        format=FORMAT,
        venue=Venue.POLYMARKET,
        questions=tuple(questions.values()),
        markets=tuple(markets.values()),
        total=0,
    )


def _dumps(paths: Sequence[Path]) -> list[Path]:
    found = [path for path in files(paths, "*") if path.name.endswith((_SEARCH, _RESOLVED, _GEOPOLITICS))]
    if not found:
        raise RecordingError(f"{paths[0]}: no dump of Gamma there - expected *{_SEARCH}, {_RESOLVED} or {_GEOPOLITICS}")
    # Search responses first: they say the most of a market.
    return sorted(found, key=lambda path: (not path.name.endswith(_SEARCH), path.name))


def _listing(path: Path) -> Listing:
    try:
        if path.name.endswith(_SEARCH):
            return decode_search(gzip.decompress(path.read_bytes()))
        return Listing(*_table(path))
    except (OSError, EOFError, zlib.error, WireError, ValueError, msgspec.MsgspecError) as error:
        raise RecordingError(f"{path}: {error} - get the file again") from error


def _table(path: Path) -> tuple[tuple[Question, ...], tuple[Market, ...]]:
    resolved = path.name.endswith(_RESOLVED)
    groups = _resolved(path) if resolved else _geopolitics(path)
    questions: list[Question] = []
    markets: list[Market] = []
    for question, members in groups:
        questions.append(question)
        markets += members
    return tuple(questions), tuple(markets)


def _resolved(path: Path) -> Iterator[tuple[Question, list[Market]]]:
    for (slug, title), group in groupby(rows(_RESOLVED_ROWS, path), key=lambda row: row[:2]):
        joined = list(group)
        members = [_market(QuestionId(slug), _resolved_fact(*row[2:9])) for row in joined]
        yield _question(slug, title, members, (joined[0][9] or "").split("|")[0]), members


def _resolved_fact(
    market: str, title: str, outcomes: str, winner: str | None, price: float | None, closed: bool, end: str | None
) -> _Fact:
    first, second = outcomes.split("|")
    payout = None
    if winner and price == 1:
        payout = ONE if winner == first else Price(0)
    return _Fact(condition(market), title, closed, end, labels=(first, second), payout=payout)


def _geopolitics(path: Path) -> Iterator[tuple[Question, list[Market]]]:
    for slug, title, market, tokens, closed, end, rules in rows(_GEOPOLITICS_ROWS, path):
        fact = _Fact(condition(market), title, closed, end, tokens=_token_ids.decode(tokens or "[]"), rules=rules or "")
        member = _market(QuestionId(slug), fact)
        yield _question(slug, title, [member], "Geopolitics"), [member]


def _market(question: QuestionId, fact: _Fact) -> Market:
    """A market from a table. `<condition>/0` and `/1` stand for token ids that were not recorded."""
    status = MarketStatus.CLOSED if fact.closed else MarketStatus.PAUSED
    yes, no = OutcomeId(f"{fact.market}/0"), OutcomeId(f"{fact.market}/1")
    if len(fact.tokens) == 2:
        yes, no = (token(text) for text in fact.tokens)
    return Market(
        id=fact.market,
        venue=Venue.POLYMARKET,
        question=question,
        title=fact.title,
        yes=yes,
        no=no,
        labels=fact.labels,
        grid=_GRID,
        min_size=MIN_SIZE,
        min_notional=MIN_NOTIONAL,
        fees=HIGHEST_FEES,
        status=status if fact.payout is None else MarketStatus.RESOLVED,
        settles=instant(fact.end),
        payout=fact.payout,
        rules=fact.rules,
    )


def _question(slug: str, title: str, members: Sequence[Market], category: str) -> Question:
    return Question(
        id=QuestionId(slug),
        venue=Venue.POLYMARKET,
        title=title,
        markets=tuple(market.id for market in members),
        category=category,
    )
