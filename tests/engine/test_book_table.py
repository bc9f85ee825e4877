"""Which books may be looked at, and when."""

from dutchbook.domain.book import Level, Side
from dutchbook.domain.compact_books import CompactBook
from dutchbook.domain.events import BookLost, BookSnapshot, GroupClosed, LevelAdded, LevelSet, LevelsSet
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.engine.book_table import BookTable

YES, NO = OutcomeId("1"), OutcomeId("2")
TICKER = "KXGOLD-1"


def market(venue: Venue) -> Market:
    kalshi = venue is Venue.KALSHI
    return Market(
        id=MarketId(TICKER if kalshi else "0xaa"),
        venue=venue,
        question=QuestionId("q"),
        title="Gold up?",
        yes=kalshi_yes(TICKER) if kalshi else YES,
        no=kalshi_no(TICKER) if kalshi else NO,
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(0),
        fees=NoFees(),
    )


def level(price: int, size: int = 5_000_000) -> Level:
    return Level(Price(price), Size(size))


def snapshot(outcome: OutcomeId, bid: int, ask: int, *, complete: bool = True, at: int = 1) -> BookSnapshot:
    return BookSnapshot(outcome, (level(bid),), (level(ask),), Nanos(at), complete=complete)


def polymarket() -> BookTable:
    table = BookTable([market(Venue.POLYMARKET)])
    table.apply(snapshot(YES, 4_000, 4_200))
    table.apply(snapshot(NO, 5_800, 6_000))
    return table


def usable(table: BookTable, outcome: OutcomeId) -> bool:
    view = table.view(outcome)
    return view is not None and view.usable


def test_a_no_book_of_kalshi_is_the_mirror_of_its_yes_book() -> None:
    table = BookTable([market(Venue.KALSHI)])
    table.apply(snapshot(kalshi_yes(TICKER), 4_000, 4_200))
    no = table.view(kalshi_no(TICKER))
    assert no is not None
    assert (no.best_bid, no.best_ask) == (5_800, 6_000)
    assert [*no.asks()] == [level(6_000)]


def test_both_outcomes_are_shown_once_they_mirror_each_other() -> None:
    table = BookTable([market(Venue.POLYMARKET)])
    assert table.apply(snapshot(YES, 4_000, 4_200)) == [YES]
    assert sorted(table.apply(snapshot(NO, 5_800, 6_000))) == [YES, NO]


def test_nobody_looks_between_two_frames_of_one_instant() -> None:
    table = polymarket()
    first = LevelsSet((LevelSet(YES, Side.BUY, Price(4_100), Size(1)),), Nanos(2), complete=False)
    assert not table.apply(first)
    second = LevelsSet((LevelSet(NO, Side.SELL, Price(5_900), Size(1)),), Nanos(3), complete=True)
    assert sorted(table.apply(second)) == [YES, NO]


def test_a_group_without_its_other_half_is_not_shown() -> None:
    table = polymarket()
    table.apply(LevelsSet((LevelSet(YES, Side.BUY, Price(4_100), Size(1)),), Nanos(2), complete=False))
    assert not table.apply(GroupClosed((YES,), Nanos(3)))
    assert table.counters.mirror_breaks == 1


def test_a_crossed_book_is_counted_and_not_shown() -> None:
    table = polymarket()
    assert not table.apply(LevelsSet((LevelSet(YES, Side.BUY, Price(4_200), Size(1)),), Nanos(2)))
    assert table.counters.crossed == 1


def test_books_that_nobody_watches_say_the_same_in_less_room() -> None:
    full, compact = BookTable([market(Venue.POLYMARKET)]), BookTable([market(Venue.POLYMARKET)], watched=())
    events = (
        snapshot(YES, 4_000, 4_200),
        snapshot(NO, 5_800, 6_000),
        LevelsSet(
            (LevelSet(YES, Side.BUY, Price(4_100), Size(7)), LevelSet(NO, Side.SELL, Price(5_900), Size(7))), Nanos(2)
        ),
    )
    for event in events:
        assert sorted(full.apply(event)) == sorted(compact.apply(event))
    for outcome in (YES, NO):
        ours, theirs = full.view(outcome), compact.view(outcome)
        assert isinstance(theirs, CompactBook)
        assert ours is not None
        assert ([*ours.bids()], [*ours.asks()]) == ([*theirs.bids()], [*theirs.asks()])


def test_a_lost_book_stays_unknown_until_its_snapshot_which_is_a_resync() -> None:
    table = polymarket()
    table.apply(BookLost((YES,), "a gap", Nanos(2)))
    assert not usable(table, YES)
    assert not table.apply(LevelsSet((LevelSet(YES, Side.BUY, Price(4_100), Size(1)),), Nanos(3)))
    table.apply(snapshot(YES, 4_000, 4_200, at=4))
    assert usable(table, YES)
    assert table.counters.resyncs == 1


def test_a_folded_book_that_differs_from_its_snapshot_is_a_resync_and_one_that_equals_it_is_none() -> None:
    table = BookTable([market(Venue.KALSHI)])
    yes = kalshi_yes(TICKER)
    table.apply(snapshot(yes, 4_000, 4_200))
    table.apply(LevelAdded(yes, Side.BUY, Price(3_900), 7, Nanos(2)))
    table.apply(BookSnapshot(yes, (level(4_000), level(3_900, 7)), (level(4_200),), Nanos(3)))
    assert table.counters.resyncs == 0
    table.apply(snapshot(yes, 4_000, 4_200, at=4))
    assert table.counters.resyncs == 1


def test_a_change_below_the_top_is_told_only_where_somebody_looks_deep() -> None:
    table = BookTable([market(Venue.KALSHI)])
    yes = kalshi_yes(TICKER)
    table.apply(snapshot(yes, 4_000, 4_200))
    below = LevelAdded(yes, Side.BUY, Price(3_900), 7, Nanos(2))
    assert not table.apply(below)
    assert table.apply(LevelAdded(yes, Side.BUY, Price(4_100), 7, Nanos(3))) == (yes,)
    looked_at: set[OutcomeId] = set()
    table.wake_deep(looked_at)
    assert not table.apply(below)
    looked_at.add(yes)
    assert table.apply(below) == (yes,)


def test_a_change_below_zero_makes_the_book_unknown() -> None:
    table = BookTable([market(Venue.KALSHI)])
    yes = kalshi_yes(TICKER)
    table.apply(snapshot(yes, 4_000, 4_200))
    assert not table.apply(LevelAdded(yes, Side.BUY, Price(4_000), -6_000_000, Nanos(2)))
    assert not usable(table, yes)
    assert table.counters.negative == 1
