from pathlib import Path

import pytest

from tests.interfaces.cli import Terminal


@pytest.fixture
def terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Terminal:
    """The program with an empty home folder."""
    return Terminal(tmp_path / "home", capsys, monkeypatch)
