"""All books of the desk: applies what codecs say, and tells which books may be looked at now.

A book may be looked at once the changes of its venue instant are complete, it is not crossed, and, where the venue
publishes both sides of one market, YES and NO mirror each other at the top.
"""

from collections.abc import Callable, Collection, Container, Iterable, Mapping, Sequence

from dutchbook.domain.arena_books import ArenaBook
from dutchbook.domain.book import NO_SNAPSHOT, Book, BookView, MirroredBook
from dutchbook.domain.compact_books import CompactBook
from dutchbook.domain.errors import BookError
from dutchbook.domain.events import BookEvent, BookLost, BookSnapshot, GroupClosed, LevelAdded, LevelsSet
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import ONE, Price

type AnyBook = Book | CompactBook | ArenaBook

_NONE: tuple[OutcomeId, ...] = ()


class BookCounters:
    """What happened to the books, for reports."""

    def __init__(self) -> None:
        self.crossed = 0
        """Books with bid >= ask at the end of a group: faults of the data."""
        self.mirror_breaks = 0
        """Ends of groups at which YES and NO of one market did not mirror each other."""
        self.resyncs = 0
        """Snapshots that repaired a book: after a loss, or different from the book folded from signed changes."""
        self.negative = 0
        """Signed changes that would have taken a level below zero."""


