"""Tests without their recorded data are skipped by name; where everything must be present, a skip fails the run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, protocol_samples, recorded_data

TESTS = """
import pytest
from tests.conftest import recorded_data

def test_by_function(): recorded_data("gold")

@pytest.mark.needs_data("gold")
def test_by_marker(): ...

def test_by_fixture(data_dir): assert data_dir.is_dir()
"""
AT_COLLECTION = """
from tests.conftest import recorded_data
FRAMES = list(recorded_data("gold").iterdir())
def test_frames(): assert FRAMES == []
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with our conftest, our pytest settings, and tests that want recorded data."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    (tmp_path / "tests/conftest.py").write_text((ROOT / "tests/conftest.py").read_text())
    (tmp_path / "tests/test_wants.py").write_text(TESTS)
    (tmp_path / "tests/test_wants_early.py").write_text(AT_COLLECTION)
    return tmp_path


def run(project: Path, data: Path, *, ci: str, workers: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(workers)]
    environment = {**os.environ, "DUTCHBOOK_DATA": str(data), "CI": ci, "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("PYTEST_ADDOPTS", None)
    return subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.long)])
def test_absent_data_skips_counts_and_names(project: Path, workers: int) -> None:
    result = run(project, project / "nowhere", ci="", workers=workers)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 skipped for want of recorded data" in result.stdout
    for name in ("test_by_function", "test_by_marker", "test_by_fixture", "test_wants_early.py"):
        assert name in result.stdout


@pytest.mark.parametrize("workers", [0, pytest.param(2, marks=pytest.mark.long)])
def test_a_skip_fails_where_everything_must_be_present(project: Path, workers: int) -> None:
    result = run(project, project / "nowhere", ci="true", workers=workers)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "CI=true: 4 skipped tests are failures" in result.stdout


@pytest.mark.long
def test_present_data_is_found(project: Path) -> None:
    (project / "data/gold").mkdir(parents=True)
    result = run(project, project / "data", ci="true")
    assert result.returncode == 0, result.stdout + result.stderr
    assert "4 passed" in result.stdout


def test_recordings_and_protocol_samples_of_this_machine_are_folders() -> None:
    assert recorded_data().is_dir()
    assert protocol_samples().is_dir()
