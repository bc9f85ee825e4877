"""What the exchange knows of an order: one record from intake to its end, and the row of the book where it waits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dutchbook.domain.book import Level
from dutchbook.domain.units import Price, Size
from dutchbook.exchange.matching.book import ASK, BID, levels
from dutchbook.exchange.matching.messages import WorkingOrder

if TYPE_CHECKING:
    from dutchbook.domain.pricing.kalshi_fees import KalshiOrderFees
    from dutchbook.exchange.accounts import Account
    from dutchbook.exchange.market_state import MarketState


class Entry(WorkingOrder, kw_only=True, eq=False):
    """A working order with what the engine knows of it: its place on the side of YES and what it binds.

    `bid` and `price` are in terms of YES: NO bought at q is YES sold at 1 - q. `cash` and `tokens` are reserved for it.
    `row` is what the book of its market knows it by, 0 if it does not rest there.
    """

    owner: "Account"
    market: "MarketState"
    bid: bool
    price: Price
    cash: int = 0
    tokens: int = 0
    row: int = 0
    accumulator: "KalshiOrderFees | None" = None

    def filled_by(self, size: int) -> None:
        """After the book took `size` off it: what remains; it leaves when that is nothing."""
        self.remaining = Size(self.remaining - size)
        if not self.remaining:
            del self.market.waiting[self.row]
            self.row = 0

    @property
    def resting(self) -> bool:
        return self.row != 0


def rest(order: Entry) -> Size:
    """Let an order wait; returns the total of its level."""
    market = order.market
    book = market.book
    row = order.row = book.add(order.bid, order.price, order.remaining, order.owner.number)
    market.waiting[row] = order
    return book.left()


def leave(order: Entry) -> Size:
    """Take a resting order out; returns what its level has left. Raises KeyError if it does not rest."""
    market = order.market
    del market.waiting[order.row]
    left = market.book.remove(order.row)
    order.row = 0
    return left


def shrink(order: Entry, size: int) -> Size:
    """Take `size` off a resting order, but not all; it keeps its place. Returns what its level has left."""
    book = order.market.book
    order.remaining = book.fill(order.row, size)
    return book.left()


def queues(market: "MarketState", *, bid: bool) -> Iterator[tuple[Level, tuple[Entry, ...]]]:
    """Each level of a side with its orders, best first, oldest first. The book must not change meanwhile."""
    waiting = market.waiting
    for rank, level in enumerate(levels(market.book, bid=bid)):
        yield level, tuple(waiting[row] for row in market.book.queue(bid, rank))


def resting(market: "MarketState") -> list[Entry]:
    """All orders: bids best first, then asks best first, each price oldest first."""
    return [order for bid in (BID, ASK) for _, orders in queues(market, bid=bid) for order in orders]
