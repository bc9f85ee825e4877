"""One writer: what it takes is on disk when it says so, what fails undoes itself alone, a full disk loses nothing."""

from concurrent.futures import Future
from pathlib import Path
from threading import Event

import pytest
from sqlalchemy import Connection, func, insert, select, text

from dutchbook.domain.errors import DatabaseError, DatabaseInUse, UsageError
from dutchbook.domain.units import Nanos
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.edits.notes import add_note
from dutchbook.storage.database.location import Location, location
from dutchbook.storage.database.queries.kept import notes
from dutchbook.storage.database.schema import upgrade
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.database.tables import TRADE_NOTES

ALICE = Author("web:alice", Nanos(7))


def count(connection: Connection) -> int:
    return int(connection.execute(select(func.count()).select_from(TRADE_NOTES)).scalar_one())


def commits(connection: Connection) -> int:
    """How often the file was changed, as SQLite counts it."""
    return int(connection.execute(text("PRAGMA data_version")).scalar_one())


def test_what_was_written_is_there_for_readers_at_once(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        made = database.change(add_note, ALICE, "run", "i1-1", "too early")
        assert database.query(notes) == (made,)


def test_a_job_that_fails_undoes_itself_and_not_its_neighbours(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        go = Event()
        held = database.writer.submit(lambda _: go.wait(10))  # so that the others are committed together

        def half(connection: Connection) -> None:
            connection.execute(insert(TRADE_NOTES).values(run="r", subject="half", text="x", by="", at=1))
            raise UsageError("changed my mind")

        first = database.writer.submit(lambda connection: add_note(connection, ALICE, "r", "a", "kept"))
        bad: Future[None] = database.writer.submit(half)
        last = database.writer.submit(lambda connection: add_note(connection, ALICE, "r", "b", "kept too"))
        go.set()
        assert held.result()
        assert first.result().subject == "a"
        with pytest.raises(UsageError, match="changed my mind"):
            bad.result()
        assert last.result().subject == "b"
        assert {note.subject for note in database.query(notes)} == {"a", "b"}


def test_jobs_that_wait_are_committed_together(tmp_path: Path) -> None:
    with Database.to_write(location(tmp_path, DatabaseSettings())) as database:
        database.change(upgrade)
        go = Event()
        with database.reading() as watching:
            before = commits(watching)
            seen = []
            held = database.writer.submit(lambda _: go.wait(10))
            jobs = [
                database.writer.submit(lambda connection: add_note(connection, ALICE, "r", "s", "text"))
                for _ in range(100)
            ]
            go.set()
            assert held.result()
            for job in jobs:
                job.result()
                seen.append(commits(watching))
        assert len({*seen, before}) <= 3, "a hundred changes are one or two commits"
        assert database.query(count) == 100


def test_a_full_disk_is_one_clear_line_and_what_was_written_before_stays(tmp_path: Path) -> None:
    with Database.to_write(location(tmp_path, DatabaseSettings())) as database:
        database.change(upgrade)
        database.change(add_note, ALICE, "r", "before", "kept")
        pages = database.change(lambda c: c.execute(text("PRAGMA page_count")).scalar_one())
        database.change(lambda c: c.execute(text(f"PRAGMA max_page_count = {pages}")).scalar_one())

        def much(connection: Connection) -> None:
            rows = [{"run": "r", "subject": str(n), "text": "x" * 4_000, "by": "", "at": n} for n in range(200)]
            connection.execute(insert(TRADE_NOTES), rows)

        with pytest.raises(DatabaseError, match="disk is full - free some space") as told:
            database.change(much)
        assert "\n" not in str(told.value)
        assert "xxxx" not in str(told.value), "no content in messages"
        assert [note.subject for note in database.query(notes)] == ["before"]
        database.change(lambda c: c.execute(text("PRAGMA max_page_count = 1000000")).scalar_one())
        database.change(much)
        assert database.query(count) == 201, "it works again once there is space"


def test_only_one_process_may_write(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        with pytest.raises(DatabaseInUse, match="is written by process"):
            Database.to_write(place)
        with Database.to_read(place) as reader:
            assert reader.query(count) == 0
    Database.to_write(place).close()


def test_readers_cannot_change_anything(place: Location) -> None:
    with Database.to_write(place) as database:
        database.change(upgrade)
        with pytest.raises(DatabaseError), database.reading() as connection:
            connection.execute(insert(TRADE_NOTES).values(run="r", subject="s", text="x", by="", at=1))
    with Database.to_read(place) as reader, pytest.raises(DatabaseError, match="opened for reading"):
        reader.change(add_note, ALICE, "r", "s", "x")


def test_a_closed_writer_finishes_what_was_handed_in_and_takes_nothing_more(place: Location) -> None:
    database = Database.to_write(place)
    database.change(upgrade)
    waiting = [
        database.writer.submit(lambda connection: add_note(connection, ALICE, "r", "s", "text")) for _ in range(20)
    ]
    database.close()
    assert all(each.done() for each in waiting)
    with pytest.raises(DatabaseError, match="was closed"):
        database.writer.submit(lambda _: None)


def test_the_file_is_for_its_user_alone(tmp_path: Path) -> None:
    place = location(tmp_path, DatabaseSettings())
    with Database.to_write(place) as database:
        database.change(upgrade)
        assert place.file is not None
        assert place.file.stat().st_mode & 0o077 == 0


def test_a_database_that_is_not_there_says_how_it_is_made(tmp_path: Path) -> None:
    with pytest.raises(DatabaseError, match="dutchbook db upgrade"):
        Database.to_read(location(tmp_path, DatabaseSettings()))


def test_a_file_that_is_no_database_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "desk.db").write_bytes(b"this is no database at all, but long enough to be taken for one" * 100)
    with (
        Database.to_write(location(tmp_path, DatabaseSettings())) as database,
        pytest.raises(DatabaseError, match="dutchbook db restore") as told,
    ):
        database.change(upgrade)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize(
    "url", ["sqlite:///x", "mysql://x/y", "postgresql://desk:secret@localhost/x", "postgresql://localhost/x?password=a"]
)
def test_an_address_with_a_password_or_of_another_kind_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(ValueError, match="must") as told:
        DatabaseSettings(url=url)
    assert "secret" not in str(told.value)


def test_a_server_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    place = location(tmp_path, DatabaseSettings(url="postgresql://desk@127.0.0.1:1/none"))
    with Database.to_write(place) as database, pytest.raises(DatabaseError, match="start PostgreSQL") as told:
        database.change(upgrade)
    assert "\n" not in str(told.value)


def test_a_server_that_drops_the_connection_is_gone_on_with(settings: DatabaseSettings, tmp_path: Path) -> None:
    if settings.url is None:
        with Database.to_write(location(tmp_path, settings)) as database:
            database.change(upgrade)
            assert database.query(count) == 0, "a file has no server"
        return
    with Database.to_write(location(tmp_path, settings)) as database:
        database.change(upgrade)
        database.change(add_note, ALICE, "run", "s", "before")

        def cut(connection: Connection) -> None:
            connection.execute(insert(TRADE_NOTES).values(run="r", subject="lost", text="x", by="", at=1))
            connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

        with pytest.raises(DatabaseError) as told:
            database.change(cut)
        assert "\n" not in str(told.value)
        database.change(add_note, ALICE, "run", "s", "after")
        assert [note.text for note in database.query(notes)][::-1] == ["before", "after"]


def test_two_homes_cannot_write_to_one_server(settings: DatabaseSettings, tmp_path: Path) -> None:
    first, second = location(tmp_path / "a", settings), location(tmp_path / "b", settings)
    with Database.to_write(first) as database:
        database.change(upgrade)
        with Database.to_write(second) as other:
            if settings.url is None:
                other.change(upgrade)  # two homes have two files
            else:
                with pytest.raises(DatabaseInUse, match="another dutchbook writes"):
                    other.change(upgrade)


@pytest.mark.parametrize("settings", ["postgresql"], indirect=True)
def test_who_opens_while_the_last_one_leaves_waits_a_moment(settings: DatabaseSettings, tmp_path: Path) -> None:
    first, second = location(tmp_path / "a", settings), location(tmp_path / "b", settings)
    with Database.to_write(first) as leaving, Database.to_write(second) as following:
        leaving.change(upgrade)
        done = following.writer.submit(count)
        while not done.done() and not leaving.query(_waiting):
            pass  # it comes to an end by itself: who waits in vain is refused
        assert not done.done()
        leaving.close()
        assert done.result(10) == 0


def _waiting(connection: Connection) -> int:
    waiting = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    return int(connection.execute(waiting).scalar_one())
