"""What a user may choose about the database of the screens."""

from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import BeforeValidator, Field

from dutchbook.domain.quantities import Duration, RoomSettings


def _address(value: Any) -> str:
    if not isinstance(value, str) or not value.strip().startswith("postgresql://"):
        raise ValueError("must begin with postgresql://, or be left empty for a file in the home folder")
    parts = urlsplit(value.strip())
    if parts.password or "password" in parts.query:
        raise ValueError("must not hold a password: put it into ~/.pgpass, or into PGPASSWORD")
    return value.strip()


DatabaseAddress = Annotated[str, BeforeValidator(_address)]
"""A PostgreSQL database, without a password: `postgresql://desk@localhost/dutchbook`."""


class DatabaseSettings(RoomSettings):
    """Settings of the database that screens and reports read. The journal stays the truth, this can be rebuilt."""

    url: DatabaseAddress | None = Field(
        default=None,
        description="Empty: SQLite, in `desk.db` of the home folder. Else a PostgreSQL database, for example "
        "`postgresql://desk@localhost/dutchbook`; its password belongs into `~/.pgpass`, never here.",
    )
    keep_backups: int = Field(
        default=5,
        ge=1,
        le=1_000,
        description="How many backups are kept, of those made each day and those before a change of the tables; older "
        "ones are removed. Backups that you ask for remove none.",
    )
    backup_every: Duration = Field(
        default="1d",  # type: ignore[assignment]  # written as a user writes it
        description="How often the dashboard copies the database; 0s never does. The journals are not in it.",
    )
