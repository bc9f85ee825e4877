"""Groups: the consecutive frames of one market with one venue timestamp, which only together make a state of the book.

A batch of orders comes as several frames with one timestamp, all carrying the hash of the final state (protocol section
4.3), and after a trade each token's book comes in a frame of its own. Between them nobody may look.
"""

from collections.abc import Collection, Iterable, Sequence

from dutchbook.domain.events import BookLost, GroupClosed, LevelSet, MarketEvent
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import NEVER, Nanos, Price
from dutchbook.venues.polymarket.book_hash import HashedBook


class Counters:
    """What a codec has seen, for reports: plain numbers, written by the codec only.

    Checks count once for an outcome and group, so that a batch of ten frames is one comparison.
    """

    def __init__(self) -> None:
        self.frames = 0
        self.malformed = 0
        self.unknown_types: dict[str, int] = {}
        self.snapshots_checked = 0
        self.snapshots_ok = 0
        self.snapshots_unverifiable = 0
        """Books whose hash cannot be computed: a term of the preimage is nowhere to be had."""
        self.changes_checked = 0
        self.changes_ok = 0
        self.gaps = 0
        """Books lost: a check failed, or the grid changed."""
        self.resyncs = 0
        """Lost books that a snapshot made whole again."""
        self.stale = 0
        """Books and changes older than the book held, discarded."""


class MarketState:
    """What the codec remembers of one market: the terms that its books share, and its current group."""

    __slots__ = (
        "at", "checked", "counted", "heard", "id", "last_trade", "listed", "min_size", "neg_risk", "newest", "outcomes",
        "pending", "received", "snapshots", "tick", "tokens", "touched",
    )  # fmt: skip

    def __init__(self, market: MarketId) -> None:
        self.id = market
        self.listed = False
        """Whether the catalogue knows it: a stranger's grid is not reported."""
        self.outcomes: dict[OutcomeId, OutcomeState] = {}
        self.tokens: dict[str, OutcomeId] = {}
        """The outcomes by their texts: all events share one text object, whose hash is known."""
        self.min_size: str | None = None
        self.neg_risk: bool | None = None
        self.tick: Price | None = None
        self.last_trade: str | None = None
        self.newest = -1
        """The latest venue time of any of its books, in milliseconds."""
        self.heard = -1
        """The venue time of the socket's last word on its books, in milliseconds."""
        self.at = -1
        """The group's venue time in milliseconds."""
        self.received = Nanos(0)
        """When the group's last frame came."""
        self.pending = False
        """Whether events of the group went out that nobody may act on yet."""
        self.touched: dict[OutcomeId, bool | None] = {}
        """The group's outcomes: whether their last hash matches, or None where it cannot be checked."""
        self.checked = False
        """Whether any of them was compared."""
        self.counted: set[OutcomeId] = set()
        self.snapshots: dict[OutcomeId, bool] = {}


class OutcomeState:
    """What the codec remembers of one outcome's book. Compared by identity."""

    __slots__ = ("at", "book", "lost", "market", "outcome", "tick", "usable", "watched")

    def __init__(self, outcome: OutcomeId, market: MarketState, *, watched: bool) -> None:
        self.outcome = outcome
        self.market = market
        self.watched = watched
        self.at = 0
        """The venue time of the book held, in milliseconds; without meaning while it is unusable."""
        self.usable = False
        self.lost = False
        self.tick: Price | None = None
        self.book: HashedBook | None = None
        """Kept while the book is whole, watched and can be checked."""

    def lose(self) -> None:
        """Forget the book until the next snapshot, of whatever age."""
        self.usable = False
        self.lost = True
        self.book = None


