"""Orders of the exchange in the book of their market."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dutchbook.domain.book import Level
from dutchbook.domain.units import ONE, Money, Nanos, Price, Size
from dutchbook.exchange.matching.messages import NewOrder, OrderState, WorkingOrder
from dutchbook.exchange.matching.order_book import OrderBook

if TYPE_CHECKING:
    from dutchbook.domain.pricing.kalshi_fees import KalshiOrderFees
    from dutchbook.exchange.accounts import Account
    from dutchbook.exchange.market_state import MarketState

BID, ASK = True, False
# What every order begins with, made once: wrapping them anew took a third of the time to make an order.
_NO_SIZE, _NO_MONEY, _LIVE = Size(0), Money(0), OrderState.LIVE


class Entry(WorkingOrder):
    """A working order with what the engine knows of it: its place on the side of YES and what it binds.

    `bid` and `price` are in terms of YES: NO bought at q is YES sold at 1 - q. `cash` and `tokens` are reserved for it.
    `row` is its place in the book of its market, 0 if it does not rest there.
    """

    __slots__ = (
        "accumulator",
        "bid",
        "cash",
        "market",
        "owner",
        "price",
        "row",
        "tokens",
    )

    def __init__(self, new: NewOrder, at: Nanos, owner: "Account", market: "MarketState", *, bid: bool) -> None:
        self.new = new
        self.remaining = new.size
        self.filled = _NO_SIZE
        self.paid = self.fees = _NO_MONEY
        self.state = _LIVE
        self.reason = ""
        self.placed = self.updated = at
        self.owner = owner
        self.market = market
        self.bid = bid
        self.price = new.price if new.outcome == market.yes else Price(ONE - new.price)
        self.cash = 0
        self.tokens = 0
        self.row = 0
        self.accumulator: KalshiOrderFees | None = None

    @property
    def resting(self) -> bool:
        return self.row != 0

    @property
    def buying_price(self) -> Price:
        """What one contract costs if the order is seen as a purchase: of YES for a bid, of NO for an ask."""
        return self.price if self.bid else Price(ONE - self.price)


def rest(order: Entry) -> Size:
    """Let an order wait; returns the total of its level."""
    book = order.market.book
    order.row = book.add(order.bid, order.price, order.remaining, order)
    return Size(book.left())


def leave(order: Entry) -> Size:
    """Take a resting order out; returns what its level has left. Raises KeyError if it does not rest."""
    left = order.market.book.remove(order.row)
    order.row = 0
    return Size(left)


def fill(order: Entry, size: int) -> Size:
    """Take `size` off a resting order; it leaves when nothing remains. Returns what its level has left."""
    book = order.market.book
    remaining = order.remaining = Size(book.fill(order.row, size))
    if not remaining:
        order.row = 0
    return Size(book.left())


def levels(book: OrderBook[Entry], *, bid: bool) -> list[Level]:
    """Price and total size of each level of a side, best first."""
    return [Level(Price(price), Size(total)) for price, total in (book.level(bid, n) for n in range(book.depth(bid)))]


def best(book: OrderBook[Entry], *, bid: bool) -> Level | None:
    """The best level of a side."""
    if not book.depth(bid):
        return None
    price, total = book.level(bid, 0)
    return Level(Price(price), Size(total))


def queues(book: OrderBook[Entry], *, bid: bool) -> Iterator[tuple[Level, tuple[Entry, ...]]]:
    """Each level of a side with its orders, best first, oldest first. The book must not change meanwhile."""
    for rank, level in enumerate(levels(book, bid=bid)):
        yield level, book.queue(bid, rank)


def resting(book: OrderBook[Entry]) -> list[Entry]:
    """All orders: bids best first, then asks best first, each price oldest first."""
    return [order for bid in (BID, ASK) for rank in range(book.depth(bid)) for order in book.queue(bid, rank)]
