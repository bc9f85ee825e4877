"""Backtests: one of them, or the same for many strategies and seeds beside each other."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from dutchbook.app.backtest.contenders import Entry, entry_of
from dutchbook.app.backtest.post import DEFAULT_WAYS, Ways
from dutchbook.app.backtest.report import MarketDay, Report
from dutchbook.app.backtest.stage import ACCOUNT, Make, Stage
from dutchbook.app.failures import stopping
from dutchbook.app.reporting import run_ended
from dutchbook.app.runs import new_run, run_folder
from dutchbook.config.load import fingerprint
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.events import CancelOrdered, JournalRef, PauseOrdered
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import DAY, SECOND, Money, Nanos
from dutchbook.engine.records import RunStarted
from dutchbook.evaluation.making import Result
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec
from dutchbook.storage.journal import Journal
from dutchbook.storage.settings import FlushPolicy

_AFTERMATH = Nanos(240 * SECOND)
"""How long after the end cancels, settlements and statements have: what comes of them counts no more."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """One backtest. The same of all of it gives the same journal."""

    strategy: str
    spec: ScenarioSpec
    seed: int
    lasts: Nanos
    plan: FaultPlan = FaultPlan()
    ways: Ways = DEFAULT_WAYS


def backtest(wanted: Wanted, settings: Settings, home: Path | None = None) -> Report:
    """Run it. The journal is kept as a run under `home`, or nowhere.

    Raises UsageError for a strategy that does not exist.
    """
    settings = settings.in_mode(Mode.BACKTEST)
    entry = entry_of(wanted.strategy, settings)
    with _journal(settings, home) as (journal, folder), stopping(folder):
        started = time.perf_counter()
        make = Make(
            spec=wanted.spec,
            seed=wanted.seed,
            lasts=wanted.lasts,
            strategies=entry.names,
            builds=entry.builds,
            plan=wanted.plan,
            ways=wanted.ways,
        )
        stage = Stage(make, settings, journal)
        journal.append("run", make.start, _started(wanted, settings, stage.opening), None)
        until = Nanos(make.start + wanted.lasts)
        stage.live(until)
        result, equity = _close(stage, until)
        _wind_down(stage, Nanos(until + _AFTERMATH), journal)
        return _report(wanted, entry, stage, Ended(result, equity, journal.head, time.perf_counter() - started))


class Ended(msgspec.Struct, frozen=True):
    """What only the end tells."""

    result: Result
    equity: Money
    head: str
    seconds: float


def _close(stage: Stage, until: Nanos) -> tuple[Result, Money]:
    """Close the books of the account: its result, and its equity with what is owed for the day under way."""
    equity, total = 0, Result()
    for score in stage.scores.values():
        score.close(until)
        equity += score.owed(until) + score.equity()
        total = _sum(total, score.book.total())
    other = Money(equity - stage.opening - total.net)
    return msgspec.structs.replace(total, other=other), Money(equity)


def _wind_down(stage: Stage, until: Nanos, journal: Journal) -> None:
    """Nothing more is begun, what rests is cancelled, and messages on their way arrive."""
    loop = stage.parts.loop
    for event in (PauseOrdered("the end", loop.desk.now), CancelOrdered("the end", loop.desk.now)):
        loop.dispatch(event, JournalRef(journal.seq))
    stage.live(until)
    journal.append("end", loop.desk.now, run_ended(stage.parts), None)


def _report(wanted: Wanted, entry: Entry, stage: Stage, ended: Ended) -> Report:
    loop, desk, scores = stage.parts.loop, stage.parts.desk, tuple(stage.scores.values())
    held = sum(sum(each.accounts[ACCOUNT].balances.values()) for each in stage.venues.values())
    return Report(
        strategy=wanted.strategy,
        scenario=wanted.spec.name,
        seed=wanted.seed,
        lasts=wanted.lasts,
        result=ended.result,
        markets=tuple(
            MarketDay(
                market=market, title=_title(stage, market), day=day, result=result, pot=_pot(stage, wanted, market, day)
            )
            for score in scores
            for (market, day), result in score.book.by_market_and_day().items()
        ),
        markouts=max((score.book for score in scores), key=lambda book: book.maker_fills).markouts(),
        exposure=max(score.worst.exposure for score in scores),
        exposure_limit=entry.exposure_limit,
        unhedged=max(score.worst.unhedged for score in scores),
        self_trades=sum(score.worst.self_trades for score in scores),
        frames=stage.told,
        orders=loop.counters.orders,
        fills=sum(score.worst.fills for score in scores),
        refused=loop.counters.refused,
        unknown=len(desk.execution.orders.unknown()),
        halted=desk.halt_reason,
        opening=stage.opening,
        equity=ended.equity,
        difference=Money(desk.ledger.cash - held),
        journal_head=ended.head,
        seconds=ended.seconds,
    )


def many(wanted: Sequence[Wanted], settings: Settings, jobs: int, told: Callable[[Report], None]) -> list[Report]:
    """Run several, in so many processes beside each other; `told` hears of each as it ends. In the order asked for."""
    work = _Work(settings)
    found: dict[tuple[str, int], Report] = {}
    for report in _reports(wanted, work, jobs):
        told(report)
        found[report.strategy, report.seed] = report
    return [found[each.strategy, each.seed] for each in wanted]


def _reports(wanted: Sequence[Wanted], work: "_Work", jobs: int) -> Iterator[Report]:
    if jobs == 1 or len(wanted) == 1:
        yield from map(work, wanted)
        return
    context = multiprocessing.get_context("spawn")
    with context.Pool(min(jobs, len(wanted)), maxtasksperchild=8) as pool:
        yield from pool.imap_unordered(work, wanted)


class _Work:
    """Something that another process can be sent."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def __call__(self, wanted: Wanted) -> Report:
        return backtest(wanted, self._settings)


