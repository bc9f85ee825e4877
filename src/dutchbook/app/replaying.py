"""A recording through the whole desk, and the report of it."""

import hashlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.failures import stopping
from dutchbook.app.pairing import approved_pairs
from dutchbook.app.reporting import Ending, report_of, run_ended
from dutchbook.app.runs import new_run, run_folder
from dutchbook.app.strategies import checked
from dutchbook.config.load import fingerprint
from dutchbook.config.settings import Settings
from dutchbook.domain.events import MarketResolved, MarketStatusChanged
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.pairs import Pair
from dutchbook.domain.ports import SequenceKind
from dutchbook.domain.units import Money, Nanos
from dutchbook.engine.desk import Opening
from dutchbook.engine.drivers.replay import Scheduled, replay_events, replay_frames
from dutchbook.engine.ports import Record
from dutchbook.engine.records import RunStarted
from dutchbook.evaluation.report import ReplayReport
from dutchbook.storage.manifest import Manifest
from dutchbook.storage.recording_reader import Recording
from dutchbook.strategies.bundle import BundleStrategy
from dutchbook.strategies.names import BY_DEFAULT
from dutchbook.strategies.ports import Strategy

type Progress = Callable[[int, int | None], None]
"""Called with how many frames are done, and of how many."""


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a user may choose for one replay. Without `cash` the desk starts with its bankroll.

    `pairs` are those of a home; `replay` reads them there itself.
    """

    strategies: tuple[str, ...] = BY_DEFAULT
    cash: Money | None = None
    progress: Progress | None = None
    pairs: tuple[Pair, ...] = ()


DEFAULT = Options()


def replay(folder: Path, *, settings: Settings, home: Path, options: Options = DEFAULT) -> ReplayReport:
    """Replay a recording through the desk, on paper. Raises RecordingError where the recording is damaged.

    The journal is kept as a run under `home`; the same recording and settings give the same journal, line by line.
    """
    recording = Recording.open(folder)
    options = msgspec.structs.replace(options, strategies=checked(options.strategies), pairs=approved_pairs(home))
    facts = {"recording": str(folder.resolve())}
    run, journal = new_run(home, "replay", settings.storage, facts)
    with journal, stopping(run_folder(home, run)):
        started = time.process_time()
        parts = replay_into(recording, journal, settings=settings, options=options)
        seconds = time.process_time() - started
        ending = Ending(run=run, head=journal.head, seconds=seconds, strategies=options.strategies)
        return report_of(parts, recording.manifest, ending)


def replay_into(
    recording: Recording,
    record: Record,
    *,
    settings: Settings,
    options: Options = DEFAULT,
    watch: Callable[[BundleStrategy], Strategy] | None = None,
) -> Parts:
    """Run a recording through a new desk that writes to `record`; `watch` may add a strategy that only looks."""
    strategies, progress = options.strategies, options.progress
    manifest = recording.manifest
    first = manifest.first if manifest.first is not None else Nanos(0)
    markets, scheduled = as_of(recording.markets(), first)
    opening = Opening(settings.portfolio.bankroll if options.cash is None else options.cash, first)
    terms = Terms(
        opening=opening,
        # Without sequence numbers of its own a capture can still be read by a codec that expects them whole.
        sequence=SequenceKind.FULL if manifest.sequence is SequenceKind.NONE else manifest.sequence,
        wired=manifest.frames > 0,
        strategies=strategies,
        watch=watch,
        pairs=options.pairs,
    )
    parts = assemble(settings, recording.questions(), markets, record, terms)
    record.append("run", first, run_started(manifest, settings, options, opening.cash), None)
    if manifest.events:
        replay_events(parts.loop, recording.events(), scheduled, progress, recording.total)
    else:
        replay_frames(parts.loop, recording.frame_blocks(), scheduled, progress, recording.total)
    record.append("end", parts.desk.now, run_ended(parts), None)
    return parts


def as_of(markets: Sequence[Market], first: Nanos) -> tuple[list[Market], list[Scheduled]]:
    """The markets as they were known at the start, and what the recording knows of their later end.

    A recording's catalogue may hold results: to know them before their time would be looking ahead.
    """
    known: list[Market] = []
    scheduled: list[Scheduled] = []
    for market in markets:
        if market.payout is None or market.settles is None or market.settles < first:
            known.append(market)
        else:
            known.append(msgspec.structs.replace(market, status=MarketStatus.OPEN, payout=None, settles=None))
            scheduled.append(Scheduled(market.settles, MarketResolved(market.id, market.payout, market.settles)))
        if market.shared_book and market.closes is not None and market.closes >= first:
            closed = MarketStatusChanged(market.id, MarketStatus.CLOSED, market.closes)
            scheduled.append(Scheduled(market.closes, closed))
    return known, scheduled


def run_started(manifest: Manifest, settings: Settings, options: Options, cash: Money) -> RunStarted:
    """The first line of a replay's journal."""
    return RunStarted(
        mode="replay",
        strategies=options.strategies,
        settings=fingerprint(settings),
        source=hashlib.sha256("".join(segment.sha256 for segment in manifest.segments).encode()).hexdigest(),
        cash=cash,
        pairs=options.pairs,
    )
