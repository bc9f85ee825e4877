"""Decisions made before their tick: what would be wanted, approved and sent if one price moved, worked out while idle.

A near miss waits for a move of one leg. What the desk would then do follows from its books, its state and the time; all
but the move is known before. So it is worked out beforehand, by the strategy, the rules and the plan that would do it
then, over a desk that shows the move. When the move comes and nothing else has changed, there is only to look whether
that is so, to ask the rules that time can change again, and to send: what the turn finds out behind it is the same.
"""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from dutchbook.domain.book import Book, Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent, Order, Route
from dutchbook.domain.ports import Awaited, NewBest
from dutchbook.domain.pricing.merge import MAX_SIZE
from dutchbook.domain.units import MINUTE, ONE, Nanos, Price, Size
from dutchbook.engine.ahead import NOT_KNOWN, Decided, Loaded, Loader, passes_until
from dutchbook.engine.desk import Desk
from dutchbook.engine.risk_view import DeskRisk
from dutchbook.engine.what_if import WhatIf
from dutchbook.execution.orders import leaving
from dutchbook.execution.plan import cover, plan
from dutchbook.execution.settings import Sending
from dutchbook.risk.ports import Rule
from dutchbook.risk.review import Approved, confirm, review
from dutchbook.strategies.foresight import Foreseen, Move
from dutchbook.strategies.index import Tracked

type Sides = tuple[tuple[Level, ...], tuple[Level, ...]]
"""Bids and asks of a book as they stood: the same objects stand there as long as nothing changed."""


class Foresees(Protocol):
    """A strategy that can say what it would want."""

    def foreseen(self, tracked: Tracked, move: Move, view: "WhatIf") -> Foreseen | None: ...
    def comes_true(self, tracked: Tracked, move: Move, intent: Intent, now: Nanos) -> bool: ...


class Contingency(msgspec.Struct, frozen=True):
    """What is done if a move comes: the intent, which passed all rules, and the orders of its first wave.

    `need` is the least size of the move's level at which the intent is exactly this one. The rest is what must not have
    changed: the desk beside its books, the books, the minute.
    """

    tracked: Tracked
    move: Move
    need: Size
    approved: Approved
    orders: tuple[Order, ...]
    version: int
    minute: int
    books: tuple[tuple[Book, Sides], ...]
    loaded: Loaded | None = None
    """The orders, named and signed, with their lines; None as long as nobody had time for that."""
    passes_until: Nanos = NOT_KNOWN
    """Until when it is known that all rules let it pass; 0 if they have to be asked when the move comes."""


