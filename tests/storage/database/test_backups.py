"""Copies are whole or not there; what is brought back is what was copied; a bad copy changes nothing."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import text

from dutchbook.app.read_models.maintenance import back_up_now, open_to_write, restore_from
from dutchbook.domain.errors import DatabaseError, DatabaseInUse
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage.database.backups import back_up, backups
from dutchbook.storage.database.database import Database
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.database.edits.notes import add_note
from dutchbook.storage.database.location import Location
from dutchbook.storage.database.queries.kept import notes
from dutchbook.storage.database.schema import downgrade, newest, revision_of, upgrade
from dutchbook.storage.database.settings import DatabaseSettings

NOW = Nanos(1_795_000_000 * SECOND)


def later(seconds: int) -> Nanos:
    return Nanos(NOW + seconds * SECOND)


def written(home: Path, settings: DatabaseSettings, *texts: str) -> Location:
    """A database with some notes."""
    database, _ = open_to_write(home, settings, NOW)
    with database:
        for number, each in enumerate(texts):
            database.change(add_note, Author("web:alice", later(number)), "run", "i1-1", each)
        return database.place


def texts_in(place: Location) -> list[str]:
    with Database.to_read(place) as database:
        return [note.text for note in sorted(database.query(notes), key=lambda note: note.id)]


def test_what_was_copied_comes_back_and_can_be_gone_on_with(tmp_path: Path, settings: DatabaseSettings) -> None:
    place = written(tmp_path, settings, "one", "two ¢ 'quoted' \\ ünï")
    copy = back_up_now(tmp_path, settings, NOW)
    written(tmp_path, settings, "three")
    kept = restore_from(tmp_path, settings, Path(copy.path), later(1))
    assert texts_in(place) == ["one", "two ¢ 'quoted' \\ ünï"]
    written(tmp_path, settings, "four")
    assert texts_in(place) == ["one", "two ¢ 'quoted' \\ ünï", "four"]
    assert kept is not None
    restore_from(tmp_path, settings, Path(kept.path), later(2))
    assert texts_in(place) == ["one", "two ¢ 'quoted' \\ ünï", "three"], "what was replaced was copied before"


def test_a_copy_is_made_while_somebody_writes(tmp_path: Path, settings: DatabaseSettings) -> None:
    written(tmp_path, settings, "one")
    database, _ = open_to_write(tmp_path, settings, NOW)
    with database:
        database.change(add_note, Author("web:bob", NOW), "run", "s", "two")
        copy = back_up_now(tmp_path, settings, NOW)
        database.change(add_note, Author("web:bob", NOW), "run", "s", "three")
    restore_from(tmp_path, settings, Path(copy.path), later(1))
    assert texts_in(database.place) == ["one", "two"]


def test_a_copy_is_its_users_alone_and_a_single_file(tmp_path: Path, settings: DatabaseSettings) -> None:
    place = written(tmp_path, settings, "one")
    copy = Path(back_up_now(tmp_path, settings, NOW).path)
    assert copy.stat().st_mode & 0o077 == 0
    assert list(place.backups.iterdir()) == [copy]


def test_the_newest_copies_are_kept(tmp_path: Path, settings: DatabaseSettings) -> None:
    place = written(tmp_path, settings, "one")
    made = [back_up(place, later(number), keep=3) for number in range(5)]
    assert backups(place) == tuple(made[:1:-1])
    assert len({back_up(place, later(9)).path for _ in range(3)}) == 3, "copies of one second have names of their own"


def test_a_copy_that_another_process_took_away_is_not_listed(tmp_path: Path, settings: DatabaseSettings) -> None:
    place = written(tmp_path, settings, "one")
    made = back_up(place, NOW)
    # A link to nothing is what such a copy is to whoever has just listed the folder: a name without a file.
    (place.backups / f"desk-20200101T000000Z{'.db' if place.file else '.jsonl.zst'}").symlink_to(tmp_path / "gone")
    assert backups(place) == (made,)


def test_nothing_is_restored_while_somebody_writes(tmp_path: Path, settings: DatabaseSettings) -> None:
    written(tmp_path, settings, "one")
    copy = back_up_now(tmp_path, settings, NOW)
    database, _ = open_to_write(tmp_path, settings, NOW)
    with database, pytest.raises(DatabaseInUse):
        restore_from(tmp_path, settings, Path(copy.path), later(1))


@pytest.mark.parametrize("share", [0.0, 0.3, 0.7, 0.99])
def test_a_copy_that_was_cut_short_or_changed_is_refused_and_changes_nothing(
    share: float, tmp_path: Path, settings: DatabaseSettings
) -> None:
    place = written(tmp_path, settings, *(f"note {number} " + "x" * 400 for number in range(60)))
    copy = Path(back_up_now(tmp_path, settings, NOW).path)
    whole = copy.read_bytes()
    before = texts_in(place)
    copy.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DatabaseError) as told:
        restore_from(tmp_path, settings, copy, later(1))
    assert "\n" not in str(told.value)
    assert texts_in(place) == before


def test_a_copy_of_a_newer_version_is_refused(tmp_path: Path, settings: DatabaseSettings) -> None:
    place = written(tmp_path, settings, "one")
    with Database.to_write(place) as database:
        database.change(lambda c: c.execute(text("UPDATE alembic_version SET version_num = '9999'")))
    copy = back_up(place, NOW)
    with Database.to_write(place) as database:
        database.change(
            lambda c: c.execute(text("UPDATE alembic_version SET version_num = :known"), {"known": newest()})
        )
    with pytest.raises(DatabaseError, match="newer dutchbook"):
        restore_from(tmp_path, settings, Path(copy.path), later(1))
    assert texts_in(place) == ["one"]


def test_an_old_database_is_copied_before_it_is_brought_up_to_date(
    tmp_path: Path, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dutchbook.app.read_models import maintenance

    place = written(tmp_path, settings, "one")
    # There is one revision yet: a version that needs another one stands for those to come.
    monkeypatch.setattr(maintenance, "is_current", lambda _: False)
    database, done = open_to_write(tmp_path, settings, NOW)
    database.close()
    assert done.backup is not None
    assert backups(place) == (done.backup,)
    assert texts_in(place) == ["one"]


def test_without_a_backup_nothing_is_changed(
    tmp_path: Path, settings: DatabaseSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from dutchbook.app.read_models import maintenance

    place = written(tmp_path, settings, "one")
    monkeypatch.setattr(maintenance, "is_current", lambda _: False)
    place.backups.write_text("a file where the folder should be")
    with pytest.raises((DatabaseError, FileExistsError)):
        open_to_write(tmp_path, settings, NOW)
    assert texts_in(place) == ["one"]
    with Database.to_write(place) as database:
        assert database.query(revision_of) == newest()


def test_an_empty_database_is_made_without_a_backup(tmp_path: Path, settings: DatabaseSettings) -> None:
    database, done = open_to_write(tmp_path, settings, NOW)
    with database:
        assert (done.before, done.after, done.backup) == (None, newest(), None)
        database.change(downgrade)
        database.change(upgrade)


def test_a_damaged_database_is_put_aside_and_a_copy_takes_its_place(tmp_path: Path) -> None:
    settings = DatabaseSettings()
    place = written(tmp_path, settings, "one")
    copy = back_up_now(tmp_path, settings, NOW)
    assert place.file is not None
    place.file.write_bytes(b"no database any more" * 1_000)
    assert restore_from(tmp_path, settings, Path(copy.path), later(1)) is None
    assert texts_in(place) == ["one"]
    assert place.file.with_name("desk.db.damaged").read_bytes().startswith(b"no database")


def test_a_copy_of_sqlite_is_readable_by_sqlite_itself(tmp_path: Path) -> None:
    written(tmp_path, DatabaseSettings(), "one")
    copy = back_up_now(tmp_path, DatabaseSettings(), NOW)
    with closing(sqlite3.connect(copy.path)) as connection:
        assert connection.execute("SELECT text FROM trade_notes").fetchall() == [("one",)]
