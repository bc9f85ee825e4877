"""Calls the program as a user does, in this process."""

from pathlib import Path
from typing import NamedTuple

import pytest

from dutchbook.interfaces.cli.main import main


class Outcome(NamedTuple):
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str


class Terminal:
    """Calls commands with a home folder of its own."""

    def __init__(self, home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DUTCHBOOK_HOME", str(home))
        self.home = home
        self._capsys = capsys

    def __call__(self, *arguments: str | Path) -> Outcome:
        self._capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        printed = self._capsys.readouterr()
        return Outcome(code, printed.out, printed.err)
