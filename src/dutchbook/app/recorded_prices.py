"""Prices that a run's recording holds: the middle when each order left, last bids, best prices at even distances."""

from collections.abc import Collection, Container, Mapping, Sequence

import msgspec

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.looking import MemoryRecord
from dutchbook.app.replaying import Progress, as_of
from dutchbook.config.settings import Settings
from dutchbook.domain.events import Event
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Order, OrderId
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import Nanos, Price
from dutchbook.domain.wishes import Wish
from dutchbook.engine.desk import Opening
from dutchbook.engine.drivers.replay import replay_events, replay_frames
from dutchbook.evaluation.performance.comparison import Quote
from dutchbook.storage.recording_reader import Recording
from dutchbook.strategies.ports import DeskView

SAMPLES = 200
"""Moments of a run at which best prices are kept."""


class Prices(msgspec.Struct, frozen=True):
    """What was found. An order whose market had no middle when it left is absent."""

    middles: Mapping[OrderId, float]
    bids: Mapping[OutcomeId, Price]
    quotes: Mapping[OutcomeId, Sequence[Quote]]


class PriceWatch:
    """A strategy that wants nothing: it looks at the books of the orders' outcomes, before each change of them."""

    name = "price watch"

    def __init__(self, orders: Sequence[Order], first: Nanos, last: Nanos) -> None:
        self._orders = sorted(orders, key=lambda order: order.created)
        self._outcomes = {order.leg.outcome for order in orders}
        self._next = 0
        self._best: dict[OutcomeId, tuple[Price | None, Price | None]] = {}
        self._step, self._last = max(1, (last - first) // SAMPLES), last
        self._sample_at = first + self._step
        self._middles: dict[OrderId, float] = {}
        self._quotes: dict[OutcomeId, list[Quote]] = {outcome: [] for outcome in self._outcomes}

    def outcomes(self) -> Collection[OutcomeId]:
        """Those that orders were for."""
        return self._outcomes

    def deep(self) -> Container[OutcomeId]:
        """None: only best prices count."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:
        """First what was so until now, then what is so from now on."""
        self._until(desk.now)
        for outcome in outcomes:
            if outcome in self._outcomes:
                book = desk.book(outcome)
                usable = book is not None and book.usable
                self._best[outcome] = (book.best_bid, book.best_ask) if book is not None and usable else (None, None)
        return ()

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """A lost book has no best prices."""
        self.books_changed(outcomes, desk)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:  # noqa: ARG002
        """Time goes on."""
        self._until(desk.now)
        return ()

    def prices(self, end: Nanos) -> Prices:
        """All that was seen, once time has come to its end."""
        self._until(end)
        bids = {outcome: bid or Price(0) for outcome, (bid, ask) in self._best.items() if bid or ask}
        return Prices(self._middles, bids, self._quotes)

    def _until(self, now: Nanos) -> None:
        while self._next < len(self._orders) and self._orders[self._next].created < now:
            order = self._orders[self._next]
            bid, ask = self._best.get(order.leg.outcome, (None, None))
            if bid is not None and ask is not None:
                self._middles[order.id] = (bid + ask) / 2
            self._next += 1
        while self._sample_at < min(now, self._last):
            for outcome, (bid, ask) in self._best.items():
                self._quotes[outcome].append(Quote(Nanos(self._sample_at), bid, ask))
            self._sample_at += self._step


def prices_of(
    recording: Recording,
    orders: Sequence[Order],
    settings: Settings,
    span: tuple[Nanos, Nanos],
    progress: Progress | None = None,
) -> Prices:
    """Read the recording of a run, which lasted over `span`, through the books alone.

    Raises RecordingError where it is damaged. One that is still written to does not know its own span.
    """
    manifest, (first, last) = recording.manifest, span
    watch = PriceWatch(orders, first, last)
    markets, scheduled = as_of(recording.markets(), first)
    terms = Terms(
        opening=Opening(settings.portfolio.bankroll, first),
        sequence=SequenceKind.FULL if manifest.sequence is SequenceKind.NONE else manifest.sequence,
        wired=manifest.frames > 0 or not manifest.events,
        strategies=(),
        builds=lambda _: (watch,),
    )
    parts: Parts = assemble(settings, recording.questions(), markets, MemoryRecord(), terms)
    if manifest.events:
        replay_events(parts.loop, recording.events(), scheduled, progress, recording.total)
    else:
        replay_frames(parts.loop, recording.frame_blocks(), scheduled, progress, recording.total)
    return watch.prices(parts.desk.now)
