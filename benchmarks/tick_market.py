"""The market that a tick comes from: a negRisk question of three outcomes, its books as the venue publishes them.

At rest its three YES cost 1.02 dollars. One falls from 0.34 to 0.31, and the three together cost 0.99. Standard library
only: the clients that do not have dutchbook read the same names.
"""

import hashlib
import json

TOKENS = (
    "71321045679252212594626385532706912750332728571942532289631379312455583992563",
    "52114319501245915516055106046884209969926127482827954674443846427813813222426",
    "48331043336612883890938759509493159234755048973500640148014422747788308965732",
)
OPPOSITES = (
    "60483310433366128838909387595094931592347550489735006401480144227477883089651",
    "80483310433366128838909387595094931592347550489735006401480144227477883089652",
    "90483310433366128838909387595094931592347550489735006401480144227477883089653",
)
MARKETS = tuple("0x" + pair * 32 for pair in ("a1", "b2", "c3"))
REST, FALLEN = 34, 31
"""Cents asked for each YES at rest, and for one that fell."""
SIZE = 40
"""Contracts at each price; where one fell, more are offered than the others can be matched with."""
FALLEN_SIZE = 75
_DEEP = 12
"""Prices on each side of a book."""


class Book:
    """One outcome's book: contracts by cents."""

    def __init__(self, market: str, token: str, bids: dict[int, int], asks: dict[int, int]) -> None:
        self.market = market
        self.token = token
        self.bids = bids
        self.asks = asks

    def rows(self, sides: dict[int, int], *, falling: bool) -> list[dict[str, str]]:
        """A side in the venue's order: the best price last."""
        return [{"price": _price(cents), "size": str(sides[cents])} for cents in sorted(sides, reverse=falling)]

    def body(self, at_ms: int) -> dict[str, object]:
        """The book as its own hash is taken of it (protocol section 4.3)."""
        plain: dict[str, object] = {
            "market": self.market,
            "asset_id": self.token,
            "timestamp": str(at_ms),
            "hash": "",
            "bids": self.rows(self.bids, falling=False),
            "asks": self.rows(self.asks, falling=True),
            "min_order_size": "5",
            "tick_size": "0.01",
            "neg_risk": True,
            "last_trade_price": "",
        }
        text = json.dumps(plain, separators=(",", ":"))
        plain["hash"] = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()
        return plain


class Question:
    """The three markets with both books of each."""

    def __init__(self) -> None:
        rise, fall = range(_DEEP), range(_DEEP)
        self.yes: list[Book] = []
        self.no: list[Book] = []
        for market, token, opposite in zip(MARKETS, TOKENS, OPPOSITES, strict=True):
            asks = {REST + step: SIZE * (1 + step) for step in rise}
            bids = {REST - 4 - step: SIZE * (1 + step) for step in fall}
            self.yes.append(Book(market, token, bids, asks))
            self.no.append(Book(market, opposite, _mirrored(asks), _mirrored(bids)))

    def snapshot(self, at_ms: int) -> bytes:
        """All books, as a subscription begins."""
        books = [{**book.body(at_ms), "event_type": "book"} for book in (*self.yes, *self.no)]
        return json.dumps(books, separators=(",", ":")).encode()

    def books(self, tokens: list[str], at_ms: int) -> bytes:
        """The books that somebody reads over REST."""
        wanted = [book.body(at_ms) for book in (*self.yes, *self.no) if book.token in tokens]
        return json.dumps(wanted, separators=(",", ":")).encode()

    def moved(self, outcome: int, size: int, at_ms: int) -> bytes:
        """The frame that says how many contracts are asked at the fallen price of an outcome now."""
        yes, no = self.yes[outcome], self.no[outcome]
        for side, cents in ((yes.asks, FALLEN), (no.bids, 100 - FALLEN)):
            if size:
                side[cents] = size
            else:
                del side[cents]
        changes = [_change(yes, FALLEN, size, "SELL", at_ms), _change(no, 100 - FALLEN, size, "BUY", at_ms)]
        frame = {
            "market": yes.market,
            "price_changes": changes,
            "timestamp": str(at_ms),
            "event_type": "price_change",
        }
        return json.dumps(frame, separators=(",", ":")).encode()


def _change(book: Book, cents: int, size: int, side: str, at_ms: int) -> dict[str, object]:
    return {
        "asset_id": book.token,
        "price": _price(cents),
        "size": str(size),
        "side": side,
        "hash": book.body(at_ms)["hash"],
        "best_bid": _price(max(book.bids)),
        "best_ask": _price(min(book.asks)),
    }


def _mirrored(side: dict[int, int]) -> dict[int, int]:
    return {100 - cents: size for cents, size in side.items()}


def _price(cents: int) -> str:
    return f"0.{cents:02d}"
