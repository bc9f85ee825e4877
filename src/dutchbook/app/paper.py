"""A desk that trades on paper in a market that happens now."""

from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Self

from dutchbook.app.assembly import STRATEGIES, Parts, Terms, assemble
from dutchbook.app.failures import stopping
from dutchbook.app.lost_books import LostBooks
from dutchbook.app.picture import Account, RecentFills, picture
from dutchbook.app.reporting import run_ended
from dutchbook.app.runs import new_run, run_folder
from dutchbook.app.sources import Source
from dutchbook.config.load import fingerprint
from dutchbook.config.modes import Mode
from dutchbook.config.settings import Settings
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.events import FrameRef, JournalRef, Resumed
from dutchbook.domain.ports import Clock, Frame, SequenceKind
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import RealClock
from dutchbook.engine.desk import Opening
from dutchbook.engine.drivers.paper import PaperDriver
from dutchbook.engine.records import RunStarted
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.risk.halt import HaltSwitch, halt_file, install_halt_signal, read_halt
from dutchbook.storage.home import Home
from dutchbook.storage.lock import DeskLock
from dutchbook.storage.recording import RecordingWriter


class KeptFrames:
    """Puts each frame into the run's recording and tells its place there."""

    def __init__(self, writer: RecordingWriter) -> None:
        self._writer = writer
        self._line = 0

    def __call__(self, frame: Frame) -> FrameRef:
        segment = len(self._writer.manifest.segments)
        ref = FrameRef(segment, self._line)
        self._writer.write(frame)
        self._line = self._line + 1 if len(self._writer.manifest.segments) == segment else 0
        return ref


class PaperDesk:
    """One running desk: `step` often, `picture` when a screen wants one, `close` at the end.

    Holds the lock of its home. Keeps its frames as a recording beside its journal, so that everything can be explained.
    """

    def __init__(self, settings: Settings, home: Path, source: Source, clock: Clock | None = None) -> None:
        """Raises DeskLocked if another desk runs in this home, JournalError or RecordingError if the disk refuses."""
        self._clock = clock or RealClock()
        self._started = self._clock.now()
        self._source = source
        self._home = home
        self._switch = HaltSwitch(halt_file(home))
        install_halt_signal(self._switch)  # before the lock names this process: `dutchbook halt` signals its holder
        self._lock = DeskLock(Home(home).lock)
        self.run, self._journal = new_run(home, Mode.PAPER, settings.storage, {"source": source.origin})
        self._folder = run_folder(home, self.run)
        self._writer = self._recording(self._folder, settings)
        opening = Opening(settings.portfolio.bankroll, self._started)
        terms = Terms(opening=opening, switch=self._switch, watch=lambda _: LostBooks(source.lost))
        self.parts: Parts = assemble(settings, source.questions, source.markets, self._journal, terms)
        self.fills = RecentFills(self.parts.loop.bus)
        self._journal.append("run", self._started, self._first_line(settings))
        self._driver = PaperDriver(self.parts.loop, KeptFrames(self._writer), self._clock)

    def step(self) -> int:
        """Do all that is due now; how many frames that were. Raises DeskStopped for a failure that nobody foresaw."""
        with stopping(self._folder):
            self._resume_if_lifted()
            taken = self._source.pump(self._driver.take)
            self._driver.advance()
            return taken

    def seconds_until_due(self) -> float:
        """How long nothing will be due."""
        at, waits = self._driver.next_at(), self._source.due_in()
        times = [] if at is None else [max(0.0, (at - self._clock.now()) / SECOND)]
        return min(times if waits is None else [*times, waits], default=0.1)

    def picture(self) -> DeskSnapshot:
        """The desk as it stands."""
        now = self._clock.now()
        account = Account(
            run=self.run,
            source=self._source.title,
            notice=self._source.notice,
            at=now,
            elapsed=Nanos(now - self._started),
            last_frame=self._driver.last_frame,
            journal_lines=self._journal.seq,
            journal_head=self._journal.head,
        )
        return picture(self.parts, account, self.fills)

    def close(self) -> None:
        """End the run in good order: journal and recording are sealed, the lock is given back."""
        self._source.close()
        self._journal.append("end", self.parts.desk.now, run_ended(self.parts))
        self._journal.close()
        self._writer.close()
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
        for end in (
            self._source.close,
            self._journal.close,
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
            self.parts.loop.dispatch(Resumed("dutchbook resume", desk.now), JournalRef(self._journal.seq))

    def _recording(self, folder: Path, settings: Settings) -> RecordingWriter:
        writer = RecordingWriter(
            folder / "recording",
            capture_format=self._source.capture_format,
            venue=self._source.venue,
            sequence=SequenceKind.NONE,
            settings=settings.storage,
        )
        writer.catalogue(self._source.questions, self._source.markets)
        return writer

    def _first_line(self, settings: Settings) -> RunStarted:
        return RunStarted(
            mode=Mode.PAPER,
            strategies=STRATEGIES,
            settings=fingerprint(settings),
            source=self._source.origin,
            cash=settings.portfolio.bankroll,
        )
