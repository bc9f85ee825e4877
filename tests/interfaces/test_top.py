"""top and risk: the desk that runs here, seen from another process, which may die and come back."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from dutchbook.interfaces.cli import top
from dutchbook.interfaces.cli.top import Look
from tests.interfaces.cli import Terminal


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home in which a desk works in the background."""
    folder = tmp_path_factory.mktemp("watched") / "home"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DUTCHBOOK_HOME", str(folder))
        from dutchbook.interfaces.cli.main import main

        assert main(["run", "--walk", "--daemon"]) == 0
        yield folder
        main(["stop"])


@pytest.fixture
def watching(home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    return Terminal(home, capsys, monkeypatch)


def test_one_picture_shows_mode_money_and_markets(watching: Terminal) -> None:
    shown = watching("top", "--once")
    assert shown.code == 0
    for words in ("PAPER", "equity", "Bundles", "Near misses", "Fills"):
        assert words in shown.out


def test_the_picture_as_json_is_that_of_run(watching: Terminal) -> None:
    told = json.loads(watching("top", "--json").out)
    assert told["mode"] == "paper"
    assert told["equity"]
    assert told["run"].startswith("paper-")


def test_lines_follow_for_as_long_as_it_is_wanted(watching: Terminal) -> None:
    shown = watching("top", "--plain", "--duration", "1500ms")
    assert shown.code == 0
    lines = [line for line in shown.out.splitlines() if " PAPER " in line]
    assert 1 <= len(lines) <= 2


def test_risk_shows_limits_drawdown_and_locks(watching: Terminal) -> None:
    shown = watching("risk")
    assert shown.code == 0
    assert "PAPER  Limits" in shown.out
    assert "high-water mark" in shown.out
    told = json.loads(watching("drawdown", "--json").out)
    assert told["limits"]
    assert all(set("0123456789.-") >= set(row["used"] + row["limit"]) for row in told["limits"])
    assert watching("pause").code == 0
    assert "paused" in watching("risk").out
    assert watching("resume").code == 0


def test_a_report_of_a_run_that_goes_on_ends_and_says_so(watching: Terminal) -> None:
    told = json.loads(watching("report", "--json").out)
    assert told["identity"]["ended"] is False
    assert told["data"]["whole"] is False
    assert any("still goes on" in limit for limit in told["limits"])
    assert not any("damaged" in limit for limit in told["limits"])


def test_without_a_desk_one_line_says_how_to_start_one(terminal: Terminal) -> None:
    for words in (("top", "--once"), ("top", "--json"), ("risk",)):
        shown = terminal(*words)
        assert (shown.code, shown.out) == (2, "")
        assert "no desk is running" in shown.err
        assert len(shown.err.splitlines()) == 1


def drawn(part: object) -> str:
    out = Console(file=io.StringIO(), width=118, markup=False)
    out.print(part)
    file = out.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_desk_that_is_lost_leaves_its_last_picture_and_says_so(home: Path) -> None:
    last = top._look(home).snapshot
    assert last is not None
    shown = drawn(top._shown(last, "the desk hung up", 118, 40))
    assert shown.startswith(" CONNECTION LOST - below is how it stood at ")
    assert "the desk hung up" in shown
    assert "equity" in shown
    assert "CONNECTION LOST" not in drawn(top._shown(last, "", 118, 40))
    assert drawn(top._shown(None, "no desk is running", 118, 40)).startswith("waiting for a desk")


def test_lines_go_on_after_a_desk_came_back(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = top._look(home)
    looks = iter([there, Look(None, "hung up"), there])
    top._PLAIN_EVERY_S, before = 0.0, top._PLAIN_EVERY_S
    try:
        with pytest.raises(StopIteration):
            top._follow_lines(lambda: next(looks), None)
    finally:
        top._PLAIN_EVERY_S = before
    printed = capsys.readouterr().out.splitlines()
    assert [" PAPER " in line for line in printed] == [True, False, True]
    assert printed[1] == "no picture: hung up"
