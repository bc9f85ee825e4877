"""A desk at work in a market that happens now: on paper, in the sandbox, or live."""

import gc
import time
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from random import Random, SystemRandom
from types import TracebackType
from typing import Self

from dutchbook.app.assembly import Parts, Terms, assemble
from dutchbook.app.control.serving import Commands
from dutchbook.app.control.shared_picture import SharedPicture
from dutchbook.app.control.showing import Showcase
from dutchbook.app.control.socket import ControlSocket
from dutchbook.app.control.wire import Stop
from dutchbook.app.desk_log import DESK, VENUES, DeskLog, LoggedJournal
from dutchbook.app.failures import stopping
from dutchbook.app.idle_work import IdleWork
from dutchbook.app.kept_frames import KeptFrames
from dutchbook.app.latency import Latency
from dutchbook.app.lost_books import LostBooks
from dutchbook.app.pairing import approved_pairs
from dutchbook.app.picture import Account, RecentFills, picture
from dutchbook.app.recovery import memory_of
from dutchbook.app.reporting import run_ended
from dutchbook.app.runs import new_run, run_folder
from dutchbook.app.signing_ahead import SigningAhead
from dutchbook.app.sources import Source
from dutchbook.app.steering import who_resumed
from dutchbook.app.timing import TimedStrategy
from dutchbook.config.load import fingerprint
from dutchbook.config.settings import Settings
from dutchbook.domain.book import Side
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.events import JournalRef, Resumed
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import MINUTE, SECOND, Money, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.engine.desk import Opening
from dutchbook.engine.drivers.live import LiveDriver
from dutchbook.engine.memory import Memory
from dutchbook.engine.records import RunStarted
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.risk.halt import HaltSwitch, halt_file, install_halt_signal, read_halt
from dutchbook.storage.home import Home
from dutchbook.storage.lock import DeskLock
from dutchbook.storage.log_settings import Level
from dutchbook.storage.logs import LogFiles
from dutchbook.storage.recording import RecordingWriter
from dutchbook.strategies.ports import Strategy

STOP_PATIENCE = Nanos(10 * SECOND)
"""How long a desk that was asked to stop waits for its cancels to be answered."""
LEAVE_PATIENCE = Nanos(2 * SECOND)
"""How long it waits for what it takes leave of."""


LINES_AT_ONCE = 8
"""Lines of the log that are put into words and written between two looks at the connections: each takes some 50 us."""


