"""Changes of users in the audit: their record is a file, of which this keeps a copy that can be searched."""

from collections.abc import Iterable

from sqlalchemy import Connection, select

from dutchbook.storage.database.edits.authors import Author, keep
from dutchbook.storage.database.tables import EDITS
from dutchbook.storage.users_record import UserChange


def take_over(connection: Connection, changes: Iterable[UserChange]) -> int:
    """Put those into the audit that are not there yet; how many that were. To be called as often as one likes."""
    taken = 0
    for change in changes:
        same = (EDITS.c.at == change.at, EDITS.c.by == change.by, EDITS.c.action == change.action)
        if connection.execute(select(EDITS.c.id).where(*same)).first() is None:
            keep(connection, Author(change.by, change.at), change.action, dict(change.detail))
            taken += 1
    return taken
