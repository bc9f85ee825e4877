"""Cursor paging of the CLOB: base64 of the next offset, `LTE=` (that of -1) at the end (section 2.1)."""

from base64 import b64decode, b64encode
from binascii import Error as BadBase64
from collections.abc import Sequence

from dutchbook.exchange.servers.polymarket.clob_errors import Problem

END = "LTE="


def offset_of(cursor: str) -> int | None:
    """Where a page begins; None for the cursor of the end. Raises Problem (400)."""
    if not cursor:
        return 0
    try:
        text = b64decode(cursor, validate=True).decode("ascii")
    except (BadBase64, ValueError) as e:
        raise Problem(400, "Next item should be greater than or equal to 0") from e
    if text == "-1":
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 12:
        raise Problem(400, "Next item should be greater than or equal to 0")
    return int(text)


def cursor_of(offset: int) -> str:
    """The cursor of a place in a list."""
    return b64encode(str(offset).encode()).decode()


def page[T](rows: Sequence[T], cursor: str, limit: int) -> tuple[Sequence[T], dict[str, object]]:
    """The rows of one page, and `limit`, `count` and `next_cursor`. Raises Problem (400) for a bad cursor."""
    start = offset_of(cursor)
    found = [] if start is None else rows[start : start + limit]
    last = start is None or start + limit >= len(rows)
    after = END if last else cursor_of((start or 0) + limit)
    return found, {"limit": limit, "count": len(found), "next_cursor": after}
