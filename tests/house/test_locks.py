"""The locks are what `make lock` would write, and a lock that is not gets named."""

import tomllib

import pytest
from packaging.requirements import Requirement

from tests.conftest import ROOT
from tools.locks import RUN, complaints, pins, problems, uncovered, wanted

HASH = "    --hash=sha256:" + "0" * 64 + "\n"
LOCK = (
    f"rich==15.0.0 \\\n{HASH}    # via\n    #   dutchbook (pyproject.toml)\n    #   typer\npygments==2.21.0 \\\n{HASH}"
)
RICH = [Requirement("rich>=14")]


def test_the_locks_are_current() -> None:
    assert problems(ROOT) == []


def test_every_default_dependency_is_asked_for() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text())
    held = pins((ROOT / RUN).read_text())
    names = {requirement.name for requirement in wanted(pyproject, extras=(), groups=())}
    assert names <= held.keys()
    assert "msgspec" in names


def test_a_good_lock_has_no_complaints() -> None:
    assert list(complaints(LOCK, RICH)) == []


@pytest.mark.parametrize(
    ("lock", "asked", "complaint"),
    [
        (LOCK, [*RICH, Requirement("numpy")], "numpy is not pinned"),
        (LOCK, [Requirement("rich>=16")], "rich>=16 is pinned to 15.0.0"),
        (LOCK, [], "rich is pinned, but pyproject.toml no longer asks for it"),
        (LOCK.replace(HASH, "", 1), RICH, "rich has no hash"),
        ("--index-url somewhere\n" + LOCK, RICH, "line 1 names a place to download from"),
        (LOCK + "x @ https://example.test/x.whl\n", RICH, "line 8 names a place to download from"),
    ],
)
def test_a_bad_lock_is_described(lock: str, asked: list[Requirement], complaint: str) -> None:
    assert complaint in list(complaints(lock, asked))


def test_a_dev_lock_with_another_version_is_no_superset() -> None:
    assert list(uncovered(LOCK, LOCK)) == []
    [complaint] = uncovered(LOCK, LOCK.replace("15.0.0", "15.0.1"))
    assert complaint.startswith("rich==15.0.0")
