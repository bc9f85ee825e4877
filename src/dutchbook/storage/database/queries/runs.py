"""Runs that the database knows."""

from sqlalchemy import Connection, select

from dutchbook.storage.database.filters import FIRST, Page
from dutchbook.storage.database.queries.reading import paged, record
from dutchbook.storage.database.rows import RunRecord
from dutchbook.storage.database.tables import RUNS


def runs(connection: Connection, mode: str | None = None, page: Page = FIRST) -> tuple[RunRecord, ...]:
    """Runs, the latest first."""
    query = select(RUNS).order_by(RUNS.c.number.desc(), RUNS.c.run.desc())
    if mode is not None:
        query = query.where(RUNS.c.mode == mode)
    return tuple(_run(dict(row)) for row in connection.execute(paged(query, page)).mappings())


def run(connection: Connection, name: str) -> RunRecord | None:
    """One run, or None."""
    row = connection.execute(select(RUNS).where(RUNS.c.run == name)).mappings().first()
    return None if row is None else _run(dict(row))


def latest_run(connection: Connection, mode: str | None = None) -> RunRecord | None:
    """The latest run, of a mode or of all; None before the first."""
    return next(iter(runs(connection, mode, Page(limit=1))), None)


def _run(row: dict[str, object]) -> RunRecord:
    words = str(row["strategies"])
    return record({**row, "strategies": tuple(words.split(",")) if words else ()}, RunRecord)
