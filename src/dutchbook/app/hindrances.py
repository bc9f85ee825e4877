"""What stood in the way of a market's bundles while a recording went by, watched moment by moment."""

from collections.abc import Collection, Container, Iterator, Sequence

from dutchbook.domain.bundles import BundleId
from dutchbook.domain.events import Event
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import Nanos
from dutchbook.evaluation.snapshot import WhyNotRow
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.index import Standing, Tracked
from dutchbook.strategies.ports import DeskView
from dutchbook.strategies.wording import standing_text

_UNPRICED = "nobody to trade with, or an unknown book"
_ABOVE = "costs more than it pays"
_CROSSED = "the book is crossed: a fault of the data"


class _Met:
    """One condition of one bundle: how often it came about, how long it stayed, and the words that tell most."""

    def __init__(self) -> None:
        self.count = 0
        self.lasted = 0
        self.text = ""
        self.at = Nanos(0)
        self.cost: int | None = None


class Hindrances:
    """Watches the bundles that contain one market. Wants nothing.

    It is run behind the strategy, so that it sees why a bundle was not wanted in the same turn.
    """

    name = "hindrances"

    def __init__(self, strategy: BundleStrategy, market: MarketId) -> None:
        self._index = strategy.index
        self._market = market
        self._met: dict[tuple[BundleId, str], _Met] = {}
        self._now: dict[BundleId, tuple[str, Nanos]] = {}
        self.bundles = {tracked.bundle.id for tracked in strategy.index if self._concerns(tracked)}

    def outcomes(self) -> Collection[OutcomeId]:
        """Wakes with the strategy that it watches."""
        return self._index.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """What the watched strategy wants: its conditions change only with what it is told."""
        return self._index.deep

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        """Note the condition of each touched bundle."""
        for tracked in self._touched(outcomes):
            self._note(tracked, desk.now)
        return ()

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """A lost book is a condition too."""
        self.books_changed(outcomes, desk)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """A bundle that is no longer followed meets nothing more."""
        for bundle in [bundle for bundle in self._now if self._index.get(bundle) is None]:
            self._leave(bundle, desk.now)
        return ()

    def rows(self, end: Nanos) -> list[WhyNotRow]:
        """Every condition that was met, by bundle; those that last go on to `end`."""
        for bundle in tuple(self._now):
            self._leave(bundle, end)
        return [
            WhyNotRow(reason=reason, count=met.count, latest=met.text, at=met.at, lasted=Nanos(met.lasted))
            for (_, reason), met in self._met.items()
            if met.lasted or reason != _UNPRICED  # every bundle has no price until its first books are read
        ]

    def _touched(self, outcomes: Sequence[OutcomeId]) -> Iterator[Tracked]:
        for outcome in outcomes:
            watch = self._index.watches.get(outcome)
            for tracked in watch.readers() if watch else ():
                if self._concerns(tracked):
                    yield tracked

    def _concerns(self, tracked: Tracked) -> bool:
        return any(leg.market == self._market for leg in tracked.bundle.legs)

    def _note(self, tracked: Tracked, now: Nanos) -> None:
        bundle, reason = tracked.bundle.id, _condition(tracked)
        self.bundles.add(bundle)
        met = self._met.setdefault((bundle, reason), _Met())
        before = self._now.get(bundle)
        if before is None or before[0] != reason:
            self._leave(bundle, now)
            self._now[bundle] = (reason, now)
            met.count += 1
        # Of a bundle that has a price its lowest moment tells most, of all else the latest.
        if reason != _ABOVE or met.cost is None or tracked.cost < met.cost:
            met.cost, met.text, met.at = tracked.cost, f"{bundle}: {standing_text(tracked)}", now

    def _leave(self, bundle: BundleId, now: Nanos) -> None:
        before = self._now.pop(bundle, None)
        if before is not None:
            self._met[bundle, before[0]].lasted += now - before[1]


def _condition(tracked: Tracked) -> str:
    if tracked.standing is Standing.UNPRICED:
        return _UNPRICED
    if tracked.standing is not Standing.UNDER:
        return _ABOVE
    return _CROSSED if tracked.bundle.mirrored else tracked.declined
