"""Bundles that cost a little more than they pay: how long they stay, and what becomes of them."""

from collections import Counter
from collections.abc import Collection

import msgspec

from dutchbook.domain.bundles import Bundle, BundleId, BundleKind
from dutchbook.domain.units import Nanos
from dutchbook.strategies.index import Tracked
from dutchbook.strategies.observations import Closing, NearMissClosed


class NearMiss:
    """A bundle in the pool."""

    __slots__ = ("best_cost", "since", "tracked")

    def __init__(self, tracked: Tracked, now: Nanos) -> None:
        self.tracked = tracked
        self.since = now
        self.best_cost = tracked.cost

    @property
    def bundle(self) -> Bundle:
        return self.tracked.bundle

    @property
    def ratio_ppm(self) -> int:
        """Cost / payoff before fees, in millionths, rounded up."""
        return ratio_ppm(self.bundle, self.tracked.cost)

    @property
    def best_ppm(self) -> int:
        """The lowest ratio since it came into the pool."""
        return ratio_ppm(self.bundle, self.best_cost)


class NearMissFigures(msgspec.Struct, frozen=True):
    """The pool in numbers. Durations are of the closed ones."""

    open: int
    seen: int
    closed: dict[Closing, int]
    seen_by_kind: dict[BundleKind, int]
    mean: Nanos | None
    longest: Nanos | None


class NearMissPool:
    """Near misses by bundle, with the statistics of those that ended."""

    def __init__(self) -> None:
        self._open: dict[BundleId, NearMiss] = {}
        self._closed: Counter[Closing] = Counter()
        self._seen: Counter[BundleKind] = Counter()
        self._total = 0
        self._longest = Nanos(0)
        self.changes = 0
        """Counts who comes and goes: while it stays, the members are the same."""

    def __len__(self) -> int:
        return len(self._open)

    def members(self) -> Collection[NearMiss]:
        """Who is in the pool now, in the order of entry."""
        return self._open.values()

    def get(self, bundle: BundleId) -> NearMiss | None:
        return self._open.get(bundle)

    def enter(self, tracked: Tracked, now: Nanos) -> None:
        """A bundle's cost came into the range."""
        self._seen[tracked.bundle.kind] += 1
        self._open[tracked.bundle.id] = NearMiss(tracked, now)
        self.changes += 1

    def repriced(self, tracked: Tracked) -> None:
        """The cost of a bundle moved within the range."""
        miss = self._open.get(tracked.bundle.id)
        if miss is not None and tracked.cost < miss.best_cost:
            miss.best_cost = tracked.cost

    def leave(self, bundle: Bundle, how: Closing, now: Nanos) -> NearMissClosed | None:
        """A bundle left the range; None if it was not in the pool."""
        miss = self._open.pop(bundle.id, None)
        if miss is None:
            return None
        self.changes += 1
        lasted = Nanos(now - miss.since)
        self._closed[how] += 1
        self._total += lasted
        self._longest = max(self._longest, lasted)
        return NearMissClosed(bundle.id, bundle.kind, how, lasted, miss.best_ppm, now)

    def figures(self) -> NearMissFigures:
        """The statistics up to now."""
        closed = self._closed.total()
        return NearMissFigures(
            open=len(self._open),
            seen=self._seen.total(),
            closed=dict(self._closed),
            seen_by_kind=dict(self._seen),
            mean=Nanos(self._total // closed) if closed else None,
            longest=self._longest if closed else None,
        )


def ratio_ppm(bundle: Bundle, cost: int) -> int:
    """Money in / out of a set before fees, in millionths, rounded up; `cost` in price units, negative where sold."""
    money_in, money_out = (cost, bundle.payoff) if bundle.payoff >= 0 else (-bundle.payoff, -cost)
    return -(-money_in * 1_000_000 // money_out)
