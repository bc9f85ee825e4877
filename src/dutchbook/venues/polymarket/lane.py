"""The compiled lane: frames of price changes whose bytes go to the books without an event in between.

It applies where nobody verifies hashes, numba is installed, and no order was sent yet: then nobody needs to see a
change by itself, only tops that moved. The plain path (codec, groups, book table) remains the definition of what a
frame does, and takes every frame that is not exactly what the venue writes today, and every other message.

Books live in an arena of integers and are read from there on demand (`ArenaBook`); the plain path writes through. What
is pending has one owner at a time: `release` hands it to the codec's groups before the plain path does anything, and
the lane takes it back at the next frame that it can read. It waits with that while a group is pending that the arena
cannot hold: of a market whose books are not there, that is over, or whose messages name a third token.
"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

import numpy as np

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Frame, LaneCounts, Shelf
from dutchbook.domain.units import Nanos
from dutchbook.venues.polymarket import arena as at
from dutchbook.venues.polymarket.groups import Counters, Groups, MarketState
from dutchbook.venues.polymarket.lane_markets import LaneMarkets, books_of

if TYPE_CHECKING:
    from dutchbook.venues.polymarket.compiled import CloseDue, GoOn, OnFrame

    type Doors = tuple[OnFrame, GoOn, CloseDue]

PATIENCE = 1_000
"""Excursions to the plain path after which the lane asks itself whether it pays."""
WORTH = 3
"""Frames that the lane must take for each excursion: one costs what about two frames save, and books read slower."""

_SOURCE = "polymarket/market"
_CHANGE_END = b'"price_change"}'
_NOTHING: tuple[OutcomeId, ...] = ()


class PriceChangeLane:
    """One desk's lane, made by `open_lane`. `doors` are those of the module `compiled`."""

    def __init__(self, markets: LaneMarkets, groups: Groups, counters: Counters, doors: "Doors") -> None:
        self._markets = markets
        self._groups = groups
        self._counters = counters
        self.pays = True
        """Whether it is quicker with the lane than without: not where most frames must take the plain path."""
        self._left = False
        self._taken = self._excursions = 0
        # Held here as well: this is the path of every frame.
        self._outcomes = markets.outcomes
        self._ints = markets.ints
        self._arena = np.frombuffer(markets.ints, np.int64)
        self._on_frame, self._go_on, self._close_due = doors
        groups.note_changes(True)

    def take(self, frame: Frame) -> Sequence[OutcomeId] | None:
        """Begin with a frame: the outcomes to tell of before `go_on`, none when it is done. None if it is not ours."""
        if frame.source != _SOURCE:
            return None
        told = self._on_frame(frame.payload, self._arena, frame.received)
        if not told:
            return _NOTHING
        if told > 0:
            return self._told(told)
        if told == at.OUTSIDE_NOW and self._take_over():
            return self.take(frame)
        self._excursions += told != at.UNKNOWN and frame.payload.endswith(_CHANGE_END)
        return None

    def go_on(self) -> Sequence[OutcomeId]:
        """Continue with the frame, once those that were named are told of."""
        told = self._go_on(self._arena)
        return self._told(told) if told else _NOTHING

    def close_due(self, now: Nanos) -> Sequence[OutcomeId]:
        """Close groups that nothing more can join at `now`: the outcomes to tell of before the next call, or none."""
        if now <= self._ints[at.DUE] or not self._ints[at.INSIDE]:
            return _NOTHING
        told = self._close_due(self._arena, now)
        return self._told(told) if told else _NOTHING

    def tell_all(self, wanted: bool) -> None:
        """Whether to name every outcome that may be looked at, or those with new tops only."""
        self._ints[at.ALL] = wanted

    def settle(self) -> LaneCounts:
        """What happened since the last settlement; the codec's frames are counted here."""
        ints = self._ints
        counts = LaneCounts(ints[at.EVENTS], ints[at.CROSSED], ints[at.MIRROR_BREAKS])
        self._counters.frames += ints[at.FRAMES]
        self._taken += ints[at.FRAMES]
        if self._excursions >= PATIENCE:
            self.pays = self._taken >= WORTH * self._excursions
            self._taken = self._excursions = 0
        ints[at.EVENTS] = ints[at.FRAMES] = ints[at.CROSSED] = ints[at.MIRROR_BREAKS] = 0
        return counts

    def leave(self) -> None:
        """Give everything back, for good: groups to the codec, and books that live by themselves to the shelf."""
        self.release()
        self._left = True
        self._groups.note_changes(False)
        self._markets.move_out()

    def release(self) -> None:
        """Give the groups to the plain path, as they are."""
        if self._ints[at.INSIDE]:
            self._ints[at.INSIDE] = 0
            self._excursions += 1
            self._groups.take_back(self._markets.unlink(), Nanos(self._ints[at.DUE]))

    def release_due(self, now: Nanos) -> None:
        """`release`, if a group may be due at `now`."""
        if now > self._ints[at.DUE]:
            self.release()

    def _told(self, count: int) -> Sequence[OutcomeId]:
        ints, outcomes = self._ints, self._outcomes
        first = outcomes[ints[at.TOLD]]
        return (first,) if count == 1 else (first, outcomes[ints[at.TOLD + 1]])

    def _take_over(self) -> bool:
        """Take the groups from the plain path, if every pending one can be held here."""
        # Before its first frame nobody would ask the codec to close groups when time passes.
        if self._left or not self._counters.frames:
            return False
        numbers = [self._markets.held(market) for market in self._groups.pending()]
        held = [number for number in numbers if number is not None]
        if len(held) < len(numbers):
            return False
        changed, due = self._groups.hand_over()
        for market in changed:
            self._markets.load(market)
        self._markets.link(held)
        self._ints[at.DUE] = due
        self._ints[at.INSIDE] = 1
        return True


def open_lane(
    states: Collection[MarketState], groups: Groups, counters: Counters, shelf: Shelf
) -> PriceChangeLane | None:
    """A lane for the markets whose books are on the shelf; None if there are none. Loads the compiled code."""
    markets = LaneMarkets(shelf, groups.grace, sum(books_of(state, shelf) is not None for state in states))
    for state in states:
        markets.admit(state)
    if not markets:
        return None
    from dutchbook.venues.polymarket.compiled import doors

    return PriceChangeLane(markets, groups, counters, doors())
