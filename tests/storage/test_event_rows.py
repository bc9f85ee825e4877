"""Events as a table: every kind survives exactly, and other programs can query it."""

from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import (
    BookLost,
    BookSnapshot,
    GridChanged,
    GroupClosed,
    LevelAdded,
    LevelSet,
    LevelsSet,
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    QuestionListed,
    RewardsListed,
    RewardsStated,
    TopQuoted,
    TradePrinted,
)
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import (
    KalshiFees,
    Market,
    MarketStatus,
    NoFees,
    PolymarketFees,
    PriceBand,
    PriceGrid,
    Question,
    Strike,
    StrikeKind,
)
from dutchbook.domain.rewards import MarketEarnings, OrderScoring, RewardOffer, RewardTerms, SideScoring
from dutchbook.storage.event_table import EventTableWriter, read_events

text = st.text(max_size=12)
price = st.integers(0, 10_000)
size = st.integers(0, 10**15)
nanos = st.integers(0, 2**63 - 1)
at = st.none() | nanos
side = st.sampled_from(Side)
levels = st.lists(st.builds(Level, price, size), max_size=5).map(tuple)
outcomes = st.lists(text, max_size=4).map(tuple)
grids = st.lists(st.builds(PriceBand, price, price, price), max_size=3).map(lambda bands: PriceGrid(tuple(bands)))
fees = st.one_of(
    st.builds(PolymarketFees, st.integers(0, 10**6)), st.builds(KalshiFees, st.integers(0, 10**6)), st.just(NoFees())
)
markets = st.builds(
    Market,
    id=text,
    venue=st.sampled_from(Venue),
    question=text,
    title=text,
    yes=text,
    no=text,
    labels=st.tuples(text, text),
    grid=grids,
    min_size=size,
    fees=fees,
    closes=at,
    strike=st.none() | st.builds(Strike, st.sampled_from(StrikeKind), at, at),
    payout=st.none() | price,
    rules=text,
)
questions = st.builds(
    Question, id=text, venue=st.sampled_from(Venue), title=text, markets=outcomes, exclusive=st.booleans()
)
terms = st.builds(
    RewardTerms,
    market=text,
    daily=size,
    max_spread=price,
    min_size=size,
    since=at,
    until=at,
    sides=st.none() | st.builds(SideScoring, target_size=size, discount_ppm=st.integers(0, 10**6)),
)
offers = st.builds(RewardOffer, terms=terms, volume_24h=at)
earnings = st.builds(MarketEarnings, market=text, share_ppm=at, earned=at)
events: st.SearchStrategy[MarketEvent] = st.one_of(
    st.builds(BookSnapshot, text, levels, levels, nanos, at, st.booleans()),
    st.builds(
        LevelsSet,
        st.lists(st.builds(LevelSet, text, side, price, size), max_size=5).map(tuple),
        nanos,
        at,
        st.booleans(),
    ),
    st.builds(LevelAdded, text, side, price, st.integers(-(2**63), 2**63 - 1), nanos, at),
    st.builds(GroupClosed, outcomes, nanos),
    st.builds(BookLost, outcomes, text, nanos),
    st.builds(TradePrinted, text, price, size, side, nanos, at, text),
    st.builds(TopQuoted, text, st.none() | price, st.none() | price, nanos, at),
    st.builds(GridChanged, text, grids, nanos, at),
    st.builds(MarketListed, markets, nanos),
    st.builds(QuestionListed, questions, nanos),
    st.builds(RewardsListed, st.sampled_from(Venue), st.lists(offers, max_size=3).map(tuple), nanos, st.booleans()),
    st.builds(
        RewardsStated,
        venue=st.sampled_from(Venue),
        day=nanos,
        received=nanos,
        orders=st.lists(st.builds(OrderScoring, text, st.booleans()), max_size=3).map(tuple),
        markets=st.lists(earnings, max_size=3).map(tuple),
    ),
    st.builds(MarketStatusChanged, text, st.sampled_from(MarketStatus), nanos, at),
    st.builds(MarketResolved, text, price, nanos),
)


def table(path: Path, content: list[MarketEvent]) -> Path:
    writer = EventTableWriter()
    for event in content:
        writer.add(event)
    writer.finish(path)
    return path


@settings(max_examples=40)
@given(content=st.lists(events, max_size=25))
def test_every_kind_of_event_survives(tmp_path_factory: pytest.TempPathFactory, content: list[MarketEvent]) -> None:
    path = table(tmp_path_factory.mktemp("events") / "events.parquet", content)
    assert list(read_events(path)) == content


def test_events_survive_across_batches(tmp_path: Path) -> None:
    content: list[MarketEvent] = [
        LevelsSet(tuple(LevelSet(f"o{n}", Side.SELL, p, n) for p in range(n % 9)), n, n if n % 2 else None)  # type: ignore[arg-type]
        for n in range(12_000)
    ]
    assert list(read_events(table(tmp_path / "e.parquet", content))) == content


def test_a_number_that_no_column_holds_is_refused_and_nothing_is_taken(tmp_path: Path) -> None:
    writer = EventTableWriter()
    with pytest.raises(RecordingError, match="64 bits"):
        writer.add(LevelAdded("o", Side.BUY, 1, 2**63, 0))  # type: ignore[arg-type]
    assert writer.count == 0
    writer.finish(tmp_path / "e.parquet")
    assert list(read_events(tmp_path / "e.parquet")) == []


def test_a_path_is_taken_as_it_is(tmp_path: Path) -> None:
    folder = tmp_path / "it's [1]*?"
    folder.mkdir()
    event = GroupClosed(("a", "b"), 5)  # type: ignore[arg-type]
    assert list(read_events(table(folder / "e.parquet", [event]))) == [event]


def test_the_table_can_be_queried(tmp_path: Path) -> None:
    path = table(
        tmp_path / "e.parquet",
        [
            BookSnapshot("o", (Level(4_000, 7),), (Level(6_000, 8), Level(6_100, 9)), 1),  # type: ignore[arg-type]
            TradePrinted("o", 6_000, 3, Side.BUY, 2, None, "t1"),  # type: ignore[arg-type]
        ],
    )
    with duckdb.connect() as database:
        database.execute(
            "select kind, side, count(*), sum(size) from read_parquet(?) group by all order by all", [str(path)]
        )
        assert database.fetchall() == [("book", "buy", 1, 7), ("book", "sell", 2, 17), ("trade", "buy", 1, 3)]


def test_another_table_is_no_segment(tmp_path: Path) -> None:
    with duckdb.connect() as database:
        database.execute(f"copy (select 1 as event) to '{tmp_path}/x.parquet' (format parquet)")
    with pytest.raises(RecordingError, match="other columns"):
        list(read_events(tmp_path / "x.parquet"))
    (tmp_path / "y.parquet").write_bytes(b"PAR1 no table PAR1")
    with pytest.raises(RecordingError, match="damaged"):
        list(read_events(tmp_path / "y.parquet"))