@contextmanager
def _journal(settings: Settings, home: Path | None) -> Iterator[tuple[Journal, Path]]:
    """A journal that stays, or one in memory, where the system has a place for that, which is gone afterwards."""
    storage = settings.storage.model_copy(update={"journal_flush": FlushPolicy.MANUAL})
    if home is not None:
        run, journal = new_run(home, Mode.BACKTEST, storage, {})
        with journal:
            yield journal, run_folder(home, run)
        return
    memory = Path("/dev/shm")  # noqa: S108 - only if it is there; a folder of our own is made in it
    with (
        tempfile.TemporaryDirectory(prefix="backtest-", dir=memory if memory.is_dir() else None) as folder,
        Journal.create(Path(folder) / "journal", storage) as journal,
    ):
        yield journal, Path(folder)


def _started(wanted: Wanted, settings: Settings, cash: Money) -> RunStarted:
    return RunStarted(
        mode=Mode.BACKTEST,
        strategies=(wanted.strategy,),
        settings=fingerprint(settings),
        source=f"{wanted.spec.name}/{wanted.seed}",
        cash=cash,
    )


def _title(stage: Stage, market: MarketId) -> str:
    for exchange in stage.venues.values():
        if market in exchange.listings:
            return exchange.listings[market].market.title
    return ""


def _pot(stage: Stage, wanted: Wanted, market: MarketId, day: int) -> Money:
    """What all who quote in a market get for the part of a day that was lived."""
    start = stage.start
    lived = min((day + 1) * DAY, start + wanted.lasts) - max(day * DAY, start)
    for exchange in stage.venues.values():
        listing = exchange.listings.get(market)
        if listing is not None and listing.rewards is not None:
            return Money(listing.rewards.daily_rate * max(0, lived) // DAY)
    return Money(0)


def _sum(one: Result, other: Result) -> Result:
    return Result(**{field: Money(getattr(one, field) + getattr(other, field)) for field in one.__struct_fields__})
