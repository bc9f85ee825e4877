"""The database for a command that only looks: as fresh as the journals, whoever keeps it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from dutchbook.app.read_models.maintenance import open_to_write, read_all
from dutchbook.domain.errors import DatabaseInUse
from dutchbook.domain.units import Nanos
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.location import location
from dutchbook.storage.database.settings import DatabaseSettings


@contextmanager
def up_to_date(
    home: Path, settings: DatabaseSettings, now: Nanos, tell: Callable[[int], None] = lambda _: None
) -> Iterator[Database]:
    """The database with all that the journals say. Where a dashboard keeps it, that one does so within a second."""
    try:
        database, _ = open_to_write(home, settings, now)
    except DatabaseInUse:
        with Database.to_read(location(home, settings)) as kept:
            yield kept
        return
    with database:
        read_all(home, database, tell)
        yield database
