"""Taking old entries of the decision log out of the database. Journals keep them: `db rebuild` brings them back."""

import msgspec
from sqlalchemy import Column, Connection, delete, func, select

from dutchbook.domain.units import Nanos
from dutchbook.storage.database.edits.authors import Author, keep
from dutchbook.storage.database.tables import DECISIONS, EDITS, JOURNAL_LINES, NEAR_MISSES, OPPORTUNITIES

_DATED: tuple["Column[int]", ...] = (
    DECISIONS.c.at,
    NEAR_MISSES.c.opened,
    OPPORTUNITIES.c.at,
    JOURNAL_LINES.c.at,
)
_FORGET = "forget old entries"


def forget_entries(connection: Connection, author: Author, before: Nanos) -> int:
    """Take out what is older: decisions with their lines, near misses and opportunities. How many rows went.

    It is put on record, so that nobody takes what went on purpose for what somebody took out.
    """
    gone = sum(connection.execute(delete(column.table).where(column < before)).rowcount for column in _DATED)
    if gone:
        keep(connection, author, _FORGET, {"before": before, "rows": gone})
    return gone


def count_entries(connection: Connection, before: Nanos) -> int:
    """How many rows `forget_entries` would take out."""
    return sum(
        connection.execute(select(func.count()).select_from(column.table).where(column < before)).scalar_one()
        for column in _DATED
    )


def forgotten_before(connection: Connection) -> Nanos:
    """Lines older than this may be without their entries; 0 if nothing was ever forgotten."""
    told = connection.execute(select(EDITS.c.detail).where(EDITS.c.action == _FORGET)).scalars()
    return max((msgspec.json.decode(detail, type=_Forgotten).before for detail in told), default=Nanos(0))


class _Forgotten(msgspec.Struct):
    before: Nanos