class Groups:
    """Opens and closes the groups of all markets, and counts the checks of changes."""

    def __init__(self, counters: Counters, grace: Nanos) -> None:
        self._counters = counters
        self._grace = self.grace = grace
        # Where another owner is to learn of it: markets that were closed or lost, whose state may have changed.
        self._changed: dict[MarketState, None] | None = None
        # Markets with pending groups, the one that waits longest first.
        self._open: dict[MarketId, MarketState] = {}
        self.due = NEVER
        """A time up to which no group falls due."""

    def enter(self, market: MarketState, at: int, received: Nanos) -> list[MarketEvent]:
        """Join the market's group of venue time `at`, closing another one. A pause beyond the grace ends a group."""
        if at == market.at and received <= market.received + self._grace:
            market.received = received
            return []
        events = self._close(market, received) if market.pending else []
        market.at = at
        market.received = received
        market.touched = {}
        market.checked = False
        if market.counted:
            market.counted.clear()
        if market.snapshots:
            market.snapshots.clear()
        return events

    def settle(self, market: MarketState, *, whole: bool, received: Nanos) -> tuple[bool, GroupClosed | None]:
        """What to say of the event that goes out now: its `complete`, and what must follow it.

        A group that was announced in parts ends with a GroupClosed that names all its outcomes.
        """
        if not whole:
            self.wait(market, received)
            return False, None
        if not market.pending:
            return True, None
        return False, self._finish(market, received)

    def wait(self, market: MarketState, received: Nanos) -> None:
        """Let the market's group wait for more frames, or for its time."""
        waiting = self._open
        if market.pending:
            del waiting[market.id]
        if not waiting:
            self.due = Nanos(received + self._grace)
        market.pending = True
        waiting[market.id] = market

    def pend(self, market: MarketState, at: int, sets: Sequence[LevelSet], received: Nanos) -> GroupClosed | None:
        """`enter` and `wait` in one step for changes that nobody checks: most frames without verification."""
        waiting = self._open
        closed = None
        if at == market.at and received <= market.received + self._grace:
            for level in sets:
                market.touched[level.outcome] = None
            if market.pending:
                del waiting[market.id]
        else:
            if market.pending:
                closed = self._finish(market, received)
            market.at = at
            if len(sets) == 2:
                first, second = sets
                market.touched = {first.outcome: None, second.outcome: None}
            else:
                market.touched = dict.fromkeys([level.outcome for level in sets])
        if not waiting:
            self.due = received + self._grace  # type: ignore[assignment]  # a call of Nanos is a twentieth of all this
        market.received = received
        market.pending = True
        waiting[market.id] = market
        return closed

    def match(self, state: OutcomeState, *, matches: bool) -> None:
        """Note how a change's hash compares. Only the group's last comparison for an outcome is final."""
        market, outcome = state.market, state.outcome
        market.touched[outcome] = matches
        market.checked = True
        if matches and outcome not in market.counted:
            market.counted.add(outcome)
            counters = self._counters
            counters.changes_checked += 1
            counters.changes_ok += 1

    def lose(self, states: list[OutcomeState], reason: str, received: Nanos) -> BookLost:
        """Declare books unknown."""
        self._counters.gaps += len(states)
        for state in states:
            state.lose()
            if self._changed is not None:
                self._changed[state.market] = None
        return BookLost(tuple(state.outcome for state in states), reason, received)

    def doubt(self, markets: Iterable[MarketState], reason: str, received: Nanos) -> list[MarketEvent]:
        """Declare all books of these markets unknown, in the middle of a group or not."""
        states = [state for market in markets for state in market.outcomes.values() if state.usable]
        for state in states:
            state.market.touched.pop(state.outcome, None)
        return [self.lose(states, reason, received)] if states else []

    def close_due(self, now: Nanos) -> list[MarketEvent]:
        """Close the groups that nothing more can join at `now`.

        Closings carry the time when they fell due, so that a replay, whose time comes from its frames, says the same.
        """
        if now <= self.due:
            return []
        events: list[MarketEvent] = []
        waiting = self._open
        while waiting:
            market = next(iter(waiting.values()))
            due: Nanos = market.received + self._grace  # type: ignore[assignment]  # as in pend
            if now <= due:
                self.due = due
                return events
            if market.checked:
                events += self._close(market, due)
            else:
                events.append(self._finish(market, due))
        self.due = NEVER
        return events

    def none_due(self, now: Nanos) -> bool:
        """Whether `close_due` has nothing to close at `now`."""
        return now <= self.due or not self._open

    def note_changes(self, wanted: bool) -> None:
        """Whether to keep in mind which markets change, for `hand_over`."""
        self._changed = {} if wanted else None

    def pending(self) -> Collection[MarketState]:
        """The markets with pending groups, the one that waits longest first."""
        return self._open.values()

    def hand_over(self) -> tuple[Collection[MarketState], Nanos]:
        """Give all pending groups away: the markets that have one or changed since `take_back`, and `due`."""
        changed, due = {**(self._changed or {}), **dict.fromkeys(self._open.values())}, self.due
        self._open.clear()
        self._changed = {}
        self.due = NEVER
        return changed, due

    def take_back(self, pending: Iterable[MarketState], due: Nanos) -> None:
        """Own these groups again, in this order. Nothing may have been opened here since `hand_over`."""
        self._open.update((market.id, market) for market in pending)
        self.due = due

    def _close(self, market: MarketState, received: Nanos) -> list[MarketEvent]:
        if not market.checked or False not in market.touched.values():
            return [self._finish(market, received)]
        failed = [market.outcomes[outcome] for outcome, matches in market.touched.items() if matches is False]
        for state in failed:
            self._count_failure(state)
            del market.touched[state.outcome]
        lost = self.lose(failed, "book hash differs at the end of a group: messages are missing", received)
        closed = self._finish(market, received)
        return [lost, closed] if closed.outcomes else [lost]

    def _finish(self, market: MarketState, received: Nanos) -> GroupClosed:
        market.pending = False
        del self._open[market.id]
        if self._changed is not None:
            self._changed[market] = None
        return GroupClosed(tuple(market.touched), received)

    def _count_failure(self, state: OutcomeState) -> None:
        if state.outcome in state.market.counted:
            self._counters.changes_ok -= 1
        else:
            self._counters.changes_checked += 1