class RunningDesk:
    """One running desk: `step` often, `picture` when a screen wants one, `close` at the end, or once it is `over`.

    Holds the lock of its home and listens on its control socket. Keeps its frames as a recording beside its journal, so
    that everything can be explained.
    """

    def __init__(
        self,
        settings: Settings,
        home: Path,
        source: Source,
        clock: Clock | None = None,
        chance: Random | None = None,
        more: Sequence[Strategy] = (),
    ) -> None:
        """`more` are strategies besides those of the settings.

        Raises DeskLocked if another desk runs in this home, JournalError or RecordingError if the disk refuses."""
        self._clock = clock or RealClock()
        chance = chance or SystemRandom()
        self._started = self._clock.now()
        self._source = source
        self._home = home
        self._pairs = approved_pairs(home)
        self._switch = HaltSwitch(halt_file(home))
        install_halt_signal(self._switch)  # before the lock names this process: `dutchbook halt` signals its holder
        self._lock = DeskLock(Home(home).lock)
        self.mode, self._strategies = settings.mode, settings.strategies
        trading, memory = source.trading, None
        facts: dict[str, object] = {"mode": self.mode, "source": source.origin}
        if trading is not None:
            memory = memory_of(home, facts, settings.storage)
        facts["strategies"] = settings.strategies
        self.run, self.journal = new_run(home, self.mode, settings.storage, facts, self._started)
        self._log = DeskLog(LogFiles(Home(home).logs, settings.logs, {"mode": self.mode, "run": self.run}))
        self._next_minute = Nanos(self._started + MINUTE)
        self._folder = run_folder(home, self.run)
        self._writer = self._recording(self._folder, settings)
        self._opening = _opening(settings, self._started, None if trading is None else chance.getrandbits(32))
        terms = Terms(
            opening=self._opening,
            strategies=settings.strategies,
            trading=trading,
            switch=self._switch,
            watch=lambda _: LostBooks(self._lost),
            pairs=self._pairs,
            more=tuple(more),
            measured=(lambda strategy: TimedStrategy(strategy, self._log)) if self._log.times else None,
        )
        listed = _with_remembered(source.markets, memory)
        record = LoggedJournal(self.journal, self._log)
        with self._log.timed(DESK, "the desk is built"):
            self.parts: Parts = assemble(settings, source.questions, listed, record, terms)
        self.fills = RecentFills(self.parts.loop.bus)
        record.append("run", self._started, self._first_line(settings), None)
        self._latency = Latency()
        if self.parts.gateway is not None:
            self._latency.follow(self.parts.loop, self.parts.gateway)
        kept = KeptFrames(self._writer, self.journal, self._latency.received, self._latency.done)
        self._driver = LiveDriver(self.parts.loop, kept, self._clock)
        shared = SharedPicture(self.picture, self._clock, time.perf_counter_ns)
        brokers = None if trading is None else trading.brokers
        self._showcase = Showcase(self.parts, settings.risk, shared, self._latency.figures, brokers)
        self._commands = Commands(self.parts.loop, self.mode, self.run, self._place, self._showcase)
        self._control = ControlSocket(Home(home).control, self._commands.serve, self._commands.refusal)
        self._stop_asked: Nanos | None = None
        self._idle = _idle_work(self.parts, settings, self._clock)
        if trading is not None:
            with self._log.timed(DESK, "what an earlier run left is taken over"):
                source.inside(partial(self.parts.loop.begin, tuple(trading.brokers), memory))

    def own_process(self) -> None:
        """The process is this desk's alone: what lives as long as it need not be looked through by each collection."""
        gc.collect()
        gc.freeze()

    @property
    def over(self) -> bool:
        """Whether somebody asked the desk to stop, and nothing is left to wait for."""
        if self._commands.stopping is None:
            return False
        if self._stop_asked is None:
            self._stop_asked = self._clock.now()
        return not self._commands.open_risk() or self._clock.now() - self._stop_asked > STOP_PATIENCE

    def _place(self) -> JournalRef:
        return JournalRef(self.journal.seq)

    def _lost(self, outcomes: Iterable[OutcomeId]) -> None:
        """Have lost books sent again, and count how often it happened."""
        known = tuple(outcomes)
        markets = (self.parts.desk.catalogue.market_of(outcome) for outcome in known)
        self._showcase.losses.update({market.venue for market in markets if market is not None})
        self._source.lost(known)

    def clean_start(self) -> None:
        """Before the first step: cancel the purchases that an earlier run left."""
        self._source.inside(self._commands.clean_start)

    def tidy_up(self) -> None:
        """Cancel the purchases that an earlier run left, and wait until all that wanted them is over.

        For `STOP_PATIENCE` at most: nothing of it is over before the venues have stated the account.
        """
        self._source.inside(lambda: self._commands.stop(Stop()))
        until = self._clock.now() + STOP_PATIENCE
        while self._clock.now() < until and any(
            leg.side is Side.BUY for intent in self.parts.desk.execution.working() for leg in intent.legs
        ):
            self.step()

    def wind_down(self) -> None:
        """Stop in good order: cancel what opens risk and wait for the answers, for `STOP_PATIENCE` at most.

        On paper there is nobody to wait for: what rests ends with the desk.
        """
        gateway = self.parts.gateway
        if gateway is None:
            return
        if not self.over:
            self._source.inside(lambda: self._commands.stop(Stop()))
            while not self.over:
                self.step()
        self._source.inside(lambda: gateway.leave(self._clock.now()))
        given_up = self._clock.now() + LEAVE_PATIENCE
        while gateway.leaving and self._clock.now() < given_up:
            self.step()

    @property
    def unknown(self) -> tuple[Order, ...]:
        """Orders of which nobody knows whether they live."""
        return self._commands.unknown()

    def step(self) -> int:
        """Do all that is due now; how many frames that were. Raises DeskStopped for a failure that nobody foresaw."""
        with stopping(self._folder):
            at = self._driver.next_at()
            within_s = None if at is None else max(0.0, (at - self._clock.now()) / SECOND)
            taken = self._source.pump(self._driver.take if self._idle is None else self._take, within_s)
            self._source.inside(self._work)
            if self._idle is not None:
                self._idle.check()
            return taken

    def _take(self, frame: Frame) -> None:
        """Use a frame, and the idle moment behind it."""
        self._driver.take(frame)
        if self._idle is not None:
            self._idle.after(frame)

    def _work(self) -> None:
        self._resume_if_lifted()
        with self._log.timed(DESK, "what is due is done"):
            self._driver.advance()
        with self._log.timed(DESK, "commands are served"):
            self._control.poll()
        if self._idle is not None:
            self._idle.soon()
        self._keep_log()

    def _keep_log(self) -> None:
        """Write what was logged meanwhile; once a minute how the desk stands, and how long things took."""
        now = self._clock.now()
        for line in self._source.heard():
            self._log.say(VENUES, Level.INFO, "said", now, text=line)
            self._showcase.said(line)
        if now >= self._next_minute:
            self._next_minute = Nanos(now + MINUTE)
            self._log.stands(self.picture())
            self._log.tell_times(now)
        self._log.flush(LINES_AT_ONCE)

    def seconds_until_due(self) -> float:
        """How long nothing will be due."""
        at, waits = self._driver.next_at(), self._source.due_in()
        times = [] if at is None else [max(0.0, (at - self._clock.now()) / SECOND)]
        return min(times if waits is None else [*times, waits], default=0.1)

    def picture(self) -> DeskSnapshot:
        """The desk as it stands."""
        now = self._clock.now()
        account = Account(
            mode=self.mode,
            strategies=self._strategies,
            run=self.run,
            source=self._source.title,
            notice=self._source.notice,
            said=self._source.said,
            at=now,
            elapsed=Nanos(now - self._started),
            last_frame=self._driver.last_frame,
            journal_lines=self.journal.seq,
            journal_head=self.journal.head,
            stages=self._latency.figures(),
        )
        return picture(self.parts, account, self.fills)

    def close(self) -> None:
        """End the run in good order: journal and recording are sealed, the lock is given back."""
        self._commands.stopped()
        self._control.close()
        self._source.close()
        self._log.stands(self.picture())
        self._log.tell_times(self._clock.now())
        LoggedJournal(self.journal, self._log).append("end", self.parts.desk.now, run_ended(self.parts), None)
        self._log.close()
        self.journal.close()
        self._writer.close()
        self._lock.release()

    def vanish(self) -> None:
        """Let go of files and locks as the end of a process does: no last line, nothing sealed, nothing cancelled."""
        self._control.close()
        self._log.close()
        self.journal.vanish()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or isinstance(error, KeyboardInterrupt):
            self.close()
        else:
            self._abandon(error)

    def _abandon(self, error: BaseException) -> None:
        """Keep what there is after a failure: the journal has no last line, the recording is cut short."""
        self._log.say(DESK, Level.ERROR, "failed", self._clock.now(), reason=str(error))
        for end in (
            self._control.close,
            self._source.close,
            self._log.close,
            self.journal.close,
            partial(self._writer.__exit__, type(error), error, None),
            self._lock.release,
        ):
            try:
                end()
            except DutchbookError as another:
                error.add_note(str(another))  # The first error is the cause, and the one that is told.

    def _resume_if_lifted(self) -> None:
        """Go on once a person took the halt file away."""
        desk = self.parts.desk
        if desk.halt_reason is not None and read_halt(halt_file(self._home)) is None:
            self._switch.lift()
            self.parts.loop.dispatch(Resumed(who_resumed(self._home), desk.now), JournalRef(self.journal.seq))

    def _recording(self, folder: Path, settings: Settings) -> RecordingWriter:
        writer = RecordingWriter(
            folder / "recording",
            capture_format=self._source.capture_format,
            venue=self._source.venue,
            sequence=self._source.sequence,
            settings=settings.storage,
        )
        writer.catalogue(self._source.questions, self._source.markets)
        return writer

    def _first_line(self, settings: Settings) -> RunStarted:
        return RunStarted(
            mode=self.mode,
            strategies=settings.strategies,
            settings=fingerprint(settings),
            source=self._source.origin,
            cash=self._opening.cash,
            prefix=self._opening.prefix,
            pairs=self._pairs,
        )


