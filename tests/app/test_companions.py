"""Processes beside a desk: again when they die, gone when it is."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dutchbook.app import companions
from dutchbook.app.companions import Companion, Companions

PATIENCE_S = 60


class Heard:
    """Lines for people, and a way to wait for one."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._more = threading.Condition()

    def __call__(self, line: str) -> None:
        with self._more:
            self.lines.append(line)
            self._more.notify_all()

    def wait_for(self, text: str) -> None:
        with self._more:
            assert self._more.wait_for(lambda: any(text in line for line in self.lines), PATIENCE_S), self.lines


@contextmanager
def beside(home: Path, heard: Heard, script: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Companions]:
    """A companion that is this script in place of the program."""
    program = home / "program"
    program.write_text(f"#!{sys.executable}\n{script}")
    program.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setattr(companions, "FIRST_PAUSE_S", 0.01)
    environ = {**os.environ, "GIVEN": "given", "KALSHI_PRIVATE_KEY": "a key"}
    with Companions(home, environ, heard) as at_work:
        at_work.start([Companion("screens", ("dashboard",), frozenset({"KALSHI_PRIVATE_KEY"}))])
        yield at_work


WAITS = """
import os
import sys
print("ready", sys.argv[3:], os.environ.get("GIVEN"), os.environ.get("KALSHI_PRIVATE_KEY"), flush=True)
sys.stdin.buffer.read()
"""


def test_one_that_dies_is_started_again_and_said_to_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    with beside(tmp_path, heard, WAITS, monkeypatch) as at_work:
        first = _process(at_work)
        [log] = (tmp_path / "logs").glob("screens-*.log")
        _until(lambda: "ready ['dashboard'] given None" in log.read_text())
        os.kill(first, signal.SIGKILL)
        heard.wait_for("screens: ended with -9, starting again")
        _until(lambda: log.read_text().count("ready") == 2)
        assert _process(at_work) != first
    assert at_work.processes == ()
    assert log.stat().st_mode & 0o777 == 0o600


def test_one_whose_call_is_wrong_is_left_and_its_words_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    script = "import sys\nsys.stderr.write('error: port 1: taken - choose another\\n')\nsys.exit(2)\n"
    with beside(tmp_path, heard, script, monkeypatch):
        heard.wait_for("screens: port 1: taken - choose another - the desk goes on without it")
    assert len(heard.lines) == 1


def test_one_that_does_not_want_to_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    heard = Heard()
    monkeypatch.setattr(companions, "GOODBYE_S", 0.2)
    script = "import signal\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('deaf', flush=True)\nsignal.pause()\n"
    with beside(tmp_path, heard, script + "while True: signal.pause()\n", monkeypatch) as at_work:
        _process(at_work)
    assert at_work.processes == ()


def _process(at_work: Companions) -> int:
    """The process of the only companion, once it is there."""
    _until(lambda: bool(at_work.processes))
    return at_work.processes[0]


def _until(holds: Callable[[], bool]) -> None:
    for _ in range(100 * PATIENCE_S):
        if holds():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to hold")
