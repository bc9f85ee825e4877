"""A book is what its changes say, in any order, or says that it is not known."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import NO_SNAPSHOT, Book, Level, MirroredBook, Side
from dutchbook.domain.errors import BookError
from dutchbook.domain.identity import kalshi_no, kalshi_yes
from dutchbook.domain.units import ONE, Nanos, Price, Size

YES, NO = kalshi_yes("KX"), kalshi_no("KX")

sides = st.sampled_from(Side)
prices = st.integers(1, 12).map(Price)  # few, so that changes meet
changes = st.lists(st.tuples(sides, prices, st.integers(0, 5).map(Size)), max_size=40)

type Sizes = dict[tuple[Side, Price], Size]


def book_of(sizes: Sizes) -> Book:
    book = Book(YES)
    bids, asks = ([Level(p, size) for (s, p), size in sizes.items() if s is side] for side in Side)
    book.replace(bids, asks, Nanos(1))
    return book


def levels(sizes: Sizes, side: Side) -> Sequence[Level]:
    found = sorted(price for (s, price), size in sizes.items() if s is side and size)
    ordered = reversed(found) if side is Side.BUY else found
    return [Level(price, sizes[side, price]) for price in ordered]


def assert_is(book: Book, sizes: Sizes) -> None:
    bids, asks = levels(sizes, Side.BUY), levels(sizes, Side.SELL)
    assert list(book.bids()) == bids
    assert list(book.asks()) == asks
    assert book.best_bid == (bids[0].price if bids else None)
    assert book.best_ask == (asks[0].price if asks else None)
    assert book.crossed == bool(bids and asks and bids[0].price >= asks[0].price)


@given(changes, st.randoms(use_true_random=False))
def test_a_snapshot_may_come_in_any_order(changed: list[tuple[Side, Price, Size]], rng: object) -> None:
    sizes: Sizes = {(side, price): size for side, price, size in changed}
    assert_is(book_of(sizes), sizes)
    assert_is(book_of(dict(reversed(sizes.items()))), sizes)


@given(changes, changes)
def test_a_level_has_the_size_last_set(
    before: list[tuple[Side, Price, Size]], changed: list[tuple[Side, Price, Size]]
) -> None:
    sizes: Sizes = {(side, price): size for side, price, size in before}
    book = book_of(sizes)
    for side, price, size in changed:
        book.set_level(side, price, size)
        sizes[side, price] = size
        assert_is(book, sizes)


@given(st.lists(st.tuples(sides, prices, st.integers(-4, 5)), max_size=40))
def test_signed_changes_add_up_and_one_too_many_changes_nothing(changed: list[tuple[Side, Price, int]]) -> None:
    book = book_of({})
    sizes: Sizes = {}
    for side, price, delta in changed:
        left = sizes.get((side, price), 0) + delta
        if left < 0:
            with pytest.raises(BookError, match="take a snapshot"):
                book.add(side, price, delta)
        else:
            book.add(side, price, delta)
            sizes[side, price] = Size(left)
        assert_is(book, sizes)


def test_a_book_is_unusable_until_a_snapshot_and_after_a_loss() -> None:
    book = Book(YES)
    assert (book.usable, book.fault) == (False, NO_SNAPSHOT)
    book.replace((), (), Nanos(7))
    assert (book.usable, book.received) == (True, 7)
    book.lose("gap at 5")
    assert (book.usable, book.fault) == (False, "gap at 5")
    book.replace((), (), Nanos(8))
    assert book.usable


def test_an_empty_side_has_no_best_price() -> None:
    book = Book(YES)
    mirror = MirroredBook(NO, book)
    assert book.best_bid is book.best_ask is mirror.best_bid is mirror.best_ask is None


@given(changes)
def test_a_mirrored_book_shows_each_bid_as_an_ask_of_the_other_outcome(
    changed: list[tuple[Side, Price, Size]],
) -> None:
    book = book_of({(side, price): size for side, price, size in changed})
    mirror = MirroredBook(NO, book)
    assert [(ONE - level.price, level.size) for level in mirror.asks()] == [(b.price, b.size) for b in book.bids()]
    assert [(ONE - level.price, level.size) for level in mirror.bids()] == [(a.price, a.size) for a in book.asks()]
    assert mirror.best_ask == next((level.price for level in mirror.asks()), None)
    assert mirror.best_bid == next((level.price for level in mirror.bids()), None)
    assert (mirror.outcome, mirror.usable, mirror.received) == (NO, True, 1)
    book.lose("gap")
    assert not mirror.usable


def test_sides_are_opposite() -> None:
    assert [side.opposite for side in Side] == [Side.SELL, Side.BUY]
