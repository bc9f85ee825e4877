"""Tables come and go by revisions: on SQLite and on PostgreSQL, forwards, back and forwards again."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, inspect, text

from dutchbook.domain.errors import DatabaseError, UsageError
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.location import Location
from dutchbook.storage.database.schema import (
    check_known,
    downgrade,
    is_current,
    newest,
    revision_of,
    revisions,
    upgrade,
)
from dutchbook.storage.database.tables import DERIVED, KEPT, METADATA


def table_names(connection: Connection) -> set[str]:
    return set(inspect(connection).get_table_names()) - {"alembic_version"}


def test_every_revision_can_be_taken_forwards_back_and_forwards_again(place: Location) -> None:
    with Database.to_write(place) as database:
        for revision in revisions():
            database.change(upgrade, revision)
        assert database.query(table_names) == set(METADATA.tables)
        for revision in [*revisions()[-2::-1], "base"]:
            database.change(downgrade, revision)
        assert database.query(table_names) == set()
        assert database.query(revision_of) is None
        database.change(upgrade)
        assert database.query(table_names) == set(METADATA.tables)


def test_the_revisions_make_the_tables_that_the_code_names(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        with database.reading() as connection:
            assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_bringing_up_to_date_twice_changes_nothing(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        database.change(upgrade)
        assert database.query(revision_of) == newest()
        assert database.query(is_current)


def test_tables_of_a_newer_version_are_refused_in_one_line(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        database.change(lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = '9999'")))
        for job in (check_known, upgrade, downgrade, is_current):
            with pytest.raises(DatabaseError, match=r"newer dutchbook \(revision 9999") as told:
                database.change(job)
            assert "\n" not in str(told.value)
        assert database.query(table_names) == set(METADATA.tables), "nothing was changed"


def test_every_table_is_either_derived_or_kept() -> None:
    assert {table.name for table in (*DERIVED, *KEPT)} == set(METADATA.tables)
    assert not {table.name for table in DERIVED} & {table.name for table in KEPT}


def test_a_change_of_the_tables_that_fails_half_way_changed_nothing(place: Location) -> None:
    def interrupted(connection: Connection) -> None:
        upgrade(connection)
        assert len(inspect(connection).get_table_names()) > 20
        raise UsageError("the power went out")

    with Database.to_write(place) as database:
        with pytest.raises(UsageError):
            database.change(interrupted)
        assert database.query(table_names) == set()
        database.change(upgrade)
        assert database.query(table_names) == set(METADATA.tables)
