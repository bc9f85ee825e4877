"""The read models at work: the one writer of the database, and the thread that follows the journals for it."""

from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

import msgspec

from dutchbook.app.read_models.maintenance import Upgraded, open_to_write
from dutchbook.app.read_models.projector import Projector
from dutchbook.domain.errors import DatabaseError
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import DAY, Nanos
from dutchbook.storage.database.backups import back_up, backups
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.forgetting import forget_entries
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.retention_settings import RetentionSettings

_EVERY_S = 0.25
_AFTER_TROUBLE_S = 2.0
_AS_SHIPPED = RetentionSettings.model_validate({})


class ReadModelsHealth(msgspec.Struct, frozen=True, kw_only=True):
    """How the read models are. `behind` counts bytes of journals that are not read; `problem` says why, if anything.

    `at` is when all journals were last read to their ends.
    """

    lines: int
    behind: int
    at: Nanos | None
    problem: str


class ReadModels:
    """Open from the start of the process that serves screens to its end; nobody else writes meanwhile."""

    def __init__(
        self, home: Path, settings: DatabaseSettings, clock: Clock, retention: RetentionSettings = _AS_SHIPPED
    ) -> None:
        """Open the database, bring it up to date, begin to follow the journals.

        `retention` says which entries leave it again, once a day. Raises DatabaseError if another process writes to it,
        or it cannot be used.
        """
        self._retention = retention
        self._next_forgetting = Nanos(0)
        self._clock = clock
        self._settings = settings
        self.database: Database
        self.upgraded: Upgraded
        self.database, self.upgraded = open_to_write(home, settings, clock.now())
        self._projector = Projector(home, self.database.writer)
        self._at: Nanos | None = None
        self._problem = ""
        self._next_copy = Nanos(0)
        self._stop = Event()
        self._thread = Thread(target=self._follow, name="projector", daemon=True)
        self._thread.start()

    def health(self) -> ReadModelsHealth:
        """How it goes."""
        return ReadModelsHealth(
            lines=self._projector.lines, behind=self._projector.behind, at=self._at, problem=self._problem
        )

    def close(self) -> None:
        """Stop following, finish what was handed in, let go of the database."""
        self._stop.set()
        self._thread.join()
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _follow(self) -> None:
        wait = 0.0
        while not self._stop.wait(wait):
            try:
                self._projector.catch_up()
                self._copy_if_due()
                self._forget_if_due()
            except (DatabaseError, OSError) as error:
                # A full disk, a server that restarts: nothing is lost, the same lines are read again.
                self._problem, wait = str(error), _AFTER_TROUBLE_S
            except Exception as error:  # the thread's outermost edge: it ends, and health says so
                self._problem = f"the reader of the journals failed: {error!r} - start the dashboard again"
                raise
            else:
                self._problem, self._at, wait = "", self._clock.now(), _EVERY_S

    def _copy_if_due(self) -> None:
        """Copy what people wrote, with all else, once in a while: that is in no journal."""
        now, every = self._clock.now(), self._settings.backup_every
        if every and now >= self._next_copy:
            newest = next(iter(backups(self.database.place)), None)
            if newest is None or now - newest.at >= every:
                back_up(self.database.place, now, self._settings.keep_backups)
                newest = next(iter(backups(self.database.place)))
            self._next_copy = Nanos(newest.at + every)

    def _forget_if_due(self) -> None:
        """Let go of entries that are older than the settings allow, once a day."""
        now, keep = self._clock.now(), self._retention.decisions
        if keep and now >= self._next_forgetting:
            self._next_forgetting = Nanos(now + DAY)
            author = Author(by="retention", at=now, why="older than retention.decisions allows")
            self.database.change(forget_entries, author, Nanos(now - keep))
