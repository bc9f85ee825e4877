"""A desk on a stream of Polymarket frames, with the compiled lane or without, and all that it shows."""

import json
import random
from collections.abc import Collection, Container, Mapping, Sequence

import msgspec

from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.catalogue.relations import bundles_of
from dutchbook.config.load import shipped_settings
from dutchbook.domain.book import BookView
from dutchbook.domain.bundles import Bundle, BundleId
from dutchbook.domain.drafts import Draft
from dutchbook.domain.events import Cause, Event, FrameRef, JournalRef, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid, Question
from dutchbook.domain.orders import Intent
from dutchbook.domain.ports import Frame, Shelf
from dutchbook.domain.units import DOLLAR, Money, Nanos, Price, Size
from dutchbook.engine.book_table import BookTable
from dutchbook.engine.desk import Desk, Opening
from dutchbook.engine.feed import Feed
from dutchbook.engine.loop import Loop, Policy
from dutchbook.exchange.paper.fill_model import PaperExchange
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet
from dutchbook.risk.halt import HaltSwitch
from dutchbook.risk.rules import guardian_rules
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.settings import BundleSettings
from dutchbook.venues.polymarket.codec import MARKET_SOURCE, REST_SOURCE, PolymarketCodec

START = Nanos(1_790_000_000 * 10**9)
MARKETS = tuple(f"0x{number:02x}" + "5e" * 31 for number in range(3))
TOKENS = tuple((f"{number}1" * 38, f"{number}2" * 38) for number in range(1, 4))


class LanedCodec(PolymarketCodec):
    """The codec, counting the frames that come to it and not to its lane."""

    decoded = 0

    def decode(self, frame: Frame) -> Sequence[MarketEvent]:
        self.decoded += 1
        return super().decode(frame)


class PlainCodec(LanedCodec):
    """The codec without its lane."""

    def open_lane(self, shelf: Shelf) -> None:
        """None, whatever the shelf holds."""


class Journal:
    """A record in memory."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Nanos, str, str]] = []

    def append(
        self, kind: str, at: Nanos, body: msgspec.Struct | Mapping[str, object], cause: Cause | None
    ) -> JournalRef:
        self.lines.append((kind, at, repr(body), str(cause)))
        return JournalRef(len(self.lines))

    def draft(self, kind: str, body: msgspec.Struct) -> Draft:
        return Draft(kind, body, b"")

    def append_drafts(
        self,
        at: Nanos,
        oldest: Nanos,  # noqa: ARG002 - the port's
        first: Draft,
        rest: Sequence[Draft],
        cause: Cause | None,
    ) -> JournalRef:
        origin = self.append(first.kind, at, first.body, cause)
        for draft in rest:
            self.append(draft.kind, at, draft.body, origin)
        return origin

    def rehearse(self, at: Nanos, first: Draft, rest: Sequence[Draft]) -> None: ...

    def gather(self) -> bool:
        return False

    def write_out(self, *, end: bool = False) -> None:
        pass


class Onlooker:
    """A strategy that notes what it is told, as far as the contract of `deep` fixes it, with the depth of all books.

    It wants every change while the best bid it saw last divides by three.
    """

    name = "onlooker"

    def __init__(self, outcomes: Collection[OutcomeId]) -> None:
        self.seen: list[object] = []
        self._outcomes = outcomes
        self._tops: dict[OutcomeId, object] = {}
        self._deep: set[OutcomeId] = set()

    def outcomes(self) -> Collection[OutcomeId]:
        return self._outcomes

    def deep(self) -> Container[OutcomeId]:
        return self._deep

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        tops = {outcome: _top(desk.book(outcome)) for outcome in outcomes}
        news = [outcome for outcome in outcomes if self._deep or self._tops.get(outcome) != tops[outcome]]
        self._tops.update(tops)
        if news:
            self.seen.append((desk.now, news, [shown(desk.book(outcome)) for outcome in self._outcomes]))
            self._deep.clear()
            if ((tops[outcomes[0]] or (1,))[0] or 0) % 3 == 0:
                self._deep.add(outcomes[0])
        return ()

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        self.seen.append((desk.now, "lost", tuple(outcomes)))
        for outcome in outcomes:
            self._tops.pop(outcome, None)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:
        self.seen.append((desk.now, repr(event)))
        return ()


class Bundles:
    """The strategy's bundles; nothing is ever held as a set."""

    def __init__(self, strategy: BundleStrategy) -> None:
        self._known = {tracked.bundle.id: tracked.bundle for tracked in strategy.index}

    def bundle(self, subject: str) -> Bundle | None:
        return self._known.get(BundleId(subject))

    def complete_sets(self, positions: Mapping[OutcomeId, Position]) -> Sequence[CompleteSet]:  # noqa: ARG002
        return ()


