"""The two commands of the README, from another working directory: what a newcomer types first has to work."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.conftest import ROOT

_ADDRESS = re.compile(r"dashboard: (http://127\.0\.0\.1:\d+)")


def commands() -> list[str]:
    """The first block of the README that is no picture, without its comments."""
    block = re.search(r"^```\n(make .*?)^```", (ROOT / "README.md").read_text(), re.MULTILINE | re.DOTALL)
    assert block is not None
    return [line.partition("#")[0].strip() for line in block[1].splitlines()]


def surroundings(home: Path) -> dict[str, str]:
    """Those of a newcomer: no key, no setting, no environment of a developer."""
    ours = ("DUTCHBOOK_", "VIRTUAL_ENV", "PYTEST_", "COVERAGE_")
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(ours)},
        "DUTCHBOOK_HOME": str(home),
    }


@contextmanager
def running(checkout: Path, home: Path, elsewhere: Path) -> Iterator[tuple[str, float]]:
    """`make run` at work: the address that it prints, and when it was called."""
    called = time.monotonic()
    process = subprocess.Popen(
        ["make", "-C", str(checkout), "run", "ARGS=--sandbox --dashboard --port 0 --duration 90s"],
        cwd=elsewhere,
        env=surroundings(home),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    try:
        said = ""
        for line in process.stderr:
            said += line
            if (found := _ADDRESS.search(line)) is not None:
                yield found[1], called
                break
        else:
            raise AssertionError(f"it ended without a dashboard: {said}")
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=60)


def seconds_until_it_moves(address: str, called: float, patience_s: float) -> float:
    """How long it took from the command to a dashboard whose desk takes in frames, one look after another."""
    seen: list[int] = []
    while time.monotonic() - called < patience_s:
        try:
            with urllib.request.urlopen(f"{address}/api/v1/snapshot", timeout=1) as answer:  # noqa: S310 - loopback, as printed
                snapshot = json.load(answer)["snapshot"]
                seen.append(snapshot["frames"] if snapshot else 0)
        except OSError:
            pass
        if seen and seen[-1] > next(filter(None, seen), seen[-1]):
            return time.monotonic() - called
        time.sleep(0.1)
    raise AssertionError(f"nothing moved within {patience_s:g} s: {seen[-5:]}")


def test_the_readme_begins_with_two_commands() -> None:
    assert commands() == ["make run", "make test"]


@pytest.mark.long
def test_a_clean_checkout_is_a_moving_dashboard_within_a_minute_and_within_seconds_from_then_on(tmp_path: Path) -> None:
    checkout, home, elsewhere = tmp_path / "a copy", tmp_path / "home", tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(".*", "data", "benchmarks", "__pycache__"))
    shutil.copy(ROOT / ".python-version", checkout)

    def start() -> float:
        with running(checkout, home, elsewhere) as (address, called):
            return seconds_until_it_moves(address, called, patience_s=120)

    assert start() <= 60
    # Tests beside this one take their share of the machine: the quickest of three tells what the program needs.
    assert any(start() <= 10 for _ in range(3))
    assert list(elsewhere.iterdir()) == [], "it leaves nothing where it was called"


@pytest.mark.long
def test_the_tests_run_from_another_directory(tmp_path: Path) -> None:
    done = subprocess.run(
        ["make", "-C", str(ROOT), "test", "ARGS=-n0 -q tests/domain/test_units.py"],
        cwd=tmp_path,
        env=surroundings(tmp_path / "home"),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d+ passed", done.stdout)
