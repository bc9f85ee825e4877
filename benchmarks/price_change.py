"""P5: a `price_change` frame of Polymarket, from bytes to books and a look at every bundle, against Nautilus.

Ours is the product's own path, as the loop drives it: the codec's compiled lane, which nothing leaves here; else codec
and book table; and the bundle strategy over the 30-outcome question (all YES, all NO, and each outcome's own pair).
Nautilus decodes, builds deltas and applies them, as its adapter does, and checks nothing.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from nautilus_trader.adapters.polymarket.schemas.book import PolymarketQuotes  # type: ignore[import-not-found]
from nautilus_trader.adapters.polymarket.websocket.types import MARKET_WS_MESSAGE  # type: ignore[import-not-found]
from nautilus_trader.model.book import OrderBook  # type: ignore[import-not-found]
from nautilus_trader.model.enums import BookType  # type: ignore[import-not-found]

from benchmarks.election import Election, election
from benchmarks.method import Candidate, Row, compare, deliver, interleave, limit, scaled
from benchmarks.nautilus import binary_option, levels, price_units
from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.relations import bundles_of
from dutchbook.config.load import shipped_settings
from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import IntentId
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.book_table import BookTable
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.venues.polymarket.codec import PolymarketCodec

FRAMES = 3_000
SETTINGS = shipped_settings().bundle
_END = Nanos(2**62)


class Onlooker:
    """A desk that only shows its books."""

    def __init__(self, books: BookTable) -> None:
        self.now = Nanos(0)
        self.book = books.view

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        book = self.book(outcome)
        if book is None:
            return ()
        return list(book.asks() if side is Side.BUY else book.bids())

    def next_intent(self) -> IntentId:
        return IntentId("none")

    def fill_rate(self, kind: str) -> int:
        return 0 if kind == "" else 1_000_000

    def busy(self, subject: str) -> bool:
        return subject == ""


class Ours:
    """The path of the product, from a frame to the bundles' new standing, with or without the compiled lane."""

    def __init__(self, market: Election, *, verify: bool, lane: bool = False) -> None:
        catalogue = Catalogue([market.question], market.markets)
        self.books = BookTable(market.markets)
        self.strategy = BundleStrategy(bundles_of(market.question, catalogue), SETTINGS, catalogue=catalogue)
        self.codec = PolymarketCodec(market.markets, self.strategy.outcomes(), verify)
        self.desk = Onlooker(self.books)
        self.lane = self.codec.open_lane(self.books) if lane else None
        assert (self.lane is not None) is lane, "numba is missing"
        self.decode(market.snapshots)

    def take(self, frames: Sequence[Frame]) -> None:
        """Frames, each through lane or codec, books and check."""
        if self.lane is None:
            self.decode(frames)
            return
        take, go_on, look, desk = self.lane.take, self.lane.go_on, self.strategy.books_changed, self.desk
        deep, tell_all = self.strategy.index.deep, self.lane.tell_all
        tell_all(bool(deep))
        for frame in frames:
            outcomes = take(frame)
            assert outcomes is not None, "a frame of the venue left the lane"
            while outcomes:
                look(outcomes, desk)
                tell_all(bool(deep))
                outcomes = go_on()

    def decode(self, frames: Sequence[Frame]) -> None:
        """Frames, each through codec, books and check."""
        decode, appliers, look, desk = self.codec.decode, self.books.appliers, self.strategy.books_changed, self.desk
        for frame in frames:
            for event in decode(frame):
                apply = appliers.get(type(event))
                if apply is not None and (ready := apply(event)):
                    look(ready, desk)

    def close(self) -> None:
        """Let the last group fall due."""
        for event in self.codec.flush(_END):
            apply = self.books.appliers.get(type(event))
            if apply is not None and (ready := apply(event)):
                self.strategy.books_changed(ready, self.desk)

    def view(self, outcome: OutcomeId) -> BookView:
        book = self.books.view(outcome)
        assert book is not None
        return book


