"""What each bundle costs at the top of its books, kept by differences: a change touches only that outcome's bundles.

A leg reads one side of one published book. Buying at its ask, or selling the mirrored outcome into it, costs more when
the ask rises; selling at its bid, or buying the mirrored outcome from it, costs more when the bid falls. So one book's
move changes every leg's cost by plus the ask's or minus the bid's difference, whatever the leg.
"""

from collections.abc import Collection, Iterable, Iterator
from enum import IntEnum

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import Bundle, BundleId, BundleLeg
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import ONE, Nanos, Price, complement


class Standing(IntEnum):
    """Where a bundle's cost at the top of its books stands, before fees."""

    UNPRICED = 0
    """A leg has nobody to trade with, or an unknown book."""
    FAR = 1
    NEAR = 2
    """Within the range of near misses."""
    UNDER = 3
    """Below its payoff; for a mirrored pair, at it or below: the book is crossed."""


class Tracked:
    """A bundle with its present cost. `cost` is meaningful only while no leg is `missing`."""

    __slots__ = (
        "bundle",
        "cost",
        "declined",
        "missing",
        "near_from",
        "near_to",
        "proposal",
        "proposed_at",
        "queued",
        "seen",
        "standing",
        "under_from",
        "watches",
    )

    def __init__(self, bundle: Bundle, watches: tuple["Watch", ...], near: tuple[int, int]) -> None:
        self.bundle = bundle
        self.watches = watches
        self.cost = 0
        """Paid less received for a set at the top of the books, before fees, in price units."""
        self.missing = 0
        self.near_from, self.near_to = near
        self.under_from = bundle.payoff + 1 if bundle.mirrored else bundle.payoff
        self.standing = Standing.UNPRICED
        self.queued = False
        self.seen = False
        """Whether this stay below the payoff has been reported as an opportunity."""
        self.declined = ""
        """Why it was not wanted when it was last priced at full depth."""
        self.proposal: tuple[object, ...] = ()
        self.proposed_at = Nanos(0)

    def tops(self) -> tuple[Price | None, ...]:
        """What each leg trades at now: the ask of a bought one, the bid of a sold one; None where nobody offers."""
        return tuple(_top(leg, watch) for leg, watch in zip(self.bundle.legs, self.watches, strict=True))

    def moved(self, leg: int, price: Price) -> "Tracked":
        """As it would be if one leg came to trade at this price and nothing else changed. Nobody else hears of it."""
        legs, watches = self.bundle.legs, list(self.watches)
        watch = Watch(self.watches[leg].outcome)
        watch.bid, watch.ask = self.watches[leg].bid, self.watches[leg].ask
        before = _top(legs[leg], watch)
        _put_top(legs[leg], watch, price)
        watches[leg] = watch
        moved = Tracked(self.bundle, tuple(watches), (self.near_from, self.near_to))
        moved.missing = self.missing
        step = 0 if before is None else price - before
        moved.cost = self.cost + (step if legs[leg].side is Side.BUY else -step)
        return moved

    def place(self) -> Standing:
        """Where the cost stands now."""
        if self.missing:
            return Standing.UNPRICED
        if self.cost < self.under_from:
            return Standing.UNDER
        return Standing.NEAR if self.near_from <= self.cost <= self.near_to else Standing.FAR


class Watch:
    """The top of one published book and the bundles that read it. `hot` counts those below their payoff."""

    __slots__ = ("ask", "asks", "bid", "bids", "hot", "outcome")

    def __init__(self, outcome: OutcomeId) -> None:
        self.outcome = outcome
        self.bid: Price | None = None
        self.ask: Price | None = None
        self.bids: list[Tracked] = []
        self.asks: list[Tracked] = []
        self.hot = 0

    def readers(self) -> Iterator[Tracked]:
        """Every bundle that reads this book; one that reads both sides comes twice."""
        yield from self.bids
        yield from self.asks


