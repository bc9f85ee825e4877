"""Rows on their way into the tables: found again before they are written, and written many at a time."""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite

type Row = dict[str, object]
type _Key = tuple[str, tuple[object, ...]]

_REMEMBERED = 5_000
"""Rows that are kept at hand once they are written."""


class RowStore:
    """Rows by their keys, for one transaction after the other: `attach`, `get` and `put`, `flush`.

    `get` gives the row itself, wherever it is; whoever changes it says so with `put`.
    """

    def __init__(self) -> None:
        self._connection: Connection | None = None
        self._known: dict[_Key, Row] = {}
        self._changed: dict[_Key, tuple[Table, Row]] = {}
        self._newest: dict[_Key, Row] = {}
        self._missing: list[tuple[Table, Row]] = []
        self._names: dict[_Key, Row] = {}
        self._unless: dict[_Key, tuple[Table, Row]] = {}
        self._gone: list[tuple[Table, tuple[object, ...]]] = []

    def attach(self, connection: Connection) -> None:
        """Read from here on from this connection."""
        self._connection = connection

    def forget(self) -> None:
        """Nothing of what was put since the last flush was kept: know nothing."""
        self._known.clear()
        self._changed.clear()
        self._newest.clear()
        self._missing.clear()
        self._names.clear()
        self._unless.clear()
        self._gone.clear()

    def get(self, table: Table, *key: object) -> Row | None:
        """The row with this key as it will be once all is written; None if there is none."""
        known = self._known.get((table.name, key))
        if known is not None or self._connection is None:
            return known
        conditions = [column == value for column, value in zip(table.primary_key.columns, key, strict=True)]
        found = self._connection.execute(select(table).where(*conditions)).mappings().first()
        if found is None:
            return None
        row = {str(name): value for name, value in found.items()}
        self._known[table.name, key] = row
        return row

    def latest_elsewhere(self, table: Table, by: str, run: str, **values: object) -> Row | None:
        """The written row of another run that has these values, and the greatest value in the column `by`."""
        if self._connection is None:
            return None
        conditions = [table.c[name] == value for name, value in values.items()]
        query = select(table).where(table.c.run != run, *conditions).order_by(table.c[by].desc()).limit(1)
        found = self._connection.execute(query).mappings().first()
        return None if found is None else {str(name): value for name, value in found.items()}

    def name(self, table: Table, row: Row, *columns: str) -> None:
        """Let a row that was put be found by these columns too."""
        self._names[table.name, tuple(row[name] for name in columns)] = row

    def named(self, table: Table, **values: object) -> Row | None:
        """The row that was named by these columns, in their order, or was written with these values."""
        name = (table.name, tuple(values.values()))
        known = self._names.get(name)
        if known is not None or self._connection is None:
            return known
        conditions = [table.c[column] == value for column, value in values.items()]
        found = self._connection.execute(select(table).where(*conditions)).mappings().first()
        if found is None:
            return None
        row = {str(column): value for column, value in found.items()}
        key = tuple(row[column.name] for column in table.primary_key.columns)
        self._names[name] = self._known.setdefault((table.name, key), row)
        return self._names[name]

    def put(self, table: Table, row: Row) -> None:
        """Write the row with the next flush, in place of one that has its key."""
        key = (table.name, tuple(row[column.name] for column in table.primary_key.columns))
        self._known[key] = row
        self._changed.pop(key, None)
        self._changed[key] = (table, row)

    def drop(self, table: Table, *key: object) -> None:
        """Take out the row with this key, with the next flush."""
        self._known.pop((table.name, key), None)
        self._changed.pop((table.name, key), None)
        self._gone.append((table, key))

    def put_missing(self, table: Table, row: Row) -> None:
        """Write the row unless one with its key is there by then."""
        self._unless[table.name, tuple(row[column.name] for column in table.primary_key.columns)] = (table, row)

    def put_newest(self, table: Table, row: Row, *same: str) -> None:
        """The same for a row that is `latest` among those with its values in the columns `same`; the others are not."""
        group = (table.name, tuple(row[name] for name in same))
        earlier = self._newest.get(group)
        if earlier is None:
            alike = {name: row[name] for name in same}
            self._missing.append((table, alike))
        else:
            earlier["latest"] = False
        row["latest"] = True
        self._newest[group] = row
        self.put(table, row)

    def flush(self, connection: Connection) -> None:
        """Write all that was put, once what was dropped is out."""
        for table, key in self._gone:
            columns = zip(table.primary_key.columns, key, strict=True)
            connection.execute(delete(table).where(*(column == value for column, value in columns)))
        for table, alike in self._missing:
            conditions = [table.c[name] == value for name, value in alike.items()]
            connection.execute(update(table).where(table.c.latest, *conditions).values(latest=False))
        for table, row in self._unless.values():
            insert_missing(connection, table, row)
        by_table: dict[str, tuple[Table, list[Row]]] = {}
        for table, row in self._changed.values():
            by_table.setdefault(table.name, (table, []))[1].append(row)
        for table, rows in by_table.values():
            upsert(connection, table, [_storable(row) for row in rows])
        self._changed.clear()
        self._newest.clear()
        self._missing.clear()
        self._unless.clear()
        self._gone.clear()
        for remembered in (self._known, self._names):
            while len(remembered) > _REMEMBERED:
                del remembered[next(iter(remembered))]


def _storable(row: Row) -> Row:
    """The row without null bytes in its texts, which a market's title may hold and PostgreSQL does not take."""
    if not any(isinstance(value, str) and "\0" in value for value in row.values()):
        return row
    return {name: value.replace("\0", "\ufffd") if isinstance(value, str) else value for name, value in row.items()}


def upsert(connection: Connection, table: Table, rows: list[Row]) -> None:
    """Write rows, in place of those that have their keys."""
    keys = [column.name for column in table.primary_key.columns]
    statement = _insert(connection, table)
    others = {column.name: statement.excluded[column.name] for column in table.c if column.name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=others), rows)


def insert_missing(connection: Connection, table: Table, row: Mapping[str, object]) -> None:
    """Write a row unless one has its key, or what else may be there once."""
    connection.execute(_insert(connection, table).on_conflict_do_nothing(), dict(row))


def _insert(connection: Connection, table: Table) -> "sqlite.Insert | postgresql.Insert":
    return sqlite.insert(table) if connection.dialect.name == "sqlite" else postgresql.insert(table)
