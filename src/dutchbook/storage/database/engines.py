"""Connections: one that writes, others that cannot. Kinds of databases differ here and nowhere else.

SQLite runs in WAL mode. Versions before 3.51.3 can corrupt a WAL to which two connections write or checkpoint, so there
is one writing connection in one process; all others are opened read-only.
"""

import sqlite3
from typing import Any
from urllib.parse import quote

from sqlalchemy import Connection, Engine, QueuePool, create_engine, event, text

from dutchbook.domain.errors import DatabaseError, DatabaseInUse
from dutchbook.storage.database.location import Location

_READERS = 8
_BUSY_S = 10.0
_READ_FOR_MS = 20_000
_LEAVES_MS = 2_000
_LOCK = 0x6475746368  # "dutch": the advisory lock of the one writer


def writing_engine(place: Location) -> Engine:
    """The engine of the one writer. Creates a missing SQLite file, readable for its user alone."""
    if place.file is None:
        engine = _postgres(place, "-c client_min_messages=warning", size=1)
        event.listen(engine, "connect", _take_postgres)
        return engine
    place.file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    place.file.touch(mode=0o600)
    engine = _sqlite(place, f"file:{quote(str(place.file))}", size=1)
    event.listen(engine, "connect", _write_ahead)
    event.listen(engine, "begin", _begin)
    return engine


def reading_engine(place: Location) -> Engine:
    """An engine whose connections cannot change anything."""
    if place.file is None:
        options = f"-c default_transaction_read_only=on -c statement_timeout={_READ_FOR_MS}"
        return _postgres(place, options, size=_READERS)
    engine = _sqlite(place, f"file:{quote(str(place.file))}?mode=ro", size=_READERS)
    event.listen(engine, "connect", _only_read)
    return engine


def _postgres(place: Location, options: str, *, size: int) -> Engine:
    try:
        return create_engine(
            place.url,
            pool_size=size,
            max_overflow=0,
            pool_pre_ping=True,
            connect_args={"options": options, "connect_timeout": int(_BUSY_S), "application_name": "dutchbook"},
        )
    except ModuleNotFoundError:
        raise DatabaseError(
            "PostgreSQL: its driver is not installed - run `pip install 'dutchbook[postgres]'`, or leave database.url "
            "empty"
        ) from None


def _sqlite(place: Location, uri: str, *, size: int) -> Engine:
    def connect() -> sqlite3.Connection:
        # Transactions are begun by us: the module's own way begins none before a SELECT or a SAVEPOINT.
        return sqlite3.connect(uri, uri=True, timeout=_BUSY_S, isolation_level=None, check_same_thread=False)

    return create_engine(place.url, creator=connect, poolclass=QueuePool, pool_size=size, max_overflow=0)


def _lower(text: str | None) -> str | None:
    """SQLite's own knows the letters of English only."""
    return None if text is None else text.lower()


def _write_ahead(connection: Any, _record: object) -> None:
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}").close()


def _only_read(connection: Any, _record: object) -> None:
    connection.create_function("lower", 1, _lower, deterministic=True)
    for pragma in ("query_only=ON", "wal_autocheckpoint=0", "mmap_size=0"):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _take_postgres(connection: Any, _record: object) -> None:
    """One process writes, on whatever machine: the server gives the lock back when the session ends.

    It notices that a moment after whoever held it has gone, so that long the next one waits.
    """
    from psycopg.errors import LockNotAvailable

    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = {_LEAVES_MS}")
            cursor.execute(f"SELECT pg_advisory_lock({_LOCK})")
    except LockNotAvailable:
        connection.rollback()
        raise DatabaseInUse(
            "PostgreSQL: another dutchbook writes to this database - stop that one, or use another"
        ) from None
    connection.commit()


def ping(connection: Connection) -> None:
    """Ask for nothing. Raises what the database raises if it is not there."""
    connection.execute(text("SELECT 1")).close()
