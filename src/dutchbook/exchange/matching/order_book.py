"""What the book of a market can do, and the one that this installation has for it: machine code, or plain Python."""

from typing import Protocol

from dutchbook.domain.units import Price, Size
from dutchbook.exchange.matching.compiled import CompiledBook
from dutchbook.exchange.matching.native import doors
from dutchbook.exchange.matching.plain import PlainBook, Reached


class OrderBook(Protocol):
    """The matching engine of a market: sizes in price-time priority. All that it is given and gives are numbers.

    `bid` and prices are in terms of YES; owners count from 1, and 0 is nobody in particular. An order that rests is
    known by its row, a number above 0 that no other order of this book had or will have. (In machine code: until its
    place was used two thousand million times.) What can not be done raises KeyError, and nothing was changed.
    """

    def add(self, bid: bool, price: int, size: int, owner: int, /) -> int:
        """Let an order wait behind all others of its price; returns its row."""

    def remove(self, row: int, /) -> Size:
        """Take an order out; returns what its level has left, or -1 if it does not rest (any more)."""

    def fill(self, row: int, size: int, /) -> Size:
        """Take `size` off an order, which leaves if nothing remains; returns what remains of it."""

    def take(self, bid: bool, price: int, size: int, /) -> Size:
        """Fill whom an order of this size meets, and that whole; returns what the level touched last has left."""

    def left(self) -> Size:
        """The total of the level that was changed last, as it is now: 0 if it is gone."""

    def version(self) -> int:
        """How often the book was changed."""

    def crosses(self, bid: bool, price: int, /) -> bool:
        """Whether an order would meet anything."""

    def reach(self, bid: bool, price: int, size: int, avoid: int, stops: bool, /) -> Reached:
        """Whom an order would meet, and for how much each: best price first, oldest first. Nothing changes.

        Orders of the owner `avoid`, unless that is 0, are not met: they are passed by, or with `stops` end the walk.
        """

    def ahead(self, row: int, /) -> Size:
        """The size that comes before an order in its queue."""

    def top(self, bid: bool, /) -> int:
        """The best price of a side, or 0 if nothing waits there."""

    def depth(self, bid: bool, /) -> int:
        """How many levels a side has."""

    def level(self, bid: bool, rank: int, /) -> tuple[Price, Size]:
        """Price and total of a level; 0 is the best."""

    def queue(self, bid: bool, rank: int, /) -> tuple[int, ...]:
        """The rows of the orders that wait at a level, oldest first."""


def new_book() -> OrderBook:
    """An empty book."""
    machine_code = doors()
    return PlainBook() if machine_code is None else CompiledBook(machine_code)
