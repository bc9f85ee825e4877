"""Writes what Polymarket's market channel would send for a book: frames with right hashes.

Written from the protocol alone (sections 4.1 to 4.3), apart from the reader in `venues`: each checks the other.
"""

from collections.abc import Iterable, Mapping, Sequence
from hashlib import sha1

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import ONE, Nanos, Price, Size

_MILLISECOND = 1_000_000


class LevelChange(msgspec.Struct, frozen=True):
    """A new total at one price of the book of YES; size 0 removes the level."""

    side: Side
    price: Price
    size: Size


class MirroredLevels:
    """The one book behind both tokens of a market, kept in terms of YES."""

    __slots__ = ("asks", "bids", "last_trade", "market")

    def __init__(self, market: Market) -> None:
        self.market = market
        self.bids: dict[Price, Size] = {}
        self.asks: dict[Price, Size] = {}
        self.last_trade = ""

    def set(self, change: LevelChange) -> None:
        """Apply one change."""
        levels = self.bids if change.side is Side.BUY else self.asks
        if change.size:
            levels[change.price] = change.size
        else:
            levels.pop(change.price, None)

    @property
    def best_bid(self) -> Price | None:
        return max(self.bids, default=None)

    @property
    def best_ask(self) -> Price | None:
        return min(self.asks, default=None)

    def of_token(self, outcome: OutcomeId) -> tuple[Mapping[Price, Size], Mapping[Price, Size]]:
        """Bids and asks of one token: those of NO are the mirror of those of YES."""
        if outcome == self.market.yes:
            return self.bids, self.asks
        return _mirror(self.asks), _mirror(self.bids)


def plain(value: int, decimals: int) -> str:
    """An integer in units of 10**-decimals as the venue writes levels: no trailing zeros, no bare point."""
    digits = str(value).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".")


def trade_text(price: Price) -> str:
    """The last trade price as books carry it: three decimals at least."""
    return plain(price, 4).ljust(5, "0") if price % 10 == 0 else plain(price, 4)


def book_hash(book: MirroredLevels, outcome: OutcomeId, timestamp: str) -> str:
    """SHA-1 of the compact text of a token's book with an empty hash (protocol section 4.3)."""
    market = book.market
    bids, asks = book.of_token(outcome)
    state = {
        "market": market.id,
        "asset_id": outcome,
        "timestamp": timestamp,
        "hash": "",
        "bids": _wire_levels(bids, highest_first=False),
        "asks": _wire_levels(asks, highest_first=True),
        "min_order_size": plain(market.min_size, 6),
        "tick_size": plain(market.grid.finest(), 4),
        "neg_risk": market.neg_risk,
        "last_trade_price": book.last_trade,
    }
    return sha1(msgspec.json.encode(state), usedforsecurity=False).hexdigest()


def book_frames(books: Iterable[MirroredLevels], at: Nanos) -> bytes:
    """The first frame of a subscription: an array with the books of both tokens of each market."""
    messages = [book_message(book, token, at) for book in books for token in (book.market.yes, book.market.no)]
    return msgspec.json.encode(messages)


def book_message(book: MirroredLevels, outcome: OutcomeId, at: Nanos) -> dict[str, object]:
    """A `book` message of one token: sent at first, and after each trade."""
    timestamp = _timestamp(at)
    bids, asks = book.of_token(outcome)
    return {
        "market": book.market.id,
        "asset_id": outcome,
        "timestamp": timestamp,
        "hash": book_hash(book, outcome, timestamp),
        "bids": _wire_levels(bids, highest_first=False),
        "asks": _wire_levels(asks, highest_first=True),
        "tick_size": plain(book.market.grid.finest(), 4),
        "event_type": "book",
        "last_trade_price": book.last_trade,
    }


def price_changes(book: MirroredLevels, changes: Sequence[LevelChange], at: Nanos) -> list[bytes]:
    """Apply changes and write one `price_change` frame for each, all with the hashes and tops of the state they end in.

    That is what the venue does with a batch of placements and cancels: one timestamp, the final hash in every frame.
    """
    for change in changes:
        book.set(change)
    timestamp = _timestamp(at)
    market = book.market
    hashes = {token: book_hash(book, token, timestamp) for token in (market.yes, market.no)}
    return [msgspec.json.encode(_price_change(book, change, timestamp, hashes)) for change in changes]


def trade_frames(
    book: MirroredLevels, outcome: OutcomeId, price: Price, size: Size, taker: Side, at: Nanos
) -> list[bytes]:
    """Apply a trade of `size` of `outcome` at one level, and write what follows it: both books, then the print."""
    yes = outcome == book.market.yes
    side = taker.opposite if yes else taker
    where = price if yes else Price(ONE - price)
    levels = book.bids if side is Side.BUY else book.asks
    book.set(LevelChange(side, where, Size(levels[where] - size)))
    book.last_trade = trade_text(price)
    timestamp = _timestamp(at)
    digest = sha1(f"{outcome}{timestamp}{price}{size}".encode(), usedforsecurity=False).hexdigest()
    last = {
        "market": book.market.id,
        "asset_id": outcome,
        "price": plain(price, 4),
        "size": plain(size, 6),
        "fee_rate_bps": "0",
        "side": taker.upper(),
        "timestamp": timestamp,
        "event_type": "last_trade_price",
        "transaction_hash": f"0x{digest:0<64}",
    }
    books = [book_message(book, token, at) for token in (book.market.yes, book.market.no)]
    return [msgspec.json.encode(message) for message in (*books, last)]


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
            "timestamp": _timestamp(at),
            "tags": [],
        }
    )


def _price_change(
    book: MirroredLevels, change: LevelChange, timestamp: str, hashes: Mapping[OutcomeId, str]
) -> dict[str, object]:
    market = book.market
    mirrored = LevelChange(change.side.opposite, Price(ONE - change.price), change.size)
    parts = []
    for token, one in ((market.yes, change), (market.no, mirrored)):
        bids, asks = book.of_token(token)
        part = {
            "asset_id": token,
            "price": plain(one.price, 4),
            "size": plain(one.size, 6),
            "side": one.side.upper(),
            "hash": hashes[token],
            "best_bid": plain(max(bids, default=0), 4),
            "best_ask": plain(min(asks, default=0), 4),
        }
        parts.append(part)
    return {"market": market.id, "price_changes": parts, "timestamp": timestamp, "event_type": "price_change"}


def _wire_levels(levels: Mapping[Price, Size], *, highest_first: bool) -> list[dict[str, str]]:
    return [
        {"price": plain(price, 4), "size": plain(levels[price], 6)} for price in sorted(levels, reverse=highest_first)
    ]


def _mirror(levels: Mapping[Price, Size]) -> dict[Price, Size]:
    return {Price(ONE - price): size for price, size in levels.items()}


def _timestamp(at: Nanos) -> str:
    return str(at // _MILLISECOND)
