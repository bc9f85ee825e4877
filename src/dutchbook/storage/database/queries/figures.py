"""The database in numbers."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, select, text

from dutchbook.domain.units import Nanos
from dutchbook.storage.database.rows import BackupRecord, DatabaseFigures, TableFigures
from dutchbook.storage.database.schema import revision_of
from dutchbook.storage.database.tables import DERIVED, METADATA, RUNS

_SIZES = {
    "sqlite": "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()",
    "postgresql": "SELECT pg_database_size(current_database())",
}
_VERSIONS = {"sqlite": "SELECT sqlite_version()", "postgresql": "SHOW server_version"}


def database_figures(connection: Connection, backups: Sequence[BackupRecord] = ()) -> DatabaseFigures:
    """How large the database is, what is in it, and how far the journals were read."""
    dialect = connection.dialect.name
    lines, newest, runs = connection.execute(select(func.sum(RUNS.c.lines), func.max(RUNS.c.last), func.count())).one()
    tables = [
        TableFigures(
            name=str(table.name),
            rows=int(connection.execute(select(func.count()).select_from(table)).scalar_one()),
            derived=table in DERIVED,
        )
        for table in METADATA.sorted_tables
    ]
    size = connection.execute(text(_SIZES[dialect])).scalar_one()
    return DatabaseFigures(
        kind=dialect,
        where=_where(connection),
        version=str(connection.execute(text(_VERSIONS[dialect])).scalar_one()),
        schema=revision_of(connection) or "",
        size=int(size),
        tables=tuple(tables),
        runs=int(runs),
        lines=int(lines or 0),
        newest=None if newest is None else Nanos(newest),
        backups=tuple(backups),
    )


def _where(connection: Connection) -> str:
    url = connection.engine.url
    return str(url.database) if connection.dialect.name == "sqlite" else url.render_as_string(hide_password=True)
