"""What a recording offered: every bundle's cost over time, and every opportunity with its verdict."""

from collections.abc import Collection, Container, Mapping, Sequence
from itertools import chain, takewhile
from pathlib import Path

import msgspec

from dutchbook.app.assembly import Parts
from dutchbook.app.replaying import Options, replay_into
from dutchbook.catalogue.catalogue import Catalogue
from dutchbook.config.settings import Settings
from dutchbook.domain.bundles import Bundle, BundleId
from dutchbook.domain.drafts import Draft
from dutchbook.domain.events import Cause, Event, JournalRef
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.orders import Intent
from dutchbook.domain.pairs import Pair
from dutchbook.domain.pricing.yields import annualised_simple
from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.engine.records import VerdictRecord
from dutchbook.evaluation.snapshot import ArbitrageRow, ScanRow
from dutchbook.storage.recording_reader import Recording
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.index import Standing, Tracked
from dutchbook.strategies.near_miss import ratio_ppm
from dutchbook.strategies.observations import NearMissClosed, NearMissOpened, OpportunitySeen
from dutchbook.strategies.ports import DeskView


class MemoryRecord:
    """A journal that keeps its lines in memory: for questions, not for trading."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, Nanos, msgspec.Struct | Mapping[str, object]]] = []

    def append(
        self,
        kind: str,
        at: Nanos,
        body: msgspec.Struct | Mapping[str, object],
        cause: Cause | None,  # noqa: ARG002 - the port's; nobody asks for causes here
    ) -> JournalRef:
        """Keep a line."""
        self.lines.append((kind, at, body))
        return JournalRef(len(self.lines))

    def draft(self, kind: str, body: msgspec.Struct) -> Draft:
        """As it is."""
        return Draft(kind, body, b"")

    def append_drafts(
        self,
        at: Nanos,
        oldest: Nanos,  # noqa: ARG002 - the port's; times to come are not told
        first: Draft,
        rest: Sequence[Draft],
        cause: Cause | None,
    ) -> JournalRef:
        """Keep lines."""
        place, *_ = [self.append(draft.kind, at, draft.body, cause) for draft in (first, *rest)]
        return place

    def rehearse(self, at: Nanos, first: Draft, rest: Sequence[Draft]) -> None:
        """Nothing: nobody waits for it."""

    def gather(self) -> bool:
        """Nothing: lines are kept one by one."""
        return False

    def write_out(self, *, end: bool = False) -> None:
        """See `gather`."""


class LowestSeen:
    """Watches the costs of a bundle strategy and keeps the lowest of each bundle, with its time. Wants nothing."""

    name = "lowest-seen"

    def __init__(self, strategy: BundleStrategy) -> None:
        self._index = strategy.index
        self.lowest: dict[BundleId, tuple[int, Nanos]] = {}

    def outcomes(self) -> Collection[OutcomeId]:
        """Wakes with the strategy that it watches."""
        return self._index.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """None: a lowest cost is one of the tops."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:
        """Compare each touched bundle's cost with its lowest."""
        for outcome in outcomes:
            watch = self._index.watches.get(outcome)
            for tracked in watch.readers() if watch else ():
                if tracked.missing:
                    continue
                before = self.lowest.get(tracked.bundle.id)
                if before is None or tracked.cost < before[0]:
                    self.lowest[tracked.bundle.id] = (tracked.cost, desk.now)
        return ()

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """A lost book has no cost to compare."""

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """Listings concern the strategy that is watched."""
        return ()


def is_whole(folder: Path) -> bool:
    """Whether a recording was ended by its writer: not, when it was cut off or is still being written."""
    return Recording.open(folder).manifest.complete


def scan(folder: Path, settings: Settings, limit: int, pairs: tuple[Pair, ...] = ()) -> list[ScanRow]:
    """The bundles of a recording that came nearest to paying, nearest first; those without any price come last."""
    record = MemoryRecord()
    recording = Recording.open(folder)
    parts, lowest = _watched(recording, record, settings, pairs)
    counts, spans = _near_misses(record, recording.manifest.last or parts.desk.now)
    catalogue = parts.desk.catalogue
    rows = [
        _scan_row(tracked, lowest.lowest.get(tracked.bundle.id), catalogue, counts, spans)
        for tracked in parts.strategy.index
    ]
    rows.sort(key=lambda row: (row.lowest is None, row.lowest or 0, row.bundle))
    return rows[:limit]


