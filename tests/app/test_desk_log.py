"""What a desk writes into its log files: the journal in a few words, how it stands, how long things took, no secret."""

import json
from pathlib import Path

import pytest

from dutchbook.app import desk_log
from dutchbook.app.desk_log import DeskLog
from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.events import JournalRef
from dutchbook.domain.units import MINUTE, SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.storage.home import Home
from dutchbook.storage.journal_reader import read
from dutchbook.storage.log_settings import Level, LogSettings
from dutchbook.storage.logs import LogFiles

START = Nanos(1_790_000_000 * SECOND)


def lines(home: Path, room: str) -> list[dict[str, object]]:
    [path] = Home(home).logs.glob(f"{room}-*.log")
    return [json.loads(line) for line in path.read_text().splitlines()]


def at_level(level: Level) -> Settings:
    return shipped_settings().model_copy(update={"logs": LogSettings(level=level)})


def worked(home: Path, settings: Settings, seconds: int = 70) -> RunningDesk:
    """A desk that has worked on a random walk, and was closed."""
    clock = VirtualClock(START)
    with RunningDesk(settings, home, WalkSource(7, clock), clock) as desk:
        for _ in range(seconds * 10):
            clock.advance(Nanos(clock.now() + SECOND // 10))
            desk.step()
    return desk


@pytest.fixture(scope="module")
def debugged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, RunningDesk]:
    home = tmp_path_factory.mktemp("home")
    return home, worked(home, at_level(Level.DEBUG))


def test_every_order_and_fill_of_the_journal_is_logged_with_its_line(debugged: tuple[Path, RunningDesk]) -> None:
    home, desk = debugged
    journal = {line.seq: line.kind for line in read(Home(home).runs / desk.run / "journal")}
    logged = {line["line"]: line["event"] for line in lines(home, "execution")}
    assert logged == {seq: kind for seq, kind in journal.items() if seq in logged}
    for kind in ("order", "fill"):
        assert [seq for seq, each in logged.items() if each == kind] == [
            seq for seq, each in journal.items() if each == kind
        ]
        assert kind in logged.values()


def test_prices_and_sizes_are_decimals_and_every_line_names_mode_and_run(debugged: tuple[Path, RunningDesk]) -> None:
    home, desk = debugged
    fill = next(line for line in lines(home, "execution") if line["event"] == "fill")
    assert 0 < float(str(fill["price"])) < 1
    assert "." in str(fill["size"])
    for path in Home(home).logs.iterdir():
        for line in path.read_text().splitlines():
            told = json.loads(line)
            assert (told["mode"], told["run"]) == ("paper", desk.run)


def test_the_desk_says_once_a_minute_and_at_its_end_how_it_stands(debugged: tuple[Path, RunningDesk]) -> None:
    home, desk = debugged
    stands = [line for line in lines(home, "desk") if line["event"] == "stands"]
    assert len(stands) == 2
    assert stands[0]["at"] == "2026-09-21T14:14:20.000000Z", f"{MINUTE} after its start"
    assert stands[1]["fills"] == desk.picture().fills_total
    assert stands[1]["strategies"] == list(shipped_settings().strategies)


def test_how_long_things_took_is_told_to_whoever_debugs(debugged: tuple[Path, RunningDesk], tmp_path: Path) -> None:
    home, _ = debugged
    took = {
        line["operation"] for room in ("desk", "strategies") for line in lines(home, room) if line["event"] == "took"
    }
    assert {"the desk is built", "what is due is done", "bundle looks at books"} <= took
    worked(tmp_path, at_level(Level.INFO), seconds=1)
    assert not any(line["event"] == "took" for line in lines(tmp_path, "desk"))


def test_a_desk_that_is_measured_decides_the_same(debugged: tuple[Path, RunningDesk], tmp_path: Path) -> None:
    home, desk = debugged
    plain = worked(tmp_path, at_level(Level.ERROR))
    kinds = [
        [(line.kind, line.at) for line in read(Home(where).runs / run.run / "journal")]
        for where, run in ((home, desk), (tmp_path, plain))
    ]
    assert kinds[0] == kinds[1]


def test_times_are_told_once(tmp_path: Path) -> None:
    ticks = iter([0, 5_000, 0, 7_000])
    log = DeskLog(
        LogFiles(Home(tmp_path).logs, LogSettings(level=Level.DEBUG), {}),
        counter=lambda: next(ticks),
    )
    for _ in range(2):
        with log.timed("desk", "a look"):
            pass
    log.tell_times(START)
    log.tell_times(START)
    log.close()
    [told] = lines(tmp_path, "desk")
    assert (told["count"], told["median_us"], told["most_us"]) == (2, 7.0, 7.0)


def test_a_desk_that_fails_says_why_in_its_log(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    with (
        pytest.raises(ValueError, match="nobody foresaw"),
        RunningDesk(shipped_settings(), tmp_path, WalkSource(7, clock), clock),
    ):
        raise ValueError("what nobody foresaw")
    [failed] = [line for line in lines(tmp_path, "desk") if line["level"] == "error"]
    assert failed["reason"] == "what nobody foresaw"


def test_what_was_said_first_is_written_first_however_little_is_written_at_once(tmp_path: Path) -> None:
    log = DeskLog(LogFiles(tmp_path, LogSettings(), {}))
    for number in range(9):
        if number % 3:
            log.journaled("alert", START, {"number": number}, JournalRef(number))
        else:
            log.say("desk", Level.INFO, "said", START, number=number)
    written = []
    for _ in range(3):
        log.flush(4)
        [path] = tmp_path.glob("desk-*.log")
        written.append([json.loads(line)["number"] for line in path.read_text().splitlines()])
    assert written == [[*range(4)], [*range(8)], [*range(9)]]
    log.close()


def test_what_nobody_asks_for_does_not_pile_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_log, "_MOST_UNTOLD", 1_000)
    log = DeskLog(LogFiles(tmp_path, LogSettings(), {}))
    for number in range(1_500):
        log.journaled("alert", START, {"number": number}, JournalRef(number))
    log.flush(0)
    [path] = tmp_path.glob("desk-*.log")
    assert len(path.read_text().splitlines()) == 500 + 1_000 // 16
    log.close()
    assert len(path.read_text().splitlines()) == 1_500
