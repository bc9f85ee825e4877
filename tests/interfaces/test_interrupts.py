"""Ctrl-C: taken between two steps, so that a journal is never cut within a line."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from dutchbook.app.journals import journal_check
from dutchbook.interfaces.cli.interrupts import interruptible
from tests.interfaces.cli import Terminal


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_second_insists(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with interruptible() as checkpoint:
        checkpoint()
        os.kill(os.getpid(), number)
        with pytest.raises(KeyboardInterrupt):
            checkpoint()
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_ended_from_outside_leaves_a_whole_journal_and_recording(
    terminal: Terminal, tmp_path: Path, number: signal.Signals
) -> None:
    command = [sys.executable, "-m", "dutchbook.interfaces.cli.main", "run", "--walk", "--plain"]
    environment = {**os.environ, "DUTCHBOOK_HOME": str(terminal.home)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as desk:
        assert desk.stdout is not None
        assert "planted" in desk.stdout.readline()
        desk.stdout.readline()
        desk.send_signal(number)
        out, err = desk.communicate(timeout=60)
    assert (desk.returncode, err) == (0, "")
    assert "next: dutchbook report, dutchbook journal verify" in out
    assert journal_check(terminal.home, None).ok
    assert '"ended": true' in terminal("status", "--json").out
    recording = next((terminal.home / "runs").glob("*/recording"))
    shown = terminal("data", "verify", recording)
    assert shown.code == 0
    assert "cut short" not in shown.out


def test_lines_before_a_torn_end_are_shown_and_the_damage_is_told(terminal: Terminal) -> None:
    terminal("run", "--walk", "--json", "--duration", "1s")
    journal = next((terminal.home / "runs").glob("*/journal/journal-*.jsonl"))
    with journal.open("ab") as file:
        file.write(b'{"seq":99,"at":1')
    shown = terminal("journal", "show", "--last", "1")
    assert shown.code == 1
    assert "end" in shown.out
    [line] = shown.err.splitlines()
    assert "all lines before it are proven" in line
    assert terminal("status").code == 0
    assert terminal("journal", "verify").code == 1
