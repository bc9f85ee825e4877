"""The live snapshot path: a `book` frame of 90 levels from its bytes to the desk's book, against Nautilus' parse of it.

Snapshots come after trades, and differ from the last one in a level or two (protocol section 4.2): so do those of the
first row. After a connection was lost every size is new, as in the second row. Ours is the product's path where hashes
are not checked, as no peer does it: compiled code reads the levels, with the shape of each checked, and the book of the
desk (the lane's, in its arena) is replaced. The plain codec and the hash check stand beside. Nautilus decodes and makes
its deltas, which are not even applied.
"""

import random
from typing import Any

import msgspec
from nautilus_trader.adapters.polymarket.websocket.types import MARKET_WS_MESSAGE  # type: ignore[import-not-found]
from nautilus_trader.model.book import OrderBook  # type: ignore[import-not-found]
from nautilus_trader.model.enums import BookType  # type: ignore[import-not-found]

from benchmarks.election import Token, price_text
from benchmarks.method import Candidate, Row, compare, deliver, interleave, scaled
from benchmarks.nautilus import binary_option, levels
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import MILLISECOND, Nanos, Price, Size
from dutchbook.engine.book_table import BookTable
from dutchbook.venues.polymarket.codec import PolymarketCodec

FRAMES = 300
LEVELS = 45
"""On each side."""
_START_MS = 1_763_700_000_000
_END = Nanos(2**62)


class Scene(msgspec.Struct, frozen=True):
    """A market and snapshots of one of its books, each with two new levels, or with new sizes everywhere."""

    market: Market
    frames: tuple[Frame, ...]


class Ours:
    """Codec and book table, as the loop sets them up: with compiled code where no hash is verified, if so wanted."""

    def __init__(self, scene: Scene, *, verify: bool = False, compiled: bool = False) -> None:
        self.codec = PolymarketCodec([scene.market], verify=verify)
        self.books = BookTable([scene.market])
        if compiled:
            assert self.codec.open_lane(self.books) is not None, "numba is missing"

    def take(self, frames: tuple[Frame, ...]) -> None:
        decode, appliers = self.codec.decode, self.books.appliers
        for frame in frames:
            for event in decode(frame):
                appliers[type(event)](event)


def snapshot() -> list[Row]:
    """Measure the live snapshot path."""
    after_trades, anew = _scene(fresh=False), _scene(fresh=True)
    for scene in (after_trades, anew):
        _agree(scene)
    us = {name: scaled(values) for name, values in interleave(_candidates(after_trades, anew)).items()}
    rows = (
        ("snapshot", "book frame of 90 levels to the desk's book, after a trade", "ours", 5),
        ("snap-fresh", "the same, every size new", "fresh", 5),
        ("snap-plain", "the same by the plain codec, after a trade", "plain", None),
        ("snap-hash", "the same by the plain codec, hash verified", "verified", None),
    )
    return [
        compare(
            name,
            what,
            ours=us[key],
            peer="Nautilus, decode + deltas, no book",
            theirs=us["theirs" if key != "fresh" else "theirs fresh"],
            unit="us a frame",
            bar=bar,
        )
        for name, what, key, bar in rows
    ]


def _candidates(after_trades: Scene, anew: Scene) -> dict[str, Candidate]:
    """Each run of ours takes all frames from an empty book on."""
    made: dict[str, Ours] = {}

    def ours(name: str, scene: Scene, *, verify: bool = False, compiled: bool = False) -> Candidate:
        def renew() -> None:
            made[name] = Ours(scene, verify=verify, compiled=compiled)

        return Candidate(lambda: made[name].take(scene.frames), FRAMES, renew)

    def theirs(scene: Scene) -> Candidate:
        parse, few = _Theirs().parse, scene.frames[: FRAMES // 5]
        return Candidate(lambda: parse(few), len(few), lambda: None)

    return {
        "ours": ours("ours", after_trades, compiled=True),
        "theirs": theirs(after_trades),
        "fresh": ours("fresh", anew, compiled=True),
        "theirs fresh": theirs(anew),
        "plain": ours("plain", after_trades),
        "verified": ours("verified", after_trades, verify=True),
    }


class _Theirs:
    """What Nautilus' adapter does with a snapshot."""

    def __init__(self) -> None:
        self._decode = msgspec.json.Decoder(MARKET_WS_MESSAGE).decode
        self._instrument = binary_option("T0")

    def parse(self, frames: tuple[Frame, ...]) -> Any:
        deltas = None
        for frame in frames:
            deltas = self._decode(frame.payload).parse_to_snapshot(self._instrument, 0)
        return deltas

    def book(self, frames: tuple[Frame, ...]) -> Any:
        """The book that the last of them makes."""
        book = OrderBook(self._instrument.id, BookType.L2_MBP)
        book.apply_deltas(self.parse(frames))
        return book


def _scene(seed: int = 11, *, fresh: bool) -> Scene:
    rng = random.Random(seed)
    token = Token(f"0x{rng.getrandbits(256):064x}", str(rng.getrandbits(255)))
    token.bids = {500 - step * 10: _size(rng) for step in range(LEVELS)}
    token.asks = {510 + step * 10: _size(rng) for step in range(LEVELS)}
    frames = []
    for number in range(FRAMES):
        for side, first, step in ((token.bids, 500, -10), (token.asks, 510, 10)):
            for level in range(LEVELS) if fresh else (rng.randrange(LEVELS),):
                side[first + step * level] = _size(rng)
        at = _START_MS + 10 * number
        frames.append(Frame("polymarket/market", Nanos(at * MILLISECOND), token.frame(at)))
    market = Market(
        id=MarketId(token.market),
        venue=Venue.POLYMARKET,
        question=QuestionId("q"),
        title="?",
        yes=OutcomeId(token.asset),
        no=OutcomeId(str(rng.getrandbits(255))),
        grid=PriceGrid.uniform(Price(10)),
        min_size=Size(5_000_000),
        fees=NoFees(),
        neg_risk=True,
    )
    return Scene(market, tuple(frames))


def _size(rng: random.Random) -> str:
    return str(rng.randint(1, 200) * 5) if rng.random() < 0.6 else price_text(rng.randint(500, 900_000))


def _agree(scene: Scene) -> None:
    """Both end with the same book, and all hashes are right."""
    peer = _Theirs().book(scene.frames)
    for verify, compiled in ((False, True), (False, False), (True, False)):
        ours = Ours(scene, verify=verify, compiled=compiled)
        ours.take(scene.frames)
        for event in ours.codec.flush(_END):
            ours.books.appliers[type(event)](event)
        view = ours.books.view(scene.market.yes)
        assert view is not None
        assert view.usable
        assert [(level.price, level.size) for level in view.bids()] == levels(peer.bids()), "bids differ"
        assert [(level.price, level.size) for level in view.asks()] == levels(peer.asks()), "asks differ"
        assert len(levels(peer.bids())) == len(levels(peer.asks())) == LEVELS
        counters = ours.codec.counters
        assert counters.malformed == counters.gaps == 0
        assert counters.snapshots_ok == (FRAMES if verify else 0)


if __name__ == "__main__":
    deliver(snapshot, ["nautilus_trader", "msgspec"])
