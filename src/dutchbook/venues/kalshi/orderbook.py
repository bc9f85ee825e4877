"""Order books over REST. They carry no sequence number: none can be spliced into a book from the socket."""

import msgspec

from dutchbook.domain.errors import WireError
from dutchbook.domain.events import BookSnapshot
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import Nanos
from dutchbook.venues.kalshi import rest_wire as wire
from dutchbook.venues.kalshi.book_levels import BookLevels
from dutchbook.venues.kalshi.numbers import yes_outcome

_decode_one = msgspec.json.Decoder(wire.OrderBookAnswer).decode
_decode_many = msgspec.json.Decoder(wire.OrderBooksAnswer).decode


class OrderBooks:
    """Reads answers of `/markets/{ticker}/orderbook` and `/markets/orderbooks`; remembers price and size texts."""

    def __init__(self) -> None:
        self._levels = BookLevels()

    def one(self, body: bytes, ticker: str, received: Nanos) -> BookSnapshot:
        """The book of one market, as its YES. Raises WireError for what is none."""
        try:
            return self._snapshot(ticker, _decode_one(body).orderbook_fp, received)
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WireError(Venue.KALSHI, str(error), body) from error

    def many(self, body: bytes, received: Nanos) -> tuple[BookSnapshot, ...]:
        """The books of several markets. Raises WireError, giving none, if one of them is malformed."""
        try:
            books = _decode_many(body).orderbooks
            return tuple([self._snapshot(book.ticker, book.orderbook_fp, received) for book in books])
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WireError(Venue.KALSHI, str(error), body) from error

    def _snapshot(self, ticker: str, book: wire.OrderBook, received: Nanos) -> BookSnapshot:
        bids, asks = self._levels.book(book.yes_dollars or (), book.no_dollars or ())
        return BookSnapshot(yes_outcome(ticker), bids, asks, received)
