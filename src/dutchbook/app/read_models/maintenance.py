"""Keeping the database: bringing it up to date after a backup, copies, and making it anew from the journals."""

from collections.abc import Callable
from pathlib import Path

import msgspec

from dutchbook.app.read_models.projector import Projector, forget_all
from dutchbook.app.retention import Pruned, prune_files
from dutchbook.domain.errors import DatabaseError, DatabaseInUse
from dutchbook.domain.units import Nanos
from dutchbook.storage.database.backups import back_up, restore
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.forgetting import count_entries, forget_entries
from dutchbook.storage.database.location import Location, location
from dutchbook.storage.database.rows import BackupRecord
from dutchbook.storage.database.schema import check_known, is_current, newest, revision_of, upgrade
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.database.writing_lock import WritingLock
from dutchbook.storage.retention_settings import RetentionSettings


class Upgraded(msgspec.Struct, frozen=True, kw_only=True):
    """What bringing a database up to date did. `backup` is the copy made before, None where there was nothing."""

    before: str | None
    after: str
    backup: BackupRecord | None


def open_to_write(home: Path, settings: DatabaseSettings, now: Nanos) -> tuple[Database, Upgraded]:
    """The database of a home for its one writer, its tables up to date. What it was before is kept as a backup.

    Raises DatabaseError if another process writes, if its tables are of a newer version, or if no backup can be made:
    then nothing was changed.
    """
    database = Database.to_write(location(home, settings))
    try:
        return database, _bring_up(database, settings, now)
    except BaseException:
        database.close()
        raise


def _bring_up(database: Database, settings: DatabaseSettings, now: Nanos) -> Upgraded:
    database.change(check_known)
    before = database.change(revision_of)
    backup: BackupRecord | None = None
    if before is not None and not database.change(is_current):
        backup = back_up(database.place, now, settings.keep_backups)
    if before != newest():
        database.change(upgrade)
    return Upgraded(before=before, after=newest(), backup=backup)


def back_up_now(home: Path, settings: DatabaseSettings, now: Nanos) -> BackupRecord:
    """Copy the database, whoever uses it meanwhile. Raises DatabaseError if there is none, or it cannot be copied."""
    place = location(home, settings)
    with Database.to_read(place) as database, database.reading() as connection:
        if revision_of(connection) is None:
            raise DatabaseError(f"{place.shown} has no tables - `dutchbook db upgrade` makes them")
    return back_up(place, now)


def restore_from(home: Path, settings: DatabaseSettings, source: Path, now: Nanos) -> BackupRecord | None:
    """Put a backup in the place of the database and bring it up to date; a copy of what was there, if it can be read.

    Raises DatabaseError, changing nothing, if another process writes or the backup cannot be used.
    """
    place = location(home, settings)
    lock = WritingLock(place)
    try:
        kept = _keep_what_is_there(place, now)
        restore(place, source)
    finally:
        lock.release()
    open_to_write(home, settings, now)[0].close()
    return kept


def rebuild(
    home: Path, settings: DatabaseSettings, now: Nanos, tell: Callable[[int], None] = lambda _: None
) -> tuple[int, tuple[str, ...]]:
    """Make anew all that the journals say; what people wrote stays. How many lines were read, and what was in the way.

    `tell` hears how many lines were read so far. Ended in between, the next start of anything that writes goes on.
    """
    database, _ = open_to_write(home, settings, now)
    with database:
        database.change(forget_all)
        return read_all(home, database, tell)


def read_all(
    home: Path, database: Database, tell: Callable[[int], None] = lambda _: None
) -> tuple[int, tuple[str, ...]]:
    """Read all journals to their ends. How many lines were new, and the problems of those that cannot be read whole."""
    from dutchbook.storage.database.filters import MOST, Page
    from dutchbook.storage.database.queries.runs import runs

    projector = Projector(home, database.writer, tell)
    lines = projector.catch_up()
    found = database.query(runs, page=Page(limit=MOST))
    return lines, tuple(f"{run.run}: {run.problem}" for run in found if run.problem)


def prune(
    home: Path, settings: DatabaseSettings, keep: RetentionSettings, author: Author, *, look_only: bool = False
) -> Pruned:
    """Let go of what is older than `keep` allows, in files and in the database. With `look_only` nothing goes.

    `author` says who wants it, and what time it is. While a dashboard runs, the database is its own to prune: that is
    said among the problems.
    """
    now = author.at
    files = prune_files(home, keep, now, look_only=look_only)
    if not keep.decisions or not _exists(location(home, settings)):
        return files
    before = Nanos(now - keep.decisions)
    try:
        if look_only:
            with Database.to_read(location(home, settings)) as database:
                entries = database.query(count_entries, before)
        else:
            database, _ = open_to_write(home, settings, now)
            with database:
                entries = database.change(forget_entries, author, before)
    except DatabaseInUse as error:
        return msgspec.structs.replace(files, problems=(*files.problems, f"the decision log stays: {error}"))
    return msgspec.structs.replace(files, entries=entries)


def _exists(place: Location) -> bool:
    return place.file is None or place.file.exists()


def _keep_what_is_there(place: Location, now: Nanos) -> BackupRecord | None:
    if not _exists(place):
        return None
    try:
        return back_up(place, now)
    except DatabaseError:
        # What is there cannot even be read: that is why a backup is brought back. It stays beside, as it is.
        if place.file is not None:
            place.file.replace(place.file.with_name(place.file.name + ".damaged"))
        return None
