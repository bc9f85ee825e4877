"""The venue's own integrity check of a book: SHA-1 over its compact JSON (protocol section 4.3)."""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable, Sequence

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import LevelSet
from dutchbook.domain.units import SIZE_DECIMALS, Size, decimal_text
from dutchbook.venues.polymarket import wire


class Terms(msgspec.Struct, frozen=True, gc=False):
    """What the hash covers besides levels, as the venue's texts; a socket frame says only the last two."""

    min_size: str
    neg_risk: bool
    tick: str
    last_trade: str

    def tail(self) -> str:
        """The end of the preimage, behind the asks."""
        flag = "true" if self.neg_risk else "false"
        return (
            f'],"min_order_size":"{self.min_size}","tick_size":"{self.tick}","neg_risk":{flag},'
            f'"last_trade_price":"{self.last_trade}"}}'
        )


def stripped(size: Size) -> str:
    """A size as the venue writes it: without trailing zeros, `"5"` for five contracts."""
    return decimal_text(size, SIZE_DECIMALS).rstrip("0").rstrip(".")


def last_trade_text(price: str) -> str:
    """A printed price as books repeat it: three decimals at least. What follows at finer ticks is not known."""
    whole, _, fraction = price.partition(".")
    return f"{whole}.{fraction.ljust(3, '0')}"


def level_text(price: str, size: str) -> str:
    """One level's part of the preimage."""
    return f'{{"price":"{price}","size":"{size}"}}'


def level_texts(levels: Iterable[wire.Level]) -> list[str]:
    """The parts of the preimage for one side, in the venue's order."""
    return [f'{{"price":"{level.price}","size":"{level.size}"}}' for level in levels]


def digest(head: str, timestamp: int, bids: Sequence[str], asks: Sequence[str], tail: str) -> str:
    """The hash in hex from the parts of the preimage. `head` comes from `head_of`, `tail` from `Terms.tail`."""
    return _sha1_of(f'{head}{timestamp}","hash":"","bids":[{",".join(bids)}],"asks":[{",".join(asks)}{tail}')


def head_of(market: str, asset_id: str) -> str:
    """The begin of the preimage, up to the time."""
    return f'{{"market":"{market}","asset_id":"{asset_id}","timestamp":"'


def book_digest(book: wire.Book, terms: Terms) -> str:
    """The hash that the venue should have sent with `book`."""
    head = head_of(book.market, book.asset_id)
    return digest(head, book.timestamp, level_texts(book.bids), level_texts(book.asks), terms.tail())


class HashedBook:
    """One outcome's book as text, kept level by level so that each check is a join and one SHA-1."""

    __slots__ = ("_asks", "_bids", "_head", "_joined_asks", "_joined_bids", "_tail", "ask_keys", "bid_keys", "terms")

    def __init__(self, book: wire.Book, bids: Sequence[Level], asks: Sequence[Level], terms: Terms) -> None:
        """Take a whole book. `bids` and `asks` are its levels, read, in the same order and without empty ones."""
        self._head = head_of(book.market, book.asset_id)
        self.bid_keys, self._bids = _sorted_texts(book.bids, [level.price for level in bids])
        # The venue lists asks from the highest: negative keys make that ascending.
        self.ask_keys, self._asks = _sorted_texts(book.asks, [-level.price for level in asks])
        # Each side joined, None since its last change: most changes leave the other side as it was.
        self._joined_bids: str | None = None
        self._joined_asks: str | None = None
        self.use(terms)

    def use(self, terms: Terms) -> None:
        """Take over new terms, such as the price of the last trade."""
        self.terms = terms
        self._tail = terms.tail()

    def set_bid(self, price: int, size: int, price_text: str, size_text: str) -> None:
        """Set the total size of a bid; 0 removes it."""
        self._joined_bids = None
        _set(self.bid_keys, self._bids, price, f'{{"price":"{price_text}","size":"{size_text}"}}' if size else "")

    def set_ask(self, price: int, size: int, price_text: str, size_text: str) -> None:
        """Set the total size of an ask; 0 removes it."""
        self._joined_asks = None
        _set(self.ask_keys, self._asks, -price, f'{{"price":"{price_text}","size":"{size_text}"}}' if size else "")

    def digest(self, timestamp: int) -> str:
        """The hash of the book as it is now, at the venue's `timestamp` in milliseconds."""
        bids, asks = self._sides()
        return _sha1_of(f'{self._head}{timestamp}","hash":"","bids":[{bids}],"asks":[{asks}{self._tail}')

    def digest_with(self, timestamp: int, level: LevelSet, price_text: str, size_text: str) -> str | None:
        """The hash of the book if a level came before all of its side; None where it would not. Changes nothing."""
        buys = level.side is Side.BUY
        keys, key = (self.bid_keys, level.price) if buys else (self.ask_keys, -level.price)
        if keys and key <= keys[-1]:
            return None
        bids, asks = self._sides()
        more = f'{"," if keys else ""}{{"price":"{price_text}","size":"{size_text}"}}'
        if buys:
            return _sha1_of(f'{self._head}{timestamp}","hash":"","bids":[{bids}{more}],"asks":[{asks}{self._tail}')
        return _sha1_of(f'{self._head}{timestamp}","hash":"","bids":[{bids}],"asks":[{asks}{more}{self._tail}')

    def _sides(self) -> tuple[str, str]:
        bids, asks = self._joined_bids, self._joined_asks
        if bids is None:
            bids = self._joined_bids = ",".join(self._bids)
        if asks is None:
            asks = self._joined_asks = ",".join(self._asks)
        return bids, asks


def _sha1_of(text: str) -> str:
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def _set(keys: list[int], texts: list[str], key: int, text: str) -> None:
    index = bisect_left(keys, key)
    if index < len(keys) and keys[index] == key:
        if text:
            texts[index] = text
        else:
            del keys[index], texts[index]
    elif text:
        keys.insert(index, key)
        texts.insert(index, text)


def _sorted_texts(levels: Sequence[wire.Level], keys: Sequence[int]) -> tuple[list[int], list[str]]:
    rows = sorted(zip(keys, level_texts(level for level in levels if level.size.strip("0.")), strict=True))
    return [key for key, _ in rows], [text for _, text in rows]
