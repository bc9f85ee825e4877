"""Where things lie, and who may use them."""

import subprocess
import sys
from pathlib import Path

import pytest

from dutchbook.domain.errors import DeskLocked
from dutchbook.storage.home import Home
from dutchbook.storage.lock import DeskLock

HOLD = """
import sys
from pathlib import Path
from dutchbook.storage.lock import DeskLock
lock = DeskLock(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_everything_lies_under_the_root(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    for path in (home.runs, home.run, home.lock):
        assert path.is_relative_to(tmp_path / "home")
    assert not home.root.exists()


def test_a_second_desk_is_told_who_holds_the_lock(tmp_path: Path) -> None:
    path = Home(tmp_path).lock
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as desk:
        assert desk.stdout
        assert desk.stdout.readline() == "held\n"
        with pytest.raises(DeskLocked, match=f"process {desk.pid} .*DUTCHBOOK_HOME"):
            DeskLock(path)
        desk.kill()
    with DeskLock(path), pytest.raises(DeskLocked):
        DeskLock(path)
    DeskLock(path).release()