class Contingencies:
    """What a desk is prepared for, by the outcome and the price that would come to be offered."""

    def __init__(
        self,
        desk: Desk,
        strategy: Foresees,
        rules: Sequence[Rule],
        momentary: Sequence[Rule],
        sending: Sending,
        loader: Loader,
    ) -> None:
        """`momentary` are those of the rules that are asked again when a move comes."""
        self._desk = desk
        self._strategy = strategy
        self._rules = rules
        self._momentary = momentary
        self._sending = sending
        self._loader = loader
        self.launch = loader.launch
        """What sends the orders of a decision."""
        self._view = DeskRisk(desk)
        self._ready: dict[OutcomeId, dict[int, Contingency]] = {}
        self._rehearsed = 0

    @property
    def ready(self) -> bool:
        """Whether anything is prepared."""
        return bool(self._ready)

    def forget(self) -> None:
        """Nothing is prepared any more."""
        self._ready.clear()

    def prepare(self, tracked: Tracked, move: Move) -> Intent | None:
        """Work out what a move would lead to, and keep it if it passes all rules; what would be wanted, if anything."""
        leg, desk = tracked.bundle.legs[move.leg], self._desk
        what_if = WhatIf(desk, leg.outcome, leg.side, Level(move.price, MAX_SIZE))
        foreseen = self._strategy.foreseen(tracked, move, what_if)
        if foreseen is None:
            return None
        intent = foreseen.intent
        if not _only_buys(tracked.bundle):
            return intent
        books = self._books(tracked.bundle)
        if books is None:
            return intent
        verdict = review(intent, DeskRisk(desk, what_if.book), self._rules)
        if not isinstance(verdict, Approved):
            return intent
        wave = plan(intent, tracked.bundle, what_if, self._sending).waves[0]
        need = self._need(foreseen, move, wave, what_if)
        if need is not None:
            self._ready.setdefault(leg.outcome, {})[move.price] = Contingency(
                tracked=tracked,
                move=move,
                need=need,
                approved=verdict,
                orders=tuple(
                    leaving(intent.id, number + 1, intent.legs[number], intent.at, Route(intent.id, number))
                    for number in wave
                ),
                version=desk.version,
                minute=desk.now // MINUTE,
                books=books,
            )
        return intent

    def make_ready(self, tracked: Tracked, move: Move, now: Nanos) -> None:
        """Have the orders of what was prepared for a move signed, if anything was."""
        moves = self._ready.get(tracked.bundle.legs[move.leg].outcome, {})
        found = moves.get(move.price)
        if found is not None and found.tracked is tracked:
            oldest = min(now, *(book.received for book, _ in found.books))
            known = passes_until(found.approved, oldest, self._desk, now, self._momentary)
            moves[move.price] = replace(
                found, loaded=self._loader.load(found.approved, found.orders, now), passes_until=known
            )

    @property
    def awaited(self) -> Awaited:
        """What the moves that are prepared for would bring."""
        return self._ready

    def announced(self, best: NewBest) -> Decided | None:
        """What was prepared for a move of which a frame tells, not applied yet, if all else is as it was.

        Only where the rules are known to let it pass: they would look at books as they were before the move.
        """
        found, desk = self._ready[best.outcome][best.price], self._desk
        now, oldest = desk.now, desk.now
        if now > found.passes_until or best.size < found.need or not self._same_desk(found):
            return None
        for book, (bids, asks) in found.books:
            if not book.stands(bids, asks):
                return None
            if book.outcome != best.outcome:
                oldest = min(oldest, book.received)
            elif not _stays_sound(book, best.price):
                return None
        intent = found.approved.intent
        if not self._strategy.comes_true(found.tracked, found.move, intent, now):
            return None
        loaded = self._loader.as_of(now, found.loaded, found.orders)
        return None if loaded is None else Decided(found.approved, oldest, loaded)

    def rehearse(self) -> None:
        """Go through what one of the moves would lead to, each in its turn, as far as that leaves no trace."""
        moves = [(outcome, price, found) for outcome, ready in self._ready.items() for price, found in ready.items()]
        self._rehearsed += 1
        outcome, price, found = moves[self._rehearsed % len(moves)]
        self.announced(NewBest(outcome, Price(price), found.need))
        if found.loaded is not None:
            self._loader.rehearse(found.loaded, self._desk.now)

    def come_true(self, outcomes: Sequence[OutcomeId]) -> Decided | None:
        """What was prepared for the move that just came, if all else is as it was; asked before any strategy is."""
        for outcome in outcomes:
            ready = self._ready.get(outcome)
            if ready is not None:
                book = self._desk.book(outcome)
                found = None if book is None or book.best_ask is None else ready.get(book.best_ask)
                if found is not None and self._holds(found, outcome):
                    return self._decided(found)
        return None

    def _holds(self, found: Contingency, outcome: OutcomeId) -> bool:
        if not self._same_desk(found):
            return False
        for book, (bids, asks) in found.books:
            if not book.usable or book.bid_levels is not bids:
                return False
            if book.outcome != outcome:
                if book.ask_levels is not asks:
                    return False
            elif not _moved_only(book.ask_levels, asks, found.need):
                return False
        return self._strategy.comes_true(found.tracked, found.move, found.approved.intent, self._desk.now)

    def _same_desk(self, found: Contingency) -> bool:
        return self._desk.version == found.version and self._desk.now // MINUTE == found.minute

    def _decided(self, found: Contingency) -> Decided | None:
        now = self._desk.now
        oldest = min(now, *[book.received for book, _ in found.books])
        if now > found.passes_until:
            self._view.begin()
            if not isinstance(confirm(found.approved, now, oldest, self._view, self._momentary), Approved):
                return None
        loaded = self._loader.as_of(now, found.loaded, found.orders)
        # Where something cannot be signed, the turn says why.
        return None if loaded is None else Decided(found.approved, oldest, loaded)

    def _books(self, bundle: Bundle) -> tuple[tuple[Book, Sides], ...] | None:
        """The books of all legs as they stand; None if one of them cannot tell whether it changed."""
        found = []
        for leg in bundle.legs:
            book = self._desk.books.held(leg.outcome)
            if not isinstance(book, Book) or leg.published is not None:
                return None
            found.append((book, (book.bid_levels, book.ask_levels)))
        return tuple(found)

    def _need(self, foreseen: Foreseen, move: Move, wave: Sequence[int], what_if: WhatIf) -> Size | None:
        """How much must be offered where the move goes: for the intent to be this one, and for its plan to be."""
        legs = foreseen.intent.legs
        if self._sending is Sending.TOGETHER or len(legs) == 1:
            return foreseen.need
        if move.leg in wave:
            return None  # how thin it is depends on how much is offered
        thicker = legs[move.leg].size * (cover(legs[wave[0]], what_if) + 1) // 1_000 + 1
        return Size(max(foreseen.need, thicker))


def _stays_sound(book: Book, price: Price) -> bool:
    """Whether a book with a new best ask can be looked at: not crossed, and its market's other book mirrors it."""
    bid, twin = book.best_bid, book.twin
    return (
        twin is not None
        and twin.usable
        and bid is not None
        and bid < price
        and twin.best_ask == ONE - bid
        and (book.best_ask is None or price < book.best_ask)
        and (twin.best_bid is None or twin.best_bid < ONE - price)
    )


def _moved_only(asks: tuple[Level, ...], before: tuple[Level, ...], need: Size) -> bool:
    """Whether one level, large enough, came before those that stood there, and nothing else."""
    return len(asks) == len(before) + 1 and asks[0].size >= need and asks[1:] == before


def _only_buys(bundle: Bundle) -> bool:
    return all(leg.side is Side.BUY for leg in bundle.legs)