def arbitrage(folder: Path, settings: Settings, pairs: tuple[Pair, ...] = ()) -> list[ArbitrageRow]:
    """Every opportunity that the strategy saw in a recording, and what risk said of it."""
    record = MemoryRecord()
    parts, _ = _watched(Recording.open(folder), record, settings, pairs)
    rows: list[ArbitrageRow] = []
    for position, (_, _, body) in enumerate(record.lines):
        if isinstance(body, OpportunitySeen):
            tracked = parts.strategy.index.get(body.bundle)
            bundle = tracked.bundle if tracked else None
            rows.append(_arbitrage_row(body, bundle, parts.desk.catalogue, _verdict(record, position, body)))
    return rows


def _watched(
    recording: Recording, record: MemoryRecord, settings: Settings, pairs: tuple[Pair, ...]
) -> tuple[Parts, LowestSeen]:
    watchers: list[LowestSeen] = []

    def watch(strategy: BundleStrategy) -> LowestSeen:
        watchers.append(LowestSeen(strategy))
        return watchers[0]

    parts = replay_into(recording, record, settings=settings, options=Options(pairs=pairs), watch=watch)
    return parts, watchers[0]


def _near_misses(record: MemoryRecord, end: Nanos) -> tuple[dict[BundleId, int], dict[BundleId, int]]:
    """How often each bundle was a near miss, and for how long in all."""
    counts: dict[BundleId, int] = {}
    spans: dict[BundleId, int] = {}
    since: dict[BundleId, Nanos] = {}
    for _, _, body in record.lines:
        if isinstance(body, NearMissOpened):
            counts[body.bundle] = counts.get(body.bundle, 0) + 1
            since[body.bundle] = body.at
        elif isinstance(body, NearMissClosed):
            spans[body.bundle] = spans.get(body.bundle, 0) + body.lasted
            since.pop(body.bundle, None)
    for bundle, at in since.items():
        spans[bundle] = spans.get(bundle, 0) + max(0, end - at)
    return counts, spans


def _scan_row(
    tracked: Tracked,
    lowest: tuple[int, Nanos] | None,
    catalogue: Catalogue,
    counts: Mapping[BundleId, int],
    spans: Mapping[BundleId, int],
) -> ScanRow:
    bundle = tracked.bundle
    return ScanRow(
        bundle=bundle.id,
        kind=bundle.kind,
        venue=_venue(bundle, catalogue),
        title=bundle.title,
        legs=len(bundle.legs),
        payoff=bundle.payoff,
        ratio=None if tracked.standing is Standing.UNPRICED else ratio_ppm(bundle, tracked.cost),
        lowest=None if lowest is None else ratio_ppm(bundle, lowest[0]),
        lowest_at=None if lowest is None else lowest[1],
        near_misses=counts.get(bundle.id, 0),
        near_for=Nanos(spans.get(bundle.id, 0)),
    )


def _arbitrage_row(seen: OpportunitySeen, bundle: Bundle | None, catalogue: Catalogue, verdict: str) -> ArbitrageRow:
    annual = None
    if bundle is not None and bundle.releases is not None and seen.cost > 0:
        days = max(bundle.releases - seen.at, SECOND) / DAY
        annual = round(annualised_simple(seen.edge / seen.cost, days) * 1_000_000)
    return ArbitrageRow(
        at=seen.at,
        bundle=seen.bundle,
        kind=seen.kind,
        venue=Venue.POLYMARKET if bundle is None else _venue(bundle, catalogue),
        title=bundle.title if bundle else seen.bundle,
        legs=len(bundle.legs) if bundle else 0,
        size=seen.size,
        cost=seen.cost,
        fees=seen.fees,
        edge=seen.edge,
        annual=annual,
        verdict=verdict,
    )


def _verdict(record: MemoryRecord, position: int, seen: OpportunitySeen) -> str:
    """What became of an opportunity: a verdict on its bundle at the same instant, which stands before or behind it."""
    behind = takewhile(lambda line: line[1] <= seen.at, record.lines[position:])
    before = takewhile(lambda line: line[1] >= seen.at, reversed(record.lines[:position]))
    for _, _, body in chain(behind, before):
        if isinstance(body, VerdictRecord) and body.intent.subject == seen.bundle:
            return "approved" if body.approved else "refused: " + ", ".join(r.rule for r in body.refusals)
    return "not proposed"


def _venue(bundle: Bundle, catalogue: Catalogue) -> Venue:
    market = catalogue.market(bundle.legs[0].market)
    return Venue.POLYMARKET if market is None else market.venue