def _with_remembered(listed: Sequence[Market], memory: Memory | None) -> Sequence[Market]:
    """The markets that are listed now, and those that an earlier run traded in and are listed no more."""
    if memory is None:
        return listed
    known = {market.id for market in listed}
    return (*listed, *(market for market in memory.markets if market.id not in known))


def _idle_work(parts: Parts, settings: Settings, clock: Clock) -> IdleWork | None:
    contingencies, replacements, gateway = parts.loop.contingencies, parts.loop.replacements, parts.gateway
    if replacements is not None:
        return IdleWork(replacements, clock, settings.execution.spin)
    if contingencies is None or gateway is None:
        return None
    ahead = SigningAhead(parts.desk, parts.strategy.pool, contingencies, gateway, clock)
    return IdleWork(ahead, clock, settings.execution.spin, (Venue.POLYMARKET,), parts.loop.rehearse)


def _opening(settings: Settings, now: Nanos, number: int | None) -> Opening:
    """A desk on paper begins with its bankroll; one with accounts takes what these state. A venue sees no id twice."""
    if number is None:
        return Opening(settings.portfolio.bankroll, now)
    stamp = datetime.fromtimestamp(now // SECOND, UTC).strftime("%y%m%d%H%M%S")
    return Opening(Money(0), now, f"{stamp}-{number:08x}-")
