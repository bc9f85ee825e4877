"""From selected rows to records, and from what a caller narrows to what SQL narrows."""

from collections.abc import Mapping

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, func, or_

from dutchbook.storage.database.filters import MOST, Page, Scope


def records[T](connection: Connection, query: "Select[tuple[object, ...]]", kind: type[T]) -> tuple[T, ...]:
    """All rows of a query, as records: its columns are named as their fields are."""
    return tuple(record(dict(row), kind) for row in connection.execute(query).mappings())


def record[T](row: Mapping[str, object], kind: type[T]) -> T:
    """One row as a record."""
    # Names of columns are a kind of str that msgspec does not take for one.
    return msgspec.convert({str(name): value for name, value in row.items()}, kind)


def paged(query: "Select[tuple[object, ...]]", page: Page) -> "Select[tuple[object, ...]]":
    """The rows of a page."""
    return query.limit(max(0, min(page.limit, MOST))).offset(max(0, page.offset))


def within(
    scope: Scope, run: ColumnElement[str], mode: ColumnElement[str], at: ColumnElement[int]
) -> list[ColumnElement[bool]]:
    """The conditions of a scope on these columns."""
    conditions: list[ColumnElement[bool]] = []
    if scope.run is not None:
        conditions.append(run == scope.run)
    if scope.mode is not None:
        conditions.append(mode == scope.mode)
    if scope.since is not None:
        conditions.append(at >= scope.since)
    if scope.until is not None:
        conditions.append(at < scope.until)
    return conditions


def found(text: str, *columns: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """The condition that one of the columns contains a text, whatever its case; none for an empty text."""
    wanted = text.strip().lower()
    return [or_(*(func.lower(column).contains(wanted, autoescape=True) for column in columns))] if wanted else []
