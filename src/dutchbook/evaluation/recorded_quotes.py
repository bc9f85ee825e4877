"""What quotes that join the best bid and the best ask would have met in a recorded market.

What is supposed, and in which direction it errs:

- A quote joins the queue behind all that its level shows when it arrives, `latency` after the book that asked for it,
  and moves so late too. Nobody reacts to it: in our favour.
- It trades whole once prints at its price have used up all before it, or when a print, or the other side's best price,
  goes through it. Who cancels stood behind it, unless less than it waits for is left: it fills later than at the venue,
  and more often because the price left: against us.
- In a recording without prints only prices that come through fill: these are the worst fills there are.
"""

from collections.abc import Iterable, Mapping

import msgspec

from dutchbook.domain.book import BookView, Side
from dutchbook.domain.events import BookLost, MarketEvent, TradePrinted
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size, complement
from dutchbook.engine.book_table import BookTable
from dutchbook.evaluation.making import MakingBook, Markout, Traded

REST = Nanos(60 * SECOND)
"""How long a side that traded is left alone, so that its fills are of different moments."""


class QuoteFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it. `half_spread` is what fills had to the middle, in price units a contract, before it moved."""

    latency: Nanos
    markets: int
    prints: int
    quotes: int
    fills: int
    through: int
    """Fills whose price was gone when they traded: no print used up their queue."""
    half_spread: float
    markouts: tuple[Markout, ...]


class _Quote:
    """One side of one market: where it rests, and where it is on its way to."""

    __slots__ = ("ahead", "arrives", "free_at", "price", "target")

    def __init__(self) -> None:
        self.price: Price | None = None
        self.ahead = 0
        self.target: Price | None = None
        self.arrives: Nanos | None = None
        self.free_at = Nanos(0)


class RecordedQuotes:
    """Follows one recording. Give it every event, in order."""

    def __init__(self, markets: Iterable[Market], size: Size, latency: Nanos) -> None:
        self._books = BookTable()
        self._market_of: dict[OutcomeId, Market] = {}
        for market in markets:
            self._books.add_market(market)
            self._market_of[market.yes] = self._market_of[market.no] = market
        self._size = size
        self._latency = latency
        self._seen: dict[MarketId, OutcomeId] = {}
        """Of each market the outcome whose book is looked at: the first that was heard of."""
        self._quotes: dict[MarketId, Mapping[Side, _Quote]] = {}
        self._making = MakingBook()
        self._now = Nanos(0)
        self._prints = self._placed = self._fills = self._through = 0

    def take(self, event: MarketEvent) -> None:
        """One event of the recording."""
        received = getattr(event, "received", self._now)
        self._now = max(self._now, received)
        if isinstance(event, TradePrinted):
            self._printed(event)
        elif type(event) in self._books.appliers and not isinstance(event, BookLost):
            for outcome in self._books.appliers[type(event)](event):
                market = self._market_of.get(outcome)
                if market is not None and self._seen.setdefault(market.id, outcome) == outcome:
                    self._moved(market)

    def figures(self) -> QuoteFigures:
        """What came of it, after the last event."""
        contracts = self._fills * self._size
        return QuoteFigures(
            latency=self._latency,
            markets=len(self._seen),
            prints=self._prints,
            quotes=self._placed,
            fills=self._fills,
            through=self._through,
            half_spread=self._making.total().spread * 10_000 / contracts if contracts else 0.0,
            markouts=self._making.markouts(),
        )

    def _moved(self, market: Market) -> None:
        book = self._books.view(self._seen[market.id])
        if book is None or not book.usable or book.best_bid is None or book.best_ask is None:
            return
        quotes = self._quotes.get(market.id)
        if quotes is None:
            quotes = self._quotes[market.id] = {side: _Quote() for side in Side}
        for side, quote in quotes.items():
            self._come_through(market, book, side, quote)
        self._making.moved(market.id, book.best_bid + book.best_ask, self._now)
        for side, quote in quotes.items():
            self._arrive(book, side, quote)
            self._want(book.best_bid if side is Side.BUY else book.best_ask, quote)

    def _come_through(self, market: Market, book: BookView, side: Side, quote: _Quote) -> None:
        """The other side's best price reached ours: whatever stood there is gone."""
        other = book.best_ask if side is Side.BUY else book.best_bid
        if quote.price is None or other is None:
            return
        if other <= quote.price if side is Side.BUY else other >= quote.price:
            self._through += 1
            self._fill(market, side, quote)
            return
        quote.ahead = min(quote.ahead, _shown(book, side, quote.price))

    def _arrive(self, book: BookView, side: Side, quote: _Quote) -> None:
        """A quote that is due joins the back of its queue, unless it would trade: then it is refused."""
        if quote.arrives is None or quote.arrives > self._now or quote.target is None:
            return
        price, quote.arrives, quote.target = quote.target, None, None
        other = book.best_ask if side is Side.BUY else book.best_bid
        crosses = other is not None and (price >= other if side is Side.BUY else price <= other)
        quote.price = None if crosses else price
        quote.ahead = 0 if crosses else _shown(book, side, price)

    def _want(self, best: Price, quote: _Quote) -> None:
        if quote.arrives is None and best != quote.price and self._now >= quote.free_at:
            quote.target, quote.arrives = best, Nanos(self._now + self._latency)
            self._placed += 1

    def _printed(self, trade: TradePrinted) -> None:
        self._prints += 1
        market = self._market_of.get(trade.outcome)
        if market is None or market.id not in self._quotes:
            return
        same = trade.outcome == self._seen[market.id]
        price = trade.price if same else complement(trade.price)
        # Who sells one outcome meets bids for it, which are offers of the other.
        side = Side.BUY if (trade.taker is Side.SELL) is same else Side.SELL
        quote = self._quotes[market.id][side]
        if quote.price is None:
            return
        if price == quote.price:
            quote.ahead -= trade.size
            if quote.ahead < 0:
                self._fill(market, side, quote)
        elif price < quote.price if side is Side.BUY else price > quote.price:
            self._through += 1
            self._fill(market, side, quote)

    def _fill(self, market: Market, side: Side, quote: _Quote) -> None:
        """All of a quote trades at its price."""
        price, quote.price, quote.free_at = quote.price, None, Nanos(self._now + REST)
        if price is None:
            return
        self._fills += 1
        self._making.traded(
            Traded(
                id=f"{self._fills}",
                market=market.id,
                yes=True,  # the middles are told of the outcome that is looked at
                buy=side is Side.BUY,
                price=price,
                size=self._size,
                fee=Money(0),
                maker=True,
                at=self._now,
            ),
            final=True,
        )


def _shown(book: BookView, side: Side, price: Price) -> int:
    levels = book.bids() if side is Side.BUY else book.asks()
    return next((level.size for level in levels if level.price == price), 0)
