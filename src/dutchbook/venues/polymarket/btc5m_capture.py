"""Books of 5-minute bitcoin markets as normalised events: `updates.parquet`, `levels.parquet`, `markets.csv`.

One outcome of most windows was recorded, nothing says which; its twin gets a name that says so.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

from dutchbook.domain.events import BookSnapshot, GridChanged, LevelsSet, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, PolymarketFees, PriceGrid, Question
from dutchbook.domain.ports import Capture
from dutchbook.domain.units import SECOND, Nanos, Price
from dutchbook.venues.capture_files import rows
from dutchbook.venues.polymarket.event_tables import changes, folder_of, messages, sides, table
from dutchbook.venues.polymarket.identifiers import condition, token
from dutchbook.venues.polymarket.numbers import nanos_of
from dutchbook.venues.polymarket.terms import MIN_NOTIONAL, MIN_SIZE

FORMAT = "polymarket-btc5m-books"

_COLUMNS = 5
_UPDATES = """
    select "update", asset_id, recv_us, exchange_ms, kind, side, price_e4, size_e6
    from read_parquet(?) as updates left join read_parquet(?) as levels using ("update")
    order by "update", side, price_e4
"""
_MARKETS = """
    select condition_id, slug, window_start_s, asset_id from read_csv(?, types={'asset_id': 'VARCHAR'})
    order by window_start_s, condition_id, first_recv_us
"""
_COARSE, _FINE = Price(100), Price(10)
_WINDOW = 300 * SECOND
_FEES = PolymarketFees(rate_ppm=72_000, rebate_ppm=200_000)
"""Crypto markets of April 2026, as a `new_market` frame of the 28th says."""


def read(paths: Sequence[Path]) -> Capture:
    """Open a capture. Raises RecordingError for missing or damaged tables."""
    folder = folder_of(paths)
    tables = (table(folder, "updates.parquet"), table(folder, "levels.parquet"))
    recorded = rows(_MARKETS, table(folder, "markets.csv"))
    windows = groupby(recorded, key=lambda row: (row[0], row[1], row[2]))
    markets = tuple(_market(*window, [row[3] for row in group]) for window, group in windows)
    return Capture(
        format=FORMAT,
        venue=Venue.POLYMARKET,
        questions=tuple(_question(market) for market in markets),
        markets=markets,
        events=_events(tables, {outcome: market.id for market in markets for outcome in (market.yes, market.no)}),
    )


def _events(tables: Sequence[Path], market_of: dict[OutcomeId, MarketId]) -> Iterator[MarketEvent]:
    """Every update is a whole state: complete. The recorder's clock drifts, so time is held back from stepping back."""
    fine: set[MarketId] = set()
    received = Nanos(0)
    for (_, asset, recv_us, exchange_ms, kind), levels in messages(rows(_UPDATES, *tables), _COLUMNS):
        outcome = OutcomeId(asset)
        received = max(received, Nanos(recv_us * 1_000))
        at = nanos_of(exchange_ms) if exchange_ms is not None else None
        market = market_of.get(outcome)
        if market is not None and market not in fine and any(price % _COARSE for _, price, _ in levels):
            # No message tells it, but who rests between two cents proves that the grid is finer now.
            fine.add(market)
            yield GridChanged(market, PriceGrid.uniform(_FINE), received, at)
        if kind == "delta":
            yield LevelsSet(changes(outcome, levels), received, at)
        else:
            bids, asks = sides(levels)
            yield BookSnapshot(outcome, bids, asks, received, at)


def _market(market: str, slug: str, start_s: int, assets: Sequence[str]) -> Market:
    ends = Nanos(start_s * SECOND + _WINDOW)
    twin = token(assets[1]) if len(assets) > 1 else OutcomeId(f"{market}/not-recorded")
    return Market(
        id=condition(market),
        venue=Venue.POLYMARKET,
        question=QuestionId(slug),
        title=slug,
        yes=token(assets[0]),
        no=twin,
        labels=("first recorded", "second recorded" if len(assets) > 1 else "not recorded"),
        grid=PriceGrid.uniform(_COARSE),
        min_size=MIN_SIZE,
        min_notional=MIN_NOTIONAL,
        fees=_FEES,
        closes=ends,
        settles=ends,
    )


def _question(market: Market) -> Question:
    return Question(
        id=market.question, venue=Venue.POLYMARKET, title=market.title, markets=(market.id,), category="Crypto"
    )
