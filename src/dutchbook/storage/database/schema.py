"""Which tables a database has, and bringing them to what this version needs."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from dutchbook.domain.errors import DatabaseError

_SCRIPTS = Path(__file__).parent / "migrations"


def newest() -> str:
    """The revision that this version needs."""
    found = ScriptDirectory(str(_SCRIPTS)).get_current_head()
    if found is None:
        raise DatabaseError(f"{_SCRIPTS}: no revision is there - install dutchbook again")
    return found


def revisions() -> tuple[str, ...]:
    """All revisions, the first one first."""
    return tuple(script.revision for script in ScriptDirectory(str(_SCRIPTS)).walk_revisions())[::-1]


def revision_of(connection: Connection) -> str | None:
    """The revision of a database, None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def check_known(connection: Connection) -> None:
    """Raises DatabaseError if a newer version of dutchbook made these tables."""
    revision = revision_of(connection)
    if revision is not None and revision not in revisions():
        where = connection.engine.url.render_as_string(hide_password=True)
        raise DatabaseError(
            f"{where}: its tables are of a newer dutchbook (revision {revision}, this one knows up to {newest()}) - "
            "install that version again, or restore the backup it made with `dutchbook db restore`"
        )


def is_current(connection: Connection) -> bool:
    """Whether the tables are what this version needs. Raises DatabaseError if they are newer."""
    check_known(connection)
    return revision_of(connection) == newest()


def upgrade(connection: Connection, revision: str = "head") -> None:
    """Bring the tables forward, inside the caller's transaction. Does nothing where they stand there already."""
    check_known(connection)
    command.upgrade(_config(connection), revision)


def downgrade(connection: Connection, revision: str = "base") -> None:
    """Take the tables back, inside the caller's transaction."""
    check_known(connection)
    command.downgrade(_config(connection), revision)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
