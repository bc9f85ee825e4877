"""Polymarket's book of one market as text: levels, right hashes and the frames that announce them.

Written from the protocol alone (sections 2.1 and 4.1 to 4.3), apart from the reader in `venues`: each checks the other.
A level is written once, when it changes, for both tokens; a frame only joins such texts.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import sha1
from typing import Protocol

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import ONE, Price, Size

MILLIS = 1_000_000
_BUY = Side.BUY
_WORDS = {Side.BUY: "BUY", Side.SELL: "SELL"}


class LevelTotal(Protocol):
    """A new total at one price of the book of YES; size 0 removes the level."""

    @property
    def side(self) -> Side: ...
    @property
    def price(self) -> Price: ...
    @property
    def size(self) -> Size: ...


def plain(value: int, decimals: int) -> str:
    """An integer in units of 10**-decimals as the venue writes levels: no trailing zeros, no bare point."""
    digits = str(value).rjust(decimals + 1, "0")
    return f"{digits[:-decimals]}.{digits[-decimals:]}".rstrip("0").rstrip(".")


@lru_cache(maxsize=ONE + 1)
def price_text(price: int) -> str:
    """A price as levels carry it."""
    return plain(price, 4)


@lru_cache(maxsize=8_192)
def size_text(size: int) -> str:
    """A number of contracts as levels carry it."""
    return plain(size, 6)


def trade_text(price: Price) -> str:
    """The last trade price as books carry it: three decimals at least."""
    return plain(price, 4).ljust(5, "0") if price % 10 == 0 else plain(price, 4)


class WireBook:
    """The one book behind both tokens of a market, as texts in the order of the wire: bids ascend, asks descend.

    Keys of bids are prices of YES, keys of asks their negatives, so that both lists ascend and the best is the last.
    The asks of NO are the mirror of the bids of YES, in the same order; each side's two lists run in parallel.
    `stamp` is the time of the last change in milliseconds, and part of the hash.
    """

    __slots__ = (
        "_ask_keys", "_bid_keys", "_no_asks", "_no_bids", "_terms", "_yes_asks", "_yes_bids",
        "last_trade", "market", "no", "stamp", "tick", "yes",
    )  # fmt: skip

    def __init__(self, market: Market, stamp: int = 0, last_trade: str = "") -> None:
        self.market = market.id
        self.yes = market.yes
        self.no = market.no
        self.stamp = stamp
        self.last_trade = last_trade
        self._bid_keys: list[int] = []
        self._ask_keys: list[int] = []
        self._yes_bids: list[str] = []
        self._yes_asks: list[str] = []
        self._no_bids: list[str] = []
        self._no_asks: list[str] = []
        self.describe(market)

    def describe(self, market: Market) -> None:
        """Take over what the hash covers besides the levels: a new grid, a new smallest size."""
        self.tick = price_text(market.grid.finest())
        self._terms = _terms(size_text(market.min_size), self.tick, neg_risk=market.neg_risk)

    def set(self, side: Side, price: Price, size: Size) -> None:
        """Set the total at a price of the book of YES; 0 removes the level."""
        if side is _BUY:
            keys, key, near, far = self._bid_keys, int(price), self._yes_bids, self._no_asks
        else:
            keys, key, near, far = self._ask_keys, -price, self._yes_asks, self._no_bids
        at = bisect_left(keys, key)
        known = at < len(keys) and keys[at] == key
        if not size:
            if known:
                del keys[at], near[at], far[at]
            return
        digits = size_text(size)
        text = f'{{"price":"{price_text(price)}","size":"{digits}"}}'
        mirrored = f'{{"price":"{price_text(ONE - price)}","size":"{digits}"}}'
        if known:
            near[at], far[at] = text, mirrored
        else:
            keys.insert(at, key)
            near.insert(at, text)
            far.insert(at, mirrored)

    def top(self) -> tuple[int, int]:
        """Best bid and ask of YES; 0 and one dollar where nobody offers."""
        return self._bid_keys[-1] if self._bid_keys else 0, -self._ask_keys[-1] if self._ask_keys else ONE

    def top_of(self, outcome: OutcomeId) -> tuple[int, int]:
        """Best bid and ask of one token."""
        bid, ask = self.top()
        return (bid, ask) if outcome == self.yes else (ONE - ask, ONE - bid)

    def digest(self, outcome: OutcomeId) -> str:
        """SHA-1 of the compact text of a token's book with an empty hash (protocol section 4.3)."""
        return self._digest(outcome, self._levels(outcome))

    def summary(self, outcome: OutcomeId) -> bytes:
        """The body of `GET /book`: the very text that is hashed, with its hash."""
        levels = self._levels(outcome)
        return self._state(outcome, levels, self._digest(outcome, levels)).encode()

    def message(self, outcome: OutcomeId) -> str:
        """A `book` message of the market channel."""
        levels = self._levels(outcome)
        return (
            f'{{"market":"{self.market}","asset_id":"{outcome}","timestamp":"{self.stamp}",'
            f'"hash":"{self._digest(outcome, levels)}",{levels},"tick_size":"{self.tick}","event_type":"book",'
            f'"last_trade_price":"{self.last_trade}"}}'
        )

    def changes(self, changes: Sequence[LevelTotal]) -> list[bytes]:
        """One `price_change` frame for each change, all with hashes and tops of the present book, which has them all.

        That is what the venue does with a batch of placements and cancels: one timestamp, the final hash in every
        frame.
        """
        bid, ask = (price_text(price) for price in self.top())
        not_ask, not_bid = (price_text(price) for price in self.top_of(self.no))
        head = f'{{"market":"{self.market}","price_changes":[{{"asset_id":"{self.yes}","price":"'
        yes_end = f'","hash":"{self.digest(self.yes)}","best_bid":"{bid}","best_ask":"{ask}"}}'
        middle = f'{yes_end},{{"asset_id":"{self.no}","price":"'
        no_end = f'","hash":"{self.digest(self.no)}","best_bid":"{not_ask}","best_ask":"{not_bid}"}}'
        tail = f'{no_end}],"timestamp":"{self.stamp}","event_type":"price_change"}}'
        frames = []
        for change in changes:
            size = size_text(change.size)
            side, other = ("BUY", "SELL") if change.side is _BUY else ("SELL", "BUY")
            text = (
                f'{head}{price_text(change.price)}","size":"{size}","side":"{side}{middle}'
                f'{price_text(ONE - change.price)}","size":"{size}","side":"{other}{tail}'
            )
            frames.append(text.encode())
        return frames

    def _levels(self, outcome: OutcomeId) -> str:
        bids, asks = (self._yes_bids, self._yes_asks) if outcome == self.yes else (self._no_bids, self._no_asks)
        return f'"bids":[{",".join(bids)}],"asks":[{",".join(asks)}]'

    def _digest(self, outcome: OutcomeId, levels: str) -> str:
        return sha1(self._state(outcome, levels, "").encode(), usedforsecurity=False).hexdigest()

    def _state(self, outcome: OutcomeId, levels: str, digest: str) -> str:
        return (
            f'{{"market":"{self.market}","asset_id":"{outcome}","timestamp":"{self.stamp}","hash":"{digest}",'
            f'{levels},{self._terms}"{self.last_trade}"}}'
        )


def snapshot(books: Iterable[tuple[WireBook, OutcomeId]]) -> bytes:
    """The first frame of a subscription: an array of books."""
    return f"[{','.join(book.message(outcome) for book, outcome in books)}]".encode()


def last_trade(book: WireBook, outcome: OutcomeId, side: Side, price: Price, size: Size, transaction: str) -> bytes:
    """A `last_trade_price` message: a print. `side` is the taker's."""
    return (
        f'{{"market":"{book.market}","asset_id":"{outcome}","price":"{price_text(price)}","size":"{size_text(size)}",'
        f'"fee_rate_bps":"0","side":"{_WORDS[side]}","timestamp":"{book.stamp}","event_type":"last_trade_price",'
        f'"transaction_hash":"{transaction}"}}'
    ).encode()


def millis(at: int) -> int:
    """A time as the venue stamps it."""
    return at // MILLIS


@lru_cache(maxsize=256)
def _terms(min_size: str, tick: str, *, neg_risk: bool) -> str:
    """The end of the hashed text, up to the last trade: shared by all markets of one kind."""
    said = "true" if neg_risk else "false"
    return f'"min_order_size":"{min_size}","tick_size":"{tick}","neg_risk":{said},"last_trade_price":'
