"""Segments of events on disk: Parquet tables, written and read through DuckDB in batches."""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.events import MarketEvent
from dutchbook.storage.durable import sync_file
from dutchbook.storage.event_rows import COLUMNS, Row, event_of, rows_of

_BATCH_ROWS = 20_000
_FETCH_ROWS = 10_000
_ROW_BYTES = 64
"""About what one row weighs in memory: by it segments of events are measured like segments of frames."""


class EventTableWriter:
    """Collects the events of one segment and writes them as one file when it is finished."""

    def __init__(self) -> None:
        self._database = _database()
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        self._database.execute(f"create table events ({columns})")
        self._rows: list[Row] = []
        self._flushed = 0
        self.count = 0
        """Events taken so far."""

    @property
    def written(self) -> int:
        """About how many bytes the events taken so far need, before compression."""
        return (self._flushed + len(self._rows)) * _ROW_BYTES

    def add(self, event: MarketEvent) -> None:
        """Take one event. Raises RecordingError, taking nothing, if a number of it needs more than 64 bits."""
        rows = rows_of(self.count, event)
        if any(type(cell) is int and not -(2**63) <= cell < 2**63 for row in rows for cell in row):
            raise RecordingError(f"an event has a number of more than 64 bits - nothing was recorded of it: {event}")
        self._rows += rows
        self.count += 1
        if len(self._rows) >= _BATCH_ROWS:
            self._move_rows()

    def finish(self, path: Path) -> None:
        """Write all events to `path`. Raises RecordingError or OSError if the disk refuses."""
        self._move_rows()
        target = str(path).replace("'", "''")
        try:
            self._database.execute(f"copy events to '{target}' (format parquet, compression zstd)")
        except duckdb.Error as error:
            raise RecordingError(f"{path} cannot be written - {error}") from error
        finally:
            self._database.close()
        sync_file(path)

    def abandon(self) -> None:
        """Forget all events."""
        self._database.close()

    def _move_rows(self) -> None:
        if self._rows:
            batch = _arrays(self._rows)
            self._database.register("batch", batch)
            self._database.execute("insert into events select * from batch")
            self._database.unregister("batch")
            self._flushed += len(self._rows)
            self._rows.clear()


def read_events(path: Path) -> Iterator[MarketEvent]:
    """The events of a segment in order. Raises RecordingError if the file is no such segment."""
    database = _database()
    try:
        cursor = database.execute("from read_parquet(?)", [_literal(path)])
        if [column[0] for column in cursor.description or ()] != list(COLUMNS):
            raise RecordingError(f"{path} has other columns than events have - import the recording again")
        for expected, (number, rows) in enumerate(groupby(_rows(cursor), key=itemgetter(0))):
            if number != expected:
                raise RecordingError(f"{path}: event {expected} is missing - import the recording again")
            yield event_of(list(rows))
    except duckdb.Error as error:
        raise RecordingError(f"{path} is damaged ({error}) - import the recording again") from error
    finally:
        database.close()


def _rows(cursor: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    while batch := cursor.fetchmany(_FETCH_ROWS):
        yield from batch


def _arrays(rows: list[Row]) -> dict[str, "np.ndarray[Any, Any]"]:
    columns = zip(*rows, strict=True)
    return {name: _array(kind, cells) for (name, kind), cells in zip(COLUMNS.items(), columns, strict=True)}


def _array(kind: str, cells: tuple[Any, ...]) -> "np.ndarray[Any, Any]":
    if kind == "VARCHAR":
        return np.array(cells, dtype=object)
    numpy_kind = np.bool_ if kind == "BOOLEAN" else np.int64
    absent = [cell is None for cell in cells]
    if not any(absent):
        return np.array(cells, dtype=numpy_kind)
    return np.ma.array([cell or 0 for cell in cells], mask=absent, dtype=numpy_kind)


def _database() -> duckdb.DuckDBPyConnection:
    """A private database in memory. One thread: rows keep their order, and files are the same each time."""
    return duckdb.connect(":memory:", config={"threads": 1, "preserve_insertion_order": True})


def _literal(path: Path) -> str:
    """A path as a pattern that matches only itself."""
    return "".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path))
