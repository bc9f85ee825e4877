"""The book of one market on the side of YES: price levels, each a queue in the order of arrival.

Inserting and cancelling cost O(1) where the level exists, and a move within one short sorted list where it does not.
"""

from bisect import bisect_left, insort
from collections.abc import Iterator
from typing import TYPE_CHECKING

from dutchbook.domain.book import Level
from dutchbook.domain.units import ONE, Nanos, Price, Size
from dutchbook.exchange.matching.messages import NewOrder, WorkingOrder

if TYPE_CHECKING:
    from dutchbook.domain.pricing.kalshi_fees import KalshiOrderFees
    from dutchbook.exchange.accounts import Account
    from dutchbook.exchange.market_state import MarketState


class Entry(WorkingOrder):
    """A working order with what the engine knows of it: its place on the side of YES and what it binds.

    `bid` and `price` are in terms of YES: NO bought at q is YES sold at 1 - q. `cash` and `tokens` are reserved for it.
    """

    __slots__ = (
        "accumulator",
        "after",
        "before",
        "bid",
        "cash",
        "market",
        "owner",
        "price",
        "resting",
        "tokens",
    )

    def __init__(self, new: NewOrder, at: Nanos, owner: "Account", market: "MarketState", *, bid: bool) -> None:
        WorkingOrder.__init__(self, new, at)
        self.owner = owner
        self.market = market
        self.bid = bid
        self.price = new.price if new.outcome == market.yes else Price(ONE - new.price)
        self.cash = 0
        self.tokens = 0
        self.resting = False
        self.before: Entry | None = None
        self.after: Entry | None = None
        self.accumulator: KalshiOrderFees | None = None

    @property
    def buying_price(self) -> Price:
        """What one contract costs if the order is seen as a purchase: of YES for a bid, of NO for an ask."""
        return self.price if self.bid else Price(ONE - self.price)


class Queue:
    """All orders at one price, oldest first, and their total size.

    A chain through the orders themselves: no table that would have to grow, so the worst insert costs what others cost.
    """

    __slots__ = ("first", "last", "price", "size")

    def __init__(self, price: Price) -> None:
        self.price = price
        self.size = 0
        self.first: Entry | None = None
        self.last: Entry | None = None

    def __iter__(self) -> Iterator[Entry]:
        order = self.first
        while order is not None:
            yield order
            order = order.after


class BookSide:
    """Bids or asks. `keys` ascend towards the best price: prices of bids, negative prices of asks."""

    __slots__ = ("keys", "queues", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.queues: dict[int, Queue] = {}

    @property
    def best(self) -> Queue | None:
        return self.queues[self.keys[-1]] if self.keys else None

    def levels(self) -> list[Level]:
        """Price and total size of each level, best first."""
        queues = self.queues
        return [Level(queues[key].price, Size(queues[key].size)) for key in reversed(self.keys)]

    def add(self, order: Entry) -> Queue:
        """Put an order behind all others of its price; returns its level."""
        key = self.sign * order.price
        queue = self.queues.get(key)
        if queue is None:
            queue = self.queues[key] = Queue(order.price)
            insort(self.keys, key)
        last = queue.last
        if last is None:
            queue.first = order
        else:
            last.after = order
            order.before = last
        queue.last = order
        order.resting = True
        queue.size += order.remaining
        return queue

    def remove(self, order: Entry, size: int) -> Queue:
        """Take an order that shows `size` out; returns the level that it left, which may be empty now."""
        key = self.sign * order.price
        queue = self.queues[key]
        before, after = order.before, order.after
        if before is None:
            queue.first = after
        else:
            before.after = after
            order.before = None
        if after is None:
            queue.last = before
        else:
            after.before = before
            order.after = None
        order.resting = False
        queue.size -= size
        if queue.first is None:
            del self.queues[key]
            keys = self.keys
            if keys[-1] == key:
                keys.pop()
            else:
                del keys[bisect_left(keys, key)]
        return queue


class OrderBook:
    """One market's resting orders. `version` counts its changes."""

    __slots__ = ("asks", "bids", "version")

    def __init__(self) -> None:
        self.bids = BookSide(1)
        self.asks = BookSide(-1)
        self.version = 0

    def side(self, *, bid: bool) -> BookSide:
        """The bids, or the asks."""
        return self.bids if bid else self.asks

    def crosses(self, *, bid: bool, price: Price) -> bool:
        """Whether an order at `price` of YES would meet anything."""
        if bid:
            keys = self.asks.keys
            return bool(keys) and -keys[-1] <= price
        keys = self.bids.keys
        return bool(keys) and keys[-1] >= price

    def add(self, order: Entry) -> Queue:
        """Let an order wait; returns its level."""
        self.version += 1
        return (self.bids if order.bid else self.asks).add(order)

    def remove(self, order: Entry) -> Queue:
        """Take a resting order out; returns its level as it is now. Raises KeyError if it does not rest."""
        self.version += 1
        return (self.bids if order.bid else self.asks).remove(order, order.remaining)

    def fill(self, order: Entry, size: int) -> Queue:
        """Take `size` off a resting order; it leaves when nothing remains. Returns its level as it is now."""
        self.version += 1
        side = self.bids if order.bid else self.asks
        order.remaining = Size(order.remaining - size)
        if order.remaining:
            queue = side.queues[side.sign * order.price]
            queue.size -= size
            return queue
        return side.remove(order, size)

    def ahead(self, order: Entry) -> Size:
        """Contracts that come before a resting order in its queue."""
        side = self.bids if order.bid else self.asks
        before = 0
        for other in side.queues[side.sign * order.price]:
            if other is order:
                break
            before += other.remaining
        return Size(before)

    def resting(self) -> list[Entry]:
        """All orders: bids best first, then asks best first, each price oldest first."""
        return [order for side in (self.bids, self.asks) for key in reversed(side.keys) for order in side.queues[key]]
