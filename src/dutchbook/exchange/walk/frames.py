"""The frames of the random-walk market: what Polymarket's market channel would send for its books."""

from collections.abc import Iterable, Sequence
from hashlib import sha1

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import ONE, Nanos, Price, Size
from dutchbook.exchange.polymarket_book import WireBook, last_trade, millis, snapshot, trade_text


class LevelChange(msgspec.Struct, frozen=True):
    """A new total at one price of the book of YES; size 0 removes the level."""

    side: Side
    price: Price
    size: Size


class MirroredLevels:
    """The one book behind both tokens of a market: its levels in terms of YES, and its texts."""

    __slots__ = ("asks", "bids", "market", "wire")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.bids: dict[Price, Size] = {}
        self.asks: dict[Price, Size] = {}
        self.wire = WireBook(market)

    def set(self, change: LevelChange) -> None:
        """Apply one change."""
        levels = self.bids if change.side is Side.BUY else self.asks
        if change.size:
            levels[change.price] = change.size
        else:
            levels.pop(change.price, None)
        self.wire.set(change.side, change.price, change.size)

    @property
    def best_bid(self) -> Price | None:
        return max(self.bids, default=None)

    @property
    def best_ask(self) -> Price | None:
        return min(self.asks, default=None)


def book_frames(books: Iterable[MirroredLevels], at: Nanos) -> bytes:
    """The first frame of a subscription: an array with the books of both tokens of each market."""
    tokens = []
    for book in books:
        book.wire.stamp = millis(at)
        tokens += [(book.wire, book.market.yes), (book.wire, book.market.no)]
    return snapshot(tokens)


def price_changes(book: MirroredLevels, changes: Sequence[LevelChange], at: Nanos) -> list[bytes]:
    """Apply changes and write one `price_change` frame for each, all with the hashes and tops of the state they end in.

    That is what the venue does with a batch of placements and cancels: one timestamp, the final hash in every frame.
    """
    for change in changes:
        book.set(change)
    book.wire.stamp = millis(at)
    return book.wire.changes(changes)


def trade_frames(
    book: MirroredLevels, outcome: OutcomeId, price: Price, size: Size, taker: Side, at: Nanos
) -> list[bytes]:
    """Apply a trade of `size` of `outcome` at one level, and write what follows it: both books, then the print."""
    yes = outcome == book.market.yes
    side = taker.opposite if yes else taker
    where = price if yes else Price(ONE - price)
    levels = book.bids if side is Side.BUY else book.asks
    book.set(LevelChange(side, where, Size(levels[where] - size)))
    wire = book.wire
    wire.last_trade = trade_text(price)
    wire.stamp = millis(at)
    digest = sha1(f"{outcome}{wire.stamp}{price}{size}".encode(), usedforsecurity=False).hexdigest()
    books = [wire.message(token).encode() for token in (book.market.yes, book.market.no)]
    return [*books, last_trade(wire, outcome, taker, price, size, f"0x{digest:0<64}")]


def resolution(market: Market, *, yes_won: bool, at: Nanos) -> bytes:
    """A `market_resolved` frame."""
    return msgspec.json.encode(
        {
            "event_type": "market_resolved",
            "id": str(int(market.id[2:10], 16)),
            "market": market.id,
            "assets_ids": [market.yes, market.no],
            "winning_asset_id": market.yes if yes_won else market.no,
            "winning_outcome": market.labels[0 if yes_won else 1],
            "timestamp": str(millis(at)),
            "tags": [],
        }
    )
