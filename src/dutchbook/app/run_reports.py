"""Reports of runs that left a journal, whatever their mode: read from disk, whether a desk runs or not."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from random import Random

import msgspec

from dutchbook.app.recorded_prices import Prices, prices_of
from dutchbook.app.replaying import Progress
from dutchbook.app.runs import facts_of, in_order, recording_of, run_folder, run_folders
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import JournalError, RecordingError, UsageError
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.units import DAY, Nanos
from dutchbook.evaluation.performance.curve import Curve
from dutchbook.evaluation.performance.history import RunHistory
from dutchbook.evaluation.performance.scorecard import Evidence, scorecard
from dutchbook.evaluation.performance.trades import Trade, lots_of, trades_of
from dutchbook.evaluation.report_making import Beside, report_of_run
from dutchbook.evaluation.report_object import Grade, Lasted, RunReport, Score
from dutchbook.storage.alert_book import AlertBook
from dutchbook.storage.alert_words import Tier
from dutchbook.storage.home import Home
from dutchbook.storage.journal_reader import read
from dutchbook.storage.manifest import Manifest, SegmentKind
from dutchbook.storage.recording_reader import Recording

JOURNAL = "journal"
_SEVERAL = 2


class Read(msgspec.Struct, frozen=True):
    """A run that was read: `damage` is what is wrong behind its last proven line."""

    run: str
    folder: Path
    history: RunHistory
    head: str
    damage: str = ""


class RunScores(msgspec.Struct, frozen=True, kw_only=True):
    """A scorecard over all runs of one mode that began in the last `days`, and which these were."""

    mode: str
    days: int
    runs: tuple[str, ...]
    trades: int
    scores: tuple[Score, ...]


def read_run(folder: Path) -> Read:
    """The history of a run. Raises JournalError if not a single line of it can be proven."""
    history, head, damage = RunHistory(), "", ""
    try:
        for line in read(folder / JOURNAL):
            history.read(line)
            head = line.hash
    except JournalError as error:
        if not history.lines:
            raise
        damage = str(error)
    return Read(folder.name, folder, history, head, damage)


def run_report(
    home: Path, run: str | None, settings: Settings, *, look: bool = True, progress: Progress | None = None
) -> RunReport:
    """The report of a run, by default of the latest. Without a `look` at its recording some figures are absent.

    Raises UsageError if there is none of that name, JournalError if nothing of its journal can be proven.
    """
    found = read_run(run_folder(home, run))
    beside = _beside(found, settings, look=look, progress=progress)
    span = (found.history.first or Nanos(0), found.history.last)
    responses = _responses(home, found.history.mode, span)
    return report_of_run(found.history, msgspec.structs.replace(beside, responses=responses))


def run_scores(home: Path, mode: str | None, days: int, now: Nanos) -> RunScores:
    """The scorecard of a mode, by default of that of the latest run. Raises UsageError if none of it ran lately."""
    wanted = mode or str(facts_of(run_folder(home, None)).get("mode", ""))
    since = Nanos(now - days * DAY)
    runs = [found for found in _readable(runs_of_mode(home, wanted)) if (found.history.first or 0) >= since]
    if not runs:
        raise UsageError(f"no run of mode {wanted!r} began in the last {days} days in {home} - try --days or --mode")
    evidence = _evidence(home, wanted, runs)
    return RunScores(
        mode=wanted,
        days=days,
        runs=tuple(found.run for found in runs),
        trades=sum(trade.over for trade in evidence.trades),
        scores=scorecard(evidence, Random(f"scorecard {wanted}")),  # noqa: S311 - resampling, not a secret
    )


def runs_of_mode(home: Path, mode: str) -> list[Path]:
    """The folders of a mode's runs, oldest first. Modes are never mixed."""
    alike = (folder for folder in run_folders(home) if facts_of(folder).get("mode") == mode)
    return in_order(folder for folder in alike if (folder / JOURNAL).is_dir())


def _readable(folders: Iterable[Path]) -> Iterator[Read]:
    """The runs of which anything can be proven. One without a single line sent nothing and earned nothing."""
    for folder in folders:
        try:
            found = read_run(folder)
        except JournalError:
            continue
        if found.history.lines:
            yield found


def _evidence(home: Path, mode: str, runs: Sequence[Read]) -> Evidence:
    curve, trades, ran = Curve(), list[Trade](), list[tuple[Nanos, Nanos]]()
    for found in runs:
        history = found.history
        curve.begin()
        for point in history.equity:
            curve.take(point)
        trades += trades_of(lots_of(history), history.intents)
        ran.append((history.first or Nanos(0), history.last))
    span = (min(first for first, _ in ran), max(last for _, last in ran))
    return Evidence(
        returns=curve.returns(),
        trades=trades,
        drawdown=curve.drawdown,
        days=len(curve.days()),
        ran=_joined(ran),
        span=span,
        responses=_responses(home, mode, span),
    )


