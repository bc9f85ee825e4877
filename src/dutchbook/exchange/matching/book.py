"""The levels that a book shows."""

from dutchbook.domain.book import Level
from dutchbook.exchange.matching.order_book import OrderBook

BID, ASK = True, False


def levels(book: OrderBook, *, bid: bool) -> list[Level]:
    """Price and total size of each level of a side, best first."""
    level = book.level
    return [Level(*level(bid, rank)) for rank in range(book.depth(bid))]


def best(book: OrderBook, *, bid: bool) -> Level | None:
    """The best level of a side."""
    if not book.depth(bid):
        return None
    price, total = book.level(bid, 0)
    return Level(price, total)
