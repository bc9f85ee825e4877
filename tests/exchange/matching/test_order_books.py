"""A market's book in plain Python, and its twin in machine code: the same answers to whatever is asked of them."""

import gc
import weakref
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.exchange.matching import order_book
from dutchbook.exchange.matching.compiled import CompiledBook
from dutchbook.exchange.matching.layout import MAX_SIZE, MAX_TOTAL, NO_ASK
from dutchbook.exchange.matching.native import Doors, doors
from dutchbook.exchange.matching.order_book import OrderBook, new_book
from dutchbook.exchange.matching.plain import PlainBook

BID, ASK = True, False
ACTS = st.tuples(
    st.sampled_from(["add", "add", "add", "remove", "fill", "take", "nonsense"]),
    st.booleans(),
    st.integers(1, 9_999) | st.integers(48, 52).map(lambda cents: 100 * cents) | st.integers(1, 40),
    st.integers(1, 60) | st.integers(1, 2**59),
    st.integers(0, 2**30),
)


def machine_code() -> Doors:
    pytest.importorskip("numba")
    found = doors()
    assert found is not None
    return found


def compiled() -> OrderBook[str]:
    return CompiledBook(machine_code())


KINDS = pytest.mark.parametrize("make", [PlainBook, compiled], ids=["plain", "compiled"])
type Make = Callable[[], OrderBook[str]]


def shown(book: OrderBook[str]) -> object:
    """All that a book tells."""
    sides = [[(book.level(bid, rank), book.queue(bid, rank)) for rank in range(book.depth(bid))] for bid in (BID, ASK)]
    return sides, [book.top(bid) for bid in (BID, ASK)], book.left(), book.version()


class Both:
    """The two books side by side, and where each order rests in them."""

    def __init__(self) -> None:
        self.books: tuple[OrderBook[str], OrderBook[str]] = (PlainBook(), compiled())
        self.rows: dict[str, tuple[int, int]] = {}
        self.added = 0

    def add(self, bid: bool, price: int, size: int) -> None:
        self.added += 1
        name = f"o{self.added}"
        rows = [self.asked(lambda book, _: book.add(bid, price, size, name), pair) for pair in enumerate(self.books)]
        assert (rows[0] is None) is (rows[1] is None)
        if rows[0] is not None and rows[1] is not None:
            self.rows[name] = rows[0], rows[1]

    def remove(self, name: str) -> None:
        rows = self.rows.pop(name)
        left = {book.remove(row) for book, row in zip(self.books, rows, strict=True)}
        assert len(left) == 1

    def fill(self, name: str, part: int) -> None:
        rows = self.rows[name]
        rest = [self.asked(lambda book, n: book.fill(rows[n], part), pair) for pair in enumerate(self.books)]
        assert rest[0] == rest[1]
        if rest[0] == 0:
            del self.rows[name]

    def take(self, bid: bool, price: int, size: int) -> None:
        """What an order does that crosses: it meets, it takes, and what is left of it waits."""
        crossing = [book.crosses(bid, price) for book in self.books]
        found = [book.reach(bid, price, size) for book in self.books]
        assert found[0] == found[1]
        assert crossing == [bool(found[0][0])] * 2
        for name, part in zip(*found[0], strict=True):
            self.fill(name, part)
        if left := size - sum(found[0][1]):
            self.add(bid, price, left)

    @staticmethod
    def asked(ask: Callable[[OrderBook[str], int], int], pair: tuple[int, OrderBook[str]]) -> int | None:
        number, book = pair
        try:
            return ask(book, number)
        except KeyError:
            return None

    def compare(self) -> None:
        assert shown(self.books[0]) == shown(self.books[1])
        for name, rows in self.rows.items():
            ahead = [book.ahead(row) for book, row in zip(self.books, rows, strict=True)]
            assert ahead[0] == ahead[1], name


@given(st.lists(ACTS, max_size=120))
def test_both_books_say_the_same_after_every_step(acts: list[tuple[str, bool, int, int, int]]) -> None:
    both = Both()
    for what, bid, price, size, pick in acts:
        names = list(both.rows)
        match what:
            case "add":
                # A book that rests is never crossed: whoever would cross takes first.
                both.take(bid, price, size) if both.books[0].crosses(bid, price) else both.add(bid, price, size)
            case "take":
                both.take(bid, price, size)
            case "remove" if names:
                both.remove(names[pick % len(names)])
            case "fill" if names:
                both.fill(names[pick % len(names)], 1 + pick % 70)
            case "nonsense":
                both.add(bid, (0, NO_ASK, -price)[pick % 3], size)
                both.add(bid, price, (0, -size, MAX_SIZE)[pick % 3])
        both.compare()


