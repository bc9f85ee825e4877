"""Order books for the many outcomes that nobody watches: what `Book` says, in a seventh of its memory.

A level is one 64-bit integer, `price << 49 | size`, in a sorted array for each side. Changes cost a search and a shift
of some hundred bytes, a little more than in a `Book`; there is nothing for the garbage collector to visit in a level.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator

from dutchbook.domain.book import NO_SNAPSHOT, Book, Level, Side
from dutchbook.domain.errors import BookError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Nanos, Price, Size

SIZE_BITS = 49
MAX_SIZE = Size((1 << SIZE_BITS) - 1)
"""The most that one level can hold: 562 million contracts."""


class CompactBook:
    """Bids and asks of one outcome: every read and every change as `Book` has them.

    A level beyond `MAX_SIZE` raises BookError and changes nothing.
    """

    __slots__ = ("_asks", "_bids", "fault", "folded", "outcome", "received", "twin", "waiting")

    def __init__(self, outcome: OutcomeId) -> None:
        self.outcome = outcome
        self._bids = array("q")
        self._asks = array("q")
        self.received = Nanos(0)
        self.fault: str | None = NO_SNAPSHOT
        self.folded = False
        self.twin: Book | CompactBook | None = None
        self.waiting = False

    @property
    def usable(self) -> bool:
        """Whether the book is known to be whole."""
        return self.fault is None

    @property
    def best_bid(self) -> Price | None:
        return Price(self._bids[-1] >> SIZE_BITS) if self._bids else None

    @property
    def best_ask(self) -> Price | None:
        return Price(self._asks[0] >> SIZE_BITS) if self._asks else None

    @property
    def crossed(self) -> bool:
        """Whether somebody seems to bid at or above an ask."""
        return bool(self._bids and self._asks and self._bids[-1] >> SIZE_BITS >= self._asks[0] >> SIZE_BITS)

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
        return map(unpacked, reversed(self._bids))

    def asks(self) -> Iterator[Level]:
        """Ask levels, lowest first."""
        return map(unpacked, self._asks)

    def replace(self, bids: Iterable[Level], asks: Iterable[Level], received: Nanos) -> None:
        """Take a whole new book, in any order; levels without size are no levels. The book is usable afterwards."""
        self._bids, self._asks = self._packed(bids), self._packed(asks)
        self.received = received
        self.fault = None

    def set_level(self, side: Side, price: Price, size: Size) -> None:
        """Set the total size at a price; 0 removes the level."""
        row = self._bids if side is Side.BUY else self._asks
        self._put(row, price, bisect_left(row, price << SIZE_BITS), size)

    def add(self, side: Side, price: Price, delta: int) -> None:
        """Change the size at a price by a signed amount. Raises BookError, changing nothing, if it fell below zero."""
        self.folded = True
        row = self._bids if side is Side.BUY else self._asks
        index = bisect_left(row, price << SIZE_BITS)
        left = (row[index] & MAX_SIZE if _stands_at(row, index, price) else 0) + delta
        if left < 0:
            raise BookError(
                f"{self.outcome}: {side} level {price} would fall to {left} - a message was lost - take a snapshot"
            )
        self._put(row, price, index, left)

    def lose(self, reason: str) -> None:
        """Declare the book unknown until the next snapshot."""
        self.fault = reason

    def _put(self, row: "array[int]", price: int, index: int, size: int) -> None:
        """Set the size at a price, whose place is `index`."""
        if not size:
            if _stands_at(row, index, price):
                del row[index]
            return
        word = self._word(price, size)
        if _stands_at(row, index, price):
            row[index] = word
        else:
            row.insert(index, word)

    def _packed(self, levels: Iterable[Level]) -> "array[int]":
        sizes = {level.price: level.size for level in levels if level.size}
        return array("q", sorted([self._word(price, size) for price, size in sizes.items()]))

    def _word(self, price: int, size: int) -> int:
        if size > MAX_SIZE:
            raise BookError(f"{self.outcome}: {size} at {price} is more than a compact book holds - take a snapshot")
        return price << SIZE_BITS | size


def unpacked(word: int) -> Level:
    """The level that a word stands for."""
    return Level(Price(word >> SIZE_BITS), Size(word & MAX_SIZE))


def _stands_at(row: "array[int]", index: int, price: int) -> bool:
    return index < len(row) and row[index] >> SIZE_BITS == price
