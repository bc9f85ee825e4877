"""Who changes something, the line that every change leaves, and what may be written at all."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import Connection, Table, insert, update

from dutchbook.domain.errors import UsageError
from dutchbook.domain.units import Nanos
from dutchbook.storage.database.tables import EDITS

_LONGEST_TEXT = 4_000
_LONGEST_NAME = 100


class Author(msgspec.Struct, frozen=True):
    """Who makes an edit (`web:alice`), when, and why."""

    by: str
    at: Nanos
    why: str = ""


def keep(connection: Connection, author: Author, action: str, detail: Mapping[str, object]) -> None:
    """Put an edit on record."""
    told = msgspec.json.encode({name: value for name, value in detail.items() if value is not None}).decode()
    values = {"at": author.at, "action": action, "by": author.by, "why": author.why, "detail": told}
    connection.execute(insert(EDITS).values(values))


def change(connection: Connection, author: Author, table: Table, key: str, given: Mapping[str, object]) -> None:
    """Set the columns that are given (not None) of the row whose first key column is `key`, on record."""
    set_to = {name: value for name, value in given.items() if value is not None}
    if set_to:
        column = next(iter(table.primary_key.columns))
        connection.execute(update(table).where(column == key).values(**set_to, updated=author.at))
        keep(connection, author, f"update {table.name}", {column.name: key, **set_to})


def known[T](value: T | None, what: str, name: str) -> T:
    """The value. Raises UsageError if there is none."""
    if value is None:
        raise UsageError(f"{what} {name[:_LONGEST_NAME]} is not known - nothing was changed")
    return value


def named(what: str, name: str) -> str:
    """A name as it is kept. Raises UsageError for what is none."""
    if not name.strip() or len(name) > _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"{what}: {name[:_LONGEST_NAME]!r} is no name - write 1 to {_LONGEST_NAME} printable letters")
    return name.strip()


def written(what: str, text: str) -> str:
    """A text as it is kept. Raises UsageError for a very long one, or one that no database takes."""
    if len(text) > _LONGEST_TEXT or "\0" in text:
        raise UsageError(f"{what}: {len(text)} letters - write at most {_LONGEST_TEXT}, none of them a null")
    return text.strip()