@KINDS
def test_a_book_grows_without_changing_what_it_shows(make: Make) -> None:
    book = make()
    rows = [
        book.add(number % 2 == 0, (40 if number % 2 == 0 else 60) * 100 + number, 5, str(number))
        for number in range(2_000)
    ]
    assert (book.depth(BID), book.depth(ASK)) == (1_000, 1_000)
    assert [book.level(BID, rank)[0] for rank in range(1_000)] == list(range(5_998, 3_998, -2))
    assert book.queue(ASK, 999) == ("1999",)
    for row in rows:
        assert book.remove(row) == 0
    assert (book.depth(BID), book.depth(ASK), book.version()) == (0, 0, 4_000)


@KINDS
def test_a_row_that_was_left_may_be_used_again_and_one_that_rests_is_not(make: Make) -> None:
    book = make()
    first, second = book.add(BID, 4_000, 5, "first"), book.add(BID, 4_000, 5, "second")
    assert book.remove(first) == 5
    third = book.add(BID, 4_000, 5, "third")
    assert third != second
    assert book.queue(BID, 0) == ("second", "third")


@KINDS
def test_what_does_not_rest_raises_and_changes_nothing(make: Make) -> None:
    book = make()
    row, gone = book.add(BID, 4_000, 5, "here"), book.add(ASK, 6_000, 5, "gone")
    book.remove(gone)
    before = shown(book)
    for asked in (
        lambda: book.remove(gone),
        lambda: book.remove(0),
        lambda: book.remove(-1),
        lambda: book.remove(10**6),
        lambda: book.fill(gone, 1),
        lambda: book.fill(row, 6),
        lambda: book.fill(row, 0),
        lambda: book.fill(row, -1),
        lambda: book.ahead(gone),
        lambda: book.level(BID, 1),
        lambda: book.level(BID, -1),
        lambda: book.queue(ASK, 0),
        lambda: book.add(BID, 0, 5, "no price"),
        lambda: book.add(BID, 4_000, 0, "no size"),
    ):
        with pytest.raises(KeyError, match="read the book again"):
            asked()
    assert shown(book) == before


@KINDS
def test_a_level_never_holds_more_than_can_be_counted(make: Make) -> None:
    book = make()
    most = MAX_SIZE - 1
    for number in range(4):
        book.add(BID, 4_000, most, str(number))
    with pytest.raises(KeyError):
        book.add(BID, 4_000, MAX_TOTAL - 4 * most, "one too many")
    assert book.level(BID, 0) == (4_000, 4 * most)


def test_machine_code_refuses_what_are_no_numbers_and_the_wrong_number_of_them() -> None:
    book = compiled()
    row = book.add(BID, 4_000, 5, "here")
    before = shown(book)
    for asked in (
        lambda: book.remove("here"),  # type: ignore[arg-type]
        lambda: book.remove(2**70),
        lambda: book.remove(None),  # type: ignore[arg-type]
        lambda: book.fill(row),  # type: ignore[call-arg]
        lambda: book.fill(row, 1, 1),  # type: ignore[call-arg]
        lambda: book.add(BID, "4000", 5, "text"),  # type: ignore[arg-type]
        lambda: book.crosses(BID),  # type: ignore[call-arg]
        lambda: book.reach(BID, 1),  # type: ignore[call-arg]
    ):
        with pytest.raises((KeyError, TypeError, OverflowError)):
            asked()
    assert shown(book) == before


class Thing:
    """Something that can be watched."""


@KINDS
def test_a_book_keeps_what_rests_alive_and_forgets_what_left(make: Callable[[], OrderBook[Thing]]) -> None:
    book, thing = make(), Thing()
    row, watched = book.add(BID, 4_000, 5, thing), weakref.ref(thing)
    del thing
    gc.collect()
    assert book.queue(BID, 0) == (watched(),)
    assert watched() is not None
    book.remove(row)
    gc.collect()
    assert watched() is None


@KINDS
def test_a_book_and_what_it_holds_are_freed_although_they_hold_each_other(make: Callable[[], OrderBook[Thing]]) -> None:
    book, thing = make(), Thing()
    thing.book = book  # type: ignore[attr-defined]
    book.add(BID, 4_000, 5, thing)
    watched = weakref.ref(thing)
    del book, thing
    gc.collect()
    assert watched() is None


def test_where_numba_is_missing_the_book_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_book, "doors", lambda: None)
    assert isinstance(new_book(), PlainBook)


def test_where_numba_is_installed_the_book_is_machine_code() -> None:
    machine_code()
    assert isinstance(new_book(), CompiledBook)
