"""Books of baseball games, both tokens, as normalised events: `messages.parquet`, `levels.parquet`, `games.csv`.

There is no receive time: the venue's time stands in for it, and never steps back. The two tokens' messages of one venue
instant are one group; in between, books may cross.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dutchbook.domain.events import BookSnapshot, GroupClosed, LevelsSet, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.ports import Capture
from dutchbook.domain.units import Nanos, Price
from dutchbook.venues.capture_files import rows
from dutchbook.venues.polymarket.event_tables import LevelRow, changes, folder_of, messages, sides, table
from dutchbook.venues.polymarket.identifiers import token
from dutchbook.venues.polymarket.numbers import nanos_of
from dutchbook.venues.polymarket.terms import MIN_NOTIONAL, MIN_SIZE

FORMAT = "polymarket-mlb-ws"

_COLUMNS = 7
_MESSAGES = """
    with timed as (
        select msg, slug, asset_id, event_type, exchange_ms,
            max(exchange_ms) over (partition by slug order by msg) as clock,
            lead(exchange_ms) over (partition by slug order by msg) is distinct from exchange_ms as closes
        from read_parquet(?)
    )
    select timed.*, side, price_e4, size_e6 from timed left join read_parquet(?) as levels using (msg)
    order by clock, msg, side, price_e4
"""
_GAMES = """
    select slug, asset_a, asset_b, coalesce(outcome_a, ''), coalesce(outcome_b, ''), last_ms
    from read_csv(?, types={'asset_a': 'VARCHAR', 'asset_b': 'VARCHAR', 'outcome_a': 'VARCHAR', 'outcome_b': 'VARCHAR'})
"""
_TICK = Price(10)
"""A tenth of a cent: prices of in-play books stand on it, and nothing says when it was coarser."""


def read(paths: Sequence[Path]) -> Capture:
    """Open a capture. Raises RecordingError for missing or damaged tables."""
    folder = folder_of(paths)
    tables = (table(folder, "messages.parquet"), table(folder, "levels.parquet"))
    games = list(rows(_GAMES, table(folder, "games.csv")))
    markets = tuple(_market(*game) for game in games)
    return Capture(
        format=FORMAT,
        venue=Venue.POLYMARKET,
        questions=tuple(_question(market) for market in markets),
        markets=markets,
        events=_events(tables),
    )


def _events(tables: Sequence[Path]) -> Iterator[MarketEvent]:
    groups: dict[str, list[OutcomeId]] = {}
    for head, levels in messages(rows(_MESSAGES, *tables), _COLUMNS):
        _, slug, asset, kind, exchange_ms, clock, closes = head
        group = groups.setdefault(slug, [])
        whole = closes and not group
        received, at = nanos_of(clock), nanos_of(exchange_ms)
        yield _event(kind, OutcomeId(asset), levels, received, at, whole=whole)
        group.append(OutcomeId(asset))
        if closes:
            if not whole:
                yield GroupClosed(tuple(dict.fromkeys(group)), received)
            del groups[slug]


def _event(
    kind: str, outcome: OutcomeId, levels: Sequence[LevelRow], received: Nanos, at: Nanos, *, whole: bool
) -> MarketEvent:
    if kind == "book":
        bids, asks = sides(levels)
        return BookSnapshot(outcome, bids, asks, received, at, whole)
    return LevelsSet(changes(outcome, levels), received, at, whole)


def _market(slug: str, first: str, second: str, first_label: str, second_label: str, last_ms: Any) -> Market:
    """The condition id was not recorded: the game's slug stands for it. Fees came to sports a year later."""
    return Market(
        id=MarketId(slug),
        venue=Venue.POLYMARKET,
        question=QuestionId(slug),
        title=slug,
        yes=token(first),
        no=token(second),
        labels=(first_label or "first", second_label or "second"),
        grid=PriceGrid.uniform(_TICK),
        min_size=MIN_SIZE,
        min_notional=MIN_NOTIONAL,
        fees=NoFees(),
        settles=nanos_of(int(last_ms)),
    )


def _question(market: Market) -> Question:
    return Question(
        id=market.question, venue=Venue.POLYMARKET, title=market.title, markets=(market.id,), category="Sports"
    )
