"""Order books inside one block of integers, where compiled code changes them: what `Book` says, read on demand.

A book is a record of `RECORD` integers: its tops, what was told of them, its state, and then the levels of both sides
as words like those of `CompactBook`, ascending. Whoever changes levels keeps the tops true. A book that does not fit (a
side of more than `SLOTS` levels, or a level beyond `MAX_SIZE`) keeps its levels in a `Book` beside its record, and says
so there, until its next snapshot fits again.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from dutchbook.domain.book import Book, Level, Side
from dutchbook.domain.compact_books import MAX_SIZE, SIZE_BITS, CompactBook, unpacked
from dutchbook.domain.errors import BookError
from dutchbook.domain.units import Nanos, Price, Size

SLOTS = 256
"""Levels that a side can hold in the arena."""

BID, ASK = 0, 1
"""The best prices; 0 where nobody offers."""
TOLD_BID, TOLD_ASK = 2, 3
"""The best prices that strategies were told last; a bid of `UNTOLD` where that is not known here."""
RECEIVED, USABLE, WAITING, OUTSIDE = 4, 5, 6, 7
"""As in `Book`; `OUTSIDE` is not 0 where compiled code may not change the levels."""
BIDS, ASKS = 8, 9
"""How many levels there are on each side."""
BID_LEVELS = 16
ASK_LEVELS = BID_LEVELS + SLOTS
RECORD = ASK_LEVELS + SLOTS

_BUY = Side.BUY  # a look-up in the enum would be a tenth of a change

UNTOLD = -1
SPILLED, RETIRED = 1, 2
"""What `OUTSIDE` says: the levels are in a `Book` beside the record, or the market is over."""


class ArenaBook:
    """Bids and asks of one outcome: every read and every change as `Book` has them, none of it kept here."""

    __slots__ = ("_at", "_ints", "_other", "_spilled", "fault", "folded", "outcome", "twin")

    def __init__(self, book: Book, ints: "array[int]", at: int, other: int) -> None:
        """Take over a book as it stands, into the record that begins at `at`; its twin's begins at `other`."""
        self.outcome = book.outcome
        self._ints = ints
        self._at = at
        self._other = other
        self._spilled: Book | None = None
        self.twin: Book | CompactBook | ArenaBook | None = None
        self.replace(book.bids(), book.asks(), book.received)
        self.fault = book.fault
        self.folded = book.folded
        ints[at + USABLE] = book.fault is None
        self.waiting = book.waiting

    @property
    def usable(self) -> bool:
        """Whether the book is known to be whole."""
        return self.fault is None

    @property
    def received(self) -> Nanos:
        return Nanos(self._ints[self._at + RECEIVED])

    @received.setter
    def received(self, at: Nanos) -> None:
        self._ints[self._at + RECEIVED] = at

    @property
    def waiting(self) -> bool:
        """As in `Book`. Who sets it may be about to tell of this book and its twin himself: that is noted."""
        return bool(self._ints[self._at + WAITING])

    @waiting.setter
    def waiting(self, waits: bool) -> None:
        ints, at, other = self._ints, self._at, self._other
        ints[at + WAITING] = waits
        ints[at + TOLD_BID] = ints[other + TOLD_BID] = UNTOLD

    @property
    def best_bid(self) -> Price | None:
        return self._ints[self._at] or None  # type: ignore[return-value]  # a call of Price is a half of all this

    @property
    def best_ask(self) -> Price | None:
        return self._ints[self._at + ASK] or None  # type: ignore[return-value]  # as above

    @property
    def crossed(self) -> bool:
        """Whether somebody seems to bid at or above an ask."""
        return 0 < self._ints[self._at + ASK] <= self._ints[self._at + BID]

    @property
    def bid_sizes(self) -> dict[Price, Size]:
        """Sizes by price: a copy."""
        return {level.price: level.size for level in self.bids()}

    @property
    def ask_sizes(self) -> dict[Price, Size]:
        """Sizes by price: a copy."""
        return {level.price: level.size for level in self.asks()}

    def bids(self) -> Iterator[Level]:
        """Bid levels, highest first."""
        if self._spilled is not None:
            return self._spilled.bids()
        return map(unpacked, reversed(self._words(BIDS, BID_LEVELS)))

    def asks(self) -> Iterator[Level]:
        """Ask levels, lowest first."""
        if self._spilled is not None:
            return self._spilled.asks()
        return map(unpacked, self._words(ASKS, ASK_LEVELS))

    def replace(self, bids: Iterable[Level], asks: Iterable[Level], received: Nanos) -> None:
        """Take a whole new book, in any order; levels without size are no levels. The book is usable afterwards."""
        bids, asks = tuple(bids), tuple(asks)
        bid_words, ask_words = _packed(bids), _packed(asks)
        if bid_words is not None and ask_words is not None:
            self._spilled = None
            self._ints[self._at + OUTSIDE] = 0
            self._keep(BIDS, BID_LEVELS, bid_words)
            self._keep(ASKS, ASK_LEVELS, ask_words)
        else:
            self._spill(bids, asks)
        self._note_tops()
        self._ints[self._at + USABLE] = True
        self.received = received
        self.fault = None

    def set_level(self, side: Side, price: Price, size: Size) -> None:
        """Set the total size at a price; 0 removes the level."""
        if self._spilled is not None:
            self._spilled.set_level(side, price, size)
            self._note_tops()
            return
        ints, at = self._ints, self._at
        held, start = (at + BIDS, at + BID_LEVELS) if side is _BUY else (at + ASKS, at + ASK_LEVELS)
        end = start + ints[held]
        place = bisect_left(ints, price << SIZE_BITS, start, end)
        stands = place < end and ints[place] >> SIZE_BITS == price
        if size > MAX_SIZE or (size and not stands and end - start == SLOTS):
            self._spill(tuple(self.bids()), tuple(self.asks()))
            self.set_level(side, price, size)
        elif size and stands:
            ints[place] = price << SIZE_BITS | size
        elif size or stands:
            if size:
                self._copy(ints[place:end], place + 1)
                ints[place] = price << SIZE_BITS | size
            else:
                self._copy(ints[place + 1 : end], place)
            ints[held] += 1 if size else -1
            self._note_tops()

    def add(self, side: Side, price: Price, delta: int) -> None:
        """Change the size at a price by a signed amount. Raises BookError, changing nothing, if it fell below zero."""
        self.folded = True
        left = (self.bid_sizes if side is Side.BUY else self.ask_sizes).get(price, 0) + delta
        if left < 0:
            raise BookError(
                f"{self.outcome}: {side} level {price} would fall to {left} - a message was lost - take a snapshot"
            )
        self.set_level(side, price, Size(left))

    def lose(self, reason: str) -> None:
        """Declare the book unknown until the next snapshot."""
        self.fault = reason
        self._ints[self._at + USABLE] = False
        self._ints[self._at + TOLD_BID] = UNTOLD

    def retire(self) -> None:
        """The market is over: compiled code has no business with this book any more."""
        self.lose("the market is over")
        self._ints[self._at + WAITING] = False
        self._ints[self._at + OUTSIDE] = RETIRED

    def as_book(self) -> Book:
        """The same book with levels of its own; its twin is for the caller to set."""
        book = Book(self.outcome)
        book.replace(self.bids(), self.asks(), self.received)
        book.fault, book.folded, book.waiting = self.fault, self.folded, self.waiting
        return book

    def _words(self, count: int, levels: int) -> "array[int]":
        start = self._at + levels
        return self._ints[start : start + self._ints[self._at + count]]

    def _keep(self, count: int, levels: int, words: "array[int]") -> None:
        self._ints[self._at + count] = len(words)
        self._copy(words, self._at + levels)

    def _copy(self, words: "array[int]", start: int) -> None:
        if words:  # an empty slice counts as one of another size, which an array in use elsewhere may not have
            self._ints[start : start + len(words)] = words

    def _spill(self, bids: Iterable[Level], asks: Iterable[Level]) -> None:
        self._ints[self._at + OUTSIDE] = SPILLED
        self._spilled = Book(self.outcome)
        self._spilled.replace(bids, asks, self.received)

    def _note_tops(self) -> None:
        ints, at, spilled = self._ints, self._at, self._spilled
        if spilled is not None:
            ints[at + BID], ints[at + ASK] = spilled.best_bid or 0, spilled.best_ask or 0
            return
        bids, asks = ints[at + BIDS], ints[at + ASKS]
        ints[at + BID] = ints[at + BID_LEVELS + bids - 1] >> SIZE_BITS if bids else 0
        ints[at + ASK] = ints[at + ASK_LEVELS] >> SIZE_BITS if asks else 0


def _packed(levels: Sequence[Level]) -> "array[int] | None":
    """The words of a side, ascending; None if it does not fit."""
    words = {level.price: level.price << SIZE_BITS | level.size for level in levels if level.size}
    if len(words) > SLOTS or max([level.size for level in levels], default=0) > MAX_SIZE:
        return None
    return array("q", sorted(words.values()))
