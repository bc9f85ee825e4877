"""A book as a likely move would make it: one price better than all that stand there now."""

from collections.abc import Iterator
from itertools import chain

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import Nanos, Price


class MovedBook:
    """A `BookView` over another: `level` stands before all of its `side` (SELL: an ask below the best one)."""

    __slots__ = ("_book", "_level", "_side", "outcome")

    def __init__(self, book: BookView, side: Side, level: Level) -> None:
        self.outcome: OutcomeId = book.outcome
        self._book = book
        self._side = side
        self._level = level

    @property
    def usable(self) -> bool:
        return self._book.usable

    @property
    def received(self) -> Nanos:
        return self._book.received

    @property
    def best_bid(self) -> Price | None:
        return self._level.price if self._side is Side.BUY else self._book.best_bid

    @property
    def best_ask(self) -> Price | None:
        return self._level.price if self._side is Side.SELL else self._book.best_ask

    def bids(self) -> Iterator[Level]:
        """Bid levels, highest first."""
        return chain((self._level,), self._book.bids()) if self._side is Side.BUY else self._book.bids()

    def asks(self) -> Iterator[Level]:
        """Ask levels, lowest first."""
        return chain((self._level,), self._book.asks()) if self._side is Side.SELL else self._book.asks()