def _responses(home: Path, mode: str, span: tuple[Nanos, Nanos]) -> list[Lasted | None] | None:
    """How long each critical alert of a mode waited for a person; None for those that still do, or without a book."""
    path = Home(home).alerts
    if not path.exists():
        return None
    states = [each for each in AlertBook(path).alerts().values() if each.raised.tier.rank >= Tier.CRITICAL.rank]
    return [
        None if each.response is None else Lasted(each.response)
        for each in states
        if each.raised.mode == mode and span[0] <= each.raised.at <= span[1]
    ]


def _joined(stretches: Sequence[tuple[Nanos, Nanos]]) -> list[tuple[Nanos, Nanos]]:
    """Stretches of time without what they have in common: no minute counts twice."""
    joined: list[tuple[Nanos, Nanos]] = []
    for since, until in sorted(stretches):
        if joined and since <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(until, joined[-1][1]))
        else:
            joined.append((since, until))
    return joined


def _beside(found: Read, settings: Settings, *, look: bool, progress: Progress | None) -> Beside:
    facts, path = facts_of(found.folder), recording_of(found.folder)
    limits = [f"Behind line {found.history.lines} the journal is damaged: {found.damage}"] if found.damage else []
    base = Beside(
        run=found.run,
        code=str(facts.get("code", "")),
        journal_head=found.head,
        source=str(facts.get("source", facts.get("recording", ""))),
    )
    if path is None:
        limits.append("The run kept no recording: middles, last bids and chance entries are not known.")
        return msgspec.structs.replace(base, limits=(*limits, *_limits_of(found.history.mode, None)))
    recording = Recording.open(path)
    manifest = recording.manifest
    limits += _limits_of(found.history.mode, manifest)
    prices, catalogue = None, _Catalogue({}, {}, {})
    try:
        catalogue = _catalogue(recording.questions(), recording.markets())
        prices = _prices(found, recording, settings, progress) if look else None
    except RecordingError as error:
        limits.append(f"The recording could not be read, so prices beside the orders are not known: {error}")
    if not look:
        limits.append("The recording was not looked at: middles, last bids and chance entries are not known.")
    return msgspec.structs.replace(
        base,
        data=_data_hash(manifest),
        grade=_grade(manifest),
        gaps=_gaps(recording),
        whole=manifest.complete,
        categories=catalogue.categories,
        markets=catalogue.markets,
        titles=catalogue.titles,
        bids=None if prices is None else prices.bids,
        middles=None if prices is None else prices.middles,
        quotes={} if prices is None else prices.quotes,
        limits=tuple(limits),
    )


class _Catalogue(msgspec.Struct, frozen=True):
    categories: Mapping[MarketId, str]
    markets: Mapping[MarketId, Market]
    titles: Mapping[MarketId, str]


def _catalogue(questions: Sequence[Question], markets: Sequence[Market]) -> _Catalogue:
    """Markets as the recording knows them, without results that came later than the run."""
    categories = {market: question.category for question in questions for market in question.markets}
    known = {market.id: msgspec.structs.replace(market, payout=None) for market in markets}
    return _Catalogue(categories, known, whole_titles(questions, markets))


def whole_titles(questions: Sequence[Question], markets: Sequence[Market]) -> Mapping[MarketId, str]:
    """What markets are called where their question is not beside them: `Highest temperature in Paris: 16 to 17`."""
    asked = {question.id: question for question in questions}
    found = {}
    for market in markets:
        question = asked.get(market.question)
        alone = question is None or len(question.markets) < _SEVERAL or question.title in market.title
        found[market.id] = market.title if question is None or alone else f"{question.title}: {market.title}"
    return found


def _prices(found: Read, recording: Recording, settings: Settings, progress: Progress | None) -> Prices:
    history = found.history
    orders = [life.order for life in history.orders]
    return prices_of(recording, orders, settings, (history.first or Nanos(0), history.last), progress)


def _data_hash(manifest: Manifest) -> str:
    if not manifest.segments:
        return ""
    return sha256("".join(segment.sha256 for segment in manifest.segments).encode()).hexdigest()


def _grade(manifest: Manifest) -> Grade:
    if manifest.kind is SegmentKind.EVENTS:
        return Grade.STATES
    return Grade.DEPTH if manifest.kind is SegmentKind.FRAMES or not manifest.complete else Grade.NONE


def _gaps(recording: Recording) -> int | None:
    try:
        return len(recording.gaps())
    except RecordingError:
        return None


def _limits_of(mode: str, manifest: Manifest | None) -> list[str]:
    """What a reader must know before believing the figures."""
    notes = []
    if mode in ("replay", "paper", "backtest"):
        notes.append("Fills are simulated: nobody reacts to our orders, and our place in a queue is a guess.")
    if mode == "sandbox":
        notes.append("A simulated market and play money: nothing here says what a real venue would have paid.")
    if manifest is None:
        return notes
    if manifest.kind is SegmentKind.EVENTS:
        notes.append("The source is a table of book states, not raw frames: no hash or sequence could be checked.")
    if manifest.venue is Venue.POLYMARKET:
        notes.append("YES and NO of one Polymarket market are one mirrored book: only several markets make a bundle.")
    if not manifest.complete:
        notes.append("The recording has no end: the run still goes on, or what came last is missing.")
    return notes
