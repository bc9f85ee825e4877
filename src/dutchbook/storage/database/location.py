"""Where the database of a home is, and what lies beside it."""

from pathlib import Path

import msgspec
from sqlalchemy.engine import URL, make_url

from dutchbook.storage.database.settings import DatabaseSettings

_FILE = "desk.db"


class Location(msgspec.Struct, frozen=True):
    """A database: `file` for SQLite, None for PostgreSQL at `url`. `lock` is held by the one process that writes."""

    url: URL
    file: Path | None
    backups: Path
    lock: Path

    @property
    def shown(self) -> str:
        """Where it is, in words; never with a password."""
        return self.url.render_as_string(hide_password=True) if self.file is None else str(self.file)


def location(home: Path, settings: DatabaseSettings) -> Location:
    """The database that a home uses. Nothing is opened or created here."""
    backups, lock = home / "backups", home / "run" / "database.lock"
    if settings.url:
        # The name without a driver means another one to SQLAlchemy than the one we install.
        return Location(make_url(settings.url).set(drivername="postgresql+psycopg"), None, backups, lock)
    file = home / _FILE
    return Location(URL.create("sqlite", database=str(file)), file, backups, lock)
