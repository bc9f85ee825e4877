"""Opaque cursors: `""` means the last page, and a cursor that says nothing gives page one, silently [M]."""

import base64
import binascii
from collections.abc import Callable, Iterable, Sequence
from itertools import dropwhile, islice


def page[R](rows: Sequence[R], key: Callable[[R], str], cursor: str, limit: int) -> tuple[Sequence[R], str]:
    """The rows behind `cursor`, and the cursor of the next page. `key` must be unique within `rows`."""
    return lazy_page(lambda: rows, key, cursor, limit)


def lazy_page[R](
    rows: Callable[[], Iterable[R]],
    key: Callable[[R], str],
    cursor: str,
    limit: int,
    keep: Callable[[R], bool] | None = None,
) -> tuple[Sequence[R], str]:
    """As `page`, for long lists: looks at no more rows than it must. `rows` begins anew at each call.

    Only rows that `keep` takes are shown; a cursor may name a row that it no longer takes.
    """
    found = _behind(rows(), key, _last(cursor), limit, keep) if cursor else None
    if found is None:
        found = list(islice(filter(keep, rows()) if keep else rows(), limit + 1))
    more = len(found) > limit
    shown = found[:limit]
    return shown, _cursor(key(shown[-1])) if more else ""


def _behind[R](
    rows: Iterable[R], key: Callable[[R], str], last: str, limit: int, keep: Callable[[R], bool] | None
) -> list[R] | None:
    """The rows behind the one called `last`; None if there is none of this name."""
    behind = dropwhile(lambda row: key(row) != last, rows)
    if next(behind, None) is None:
        return None
    return list(islice(filter(keep, behind) if keep else behind, limit + 1))


def _last(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""


def _cursor(last: str) -> str:
    return base64.urlsafe_b64encode(last.encode()).decode().rstrip("=")
