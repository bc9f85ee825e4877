"""Who did what, when and why: commands to desks, and edits of what is kept in the database."""

from sqlalchemy import Connection, literal, select, union_all

from dutchbook.storage.database.filters import FIRST, Page
from dutchbook.storage.database.queries.reading import found, paged, records
from dutchbook.storage.database.rows import ActionRecord
from dutchbook.storage.database.tables import ACTIONS, EDITS


def actions(
    connection: Connection, *, by: str | None = None, search: str = "", page: Page = FIRST
) -> tuple[ActionRecord, ...]:
    """All of them, the newest first; of one person, or that contain a text, if so asked."""
    commands = select(literal("journal").label("place"), ACTIONS)
    edits = select(
        literal("database").label("place"),
        literal("").label("run"),
        EDITS.c.id.label("seq"),
        EDITS.c.at,
        EDITS.c.action,
        EDITS.c.by,
        EDITS.c.why,
        EDITS.c.detail,
        literal("").label("hash"),
    )
    both = union_all(commands, edits).subquery()
    query = select(both).order_by(both.c.at.desc(), both.c.run.desc(), both.c.seq.desc())
    if by is not None:
        query = query.where(both.c.by == by)
    query = query.where(*found(search, both.c.action, both.c.by, both.c.why, both.c.detail))
    return records(connection, paged(query, page), ActionRecord)
