"""A desk in the background: started, asked, stopped; and every way in which it does not start is told at once."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.app.background import Background
from dutchbook.app.control.client import wait_until_over
from dutchbook.app.journals import journal_check
from dutchbook.app.steering import status
from dutchbook.config.load import shipped_settings
from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.cli import background
from dutchbook.storage.home import Home
from dutchbook.storage.lock import DeskLock, holder
from tests.interfaces.cli import Terminal


@pytest.fixture
def ends(terminal: Terminal) -> Iterator[None]:
    """No desk outlives its test."""
    yield
    process = holder(Home(terminal.home).lock)
    if process:
        os.kill(process, signal.SIGKILL)


@pytest.mark.usefixtures("ends")
def test_a_desk_in_the_background_is_ready_when_it_is_told_and_stops_when_it_is_asked(terminal: Terminal) -> None:
    begun = json.loads(terminal("run", "--walk", "--daemon", "--json", "--strategy", "bundle", "--seed", "3").out)
    assert begun["process"] == holder(Home(terminal.home).lock) != os.getpid()
    assert os.getsid(begun["process"]) == begun["process"], "a session of its own"
    found = status(terminal.home, shipped_settings())
    assert (found.process, found.strategies) == (begun["process"], ("bundle",))
    assert terminal("orders").code == 0

    again = terminal("run", "--walk", "--daemon")
    assert again.code == 6
    assert f"process {begun['process']} - `dutchbook stop` ends it" in again.err

    stopped = terminal("run", "--stop")
    assert (stopped.code, stopped.out) == (0, "stopped\n")
    assert holder(Home(terminal.home).lock) is None, "the next desk may begin at once"
    os.waitpid(begun["process"], 0)
    assert journal_check(terminal.home, begun["run"]).ok
    [output] = Home(terminal.home).logs.glob("output-*.log")
    assert "random walk, seed 3" in output.read_text()
    assert f"next: dutchbook report, dutchbook journal verify {begun['run']}" in output.read_text()


@pytest.mark.usefixtures("ends")
def test_the_end_of_the_process_group_of_its_starter_is_not_its_own(terminal: Terminal) -> None:
    begun = json.loads(terminal("run", "--walk", "--daemon", "--json").out)
    assert os.getpgid(begun["process"]) != os.getpgid(0)
    os.kill(begun["process"], signal.SIGTERM)
    os.waitpid(begun["process"], 0)
    assert journal_check(terminal.home, begun["run"]).ok
    assert status(terminal.home, shipped_settings()).runs[0].ended


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--strategy", "reward-marker"), 2, "did you mean reward-maker?"),
        (("--strategy", ",", "--walk"), 2, "name a strategy"),
        (("--live",), 5, "live trading is not armed"),
        (("--walk", "--once"), 2, "--daemon and --once exclude each other"),
        (("--sandbox", "--scenario", "nowhere"), 1, "scenario 'nowhere'"),
        (("--walk", "--stop"), 2, "--stop and --daemon exclude each other"),
    ],
)
def test_a_desk_that_does_not_start_says_why(terminal: Terminal, words: tuple[str, ...], code: int, said: str) -> None:
    shown = terminal("run", "--daemon", *words)
    assert shown.code == code
    assert said in shown.err
    assert holder(Home(terminal.home).lock) is None


def test_a_desk_that_is_over_before_it_was_asked_shows_what_it_said(terminal: Terminal) -> None:
    (terminal.home / "run").mkdir(parents=True)
    (terminal.home / "runs").write_text("a file where the folder of runs should be")
    shown = terminal("run", "--daemon", "--walk")
    assert shown.code == 1
    assert shown.err.startswith("error: ")
    assert str(terminal.home / "runs") in shown.err


@pytest.mark.parametrize(("words", "said"), [((), "on paper nothing rests"), (("--sandbox",), "nor a sandbox")])
def test_stopping_where_nothing_can_rest_says_so(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    shown = terminal("run", "--stop", *words)
    assert shown.code == 0
    assert said in shown.out


def test_stopping_waits_until_the_desk_has_let_go(terminal: Terminal) -> None:
    with DeskLock(Home(terminal.home).lock), pytest.raises(DutchbookError, match="stopped trading, but has not ended"):
        wait_until_over(terminal.home, 0.05)
    wait_until_over(terminal.home, 0.05)


def test_a_command_is_given_again_word_for_word(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    given: list[list[str]] = []

    def started(home: Path, arguments: list[str]) -> Background:
        given.append(arguments)
        return Background(1, home / "output.log", "", "paper", "paper-1")

    monkeypatch.setattr("dutchbook.app.background.start", started)
    file = terminal.home.parent / "mine.yaml"
    file.write_text("mode: paper\n")
    words = ["--venue", "kalshi", "--venue", "polymarket", "--strategy", "bundle,reward-maker", "--duration", "5m"]
    assert terminal("--config", file, "run", "--daemon", *words, "--clean-start").code == 0
    [arguments] = given
    assert arguments[:3] == ["--config", str(file), "run"]
    assert arguments[-1] == background.IN_BACKGROUND
    again = " ".join(arguments[3:-1])
    assert again == "--strategy bundle,reward-maker --venue kalshi --venue polymarket --clean-start --duration 5m"
