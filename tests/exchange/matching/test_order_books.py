"""A market's book in plain Python, and its twin in machine code: the same answers to whatever is asked of them."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import Price, Size
from dutchbook.exchange.matching import order_book
from dutchbook.exchange.matching.compiled import CompiledBook
from dutchbook.exchange.matching.layout import MAX_SIZE, MAX_TOTAL, NO_ASK
from dutchbook.exchange.matching.native import Doors, doors
from dutchbook.exchange.matching.order_book import OrderBook, new_book
from dutchbook.exchange.matching.plain import PlainBook

BID, ASK = True, False
ACTS = st.tuples(
    st.sampled_from(["add", "add", "add", "remove", "fill", "take", "look", "nonsense"]),
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


def compiled() -> OrderBook:
    return CompiledBook(machine_code())


KINDS = pytest.mark.parametrize("make", [PlainBook, compiled], ids=["plain", "compiled"])
type Make = Callable[[], OrderBook]


def shown(book: OrderBook) -> tuple[list[list[tuple[tuple[Price, Size], tuple[int, ...]]]], list[int], int, int]:
    """All that a book tells."""
    sides = [[(book.level(bid, rank), book.queue(bid, rank)) for rank in range(book.depth(bid))] for bid in (BID, ASK)]
    return sides, [book.top(bid) for bid in (BID, ASK)], book.left(), book.version()


class Both:
    """The two books side by side, and the rows of each order in them, which need not be equal."""

    def __init__(self) -> None:
        self.books: tuple[OrderBook, OrderBook] = (PlainBook(), compiled())
        self.rows: dict[str, tuple[int, int]] = {}
        self.names: tuple[dict[int, str], dict[int, str]] = ({}, {})
        """Of all orders that ever rested, by their rows."""
        self.sizes: dict[str, int] = {}
        self.owners: dict[str, int] = {}

    def add(self, bid: bool, price: int, size: int, owner: int) -> None:
        name = f"o{len(self.names[0])}"
        rows = [self.asked(lambda book, _: book.add(bid, price, size, owner), pair) for pair in enumerate(self.books)]
        assert (rows[0] is None) is (rows[1] is None)
        if rows[0] is None or rows[1] is None:
            return
        self.rows[name] = rows[0], rows[1]
        self.sizes[name], self.owners[name] = size, owner
        for names, row in zip(self.names, self.rows[name], strict=True):
            assert row > 0
            assert row not in names, "a row is one order's for ever"
            names[row] = name

    def remove(self, name: str) -> None:
        rows = self.rows.pop(name)
        left = {book.remove(row) for book, row in zip(self.books, rows, strict=True)}
        assert len(left) == 1

    def remove_again(self, pick: int) -> None:
        """What is over stays over."""
        for book, names in zip(self.books, self.names, strict=True):
            over = [row for row, name in names.items() if name not in self.rows]
            if over:
                assert book.remove(over[pick % len(over)]) == -1

    def fill(self, name: str, part: int) -> None:
        rows = self.rows[name]
        rest = [self.asked(lambda book, n: book.fill(rows[n], part), pair) for pair in enumerate(self.books)]
        assert rest[0] == rest[1]
        if rest[0] is not None:
            self.reduced(name, part)

    def reduced(self, name: str, part: int) -> None:
        self.sizes[name] -= part
        if not self.sizes[name]:
            del self.rows[name]

    def take(self, bid: bool, price: int, size: int, owner: int) -> None:
        """What an order does that crosses: it meets, it takes, and what is left of it waits."""
        crossing = [book.crosses(bid, price) for book in self.books]
        makers, sizes, _ = self.reach(bid, price, size, 0, False)
        assert crossing == [bool(makers)] * 2
        filled = sum(sizes)
        if filled:
            assert len({book.take(bid, price, filled) for book in self.books}) == 1
        for name, part in zip(makers, sizes, strict=True):
            self.reduced(name, part)
        if size > filled:
            self.add(bid, price, size - filled, owner)

    def reach(
        self, bid: bool, price: int, size: int, avoid: int, stops: bool
    ) -> tuple[list[str], tuple[int, ...], list[str]]:
        """What both say of it, in names: what follows from the queues that they show."""
        found = [
            ([names[row] for row in rows], sizes, [names[row] for row in own])
            for names, (rows, sizes, own) in zip(
                self.names, [book.reach(bid, price, size, avoid, stops) for book in self.books], strict=True
            )
        ]
        assert found == [self.expected(bid, price, size, avoid, stops)] * 2
        return found[0]

    def expected(
        self, bid: bool, price: int, size: int, avoid: int, stops: bool
    ) -> tuple[list[str], tuple[int, ...], list[str]]:
        book, makers, sizes, own = self.books[0], list[str](), list[int](), list[str]()
        for rank in range(book.depth(not bid)):
            level = book.level(not bid, rank)[0]
            for row in book.queue(not bid, rank) if (level <= price if bid else level >= price) else ():
                name = self.names[0][row]
                if sum(sizes) == size or (stops and own):
                    continue
                if avoid and self.owners[name] == avoid:
                    own.append(name)
                else:
                    makers.append(name)
                    sizes.append(min(self.sizes[name], size - sum(sizes)))
        return makers, tuple(sizes), own

    @staticmethod
    def asked(ask: Callable[[OrderBook, int], int], pair: tuple[int, OrderBook]) -> int | None:
        number, book = pair
        try:
            return ask(book, number)
        except KeyError:
            return None

    def shown(self, number: int) -> object:
        """All that one of the books tells, in names."""
        names = self.names[number]
        sides, *rest = shown(self.books[number])
        named = [[(level, [names[row] for row in rows]) for level, rows in side] for side in sides]
        assert {name for side in named for _, queue in side for name in queue} == set(self.rows)
        return named, rest

    def compare(self) -> None:
        assert self.shown(0) == self.shown(1)
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
                crosses = both.books[0].crosses(bid, price)
                (both.take if crosses else both.add)(bid, price, size, pick % 4)
            case "take":
                both.take(bid, price, size, pick % 4)
            case "look":
                both.reach(bid, price, size, pick % 4, pick % 3 == 0)
            case "remove" if names:
                both.remove(names[pick % len(names)])
            case "fill" if names:
                both.fill(names[pick % len(names)], 1 + pick % 70)
            case "remove":
                both.remove_again(pick)
            case "nonsense":
                both.add(bid, (0, NO_ASK, -price)[pick % 3], size, 1)
                both.add(bid, price, (0, -size, MAX_SIZE)[pick % 3], 1)
                both.add(bid, price, size, -1 - pick % 3)
        both.compare()


@KINDS
def test_a_book_grows_without_changing_what_it_shows(make: Make) -> None:
    book = make()
    rows = [
        book.add(number % 2 == 0, (40 if number % 2 == 0 else 60) * 100 + number, 5, 1 + number)
        for number in range(2_000)
    ]
    assert (book.depth(BID), book.depth(ASK)) == (1_000, 1_000)
    assert [book.level(BID, rank)[0] for rank in range(1_000)] == list(range(5_998, 3_998, -2))
    assert book.queue(ASK, 999) == (rows[1_999],)
    for row in rows:
        assert book.remove(row) == 0
    assert (book.depth(BID), book.depth(ASK), book.version()) == (0, 0, 4_000)


@KINDS
def test_a_row_never_comes_again(make: Make) -> None:
    book, seen = make(), set[int]()
    for _ in range(1_000):
        row = book.add(BID, 4_000, 5, 1)
        assert row not in seen
        seen.add(row)
        assert book.remove(row) == 0
    assert {book.remove(row) for row in seen} == {-1}
    assert (book.depth(BID), book.version()) == (0, 2_000)


@KINDS
def test_a_newcomer_stands_behind_who_stays_when_somebody_left(make: Make) -> None:
    book = make()
    first, second = book.add(BID, 4_000, 5, 1), book.add(BID, 4_000, 5, 1)
    assert book.remove(first) == 5
    third = book.add(BID, 4_000, 5, 1)
    assert book.queue(BID, 0) == (second, third)


@KINDS
def test_what_does_not_rest_raises_and_changes_nothing(make: Make) -> None:
    book = make()
    row, gone = book.add(BID, 4_000, 5, 1), book.add(ASK, 6_000, 5, 1)
    book.remove(gone)
    before = shown(book)
    for asked in (
        lambda: book.remove(-1),
        lambda: book.fill(gone, 1),
        lambda: book.fill(row, 6),
        lambda: book.fill(row, 0),
        lambda: book.fill(row, -1),
        lambda: book.take(ASK, 4_000, 6),
        lambda: book.take(ASK, 4_001, 5),
        lambda: book.take(ASK, 4_000, 0),
        lambda: book.take(BID, 9_000, 1),
        lambda: book.ahead(gone),
        lambda: book.level(BID, 1),
        lambda: book.level(BID, -1),
        lambda: book.queue(ASK, 0),
        lambda: book.add(BID, 0, 5, 1),
        lambda: book.add(BID, 4_000, 0, 1),
        lambda: book.add(BID, 4_000, 5, -1),
    ):
        with pytest.raises(KeyError, match="read the book again"):
            asked()
    assert [book.remove(row) for row in (gone, 0, 10**6)] == [-1] * 3
    assert shown(book) == before


@KINDS
def test_a_level_never_holds_more_than_can_be_counted(make: Make) -> None:
    book = make()
    most = MAX_SIZE - 1
    for _ in range(4):
        book.add(BID, 4_000, most, 1)
    with pytest.raises(KeyError):
        book.add(BID, 4_000, MAX_TOTAL - 4 * most, 1)
    assert book.level(BID, 0) == (4_000, 4 * most)


def test_machine_code_refuses_what_are_no_numbers_and_the_wrong_number_of_them() -> None:
    book = compiled()
    row = book.add(BID, 4_000, 5, 1)
    before = shown(book)
    for asked in (
        lambda: book.remove("here"),  # type: ignore[arg-type]
        lambda: book.remove(2**70),
        lambda: book.remove(None),  # type: ignore[arg-type]
        lambda: book.fill(row),  # type: ignore[call-arg]
        lambda: book.fill(row, 1, 1),  # type: ignore[call-arg]
        lambda: book.add(BID, "4000", 5, 1),  # type: ignore[arg-type]
        lambda: book.add(BID, 4_000, 5, "me"),  # type: ignore[arg-type]
        lambda: book.take(ASK, 4_000, "all"),  # type: ignore[arg-type]
        lambda: book.reach(ASK, 4_000, 5, "me", False),  # type: ignore[arg-type]
        lambda: book.crosses(BID),  # type: ignore[call-arg]
        lambda: book.reach(BID, 1),  # type: ignore[call-arg]
    ):
        with pytest.raises((KeyError, TypeError, OverflowError)):
            asked()
    assert shown(book) == before


def test_where_numba_is_missing_the_book_is_the_plain_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_book, "doors", lambda: None)
    assert isinstance(new_book(), PlainBook)


def test_where_numba_is_installed_the_book_is_machine_code() -> None:
    machine_code()
    assert isinstance(new_book(), CompiledBook)
