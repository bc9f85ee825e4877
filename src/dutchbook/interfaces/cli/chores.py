"""What the process of a desk does now and then beside trading, in a thread of its own."""

from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

if TYPE_CHECKING:
    from dutchbook.config.settings import Settings
    from dutchbook.domain.ports import Clock

_DAY_S = 86_400.0
_MINUTE_S = 60.0
_PATIENCE_S = 1.0
"""How long the desk may take to say how it stands: at its end nobody waits for long."""


class Chore(NamedTuple):
    """Something to `do` every so many seconds, for the first time after some more. It gives what there is to tell."""

    do: Callable[[], Sequence[str]]
    every_s: float
    first_s: float = 0.0


class Chores:
    """Does them while the context lasts. What fails is told and tried again when it is due; trading never waits."""

    def __init__(self, chores: Sequence[Chore], tell: Callable[[str], None]) -> None:
        now = monotonic()
        self._due = [(now + chore.first_s, chore) for chore in chores]
        self._tell = tell
        self._over = Event()
        self._thread = Thread(target=self._work, name="chores", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _work(self) -> None:
        while self._due:
            at, chore = min(self._due, key=lambda due: due[0])
            if self._over.wait(max(0.0, at - monotonic())):
                return
            for line in self._done(chore):
                self._tell(line)
            self._due.remove((at, chore))
            self._due.append((monotonic() + chore.every_s, chore))

    def _done(self, chore: Chore) -> Sequence[str]:
        from dutchbook.domain.errors import DutchbookError

        try:
            return chore.do()
        except (DutchbookError, OSError) as error:
            return [] if self._over.is_set() else [str(error)]


def chores_of(home: Path, settings: "Settings", clock: "Clock") -> tuple[Chore, ...]:
    """Those of a desk: letting go of what is too old, and a report of each cycle."""
    letting_go = Chore(lambda: _let_go(home, settings, clock), _DAY_S)
    return (letting_go, _reporting(home, settings, clock)) if settings.logs.report_every else (letting_go,)


def _let_go(home: Path, settings: "Settings", clock: "Clock") -> Sequence[str]:
    from dutchbook.app.retention import prune_files, told

    pruned = prune_files(home, settings.retention, clock.now())
    return [words for words in (told(pruned), *pruned.problems) if words]


def _reporting(home: Path, settings: "Settings", clock: "Clock") -> Chore:
    from dutchbook.app.control.client import ask
    from dutchbook.app.control.wire import ShowSnapshot
    from dutchbook.domain.units import SECOND
    from dutchbook.interfaces.cycle_reports import CycleReports
    from dutchbook.storage.home import Home

    reports = CycleReports(Home(home).reports, every=settings.logs.report_every, keep=settings.logs.keep)

    def look() -> Sequence[str]:
        snapshot = ask(home, ShowSnapshot(), patience_s=_PATIENCE_S).snapshot
        if snapshot is not None:
            reports.look(snapshot, clock.now())
        return []

    every_s = min(_MINUTE_S, settings.logs.report_every / SECOND)
    return Chore(look, every_s, every_s)
