"""The books of all markets of an exchange as Polymarket tells them, by REST and by socket."""

from collections.abc import Callable

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    BookMoved,
    ExchangeEvent,
    GridMoved,
    ListingAdded,
    Matched,
    Resolved,
    StatusMoved,
)
from dutchbook.exchange.polymarket_book import WireBook, millis, trade_text

_GONE = frozenset({MarketStatus.UNOPENED, MarketStatus.CLOSED, MarketStatus.RESOLVED})


def _no_skew() -> Nanos:
    return Nanos(0)


class BookTexts:
    """Listens to an exchange from its construction on. Every server of one venue must share one of these.

    A market's texts are made when somebody first asks for them, and kept up to date from then on; of others only the
    time of the last change and the last trade are remembered. `skew` is how far the venue's clock is wrong.
    """

    def __init__(self, exchange: Exchange, skew: Callable[[], Nanos] = _no_skew) -> None:
        self._exchange = exchange
        self._skew = skew
        self._books: dict[MarketId, WireBook] = {}
        self._stamps: dict[MarketId, int] = {}
        self._trades: dict[MarketId, str] = {}
        self._before: list[Callable[[ExchangeEvent], None]] = []
        moved: Callable[..., None] = self._moved
        exchange.listen(moved, BookMoved)
        exchange.listen(self._heard, Matched, GridMoved, ListingAdded, StatusMoved, Resolved)

    def before(self, act: Callable[[ExchangeEvent], None]) -> None:
        """Call `act` with every event of a market, while the texts still are those of before it."""
        self._before.append(act)

    def book(self, market: MarketId) -> WireBook | None:
        """The texts of a market, or None where there is no book: unknown, not open yet, closed or resolved."""
        book = self._books.get(market)
        return book if book is not None else self._made(market)

    def of_token(self, outcome: OutcomeId) -> WireBook | None:
        """The texts of the market that a token belongs to, or None where there is no book."""
        market = self._exchange.market_of(outcome)
        return None if market is None else self.book(market)

    def summary(self, outcome: OutcomeId) -> dict[str, object] | None:
        """The answer to `GET /book` with the right hash (protocol section 2.1), or None where there is no book."""
        body = self.body(outcome)
        return None if body is None else msgspec.json.decode(body, type=dict[str, object])

    def body(self, outcome: OutcomeId) -> bytes | None:
        """`summary`, encoded: the quicker way for bodies that only travel on."""
        book = self.of_token(outcome)
        return None if book is None else book.summary(outcome)

    def last_trade(self, market: MarketId) -> str:
        """The last print, in the terms of the token that it printed in; empty if there was none."""
        return self._trades.get(market, "")

    def stamp(self, at: Nanos) -> int:
        """A time of the exchange as the venue's clock says it, in milliseconds."""
        return millis(at + self._skew())

    def _made(self, market: MarketId) -> WireBook | None:
        listing = self._exchange.listings.get(market)
        if listing is None or listing.market.status in _GONE:
            return None
        stamp = self._stamps.get(market, millis(listing.created))
        book = self._books[market] = WireBook(listing.market, stamp, self._trades.get(market, ""))
        bids, asks = self._exchange.book(market)
        for side, levels in ((Side.BUY, bids), (Side.SELL, asks)):
            for level in levels:
                book.set(side, level.price, level.size)
        return book

    def _moved(self, event: BookMoved) -> None:
        for act in self._before:
            act(event)
        market = event.market
        stamp = self._stamps[market] = self.stamp(event.at)
        book = self._books.get(market)
        if book is not None:
            book.stamp = stamp
            for move in event.moves:
                book.set(move.side, move.price, move.size)

    def _heard(self, event: ExchangeEvent) -> None:
        for act in self._before:
            act(event)
        match event:
            case Matched():
                self._traded(event)
            case GridMoved(market=market, at=at):
                self._stamps[market] = self.stamp(at)
                self._described(market)
            case ListingAdded(market=market):
                self._described(market)
            case StatusMoved(market=market) | Resolved(market=market):
                if self._exchange.listings[market].market.status in _GONE:
                    self._books.pop(market, None)
            case _:
                pass

    def _traded(self, match: Matched) -> None:
        text = self._trades[match.market] = trade_text(match.pairs[-1].taker.price)
        book = self._books.get(match.market)
        if book is not None:
            book.last_trade = text

    def _described(self, market: MarketId) -> None:
        book = self._books.get(market)
        if book is not None:
            book.stamp = self._stamps.get(market, book.stamp)
            book.describe(self._exchange.listings[market].market)
