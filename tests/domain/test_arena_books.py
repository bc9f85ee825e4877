"""A book in the arena answers whatever happens as an ordinary one does, whether it fits there or not."""

from array import array
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.arena_books import BIDS, OUTSIDE, RECORD, RETIRED, SLOTS, SPILLED, USABLE, ArenaBook
from dutchbook.domain.book import Book, Level, Side
from dutchbook.domain.compact_books import MAX_SIZE
from dutchbook.domain.errors import BookError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE, Nanos, Price, Size

TOKEN = OutcomeId("7" * 77)

type Change = Callable[[Book | ArenaBook], None]

sides = st.sampled_from(Side)
# Few prices, so that changes meet, and the two ends of the range.
prices = st.one_of(st.integers(1, 9), st.sampled_from([1, ONE - 1])).map(Price)
sizes = st.one_of(st.integers(0, 4), st.sampled_from([MAX_SIZE, MAX_SIZE + 1])).map(Size)
levels = st.lists(st.builds(Level, prices, sizes), max_size=12)
many = st.integers(SLOTS - 2, SLOTS + 2).map(lambda count: [Level(Price(20 + n), Size(5)) for n in range(count)])
changes = st.one_of(
    st.builds(
        lambda bids, asks, at: lambda book: book.replace(bids, asks, at),
        levels | many,
        levels | many,
        st.just(Nanos(3)),
    ),
    st.builds(lambda side, price, size: lambda book: book.set_level(side, price, size), sides, prices, sizes),
    st.builds(lambda side, price, size: lambda book: book.set_level(side, price, size), sides, prices, sizes),
    st.builds(lambda side, price, by: lambda book: book.add(side, price, by), sides, prices, st.integers(-5, 5)),
    st.builds(lambda reason: lambda book: book.lose(reason), st.sampled_from(["a gap", "a wrong hash"])),
    st.builds(lambda waits: lambda book: setattr(book, "waiting", waits), st.booleans()),
)


def arena() -> "array[int]":
    return array("q", bytes(8 * 2 * RECORD))


def outcome_of(change: Change, book: Book | ArenaBook) -> str | None:
    """What the change raised, if it did."""
    try:
        change(book)
    except BookError as error:
        return str(error)
    return None


def reads(book: Book | ArenaBook) -> tuple[object, ...]:
    state = book.outcome, book.usable, book.fault, book.received, book.folded, book.waiting
    return state, book.best_bid, book.best_ask, book.crossed, list(book.bids()), list(book.asks()), book.bid_sizes


@given(st.lists(changes, max_size=40), st.integers(0, 40))
def test_it_reads_like_an_ordinary_book_after_any_changes(changed: list[Change], taken_at: int) -> None:
    plain, later, block = Book(TOKEN), Book(TOKEN), arena()
    for change in changed[:taken_at]:
        assert outcome_of(change, plain) == outcome_of(change, later)
    held = ArenaBook(later, block, RECORD, 0)
    assert reads(held) == reads(plain)
    for change in changed[taken_at:]:
        assert outcome_of(change, held) == outcome_of(change, plain)
        assert reads(held) == reads(plain)
        assert bool(block[RECORD + USABLE]) is plain.usable
    assert reads(held.as_book()) == reads(plain)


def test_a_book_too_deep_for_its_record_lives_beside_it_until_a_snapshot_fits() -> None:
    block = arena()
    book = ArenaBook(Book(TOKEN), block, 0, RECORD)
    book.replace([Level(Price(n + 1), Size(1)) for n in range(SLOTS)], [], Nanos(1))
    assert (block[OUTSIDE], block[BIDS]) == (0, SLOTS)
    book.set_level(Side.BUY, Price(9_000), Size(1))
    assert block[OUTSIDE] == SPILLED
    assert (book.best_bid, len(book.bid_sizes)) == (9_000, SLOTS + 1)
    book.replace([Level(Price(5), Size(1))], [], Nanos(2))
    assert (block[OUTSIDE], book.best_bid) == (0, 5)


def test_a_book_of_a_market_that_is_over_is_marked_as_such() -> None:
    block = arena()
    book = ArenaBook(Book(TOKEN), block, 0, RECORD)
    book.replace([Level(Price(5), Size(1))], [], Nanos(2))
    book.retire()
    assert (block[OUTSIDE], block[USABLE], book.usable) == (RETIRED, 0, False)