class BookTable:
    """Books by outcome. Outcomes are known from their markets, or from the first message that names them."""

    def __init__(self, markets: Iterable[Market] = (), watched: Collection[OutcomeId] | None = None) -> None:
        """Books of these markets; those of outcomes that are not `watched` (None: all are) take a seventh of the room.

        Markets that are listed later get full books: strategies are about to look at them.
        """
        self._books: dict[OutcomeId, AnyBook] = {}
        self._views: dict[OutcomeId, BookView] = {}
        self.view: Callable[[OutcomeId], BookView | None] = self._views.get
        """The book of an outcome, or None if it was never heard of."""
        self.counters = BookCounters()
        self._deep: tuple[Container[OutcomeId], ...] = ()
        self.appliers: Mapping[type, Callable[..., Sequence[OutcomeId]]] = {
            LevelAdded: self._level_added,
            LevelsSet: self._levels_set,
            BookSnapshot: self._snapshot,
            GroupClosed: self._group_closed,
            BookLost: self._lost,
        }
        """How each kind of event brings the books up to date: `apply` by type."""
        for market in markets:
            for outcome in (market.yes,) if market.shared_book else (market.yes, market.no):
                if watched is not None and outcome not in watched:
                    self._books[outcome] = self._views[outcome] = CompactBook(outcome)
            self.add_market(market)

    def __len__(self) -> int:
        return len(self._books)

    def add_market(self, market: Market) -> None:
        """Prepare the books of a market: one and its mirror, or one for each outcome."""
        yes = self._book(market.yes)
        if market.shared_book:
            self._views.setdefault(market.no, MirroredBook(market.no, yes))
        else:
            no = self._book(market.no)
            yes.twin, no.twin = no, yes

    def wake_deep(self, outcomes: Container[OutcomeId]) -> None:
        """Name outcomes, as a live set, of which every change is told: of others none that leaves the top as it was.

        That holds for signed changes, which are complete one by one; other changes are told in any case.
        """
        self._deep = (*self._deep, outcomes)

    def drop_market(self, market: Market) -> None:
        """Forget a market that is over."""
        for outcome in (market.yes, market.no):
            book = self._books.pop(outcome, None)
            if isinstance(book, ArenaBook):
                book.retire()
            self._views.pop(outcome, None)

    def held(self, outcome: OutcomeId) -> AnyBook | None:
        """The book that is changed for this outcome; None for a mirrored one."""
        return self._books.get(outcome)

    def put(self, book: Book | ArenaBook) -> None:
        """Let this be the outcome's book, in place of another that said the same."""
        self._books[book.outcome] = self._views[book.outcome] = book

    def apply(self, event: BookEvent) -> Sequence[OutcomeId]:
        """Bring the books up to date and name the outcomes that may be looked at now."""
        return self.appliers[type(event)](event)

    def _book(self, outcome: OutcomeId) -> AnyBook:
        book = self._books.get(outcome)
        if book is None:
            book = self._books[outcome] = self._views[outcome] = Book(outcome)
        return book

    def _level_added(self, event: LevelAdded) -> Sequence[OutcomeId]:
        outcome = event.outcome
        book = self._books.get(outcome) or self._book(outcome)
        if book.fault is not None:
            return _NONE
        bid_before, ask_before = book.best_bid, book.best_ask
        try:
            book.add(event.side, event.price, event.delta)
        except BookError as error:
            self.counters.negative += 1
            book.lose(str(error))
            return _NONE
        book.received = event.received
        bid, ask = book.best_bid, book.best_ask
        if bid is not None and ask is not None and bid >= ask:
            self.counters.crossed += 1
            return _NONE
        if bid == bid_before and ask == ask_before:
            for wanted in self._deep:
                if outcome in wanted:
                    break
            else:
                return _NONE
        return (outcome,)

    def _levels_set(self, event: LevelsSet) -> Sequence[OutcomeId]:
        books, received = self._books, event.received
        touched: list[OutcomeId] = []
        for change in event.changes:
            outcome = change.outcome
            book = books.get(outcome) or self._book(outcome)
            book.received = received
            if book.fault is None:
                book.set_level(change.side, change.price, change.size)
                book.waiting = True
                touched.append(outcome)
        return self._look(touched) if event.complete else _NONE

    def _snapshot(self, event: BookSnapshot) -> Sequence[OutcomeId]:
        outcome = event.outcome
        book = self._book(outcome)
        before = (book.bid_sizes, book.ask_sizes) if book.folded and book.fault is None else None
        was_lost = book.fault not in (None, NO_SNAPSHOT)
        book.replace(event.bids, event.asks, event.received)
        if was_lost or (before and before != (book.bid_sizes, book.ask_sizes)):
            self.counters.resyncs += 1
        book.waiting = True
        return self._look((outcome,)) if event.complete else _NONE

    def _group_closed(self, event: GroupClosed) -> Sequence[OutcomeId]:
        return self._look(event.outcomes)

    def _lost(self, event: BookLost) -> Sequence[OutcomeId]:
        for outcome in event.outcomes:
            book = self._book(outcome)
            book.waiting = False
            book.lose(event.reason)
        return _NONE

    def _look(self, outcomes: Sequence[OutcomeId]) -> Sequence[OutcomeId]:
        """Of the touched outcomes, and of their twins still waiting, those whose books may be looked at."""
        if len(outcomes) == 2:
            first, second = self._books.get(outcomes[0]), self._books.get(outcomes[1])
            if first is not None and second is not None and first.twin is second and _sound_pair(first, second):
                first.waiting = second.waiting = False
                return outcomes
        return self._look_closely(outcomes)

    def _look_closely(self, outcomes: Sequence[OutcomeId]) -> Sequence[OutcomeId]:
        touched = self._with_waiting(outcomes)
        ready: list[OutcomeId] = []
        for outcome in touched:
            book = self._books.get(outcome)
            if book is None or book.fault is not None:
                continue
            if book.crossed:
                self.counters.crossed += 1
                continue
            twin = book.twin
            if twin is None or twin.fault is not None:
                ready.append(outcome)
            elif _mirror_at_top(book, twin):
                ready.append(outcome)
                if twin.outcome not in touched:
                    # It may have moved first, when the two did not mirror each other and nobody was told.
                    ready.append(twin.outcome)
            else:
                self.counters.mirror_breaks += 1
        return ready

    def _with_waiting(self, outcomes: Sequence[OutcomeId]) -> dict[OutcomeId, None]:
        touched = dict.fromkeys(outcomes)
        for outcome in outcomes:
            book = self._books.get(outcome)
            if book is None:
                continue
            book.waiting = False
            if book.twin is not None and book.twin.waiting:
                book.twin.waiting = False
                touched[book.twin.outcome] = None
        return touched


def _sound_pair(first: AnyBook, second: AnyBook) -> bool:
    """Whether two books are whole, two-sided, not crossed, and mirror each other at the top: nearly always so."""
    bid, ask = first.best_bid, first.best_ask
    return (
        bid is not None
        and ask is not None
        and bid < ask
        and second.best_ask == ONE - bid
        and second.best_bid == ONE - ask
        and first.fault is None
        and second.fault is None
    )


def _mirror_at_top(book: AnyBook, twin: AnyBook) -> bool:
    """Whether the best prices of the two outcomes of one market add up to a dollar, side by side."""
    return _completes(book.best_bid, twin.best_ask) and _completes(book.best_ask, twin.best_bid)


def _completes(price: Price | None, other: Price | None) -> bool:
    if price is None or other is None:
        return price is other
    return price + other == ONE
