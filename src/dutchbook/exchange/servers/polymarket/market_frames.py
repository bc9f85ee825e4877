"""What the market channel says of each event of the exchange, in Polymarket's order (protocol sections 4.1 and 4.2)."""

from collections.abc import Callable, Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import (
    BookMoved,
    ExchangeEvent,
    GridMoved,
    LevelMove,
    ListingAdded,
    Matched,
    Resolved,
    StatusMoved,
)
from dutchbook.exchange.polymarket_book import WireBook, last_trade, price_text
from dutchbook.exchange.servers.polymarket.announcements import new_market, resolution, tick_size_change
from dutchbook.exchange.servers.polymarket.frames import BookTexts
from dutchbook.exchange.servers.polymarket.identifiers import transaction_hash

type Later = Callable[[Callable[[], None]], None]
"""Runs something once the call that is under way has ended."""

_ENDING = frozenset({GridMoved, ListingAdded, StatusMoved, Resolved})
"""What ends a batch: nothing of the kind belongs to one."""


class Audience(Protocol):
    """Who listens to the market channel."""

    def follows(self, market: MarketId) -> bool:
        """Whether anybody subscribed to one of its tokens."""
        ...

    def publish(self, payload: bytes, market: MarketId, outcome: OutcomeId | None, *, custom: bool = False) -> None:
        """Send to those who follow `outcome` (None: either token); `custom` to those who asked for more."""
        ...

    def announce(self, payload: bytes) -> None:
        """Send to all who asked for more, whatever they follow."""
        ...


class _Message(msgspec.Struct, frozen=True, gc=False):
    """A frame that is written already."""

    payload: bytes
    outcome: OutcomeId


class MarketFrames:
    """Writes each frame once, and only of markets that somebody follows. Must listen after its `BookTexts`.

    A trade is told by the books of both tokens and one print for each maker met; consumed depth is never a
    `price_change`. Frames of one batch wait for its end, so that each carries the hash of the final state. With
    `book_after_tick_change` a new book follows each change of the grid: the protocol tells clients to wait for one, not
    when it comes [?].
    """

    def __init__(
        self,
        exchange: Exchange,
        books: BookTexts,
        audience: Audience,
        later: Later,
        *,
        book_after_tick_change: bool = True,
    ) -> None:
        self._exchange = exchange
        self._books = books
        self._audience = audience
        self._later = later
        self._book_after_tick_change = book_after_tick_change
        self._tops: dict[MarketId, tuple[int, int]] = {}
        self._trading: set[MarketId] = set()
        self._batch = 0
        self._held: dict[MarketId, list[LevelMove | _Message]] = {}
        self._announced = set(exchange.listings)
        books.before(self._seal)
        readers: dict[type, Callable[..., None]] = {
            BookMoved: self._moved,
            Matched: self._matched,
            GridMoved: self._regridded,
            Resolved: self._resolved,
            ListingAdded: self._listed,
        }
        for kind, reader in readers.items():
            exchange.listen(reader, kind)

    def flush(self) -> None:
        """Send what a batch left waiting."""
        held, self._held, self._batch = self._held, {}, 0
        for market, entries in held.items():
            self._send(market, entries)

    def watch(self, market: MarketId) -> None:
        """Somebody begins to follow a market: its top of now is known to all."""
        book = self._books.book(market)
        if book is not None:
            self._tops[market] = book.top()

    def _seal(self, event: ExchangeEvent) -> None:
        """A batch that is waiting ends with the first event that is none of its own, and tells the books of before."""
        if not self._batch:
            return
        if event.batch != self._batch if isinstance(event, BookMoved) else type(event) in _ENDING:
            self.flush()

    def _listed(self, event: ListingAdded) -> None:
        """Changed metadata comes as a listing too: only the first is news."""
        if event.market in self._announced:
            return
        self._announced.add(event.market)
        listing = self._exchange.listings[event.market]
        question = self._exchange.questions[listing.market.question]
        self._audience.announce(new_market(listing, question, self._books.stamp(event.at)))

    def _moved(self, event: BookMoved) -> None:
        market = event.market
        if not self._audience.follows(market):
            return
        if event.batch and not self._batch:
            self._batch = event.batch
            self._later(self.flush)
        if event.traded:
            self._trading.add(market)  # the match that follows tells it
        elif market not in self._trading:
            self._say(market, event.moves)

    def _matched(self, event: Matched) -> None:
        market = event.market
        self._trading.discard(market)
        book = self._books.book(market) if self._audience.follows(market) else None
        if book is None:
            return
        entries = _books_of(book)
        transaction = transaction_hash(event.number)
        for pair in event.pairs:
            taker = pair.taker
            text = last_trade(book, taker.outcome, taker.side, taker.price, pair.size, transaction)
            entries.append(_Message(text, taker.outcome))
        self._say(market, entries)

    def _say(self, market: MarketId, entries: Sequence[LevelMove | _Message]) -> None:
        if self._batch:
            self._held.setdefault(market, []).extend(entries)
        else:
            self._send(market, entries)

    def _send(self, market: MarketId, entries: Sequence[LevelMove | _Message]) -> None:
        book = self._books.book(market)
        if book is None:
            return
        publish = self._audience.publish
        moves = [entry for entry in entries if isinstance(entry, LevelMove)]
        changes = iter(book.changes(moves) if moves else ())
        for entry in entries:
            if isinstance(entry, LevelMove):
                publish(next(changes), market, None)
            else:
                publish(entry.payload, market, entry.outcome)
        self._say_top(market, book)

    def _say_top(self, market: MarketId, book: WireBook) -> None:
        top = book.top()
        if self._tops.get(market) == top:
            return
        self._tops[market] = top
        for outcome in (book.yes, book.no):
            self._audience.publish(best_bid_ask(book, outcome), market, outcome, custom=True)

    def _regridded(self, event: GridMoved) -> None:
        market = event.market
        book = self._books.book(market) if self._audience.follows(market) else None
        if book is None:
            return
        stamp = self._books.stamp(event.at)
        for outcome in (book.yes, book.no):
            payload = tick_size_change(market, outcome, event.before, event.after, stamp)
            self._audience.publish(payload, market, outcome)
        if self._book_after_tick_change:
            self._send(market, _books_of(book))

    def _resolved(self, event: Resolved) -> None:
        self._tops.pop(event.market, None)
        if self._audience.follows(event.market):
            listing = self._exchange.listings[event.market]
            payload = resolution(listing, event.payout, self._books.stamp(event.at))
            self._audience.publish(payload, event.market, None, custom=True)


def best_bid_ask(book: WireBook, outcome: OutcomeId) -> bytes:
    """A `best_bid_ask` message: the top of a token's book, 0 and 1 where nobody offers."""
    bid, ask = book.top_of(outcome)
    return (
        f'{{"market":"{book.market}","asset_id":"{outcome}","best_bid":"{price_text(bid)}",'
        f'"best_ask":"{price_text(ask)}","spread":"{price_text(ask - bid)}","timestamp":"{book.stamp}",'
        '"event_type":"best_bid_ask"}'
    ).encode()


def _books_of(book: WireBook) -> list[LevelMove | _Message]:
    return [_Message(book.message(outcome).encode(), outcome) for outcome in (book.yes, book.no)]
