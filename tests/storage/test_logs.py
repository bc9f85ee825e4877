"""Log files: one for each room and day, never too large, never kept too long, and nothing that stops a desk."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.storage import logs
from dutchbook.storage.log_settings import Level, LogSettings
from dutchbook.storage.logs import LogFiles, kept_files

DAY = 86_400 * SECOND
NOON = Nanos(20_000 * DAY + DAY // 2)
"""2024-10-04."""


def settings(**chosen: object) -> LogSettings:
    return LogSettings.model_validate(chosen)


def files_in(folder: Path, chosen: LogSettings | None = None) -> LogFiles:
    return LogFiles(folder, chosen or settings(), {"mode": "paper", "run": "paper-1"})


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_room_and_day_has_a_file_of_lines_that_say_when_what_and_in_which_run(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    files.write("desk", Level.INFO, "began", NOON, {"cash": "10.00"})
    files.write("risk", Level.WARNING, "refused", Nanos(NOON + 1_500), {})
    files.write("desk", Level.INFO, "stands", Nanos(NOON + DAY), {})
    files.close()
    assert names(tmp_path) == ["desk-2024-10-04.log", "desk-2024-10-05.log", "risk-2024-10-04.log"]
    assert json.loads((tmp_path / "desk-2024-10-04.log").read_text()) == {
        "at": "2024-10-04T12:00:00.000000Z",
        "level": "info",
        "room": "desk",
        "event": "began",
        "mode": "paper",
        "run": "paper-1",
        "cash": "10.00",
    }
    assert '"at":"2024-10-04T12:00:00.000001Z"' in (tmp_path / "risk-2024-10-04.log").read_text()


def test_an_old_file_that_another_process_took_away_costs_no_line(tmp_path: Path) -> None:
    # A link to nothing is what such a file is to whoever has just listed the folder: a name without a file.
    (tmp_path / "desk-2020-01-01.log").symlink_to(tmp_path / "gone")
    files = files_in(tmp_path)
    files.write("desk", Level.INFO, "began", NOON, {})
    files.close()
    assert '"event":"began"' in (tmp_path / "desk-2024-10-04.log").read_text()


@pytest.mark.parametrize("wanted", list(Level))
def test_lines_below_the_level_that_is_wanted_are_not_written(tmp_path: Path, wanted: Level) -> None:
    files = files_in(tmp_path, settings(level=wanted))
    for level in Level:
        files.write("desk", level, level, NOON, {})
    files.close()
    lines = (tmp_path / "desk-2024-10-04.log").read_text().splitlines()
    assert [json.loads(line)["level"] for line in lines] == list(Level)[list(Level).index(wanted) :]


def test_only_the_user_can_read_them(tmp_path: Path) -> None:
    files = files_in(tmp_path / "logs")
    files.write("desk", Level.INFO, "began", NOON, {})
    files.close()
    assert (tmp_path / "logs").stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "logs" / "desk-2024-10-04.log").stat().st_mode & 0o777 == 0o600


@given(sizes=st.lists(st.integers(1, 3_000), min_size=1, max_size=40))
def test_no_file_grows_beyond_its_limit_and_no_line_is_cut(
    tmp_path_factory: pytest.TempPathFactory, sizes: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    files = files_in(folder, settings(file_bytes=4_096))
    for number, size in enumerate(sizes):
        files.write("desk", Level.INFO, "said", NOON, {"number": number, "text": "x" * size})
        if number % 3 == 0:
            files.flush()
    files.close()
    assert all(path.stat().st_size <= 4_096 for path in folder.iterdir())
    found = [line for kept in sorted(kept_files(folder)) for line in kept.path.read_text().splitlines()]
    assert [json.loads(line)["number"] for line in found] == list(range(len(sizes)))


def test_a_later_desk_goes_on_in_the_last_file_that_has_room(tmp_path: Path) -> None:
    for _ in range(3):
        files = files_in(tmp_path, settings(file_bytes=4_096))
        files.write("desk", Level.INFO, "said", NOON, {"text": "x" * 1_700})
        files.close()
    assert names(tmp_path) == ["desk-2024-10-04.1.log", "desk-2024-10-04.log"]


def test_old_files_go_and_foreign_ones_stay(tmp_path: Path) -> None:
    for name in (
        "desk-2024-09-27.log",
        "desk-2024-10-01.3.log",
        "risk-2024-01-01.log",
        "notes.txt",
        "Desk-2020-01-01.log",
    ):
        (tmp_path / name).write_text("x\n")
    files = files_in(tmp_path, settings(keep="3d"))
    files.write("desk", Level.INFO, "began", NOON, {})
    files.close()
    ours = ["desk-2024-10-01.3.log", "desk-2024-10-04.log", "risk-2024-01-01.log"]
    assert names(tmp_path) == sorted([*ours, "Desk-2020-01-01.log", "notes.txt"]), "the newest of a room stays"


def test_the_oldest_files_go_where_all_are_too_large(tmp_path: Path) -> None:
    for day in range(1, 4):
        (tmp_path / f"desk-2024-10-0{day}.log").write_text("x" * 3_000)
    files = files_in(tmp_path, settings(total_bytes=7_000))
    files.write("desk", Level.INFO, "began", NOON, {})
    files.close()
    assert names(tmp_path) == ["desk-2024-10-02.log", "desk-2024-10-03.log", "desk-2024-10-04.log"]


def test_what_does_not_fit_or_cannot_be_written_is_counted_and_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MOST_WAITING", 3)
    files = files_in(tmp_path)
    for number in range(5):
        files.write("desk", Level.INFO, "said", NOON, {"number": number})
    (tmp_path / "desk-2024-10-04.log").mkdir()
    files.flush()
    (tmp_path / "desk-2024-10-04.log").rmdir()
    files.write("desk", Level.INFO, "said", NOON, {"number": 5})
    files.close()
    last = [json.loads(line) for line in (tmp_path / "desk-2024-10-04.log").read_text().splitlines()]
    assert last[0]["number"] == 5
    assert (last[1]["event"], last[1]["level"]) == ("lines_lost", "warning")
    assert last[1]["count"] == 5, "two that did not fit, three that the disk refused"
