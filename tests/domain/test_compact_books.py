"""A compact book answers whatever happens as an ordinary one does."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Book, BookView, Level, Side
from dutchbook.domain.compact_books import MAX_SIZE, CompactBook
from dutchbook.domain.errors import BookError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE, Nanos, Price, Size

TOKEN = OutcomeId("7" * 77)

type Change = Callable[[Book | CompactBook], None]

sides = st.sampled_from(Side)
# Few prices, so that changes meet, and the two ends of the range.
prices = st.one_of(st.integers(1, 9), st.sampled_from([1, ONE - 1])).map(Price)
sizes = st.one_of(st.integers(0, 4), st.just(MAX_SIZE)).map(Size)
levels = st.lists(st.builds(Level, prices, sizes), max_size=12)
changes = st.one_of(
    st.builds(lambda bids, asks, at: lambda book: book.replace(bids, asks, at), levels, levels, st.just(Nanos(3))),
    st.builds(lambda side, price, size: lambda book: book.set_level(side, price, size), sides, prices, sizes),
    st.builds(lambda side, price, by: lambda book: book.add(side, price, by), sides, prices, st.integers(-5, 5)),
    st.builds(lambda reason: lambda book: book.lose(reason), st.sampled_from(["a gap", "a wrong hash"])),
)


def outcome_of(change: Change, book: Book | CompactBook) -> str | None:
    """What the change raised, if it did."""
    try:
        change(book)
    except BookError as error:
        return str(error)
    return None


def reads(book: Book | CompactBook) -> tuple[object, ...]:
    view: BookView = book
    top = view.best_bid, view.best_ask, book.crossed
    state = view.outcome, view.usable, book.fault, view.received, book.folded, book.twin, book.waiting
    return state, top, list(view.bids()), list(view.asks()), book.bid_sizes, book.ask_sizes


@given(st.lists(changes, max_size=60))
def test_it_reads_like_an_ordinary_book_after_any_changes(changed: list[Change]) -> None:
    plain, compact = Book(TOKEN), CompactBook(TOKEN)
    assert reads(compact) == reads(plain)
    for change in changed:
        before = reads(compact)
        failure = outcome_of(change, compact)
        if failure is not None and "more than a compact book holds" in failure:
            assert reads(compact)[1:] == before[1:]
            return  # Here the two part: the ordinary book takes any size.
        assert failure == outcome_of(change, plain)
        assert reads(compact) == reads(plain)


@pytest.mark.parametrize("size", [MAX_SIZE + 1, 10**18])
def test_it_refuses_a_size_that_it_cannot_hold_and_changes_nothing(size: int) -> None:
    book = CompactBook(TOKEN)
    book.replace([Level(Price(5), Size(2))], [], Nanos(1))
    with pytest.raises(BookError, match="more than a compact book holds"):
        book.set_level(Side.BUY, Price(5), Size(size))
    with pytest.raises(BookError, match="more than a compact book holds"):
        book.replace([], [Level(Price(7), Size(size))], Nanos(2))
    assert (list(book.bids()), list(book.asks()), book.received) == ([Level(Price(5), Size(2))], [], 1)


def test_a_hundred_levels_a_side_stay_sorted_from_the_best() -> None:
    book = CompactBook(TOKEN)
    for step in range(100):
        book.set_level(Side.BUY, Price(1 + step * 37 % 100), Size(step + 1))
        book.set_level(Side.SELL, Price(5_000 + step * 37 % 100), Size(step + 1))
    assert [level.price for level in book.bids()] == list(range(100, 0, -1))
    assert [level.price for level in book.asks()] == list(range(5_000, 5_100))