class Theirs:
    """What Nautilus' adapter does with the same frames: one group of deltas for each asset of a frame."""

    def __init__(self, market: Election) -> None:
        self.decode = msgspec.json.Decoder(MARKET_WS_MESSAGE).decode
        outcomes = [outcome for listed in market.markets for outcome in (listed.yes, listed.no)]
        self.instruments: dict[str, Any] = {outcome: binary_option(f"T{i}") for i, outcome in enumerate(outcomes)}
        self.books: dict[str, Any] = {
            outcome: OrderBook(instrument.id, BookType.L2_MBP) for outcome, instrument in self.instruments.items()
        }
        for frame in market.snapshots:
            message = self.decode(frame.payload)
            deltas = message.parse_to_snapshot(self.instruments[message.asset_id], 0)
            self.books[message.asset_id].apply_deltas(deltas)

    def take(self, frames: Sequence[Frame]) -> None:
        decode, books, instruments = self.decode, self.books, self.instruments
        for frame in frames:
            message = decode(frame.payload)
            for change in message.price_changes:
                book = books[change.asset_id]
                quotes = PolymarketQuotes(message.market, [change], message.timestamp)
                book.apply_deltas(quotes.parse_to_deltas(instruments[change.asset_id], 0))
                book.best_ask_price()


def price_change() -> list[Row]:
    """Measure P5."""
    market = election(FRAMES)
    _agree(market)
    found = interleave(_candidates(market))
    us = {name: scaled(values) for name, values in found.items()}
    return [
        compare(
            "p5",
            "price_change bytes to books and bundle check",
            ours=us["lane"],
            peer="Nautilus, decode + deltas + book, no check",
            theirs=us["theirs"],
            unit="us a frame",
            bar=4,
        ),
        compare(
            "p5-plain",
            "the same without the compiled lane",
            ours=us["ours"],
            peer="Nautilus, decode + deltas + book, no check",
            theirs=us["theirs"],
            unit="us a frame",
        ),
        compare(
            "p5-hash",
            "the same with both book hashes verified",
            ours=us["verified"],
            peer="Nautilus, decode + deltas + book, no check",
            theirs=us["theirs"],
            unit="us a frame",
        ),
        limit("p5-codec", "of the plain path: bytes to events, without hash", ours=us["codec"], unit="us a frame"),
    ]


def _candidates(market: Election) -> dict[str, Candidate]:
    """Each run takes all frames, from fresh books: prepared, untimed, from the snapshots."""
    made: dict[str, Ours | Theirs] = {}

    def renew(name: str, make: Any) -> Any:
        return lambda: made.update({name: make()})

    def take(name: str) -> Any:
        return lambda: made[name].take(market.changes)

    def only_decode() -> None:
        ours = made["codec"]
        assert isinstance(ours, Ours)
        decode = ours.codec.decode
        for frame in market.changes:
            decode(frame)

    count = len(market.changes)
    return {
        "lane": Candidate(take("lane"), count, renew("lane", lambda: Ours(market, verify=False, lane=True))),
        "ours": Candidate(take("ours"), count, renew("ours", lambda: Ours(market, verify=False))),
        "theirs": Candidate(take("theirs"), count, renew("theirs", lambda: Theirs(market))),
        "verified": Candidate(take("verified"), count, renew("verified", lambda: Ours(market, verify=True))),
        "codec": Candidate(only_decode, count, renew("codec", lambda: Ours(market, verify=False))),
    }


def _agree(market: Election) -> None:
    """All books are the same level by level, all hashes right, and the bundles cost what Nautilus' books say."""
    theirs = Theirs(market)
    theirs.take(market.changes)
    for verify, lane in ((False, True), (False, False), (True, False)):
        ours = Ours(market, verify=verify, lane=lane)
        ours.take(market.changes)
        ours.close()
        for outcome, book in theirs.books.items():
            view = ours.view(OutcomeId(outcome))
            assert view.usable
            assert [(level.price, level.size) for level in view.bids()] == levels(book.bids()), "bids differ"
            assert [(level.price, level.size) for level in view.asks()] == levels(book.asks()), "asks differ"
        counters = ours.codec.counters
        assert counters.gaps == counters.malformed == 0
        assert counters.changes_checked == counters.changes_ok == (2 * len(market.changes) if verify else 0)
        costs = {tracked.bundle.kind: tracked.cost for tracked in ours.strategy.index}
        whole = sum(price_units(theirs.books[listed.yes].best_ask_price()) for listed in market.markets)
        assert costs[BundleKind.ALL_YES] == whole, "the bundle of all outcomes costs something else"


if __name__ == "__main__":
    deliver(price_change, ["nautilus_trader", "msgspec", "numpy"])
