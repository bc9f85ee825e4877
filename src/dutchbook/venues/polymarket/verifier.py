"""The second half of decoding: what was read is applied to the state of its outcomes, checked, and said as events."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import BookLost, BookSnapshot, GridChanged, LevelSet, LevelsSet, MarketEvent
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.units import Nanos, Price
from dutchbook.venues.polymarket import wire
from dutchbook.venues.polymarket.book_hash import HashedBook, Terms, book_digest
from dutchbook.venues.polymarket.groups import Counters, Groups, MarketState, OutcomeState
from dutchbook.venues.polymarket.numbers import nanos_of

_SET_BACK_MS = 2_000
"""A socket's words come in their order: one so much older than the last shows that the venue's clock was set back."""
_SET_BACK = "the venue's clock was set back"
_BUY = Side.BUY  # looked up once: this is the path of every change


class Snapshot(msgspec.Struct, frozen=True, gc=False):
    """A book, read. `book` is as the venue sent it, `live` whether over the socket."""

    state: OutcomeState
    book: wire.Book
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    tick: Price | None
    live: bool = True


class TickChange(msgspec.Struct, frozen=True, gc=False):
    """A `tick_size_change`, read."""

    state: OutcomeState
    at: int
    old: Price
    new: Price


class Verifier:
    """Applies what was read. Nothing here can fail: all doubts about a frame were settled before."""

    def __init__(self, counters: Counters, groups: Groups, *, verify: bool) -> None:
        self._counters = counters
        self._groups = groups
        self._verify = verify

    def changes(
        self, market: MarketState, message: wire.PriceChange, sets: tuple[LevelSet, ...], received: Nanos
    ) -> list[MarketEvent]:
        """Apply changes, read as `sets` in the order of the message; those older than their book are dropped."""
        at, rows = message.timestamp, message.price_changes
        if at < market.heard - _SET_BACK_MS:
            return self._set_back(market, at, received)
        market.heard = at
        if at < market.newest:
            rows, sets = self._fresh(market, at, rows, sets)
        else:
            market.newest = at
        if not sets:
            return []
        moment: Nanos = at * 1_000_000  # type: ignore[assignment]  # a call of Nanos is a twentieth of all this
        events = self._groups.enter(market, at, received)
        whole = self._set(market, at, rows, sets) and False not in market.touched.values()
        complete, closed = self._groups.settle(market, whole=whole, received=received)
        events.append(LevelsSet(sets, received, moment, complete))
        if closed is not None:
            events.append(closed)
        return events

    def foresees(
        self, market: MarketState, message: wire.PriceChange, sets: tuple[LevelSet, ...], received: Nanos
    ) -> bool:
        """Whether `changes` would say of this message, whose levels come first in their books, that it is whole.

        Changes nothing. False wherever that is not plain.
        """
        at = message.timestamp
        if market.pending or at <= market.at or at < max(market.newest, market.heard):
            return False
        return self._groups.none_due(received) and self.proves(market, message, sets)

    def proves(self, market: MarketState, message: wire.PriceChange, sets: tuple[LevelSet, ...]) -> bool:
        """Whether the books would have the hashes that a message tells, with its levels first in them."""
        at = message.timestamp
        for row, level in zip(message.price_changes, sets, strict=True):
            state = market.outcomes[level.outcome]
            if state.book is None or not row.hash:
                return False
            if state.book.digest_with(at, level, row.price, row.size) != row.hash:
                return False
        return True

    def unchecked(
        self, market: MarketState, message: wire.PriceChange, sets: tuple[LevelSet, ...], received: Nanos
    ) -> list[MarketEvent]:
        """`changes` where nobody checks: each group waits for its time."""
        at = message.timestamp
        if at < market.newest:
            sets = self._fresh(market, at, message.price_changes, sets)[1]
            if not sets:
                return []
        else:
            market.newest = at
        moment: Nanos = at * 1_000_000  # type: ignore[assignment]  # a call of Nanos is a twentieth of all this
        event = LevelsSet(sets, received, moment, False)
        closed = self._groups.pend(market, at, sets, received)
        return [event] if closed is None else [closed, event]

    def snapshot(self, read: Snapshot, received: Nanos) -> list[MarketEvent]:
        """Replace a book if its hash is right; without the means to check it is taken on trust, and counted so."""
        state, market = read.state, read.state.market
        if read.live:
            if read.book.timestamp < market.heard - _SET_BACK_MS:
                return self._set_back(market, read.book.timestamp, received)
            market.heard = read.book.timestamp
        elif not state.usable and read.book.timestamp < market.heard:
            self._counters.stale += 1
            return [BookLost((state.outcome,), "REST tells an older book than the socket told of", received)]
        if self._is_stale(state, read.book.timestamp):
            self._counters.stale += 1
            return []
        events = self._groups.enter(market, read.book.timestamp, received)
        terms = self._terms(read) if self._verify else None
        if terms is not None and not self._count(state, book_digest(read.book, terms) == read.book.hash):
            market.touched.pop(state.outcome, None)
            events.append(self._groups.lose([state], "the book's hash differs from its content", received))
            return events
        events += self._new_tick(read, received)
        self._take(read, terms)
        market.touched[state.outcome] = None if terms is None else True
        whole = terms is not None and all(
            other.usable and other.at == read.book.timestamp for other in market.outcomes.values()
        )
        whole = whole and False not in market.touched.values()
        complete, closed = self._groups.settle(market, whole=whole, received=received)
        events.append(
            BookSnapshot(state.outcome, read.bids, read.asks, received, nanos_of(read.book.timestamp), complete)
        )
        if closed is not None:
            events.append(closed)
        return events

    def tick(self, read: TickChange, received: Nanos) -> list[MarketEvent]:
        """Report a new grid once a market. The outcome's book waits for its next snapshot, unless it has this grid."""
        state = read.state
        market = state.market
        if self._is_stale(state, read.at):
            self._counters.stale += 1
            return []
        events: list[MarketEvent] = []
        if market.listed and market.tick != read.new:
            events.append(GridChanged(market.id, PriceGrid.uniform(read.new), received, nanos_of(read.at)))
        market.tick = read.new
        if state.usable and read.new not in (read.old, state.tick):
            market.touched.pop(state.outcome, None)
            events.append(self._groups.lose([state], "the price grid changed", received))
        return events

    def _set_back(self, market: MarketState, at: int, received: Nanos) -> list[MarketEvent]:
        """What is older and what is newer cannot be told any more: wait for whole books."""
        market.heard = at
        # Told even if they were lost before: whoever awaits them must ask again, for this book is not taken.
        return self._groups.doubt((market,), _SET_BACK, received) or [
            BookLost(tuple(market.outcomes), _SET_BACK, received)
        ]

    def _fresh(
        self, market: MarketState, at: int, rows: tuple[wire.Change, ...], sets: tuple[LevelSet, ...]
    ) -> tuple[tuple[wire.Change, ...], tuple[LevelSet, ...]]:
        """What is not older than the book it changes."""
        held = [market.outcomes[level.outcome] for level in sets]
        fresh = [index for index, state in enumerate(held) if not self._is_stale(state, at)]
        self._counters.stale += len(sets) - len(fresh)
        return tuple(rows[index] for index in fresh), tuple(sets[index] for index in fresh)

    def _is_stale(self, state: OutcomeState, at: int) -> bool:
        """Whether it is older than the book held; without checks the market's two books count as one."""
        return state.usable and at < (state.at if self._verify else state.market.newest)

    def _set(self, market: MarketState, at: int, rows: Sequence[wire.Change], sets: Sequence[LevelSet]) -> bool:
        """Bring the kept books up to date and compare each one's hash; whether any could be compared and all agree."""
        touched, outcomes = market.touched, market.outcomes
        announced: dict[OutcomeState, tuple[HashedBook, str]] = {}
        for row, level in zip(rows, sets, strict=True):
            state = outcomes[level.outcome]
            state.at = at
            book = state.book
            if book is None:
                touched.setdefault(state.outcome, None)
                continue
            if level.side is _BUY:
                book.set_bid(level.price, level.size, row.price, row.size)
            else:
                book.set_ask(level.price, level.size, row.price, row.size)
            announced[state] = (book, row.hash)
        whole = False
        for state, (book, expected) in announced.items():
            if expected:
                matches = book.digest(at) == expected or _matches_newer_trade(state, book, expected, at)
                self._groups.match(state, matches=matches)
                whole = True
            else:
                touched[state.outcome] = None
        return whole

    def _count(self, state: OutcomeState, ok: bool) -> bool:
        """Count a snapshot's check, once for an outcome and group."""
        before = state.market.snapshots.get(state.outcome)
        self._counters.snapshots_checked += before is None
        self._counters.snapshots_ok += ok if before is None else (-1 if before and not ok else 0)
        state.market.snapshots[state.outcome] = ok and before is not False
        return ok

    def _terms(self, read: Snapshot) -> Terms | None:
        """What the hash covers besides the levels, from the book itself or else from the market's metadata."""
        book, market = read.book, read.state.market
        min_size = book.min_order_size if book.min_order_size is not None else market.min_size
        neg_risk = book.neg_risk if book.neg_risk is not None else market.neg_risk
        if min_size is None or neg_risk is None or not book.hash or not book.tick_size or book.last_trade_price is None:
            self._counters.snapshots_unverifiable += 1
            return None
        return Terms(min_size, neg_risk, book.tick_size, book.last_trade_price)

    def _take(self, read: Snapshot, terms: Terms | None) -> None:
        state, market = read.state, read.state.market
        self._counters.resyncs += state.lost
        state.lost = False
        state.usable = True
        state.at = read.book.timestamp
        market.newest = max(market.newest, read.book.timestamp)
        state.tick = read.tick
        state.book = None
        if terms is None:
            return
        market.min_size, market.neg_risk, market.last_trade = terms.min_size, terms.neg_risk, terms.last_trade
        if state.watched:
            state.book = HashedBook(read.book, read.bids, read.asks, terms)

    def _new_tick(self, read: Snapshot, received: Nanos) -> list[MarketEvent]:
        market = read.state.market
        if read.tick is None or read.tick == market.tick:
            return []
        market.tick = read.tick
        if not market.listed:
            return []
        return [GridChanged(market.id, PriceGrid.uniform(read.tick), received, nanos_of(read.book.timestamp))]


def _matches_newer_trade(state: OutcomeState, book: HashedBook, expected: str, time: int) -> bool:
    """Whether the kept book has the announced hash, if not with the price of the last trade that it knows.

    Then perhaps with the market's newer one: books and prints of one trade come in no promised order.
    """
    printed, terms = state.market.last_trade, book.terms
    if printed is None or printed == terms.last_trade:
        return False
    book.use(msgspec.structs.replace(terms, last_trade=printed))
    if book.digest(time) == expected:
        return True
    book.use(terms)
    return False
