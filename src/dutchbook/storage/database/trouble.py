"""What a database says when it will not, as one line of what, where and what to do."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

_HINTS = (
    ("disk is full", "free some space; what was committed before is kept, and the rest is read again then"),
    ("no space left", "free some space; what was committed before is kept, and the rest is read again then"),
    ("disk i/o error", "look after the disk; `dutchbook db restore` brings a backup back"),
    ("readonly database", "give this user the right to write there"),
    ("attempt to write a readonly", "give this user the right to write there"),
    ("malformed", "`dutchbook db restore` brings a backup back, `dutchbook db rebuild` reads the journals anew"),
    ("not a database", "`dutchbook db restore` brings a backup back, `dutchbook db rebuild` reads the journals anew"),
    ("no such table", "`dutchbook db upgrade` makes it"),
    ("unable to open database file", "`dutchbook db upgrade` makes it; check the folder and its permissions"),
    ("database is locked", "another program holds it; end that one"),
    ("password", "put the password into ~/.pgpass, or into PGPASSWORD"),
    ("refused", "start PostgreSQL, or correct database.url"),
    ("does not exist", "make the database first, for example with `createdb`, then `dutchbook db upgrade`"),
)
_ELSE = "trading goes on without it; `dutchbook db stats` says how it is"


def said(engine: Engine, error: SQLAlchemyError) -> str:
    """The line for an error. Statements and their values are left out: they are no use to a reader."""
    cause = error.__cause__ or getattr(error, "orig", None) or error
    what = " ".join(str(cause).split())[:300]
    hint = next((hint for words, hint in _HINTS if words in what.lower()), _ELSE)
    return f"database {engine.url.render_as_string(hide_password=True)}: {what} - {hint}"
