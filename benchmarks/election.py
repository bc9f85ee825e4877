"""A Polymarket election of thirty outcomes as bytes on its socket: snapshots and changes with the venue's own hashes.

Each call with one seed gives the same market. Bids stay below asks and YES mirrors NO, as the venue keeps it.
"""

import random
from collections.abc import Mapping
from decimal import Decimal

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, Nanos, Price, Size
from dutchbook.venues.polymarket.book_hash import Terms, digest, head_of, level_text

OUTCOMES = 30
LEVELS = 12
TICKS = 1_000
"""Prices are thousandths of a dollar."""
PAUSE_MS = 7
"""Between two frames: longer than a group of frames of one instant lasts."""
_START_MS = 1_763_700_000_000
_SETTLES = Nanos((_START_MS + 86_400_000) * MILLISECOND)
_TERMS = Terms("5", True, "0.001", "0.5")

type Side = dict[int, str]
"""Sizes as the venue writes them, by price in ticks."""


class Token:
    """One outcome's book, to compute its hash from."""

    def __init__(self, market: str, asset: str) -> None:
        self.market = market
        self.asset = asset
        self.bids: Side = {}
        self.asks: Side = {}

    def hash_at(self, at: int) -> str:
        """The venue's hash of the book at a time in milliseconds."""
        bids = [level_text(price_text(tick), size) for tick, size in sorted(self.bids.items())]
        asks = [level_text(price_text(tick), size) for tick, size in sorted(self.asks.items(), reverse=True)]
        return digest(head_of(self.market, self.asset), at, bids, asks, _TERMS.tail())

    def change(self, side: str, tick: int, size: str) -> None:
        """Set the total size at a price; "0" removes the level."""
        levels = self.bids if side == "BUY" else self.asks
        if size == "0":
            levels.pop(tick, None)
        else:
            levels[tick] = size

    def frame(self, at: int) -> bytes:
        """The book as a message of the market channel."""
        return msgspec.json.encode(
            {
                "market": self.market,
                "asset_id": self.asset,
                "timestamp": str(at),
                "hash": self.hash_at(at),
                "bids": [{"price": price_text(tick), "size": size} for tick, size in sorted(self.bids.items())],
                "asks": [{"price": price_text(tick), "size": size} for tick, size in sorted(self.asks.items())[::-1]],
                "tick_size": _TERMS.tick,
                "last_trade_price": _TERMS.last_trade,
                "event_type": "book",
            }
        )


class Election(msgspec.Struct, frozen=True):
    """The question, its markets, a snapshot of every token, and then the changes."""

    question: Question
    markets: tuple[Market, ...]
    snapshots: tuple[Frame, ...]
    changes: tuple[Frame, ...]


def election(changes: int, seed: int = 5) -> Election:
    """The market with so many `price_change` frames, each naming both tokens of one outcome."""
    rng = random.Random(seed)
    name = QuestionId(f"election-{seed}")
    weights = [rng.random() ** 3 + 0.01 for _ in range(OUTCOMES)]
    fair = [max(4, int(TICKS * weight / sum(weights))) for weight in weights]
    pairs = [_pair(rng, middle) for middle in fair]
    snapshots = [_frame(token.frame(_START_MS), 0) for pair in pairs for token in pair]
    frames = [_frame(_change(rng, pairs, fair, _at(number)), number) for number in range(1, changes + 1)]
    markets = tuple(_market(name, number, yes, no) for number, (yes, no) in enumerate(pairs))
    question = Question(
        id=name,
        venue=Venue.POLYMARKET,
        title="Who wins?",
        markets=tuple(market.id for market in markets),
        exclusive=True,
        exhaustive=True,
        convertible=True,
    )
    return Election(question, markets, tuple(snapshots), tuple(frames))


def price_text(tick: int) -> str:
    """A price as the venue writes it: two decimals, three where needed."""
    text = f"{tick / TICKS:.3f}"
    return text if tick % 10 else text[:-1]


def _pair(rng: random.Random, fair: int) -> tuple[Token, Token]:
    market = f"0x{rng.getrandbits(256):064x}"
    yes, no = (Token(market, str(rng.getrandbits(255))) for _ in range(2))
    for step in range(LEVELS):
        _both(yes, no, "SELL", fair + 2 + step * 2, _size(rng))
        if fair - 2 - step * 2 >= 1:
            _both(yes, no, "BUY", fair - 2 - step * 2, _size(rng))
    return yes, no


def _change(rng: random.Random, pairs: list[tuple[Token, Token]], fair: list[int], at: int) -> bytes:
    number = rng.randrange(OUTCOMES)
    (yes, no), middle = pairs[number], fair[number]
    away = 1 + int(rng.expovariate(0.4))
    side, tick = ("SELL", min(TICKS - 10, middle + away)) if rng.random() < 0.6 else ("BUY", max(1, middle - away))
    size = "0" if rng.random() < 0.35 else _size(rng)
    _both(yes, no, side, tick, size)
    other = "BUY" if side == "SELL" else "SELL"
    rows = [_row(yes, side, tick, size, at), _row(no, other, TICKS - tick, size, at)]
    message = {"market": yes.market, "price_changes": rows, "timestamp": str(at), "event_type": "price_change"}
    return msgspec.json.encode(message)


def _row(token: Token, side: str, tick: int, size: str, at: int) -> Mapping[str, str]:
    return {
        "asset_id": token.asset,
        "price": price_text(tick),
        "size": size,
        "side": side,
        "hash": token.hash_at(at),
        "best_bid": price_text(max(token.bids, default=0)),
        "best_ask": price_text(min(token.asks, default=TICKS)),
    }


def _both(yes: Token, no: Token, side: str, tick: int, size: str) -> None:
    yes.change(side, tick, size)
    no.change("BUY" if side == "SELL" else "SELL", TICKS - tick, size)


def _size(rng: random.Random) -> str:
    """Contracts, without trailing zeros. Sizes come again as often as in recorded markets: seven levels of eight."""
    if rng.random() < 0.6:
        return str(rng.randint(1, 200) * 5)
    return f"{Decimal(rng.randint(500, 500_000)) / 100:f}"


def _market(question: QuestionId, number: int, yes: Token, no: Token) -> Market:
    return Market(
        id=MarketId(yes.market),
        venue=Venue.POLYMARKET,
        question=question,
        title=f"Candidate {number}",
        yes=OutcomeId(yes.asset),
        no=OutcomeId(no.asset),
        grid=PriceGrid.uniform(Price(10)),
        min_size=Size(5_000_000),
        fees=NoFees(),
        neg_risk=True,
        settles=_SETTLES,
    )


def _at(number: int) -> int:
    return _START_MS + number * PAUSE_MS


def _frame(payload: bytes, number: int) -> Frame:
    return Frame("polymarket/market", Nanos(_at(number) * MILLISECOND), payload)
