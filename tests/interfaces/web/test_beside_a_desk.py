"""`dutchbook run --dashboard`: one command, and neither process takes the other with it where it should not."""

import os
import signal
from pathlib import Path

import pytest

from tests.interfaces.cli import Terminal
from tests.interfaces.web.processes import DeskWithScreens, until


@pytest.mark.long
def test_screens_that_are_killed_come_back_and_a_killed_desk_takes_them_along(tmp_path: Path) -> None:
    with DeskWithScreens(tmp_path / "home") as desk:
        address = desk.address()
        health = desk.health(address)
        assert health is not None
        assert (health["mode"], health["process"]) == ("paper", desk.process.pid)
        first = _screens_of(desk)
        os.kill(first, signal.SIGKILL)
        until(lambda: (_screens_of(desk) or first) != first)
        assert desk.address() == address
        assert desk.process.poll() is None
        second = _screens_of(desk)
        desk.process.kill()
        desk.process.wait()
        until(lambda: not _lives(second))


def test_a_desk_that_is_ended_ends_its_screens(tmp_path: Path) -> None:
    with DeskWithScreens(tmp_path / "home") as desk:
        desk.address()
        screens = _screens_of(desk)
        desk.process.terminate()
        assert desk.process.wait() == 0
        assert not _lives(screens)
    assert "dutchbook users code" in desk.said()


def test_a_port_that_is_taken_is_said_before_anything_starts(tmp_path: Path, terminal: Terminal) -> None:
    with DeskWithScreens(tmp_path / "other") as desk:
        port = desk.address().rpartition(":")[2]
        outcome = terminal("run", "--walk", "--dashboard", "--port", port)
    assert outcome.code == 2
    assert (
        outcome.err == f"error: 127.0.0.1:{port}: Address already in use - choose another port by --port or web.port\n"
    )


def test_a_port_without_a_dashboard_is_a_mistake(terminal: Terminal) -> None:
    outcome = terminal("run", "--walk", "--port", "1")
    assert (outcome.code, outcome.err.count("\n")) == (2, 1)
    assert "add --dashboard" in outcome.err


def test_a_place_beyond_this_machine_is_refused_in_one_line(terminal: Terminal) -> None:
    outcome = terminal("dashboard", "--host", "0.0.0.0")  # noqa: S104
    assert outcome.code == 5
    assert outcome.err.startswith("error: web.host 0.0.0.0: others on the network could read passwords")


def _screens_of(desk: DeskWithScreens) -> int:
    """The process of the screens; 0 while there is none."""
    children = Path(f"/proc/{desk.process.pid}/task").glob("*/children")
    for pid in (int(word) for path in children for word in path.read_text().split()):
        if b"--companion" in Path(f"/proc/{pid}/cmdline").read_bytes():
            return pid
    return 0


def _lives(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
