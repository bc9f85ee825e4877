"""What the book of a market can do, and the one that this installation has for it: machine code, or plain Python."""

from typing import Protocol

from dutchbook.domain.units import Size
from dutchbook.exchange.matching.compiled import CompiledBook
from dutchbook.exchange.matching.native import doors
from dutchbook.exchange.matching.plain import PlainBook


class OrderBook[T](Protocol):
    """Sizes in price-time priority, each with a tag of whoever uses the book; `bid` and prices in terms of YES.

    An order is known by its row, above 0 and never that of another order that rests. What does not rest, is not there
    or is no size raises KeyError, and nothing was changed.
    """

    def add(self, bid: bool, price: int, size: int, tag: T, /) -> int:
        """Let an order wait behind all others of its price; returns its row."""

    def remove(self, row: int, /) -> int:
        """Take an order out; returns what its level has left."""

    def fill(self, row: int, size: int, /) -> int:
        """Take `size` off an order, which leaves if nothing remains; returns what remains of it."""

    def left(self) -> int:
        """The total of the level that was changed last, as it is now: 0 if it is gone."""

    def version(self) -> int:
        """How often the book was changed."""

    def crosses(self, bid: bool, price: int, /) -> bool:
        """Whether an order would meet anything."""

    def reach(self, bid: bool, price: int, size: int, /) -> tuple[tuple[T, ...], tuple[int, ...]]:
        """Whom an order would meet, and for how much each: best price first, oldest first. Nothing changes."""

    def ahead(self, row: int, /) -> Size:
        """The size that comes before an order in its queue."""

    def top(self, bid: bool, /) -> int:
        """The best price of a side, or 0 if nothing waits there."""

    def depth(self, bid: bool, /) -> int:
        """How many levels a side has."""

    def level(self, bid: bool, rank: int, /) -> tuple[int, int]:
        """Price and total of a level; 0 is the best."""

    def queue(self, bid: bool, rank: int, /) -> tuple[T, ...]:
        """Whose orders wait at a level, oldest first."""


def new_book[T]() -> OrderBook[T]:
    """An empty book."""
    machine_code = doors()
    return PlainBook() if machine_code is None else CompiledBook(machine_code)
