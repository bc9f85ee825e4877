"""What only a terminal gets: the live screen, progress bars; and what Ctrl-C does there."""

import io
import sys
from types import TracebackType
from typing import Self

import pytest

from dutchbook.interfaces.cli import run
from dutchbook.interfaces.cli.progress import progress
from tests.interfaces.cli import Terminal
from tests.interfaces.test_watching import FakeDesk


class FakeTerminal(io.StringIO):
    """Says that it is a terminal, and keeps what is written."""

    def isatty(self) -> bool:
        return True


class InterruptedDesk(FakeDesk):
    """Somebody presses Ctrl-C at its third step."""

    closed = False
    mode, run = "paper", "paper-1"

    def step(self) -> int:
        if super().step() and self.steps == 3:
            raise KeyboardInterrupt
        return 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.closed = True


def test_a_terminal_gets_the_live_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    out = FakeTerminal()
    monkeypatch.setattr(sys, "stdout", out)
    run._watch(FakeDesk(), run.How(limit=0.05))
    assert "PAPER" in out.getvalue()
    assert "planted" in out.getvalue()


def test_ctrl_c_ends_a_run_in_good_order(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = InterruptedDesk()
    monkeypatch.setattr("dutchbook.app.running.RunningDesk", lambda *_: desk)
    shown = terminal("run", "--walk", "--plain")
    assert shown.code == 0
    assert desk.closed
    assert "next: dutchbook report, dutchbook journal verify" in shown.out


def test_a_terminal_gets_a_bar_with_rate_and_a_pipe_gets_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    for stream, shows in ((FakeTerminal(), True), (io.StringIO(), False)):
        monkeypatch.setattr(sys, "stderr", stream)
        with progress("replaying rec/", "frames") as report:
            report(500, 1_000)
            report(1_000, 1_000)
        assert ("replaying rec/" in stream.getvalue()) is shows
