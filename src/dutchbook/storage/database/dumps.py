"""A database written out as JSON lines, compressed: for PostgreSQL, whose own tools need not be installed here."""

import os
from collections.abc import Iterator
from pathlib import Path

import msgspec
import zstandard
from sqlalchemy import Connection, Engine, LargeBinary, MetaData, Table, insert, select, text

from dutchbook.domain.errors import DatabaseError
from dutchbook.storage.database.schema import downgrade, revision_of, revisions, upgrade
from dutchbook.storage.database.tables import METADATA

SUFFIX = ".jsonl.zst"
_ROWS = 1_000
_HEAD = "dutchbook database"


class _Head(msgspec.Struct, frozen=True):
    what: str
    revision: str


class _Rows(msgspec.Struct, frozen=True):
    """Some rows of a table; without any, the end of it all, and how many there were."""

    table: str = ""
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[object, ...], ...] = ()
    total: int = 0


def write_dump(engine: Engine, path: Path) -> None:
    """Write out all tables as they are at one moment. Raises OSError."""
    options = {"isolation_level": "REPEATABLE READ"} if engine.dialect.name == "postgresql" else {}
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with (
        os.fdopen(descriptor, "wb") as file,
        zstandard.ZstdCompressor().stream_writer(file, closefd=False) as out,
        engine.connect().execution_options(**options) as connection,
    ):
        out.write(msgspec.json.encode(_Head(_HEAD, revision_of(connection) or "")) + b"\n")
        total = 0
        for table in METADATA.sorted_tables:
            found = connection.execution_options(yield_per=_ROWS).execute(select(table))
            for part in found.partitions():
                rows = tuple(tuple(row) for row in part)
                total += len(rows)
                columns = tuple(str(column.name) for column in table.columns)
                out.write(msgspec.json.encode(_Rows(str(table.name), columns, rows)) + b"\n")
        out.write(msgspec.json.encode(_Rows(total=total)) + b"\n")


def check_dump(path: Path) -> str:
    """The revision of a dump. Raises DatabaseError unless it is whole, and one that this version knows."""
    lines = _lines(path)
    try:
        head = msgspec.json.decode(next(lines), type=_Head)
        parts = [msgspec.json.decode(line, type=_Rows) for line in lines]
    except (StopIteration, msgspec.MsgspecError, ValueError) as error:
        raise DatabaseError(f"{path}: no backup that can be used: {error} - take another one") from error
    if head.what != _HEAD or not parts or parts[-1].table or parts[-1].total != sum(len(each.rows) for each in parts):
        raise DatabaseError(f"{path}: the backup is cut short or changed - take another one")
    if head.revision not in revisions():
        raise DatabaseError(f"{path}: its tables are of a newer dutchbook - restore it with that version")
    return head.revision


def load_dump(connection: Connection, path: Path) -> None:
    """Put what a dump holds in the place of all there is, in the caller's transaction, and bring it up to date."""
    revision = check_dump(path)
    downgrade(connection)
    upgrade(connection, revision)
    there = MetaData()
    lines = _lines(path)
    next(lines)
    for line in lines:
        part = msgspec.json.decode(line, type=_Rows)
        if part.rows:
            table = Table(part.table, there, autoload_with=connection)
            connection.execute(insert(table), [_row(table, part.columns, row) for row in part.rows])
    if connection.dialect.name == "postgresql":
        for table in METADATA.sorted_tables:
            if table.autoincrement_column is not None and "id" in table.c:
                number = f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), coalesce(max(id), 0) + 1, false)"
                connection.execute(text(f"{number} FROM {table.name}")).close()
    upgrade(connection)


def _row(table: Table, columns: tuple[str, ...], row: tuple[object, ...]) -> dict[str, object]:
    values = dict(zip(columns, row, strict=True))
    for column in table.columns:
        if isinstance(column.type, LargeBinary) and isinstance(values.get(column.name), str):
            values[column.name] = msgspec.convert(values[column.name], bytes)  # JSON has it in base64
    return values


def _lines(path: Path) -> Iterator[bytes]:
    try:
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
            rest = b""
            while chunk := stream.read(1 << 20):
                *whole, rest = (rest + chunk).split(b"\n")
                yield from whole
    except (OSError, zstandard.ZstdError) as error:
        raise DatabaseError(f"{path}: no backup that can be used: {error} - take another one") from error
