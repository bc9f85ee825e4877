"""The same recording gives the same journal, whatever the run, the hash seed and the interpreter."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.stories.market_day import Day

REPLAY = """
import sys
from pathlib import Path
from dutchbook.app.replaying import replay
from dutchbook.config.load import shipped_settings
report = replay(Path(sys.argv[1]), settings=shipped_settings(), home=Path(sys.argv[2]))
print(report.journal_head, report.orders, report.fills)
"""


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    day = Day(tmp_path_factory.mktemp("recorded"))
    for _ in day.frames(4_000):
        pass
    day.close()
    return day.recording


def replayed(interpreter: str, recording: Path, home: Path, hash_seed: str) -> list[str]:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT / "src")}
    command = [interpreter, "-c", REPLAY, str(recording), str(home)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_two_replays_with_different_hash_seeds_write_the_same_journal(recording: Path, tmp_path: Path) -> None:
    first = replayed(sys.executable, recording, tmp_path / "first", "1")
    second = replayed(sys.executable, recording, tmp_path / "second", "2")
    assert first == second
    assert int(first[2]) > 0


# Compiled packages belong to one version, so the second Python has an environment of its own: `make test-long` builds
# it where the machine has such a Python, and names it here.
SECOND = os.environ.get("SECOND_PYTHON", "")


@pytest.mark.long
@pytest.mark.parametrize("interpreter", [SECOND] if SECOND else [])
def test_a_second_python_writes_the_same_journal(interpreter: str, recording: Path, tmp_path: Path) -> None:
    here = replayed(sys.executable, recording, tmp_path / "here", "1")
    there = replayed(interpreter, recording, tmp_path / "there", "3")
    assert here == there
