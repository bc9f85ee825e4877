"""Copies of a database, and bringing one back. A copy is proven before anybody relies on it.

SQLite is copied page by page while it is used. PostgreSQL is written out table by table, in one view of all of them.
"""

import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from dutchbook.domain.errors import DatabaseError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.database.dumps import SUFFIX, check_dump, load_dump, write_dump
from dutchbook.storage.database.engines import reading_engine, writing_engine
from dutchbook.storage.database.location import Location
from dutchbook.storage.database.rows import BackupRecord
from dutchbook.storage.database.schema import revisions
from dutchbook.storage.durable import sync_file, sync_folder
from dutchbook.storage.file_facts import still_there

_NAME = re.compile(r"desk-([0-9]{8}T[0-9]{6}Z)(?:-[0-9]+)?(?:\.db|\.jsonl\.zst)", re.ASCII)
_STAMP = "%Y%m%dT%H%M%SZ"


def backups(place: Location) -> tuple[BackupRecord, ...]:
    """The copies there are, the newest first. Another process may take the oldest away meanwhile."""
    found = [path for path in place.backups.iterdir() if _NAME.fullmatch(path.name)] if place.backups.is_dir() else []
    in_order = sorted(found, key=lambda path: path.name, reverse=True)
    return tuple(_record(path, facts.st_size) for path, facts in still_there(in_order))


def back_up(place: Location, now: Nanos, keep: int | None = None) -> BackupRecord:
    """Copy the database as it is, and prove the copy; of older ones the newest `keep` - 1 stay.

    Raises DatabaseError if that fails; there is no half copy then, and nothing was removed.
    """
    place.backups.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = _free(place, now)
    draft = path.with_name(path.name + ".new")
    try:
        if place.file is not None:
            _copy(place.file, draft)
        else:
            engine = reading_engine(place)
            try:
                write_dump(engine, draft)
            finally:
                engine.dispose()
        sync_file(draft)
        made = _record(path, draft.stat().st_size)
        draft.replace(path)
        sync_folder(place.backups)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(
            f"{path}: the backup could not be made ({error}) - free some space, then try again"
        ) from error
    finally:
        draft.unlink(missing_ok=True)
    if keep is not None:
        for old in backups(place)[keep:]:
            Path(old.path).unlink(missing_ok=True)
    return made


def restore(place: Location, source: Path) -> None:
    """Put a copy in the place of the database; whoever holds the writing lock may call it. The copy is proven first.

    Raises DatabaseError, changing nothing, for a copy that is damaged or of a newer version.
    """
    if not source.is_file():
        raise DatabaseError(f"{source} is not there - `dutchbook db backups` lists what is")
    if source.name.endswith(SUFFIX):
        check_dump(source)
        engine = writing_engine(place)
        try:
            with engine.begin() as connection:
                load_dump(connection, source)
        finally:
            engine.dispose()
    elif place.file is None:
        raise DatabaseError(
            f"{source} is a copy of SQLite, and the database is PostgreSQL - name one ending in {SUFFIX}"
        )
    else:
        check_copy(source)
        _put_in_place(source, place.file)


def check_copy(path: Path) -> None:
    """Raises DatabaseError unless this is a whole SQLite database with tables that this version knows."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            sound = connection.execute("PRAGMA quick_check").fetchone()[0]
            found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.Error as error:
        raise DatabaseError(f"{path}: no backup that can be used: {error} - take another one") from error
    if sound != "ok":
        raise DatabaseError(f"{path}: the backup is damaged: {sound} - take another one")
    if found is None or found[0] not in revisions():
        raise DatabaseError(f"{path}: its tables are of a newer dutchbook - restore it with that version")


def _put_in_place(source: Path, file: Path) -> None:
    draft = file.with_name(file.name + ".new")
    try:
        _copy(source, draft)
        sync_file(draft)
        for rest in ("-wal", "-shm"):
            file.with_name(file.name + rest).unlink(missing_ok=True)
        draft.replace(file)
        sync_folder(file.parent)
    except (OSError, sqlite3.Error) as error:
        raise DatabaseError(f"{file}: the backup could not be put in place ({error}) - free some space") from error
    finally:
        draft.unlink(missing_ok=True)


def _copy(source: Path, target: Path) -> None:
    """Copy a database that others may be using, and prove the copy."""
    target.unlink(missing_ok=True)
    os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    with (
        closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as old,
        closing(sqlite3.connect(target)) as new,
    ):
        old.backup(new)
        # A copy is one file: nothing of it may lie in a log beside it.
        new.execute("PRAGMA journal_mode=DELETE").close()
        sound = new.execute("PRAGMA quick_check").fetchone()[0]
    if sound != "ok":
        raise sqlite3.DatabaseError(f"{source} is damaged: {sound}")


def _free(place: Location, now: Nanos) -> Path:
    suffix = SUFFIX if place.file is None else ".db"
    stem = f"desk-{datetime.fromtimestamp(now // SECOND, UTC).strftime(_STAMP)}"
    names: Sequence[str] = [stem, *(f"{stem}-{number}" for number in range(2, 100))]
    for name in names:
        path = place.backups / (name + suffix)
        if not path.exists():
            return path
    raise DatabaseError(f"{place.backups}: a hundred backups of one second are there - try again later")


def _record(path: Path, size: int) -> BackupRecord:
    found = _NAME.fullmatch(path.name)
    stamp = found[1] if found is not None else "19700101T000000Z"
    at = int(datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC).timestamp())
    return BackupRecord(path=str(path), at=Nanos(at * SECOND), size=size)
