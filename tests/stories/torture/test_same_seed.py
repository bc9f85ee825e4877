"""The same seed does the same: in another process, with other hash seeds, under another Python."""

import os
import subprocess
import sys

import msgspec
import pytest

from tests.conftest import ROOT

_WORK = "from dutchbook.interfaces.cli.main import main; main()"
_OPTIONS = ("torture", "--seeds", "1", "--first-seed", "3", "--jobs", "1", "--json")


class Said(msgspec.Struct):
    journal_heads: dict[str, str]
    orders: int
    frames: int


def tortured(python: str, hash_seed: str, hours: float) -> Said:
    done = subprocess.run(
        [python, "-c", _WORK, *_OPTIONS, "--hours", str(hours)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT / "src")},
        capture_output=True,
        check=False,
        timeout=900,
    )
    assert done.stdout, done.stderr.decode()
    return msgspec.json.decode(done.stdout, type=Said)


def test_two_processes_with_other_hash_seeds_write_the_same_journals() -> None:
    assert tortured(sys.executable, "1", 0.15) == tortured(sys.executable, "2", 0.15)


@pytest.mark.long
def test_they_do_for_longer() -> None:
    assert tortured(sys.executable, "1", 0.3) == tortured(sys.executable, "2", 0.3)


@pytest.mark.long
def test_another_python_writes_the_same_journals() -> None:
    second = os.environ.get("SECOND_PYTHON")
    if not second:
        pytest.skip("no second Python: `make test-long` finds one")
    assert tortured(second, "3", 0.3) == tortured(sys.executable, "4", 0.3)