class Rig:
    """A desk on three mutually exclusive markets. `trades` false: it prices bundles below their payoff, wants none."""

    def __init__(self, codec: type[LanedCodec], *, trades: bool, served: int = 3) -> None:
        shipped = shipped_settings()
        markets = [_market(number) for number in range(3)]
        catalogue = Catalogue([_question()], markets)
        edge = "0" if trades else "0.9"
        bundle = BundleSettings(**dict.fromkeys(_EDGES, edge))  # type: ignore[arg-type]
        self.strategy = BundleStrategy(bundles_of(_question(), catalogue), bundle, catalogue=catalogue)
        self.books = BookTable(markets)
        self.onlooker = Onlooker([outcome for pair in TOKENS for outcome in map(OutcomeId, pair)])
        self.journal = Journal()
        exchange = PaperExchange(self.books, shipped.paper, random.Random(0))
        self.desk = Desk(
            catalogue=catalogue, books=self.books, gateway=exchange, bundles=Bundles(self.strategy),
            risk=shipped.risk, execution=shipped.execution, opening=Opening(Money(10_000 * DOLLAR), START),
        )  # fmt: skip
        self.codec = codec(markets[:served], verify=False)
        policy = Policy(
            strategies=(self.strategy, self.onlooker), rules=guardian_rules(shipped.risk), observers=(self.strategy,)
        )
        feed = Feed({MARKET_SOURCE: self.codec, REST_SOURCE: self.codec})
        self.loop = Loop(self.desk, feed, exchange, self.journal, policy, HaltSwitch(None))

    def learn(self) -> None:
        """Let the codec know of all three markets."""
        self.codec.learn(_market(number) for number in range(3))

    def take(self, frames: Sequence[Frame], first: int) -> None:
        self.loop.frames(frames, 0, first)

    def take_live(self, frames: Sequence[Frame], first: int) -> None:
        """Each as it comes, and then what was counted is settled."""
        for offset, frame in enumerate(frames, first):
            self.loop.frame(frame, FrameRef(0, offset))
        self.loop.frames((), 0, first)

    def finish(self) -> None:
        self.loop.advance(Nanos(self.desk.now + 10**11), FrameRef(0, 0))

    def state(self) -> Mapping[str, object]:
        """All that the desk shows."""
        loop, feed = self.loop, self.loop.feed
        return {
            "books": [shown(self.books.view(OutcomeId(token))) for pair in TOKENS for token in pair],
            "waiting": [(b := self.books.held(OutcomeId(t))) and b.waiting for pair in TOKENS for t in pair],
            "bundles": [(t.bundle.id, t.cost, t.missing, t.standing, t.declined) for t in self.strategy.index],
            "pool": self.strategy.pool.figures(),
            "stats": vars(self.strategy.stats),
            "codec": vars(self.codec.counters),
            "faults": vars(self.books.counters),
            "loop": (vars(loop.counters), feed.frames, feed.malformed, self.desk.now, self.desk.heard),
            "journal": self.journal.lines,
            "onlooker": self.onlooker.seen,
        }


_EDGES = tuple(name for name in BundleSettings.model_fields if name.startswith("edge_"))


def _question() -> Question:
    return Question(
        id=QuestionId("q"), venue=Venue.POLYMARKET, title="Who?", markets=tuple(map(MarketId, MARKETS)),
        exclusive=True, exhaustive=True, convertible=True,
    )  # fmt: skip


def _market(number: int) -> Market:
    yes, no = map(OutcomeId, TOKENS[number])
    return Market(
        id=MarketId(MARKETS[number]), venue=Venue.POLYMARKET, question=QuestionId("q"), title=f"Candidate {number}",
        yes=yes, no=no, grid=PriceGrid.uniform(Price(10)), min_size=Size(1_000_000), fees=NoFees(), neg_risk=True,
        settles=Nanos(START + 86_400 * 10**9),
    )  # fmt: skip


def _top(book: BookView | None) -> tuple[Price | None, Price | None] | None:
    return None if book is None else (book.best_bid, book.best_ask)


def shown(book: BookView | None) -> object:
    """What a book says."""
    if book is None:
        return None
    bids = [(level.price, level.size) for level in book.bids()]
    asks = [(level.price, level.size) for level in book.asks()]
    return book.outcome, book.usable, book.received, book.best_bid, book.best_ask, bids, asks


def packed(message: object) -> bytes:
    """A message as the venue writes it."""
    return json.dumps(message, separators=(",", ":")).encode()


def row(token: str, price: str, size: str, side: str) -> dict[str, str]:
    return {
        "asset_id": token, "price": price, "size": size, "side": side,
        "hash": "5e" * 20, "best_bid": "0", "best_ask": "1",
    }  # fmt: skip


def price_change(market: int, rows: Sequence[Mapping[str, str]], at: int) -> dict[str, object]:
    return {
        "market": MARKETS[market], "price_changes": list(rows), "timestamp": str(at), "event_type": "price_change",
    }  # fmt: skip


def book(market: int, number: int, bids: Mapping[int, str], asks: Mapping[int, str], at: int) -> dict[str, object]:
    """A snapshot of one token; prices in ticks of a tenth of a cent."""
    return {
        "market": MARKETS[market], "asset_id": TOKENS[market][number], "timestamp": str(at), "hash": "5e" * 20,
        "bids": [{"price": price(tick), "size": size} for tick, size in bids.items()],
        "asks": [{"price": price(tick), "size": size} for tick, size in asks.items()],
        "tick_size": "0.001", "last_trade_price": "0.5", "event_type": "book",
    }  # fmt: skip


def price(tick: int) -> str:
    return f"{tick / 1_000:.3f}".rstrip("0")
