"""The read models at work: they follow a desk while it runs, say how they are, and go on after trouble."""

import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from dutchbook.app.read_models import service as serving
from dutchbook.app.read_models.checkup import database_checks
from dutchbook.app.read_models.reading import up_to_date
from dutchbook.app.read_models.service import ReadModels
from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import DatabaseInUse
from dutchbook.domain.units import DAY, SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.storage.database.backups import back_up, backups
from dutchbook.storage.database.filters import Page
from dutchbook.storage.database.location import location
from dutchbook.storage.database.queries.runs import latest_run
from dutchbook.storage.database.queries.trading import fills
from dutchbook.storage.database.settings import DatabaseSettings

START = Nanos(1_790_000_000 * SECOND)


@pytest.fixture(autouse=True)
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "_EVERY_S", 0.01)
    monkeypatch.setattr(serving, "_AFTER_TROUBLE_S", 0.01)


def wait_until(true: Callable[[], bool]) -> None:
    """Until another thread made it so."""
    never = threading.Event()
    for _ in range(3_000):
        if true():
            return
        never.wait(0.01)
    raise AssertionError("it never came about")


def live(desk: RunningDesk, clock: VirtualClock, seconds: int) -> None:
    for _ in range(seconds * 10):
        clock.advance(Nanos(clock.now() + SECOND // 10))
        desk.step()


def test_they_follow_a_desk_that_runs_beside_them(tmp_path: Path, settings: DatabaseSettings) -> None:
    clock = VirtualClock(START)
    with ReadModels(tmp_path, settings, clock) as models:
        with RunningDesk(shipped_settings(), tmp_path, WalkSource(7, clock), clock) as desk:
            live(desk, clock, 40)
            wanted = desk.journal.seq
            wait_until(lambda: (run := models.database.query(latest_run)) is not None and run.lines >= wanted)
            assert len(models.database.query(fills, page=Page(limit=1_000))) == desk.picture().fills_total
        wait_until(lambda: (run := models.database.query(latest_run)) is not None and run.ended is not None)
        wait_until(lambda: models.health().behind == 0)
        health = models.health()
    assert health.problem == ""
    assert health.at is not None
    assert health.lines >= wanted


def test_whoever_only_looks_reads_beside_them_and_alone_brings_it_up_to_date_itself(
    tmp_path: Path, settings: DatabaseSettings
) -> None:
    clock = VirtualClock(START)
    with RunningDesk(shipped_settings(), tmp_path, WalkSource(7, clock), clock) as desk:
        live(desk, clock, 5)
    with up_to_date(tmp_path, settings, START) as alone:
        assert alone.query(latest_run) is not None
    with ReadModels(tmp_path, settings, clock) as models:
        with up_to_date(tmp_path, settings, START) as beside:
            assert beside.query(latest_run) == models.database.query(latest_run)
        with pytest.raises(DatabaseInUse):
            ReadModels(tmp_path, settings, clock)


def test_a_full_disk_is_told_and_gone_on_from(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with ReadModels(tmp_path, DatabaseSettings(), clock) as models:
        models.database.change(
            lambda c: c.exec_driver_sql(
                f"PRAGMA max_page_count = {c.exec_driver_sql('PRAGMA page_count').scalar_one()}"
            ).scalar_one()
        )
        with RunningDesk(shipped_settings(), tmp_path, WalkSource(7, clock), clock) as desk:
            live(desk, clock, 40)
            wanted = desk.journal.seq
        wait_until(lambda: "disk is full" in models.health().problem)
        models.database.change(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000").scalar_one())
        wait_until(lambda: (run := models.database.query(latest_run)) is not None and run.lines >= wanted)
        wait_until(lambda: models.health().problem == "")


def test_a_copy_is_made_each_day_and_the_newest_are_kept(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with ReadModels(tmp_path, DatabaseSettings(keep_backups=2), clock) as models:
        place = models.database.place
        for day in range(4):
            wait_until(lambda: bool(copies := backups(place)) and copies[0].at == clock.now())
            clock.advance(Nanos(START + (day + 1) * DAY))
        # The copy is there before the oldest is gone.
        wait_until(lambda: [copy.at for copy in backups(place)] == [START + 4 * DAY, START + 3 * DAY])
    assert models.health().problem == ""


def test_the_doctor_says_how_the_database_is(tmp_path: Path, settings: DatabaseSettings) -> None:
    def told(now: Nanos = START) -> dict[str, tuple[str, str]]:
        return {check.name: (check.verdict, check.found) for check in database_checks(tmp_path, settings, now)}

    if settings.url is None:
        assert told()["database"][0] == "pass"
    else:
        assert told()["database"][0] == "warn"
    clock = VirtualClock(START)
    with RunningDesk(shipped_settings(), tmp_path, WalkSource(7, clock), clock) as desk:
        live(desk, clock, 5)
    with up_to_date(tmp_path, settings, START):
        pass
    assert told()["database"][0] == "pass"
    assert desk.run in told()["database"][1]
    assert told()["backup"] == ("warn", "none")
    back_up(location(tmp_path, settings), START)
    assert told()["backup"][0] == "pass"
    assert told(Nanos(START + 8 * DAY))["backup"][0] == "warn"