class BundleIndex:
    """Published outcome -> bundles. `near_from` and `near_to` bound near misses, in millionths above the payoff."""

    def __init__(self, bundles: Iterable[Bundle] = (), *, near_from: int = 0, near_to: int = 20_000) -> None:
        self.watches: dict[OutcomeId, Watch] = {}
        self.deep: set[OutcomeId] = set()
        """Books of which every change matters, not only a new top: unseen, or read by a bundle below its payoff."""
        self._tracked: dict[BundleId, Tracked] = {}
        self._near = (1_000_000 + near_from, 1_000_000 + near_to)
        for bundle in bundles:
            self.add(bundle)

    def __len__(self) -> int:
        return len(self._tracked)

    def __iter__(self) -> Iterator[Tracked]:
        return iter(self._tracked.values())

    def outcomes(self) -> Collection[OutcomeId]:
        """The outcomes whose published books are read."""
        return self.watches.keys()

    def get(self, bundle: BundleId) -> Tracked | None:
        """The bundle with its cost, or None if it is not tracked."""
        return self._tracked.get(bundle)

    def add(self, bundle: Bundle) -> Tracked:
        """Track a bundle from the tops known so far. Raises ValueError if its id is taken."""
        if bundle.id in self._tracked:
            raise ValueError(f"bundle {bundle.id} is tracked already - remove it first")
        watches = tuple(self._watch(leg) for leg in bundle.legs)
        tracked = Tracked(bundle, watches, _near_costs(bundle, *self._near))
        for leg, watch in zip(bundle.legs, watches, strict=True):
            reads_ask = _reads_ask(leg)
            (watch.asks if reads_ask else watch.bids).append(tracked)
            top = watch.ask if reads_ask else watch.bid
            tracked.cost += _fixed_part(leg)
            if top is None:
                tracked.missing += 1
            else:
                tracked.cost += top if reads_ask else -top
        self._tracked[bundle.id] = tracked
        return tracked

    def remove(self, bundle: BundleId) -> Tracked | None:
        """Forget a bundle, and the books that only it read."""
        tracked = self._tracked.pop(bundle, None)
        if tracked is None:
            return None
        self.restand(tracked, Standing.UNPRICED)
        for watch in tracked.watches:
            watch.bids = [other for other in watch.bids if other is not tracked]
            watch.asks = [other for other in watch.asks if other is not tracked]
            if not watch.bids and not watch.asks:
                self.watches.pop(watch.outcome, None)
                self.deep.discard(watch.outcome)
        return tracked

    def move(self, watch: Watch, bid: Price | None, ask: Price | None, touched: list[Tracked]) -> None:
        """Take over the new top of a book, and append the bundles whose cost it changed, each once until unqueued."""
        if ask != watch.ask:
            _shift(watch.asks, watch.ask, ask, touched)
            watch.ask = ask
        if bid != watch.bid:
            _shift(watch.bids, None if watch.bid is None else -watch.bid, None if bid is None else -bid, touched)
            watch.bid = bid
        if not watch.hot:
            self.deep.discard(watch.outcome)

    def restand(self, tracked: Tracked, standing: Standing) -> Standing:
        """Note where a bundle stands, and return where it stood before."""
        before = tracked.standing
        if before is not standing:
            tracked.standing = standing
            heat = (standing is Standing.UNDER) - (before is Standing.UNDER)
            for watch in tracked.watches if heat else ():
                watch.hot += heat
                if watch.hot:
                    self.deep.add(watch.outcome)
                else:
                    self.deep.discard(watch.outcome)
        return before

    def _watch(self, leg: BundleLeg) -> Watch:
        outcome = leg.published or leg.outcome
        watch = self.watches.get(outcome)
        if watch is None:
            watch = self.watches[outcome] = Watch(outcome)
            self.deep.add(outcome)
        return watch


def _shift(readers: list[Tracked], before: int | None, after: int | None, touched: list[Tracked]) -> None:
    gone = (after is None) - (before is None)
    difference = (after or 0) - (before or 0)
    for tracked in readers:
        tracked.cost += difference
        tracked.missing += gone
        if not tracked.queued:
            tracked.queued = True
            touched.append(tracked)


def _top(leg: BundleLeg, watch: Watch) -> Price | None:
    price = watch.ask if _reads_ask(leg) else watch.bid
    return price if price is None or leg.published is None else complement(price)


def _put_top(leg: BundleLeg, watch: Watch, price: Price) -> None:
    published = price if leg.published is None else complement(price)
    if _reads_ask(leg):
        watch.ask = published
    else:
        watch.bid = published


def _reads_ask(leg: BundleLeg) -> bool:
    return (leg.side is Side.BUY) is (leg.published is None)


def _fixed_part(leg: BundleLeg) -> int:
    """What a mirrored leg costs beside the published price: a NO ask is 1 - bid, a NO bid is 1 - ask."""
    if leg.published is None:
        return 0
    return ONE if leg.side is Side.BUY else -ONE


def _near_costs(bundle: Bundle, low: int, high: int) -> tuple[int, int]:
    """The least and the highest cost of a near miss: money in / money out between `low` and `high` millionths."""
    payoff = bundle.payoff
    if payoff >= 0:
        return -(-low * payoff // 1_000_000), high * payoff // 1_000_000
    # What a set costs is known, what it brings is quoted: -payoff / proceeds, and proceeds = -cost.
    return -(-payoff * 1_000_000 // low), payoff * 1_000_000 // high
