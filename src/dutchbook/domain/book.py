"""One outcome's order book: all resting size by price, or the plain statement that it is not known."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import Protocol

import msgspec

from dutchbook.domain.errors import BookError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE, Nanos, Price, Size

NO_SNAPSHOT = "no snapshot yet"
"""The fault of a book that was never whole."""


class Side(StrEnum):
    """Of an order or a resting level: BUY levels are bids, SELL levels are asks."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> "Side":
        return Side.SELL if self is Side.BUY else Side.BUY


_BUY = Side.BUY  # a look-up in the enum would be a tenth of a change


class Level(msgspec.Struct, frozen=True, gc=False):
    """All resting size at one price."""

    price: Price
    size: Size


class BookView(Protocol):
    """What strategies read of a book. Best first in both directions; `None` where nobody offers."""

    @property
    def outcome(self) -> OutcomeId: ...
    @property
    def usable(self) -> bool: ...
    @property
    def received(self) -> Nanos: ...
    @property
    def best_bid(self) -> Price | None: ...
    @property
    def best_ask(self) -> Price | None: ...
    def bids(self) -> Iterator[Level]: ...
    def asks(self) -> Iterator[Level]: ...


class Book:
    """Bids and asks of one outcome. Unusable until its first snapshot, and again after a loss until the next one.

    Prices are kept sorted beside a dict of sizes: the commonest change, a new size at a known level, is one dict store.
    The best prices are attributes: they are read far more often than they move. Levels are made when somebody reads
    them, and kept until their side changes: a decision reads the same ones several times.
    """

    __slots__ = (
        "_asks",
        "_bids",
        "ask_prices",
        "ask_sizes",
        "best_ask",
        "best_bid",
        "bid_prices",
        "bid_sizes",
        "fault",
        "folded",
        "outcome",
        "received",
        "twin",
        "waiting",
    )

    def __init__(self, outcome: OutcomeId) -> None:
        self.outcome = outcome
        self.bid_prices: list[Price] = []
        self.bid_sizes: dict[Price, Size] = {}
        self.best_bid: Price | None = None
        self.ask_prices: list[Price] = []
        self.ask_sizes: dict[Price, Size] = {}
        self.best_ask: Price | None = None
        self.received = Nanos(0)
        self.fault: str | None = NO_SNAPSHOT
        self.folded = False
        """Whether it was ever changed by signed amounts: then a later snapshot should find it as it is."""
        self.twin: Book | None = None
        """The book of the market's other outcome, where the venue publishes both."""
        self.waiting = False
        """Whether it holds changes of a venue instant that is not complete: nobody may look yet."""
        self._bids: tuple[Level, ...] | None = None
        self._asks: tuple[Level, ...] | None = None

    @property
    def usable(self) -> bool:
        """Whether the book is known to be whole."""
        return self.fault is None

    @property
    def crossed(self) -> bool:
        """Whether somebody seems to bid at or above an ask: a fault of the data, or an instant between two messages."""
        bid, ask = self.best_bid, self.best_ask
        return bid is not None and ask is not None and bid >= ask

    @property
    def bid_levels(self) -> tuple[Level, ...]:
        """Bid levels, highest first: the same object as long as none of them changes."""
        levels = self._bids
        if levels is None:
            sizes = self.bid_sizes
            levels = self._bids = tuple([Level(price, sizes[price]) for price in reversed(self.bid_prices)])
        return levels

    @property
    def ask_levels(self) -> tuple[Level, ...]:
        """Ask levels, lowest first: the same object as long as none of them changes."""
        levels = self._asks
        if levels is None:
            sizes = self.ask_sizes
            levels = self._asks = tuple([Level(price, sizes[price]) for price in self.ask_prices])
        return levels

    def bids(self) -> Iterator[Level]:
        """Bid levels, highest first."""
        return iter(self.bid_levels)

    def asks(self) -> Iterator[Level]:
        """Ask levels, lowest first."""
        return iter(self.ask_levels)

    def stands(self, bids: tuple[Level, ...], asks: tuple[Level, ...]) -> bool:
        """Whether the book is whole and nothing changed since these were its levels: the objects that it gave."""
        return self._bids is bids and self._asks is asks and self.fault is None

    def replace(self, bids: Iterable[Level], asks: Iterable[Level], received: Nanos) -> None:
        """Take a whole new book, in any order; levels without size are no levels. The book is usable afterwards."""
        self.bid_sizes = {level.price: level.size for level in bids if level.size}
        self.ask_sizes = {level.price: level.size for level in asks if level.size}
        self.bid_prices = sorted(self.bid_sizes)
        self.ask_prices = sorted(self.ask_sizes)
        self.best_bid = self.bid_prices[-1] if self.bid_prices else None
        self.best_ask = self.ask_prices[0] if self.ask_prices else None
        self._bids = self._asks = None
        self.received = received
        self.fault = None

    def set_level(self, side: Side, price: Price, size: Size) -> None:
        """Set the total size at a price; 0 removes the level."""
        if side is _BUY:
            prices, sizes = self.bid_prices, self.bid_sizes
            self._bids = None
        else:
            prices, sizes = self.ask_prices, self.ask_sizes
            self._asks = None
        if size:
            if price in sizes:
                sizes[price] = size
                return
            sizes[price] = size
            insort(prices, price)
        elif sizes.pop(price, 0):
            del prices[bisect_left(prices, price)]
        else:
            return
        if side is _BUY:
            self.best_bid = prices[-1] if prices else None
        else:
            self.best_ask = prices[0] if prices else None

    def add(self, side: Side, price: Price, delta: int) -> None:
        """Change the size at a price by a signed amount. Raises BookError, changing nothing, if it fell below zero."""
        self.folded = True
        sizes = self.bid_sizes if side is _BUY else self.ask_sizes
        before = sizes.get(price, 0)
        left: Size = before + delta  # type: ignore[assignment]  # a call of Size is a tenth of all this
        if left < 0:
            raise BookError(
                f"{self.outcome}: {side} level {price} would fall to {left} - a message was lost - take a snapshot"
            )
        if before and left:
            sizes[price] = left
            if side is _BUY:
                self._bids = None
            else:
                self._asks = None
        else:
            self.set_level(side, price, left)

    def lose(self, reason: str) -> None:
        """Declare the book unknown until the next snapshot."""
        self.fault = reason


class MirroredBook:
    """The other outcome of a market whose venue publishes one book: a YES bid at p is a NO ask at 1 - p."""

    __slots__ = ("_book", "outcome")

    def __init__(self, outcome: OutcomeId, book: BookView) -> None:
        self.outcome = outcome
        self._book = book

    @property
    def usable(self) -> bool:
        return self._book.usable

    @property
    def received(self) -> Nanos:
        return self._book.received

    @property
    def best_bid(self) -> Price | None:
        ask = self._book.best_ask
        return None if ask is None else Price(ONE - ask)

    @property
    def best_ask(self) -> Price | None:
        bid = self._book.best_bid
        return None if bid is None else Price(ONE - bid)

    def bids(self) -> Iterator[Level]:
        """Bid levels, highest first."""
        return (Level(Price(ONE - level.price), level.size) for level in self._book.asks())

    def asks(self) -> Iterator[Level]:
        """Ask levels, lowest first."""
        return (Level(Price(ONE - level.price), level.size) for level in self._book.bids())
