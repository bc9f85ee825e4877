"""One market inside the exchange: its listing as it stands, its book, and what the engine looks up on each order."""

from functools import lru_cache

import msgspec

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market, MarketStatus, PriceGrid
from dutchbook.domain.units import ONE, Price, Size
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.book import ASK, BID
from dutchbook.exchange.matching.order_book import OrderBook, new_book
from dutchbook.exchange.orders import Entry


@lru_cache(maxsize=64)
def valid_prices(grid: PriceGrid) -> bytes:
    """One byte for each price from 0 to a dollar: 1 where the grid has it. Markets share few grids."""
    return bytes(grid.contains(Price(price)) for price in range(ONE + 1))


class MarketState:
    """A market's mutable state. `sets` counts the pairs of YES and NO in existence, `last` the last traded price."""

    __slots__ = (
        "book",
        "delayed",
        "fees",
        "id",
        "last",
        "listing",
        "min_notional",
        "min_size",
        "no",
        "opened",
        "paid",
        "sets",
        "shard",
        "taker_delay",
        "valid",
        "waiting",
        "watched",
        "yes",
    )

    def __init__(self, listing: Listing, *, watched: bool) -> None:
        self.book: OrderBook = new_book()
        self.waiting: dict[int, Entry] = {}
        """The orders in the book, by their rows."""
        self.delayed: dict[str, Entry] = {}
        self.sets = 0
        self.paid = 0
        """Dollars paid out for contracts since the market was decided."""
        self.last: Price | None = None
        self.watched = watched
        """Whether its grid gets finer near the ends."""
        self.take(listing)

    def take(self, listing: Listing) -> None:
        """Take over a listing, changed or new."""
        self.listing = listing
        market = listing.market
        self.id = market.id
        self.yes, self.no = market.yes, market.no
        self.fees = market.fees
        self.shard = listing.shard
        self.opened = market.status is MarketStatus.OPEN
        self.min_size = market.min_size
        self.min_notional = market.min_notional
        self.taker_delay = listing.taker_delay
        self.valid = valid_prices(market.grid)

    @property
    def market(self) -> Market:
        return self.listing.market

    @property
    def status(self) -> MarketStatus:
        return self.listing.market.status

    def become(self, market: Market) -> None:
        """Take over a changed market."""
        self.take(msgspec.structs.replace(self.listing, market=market))

    def cover(self, *, bid: bool) -> OutcomeId:
        """The outcome that an order gives away if its account holds it: NO for a bid, YES for an ask."""
        return self.no if bid else self.yes

    def shown_price_twice(self) -> int | None:
        """Twice the midpoint, or twice the last trade where a side is empty or the spread is above ten cents."""
        book = self.book
        bid, ask = book.top(BID), book.top(ASK)
        if bid and ask and ask - bid <= ONE // 10:
            return bid + ask
        return None if self.last is None else 2 * self.last

    @property
    def supply(self) -> Size:
        """Contracts of each outcome in existence."""
        return Size(self.sets)
