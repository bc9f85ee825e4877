"""A desk that is killed at any time, by the system and without a word, loses nothing and sends nothing twice."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.stories.kill.processes import Kills, kill, summary

MANY = int(os.environ.get("KILLS", "100"))
SEED = 4


def test_twenty_kills(tmp_path: Path, tell: Callable[[str], None]) -> None:
    check(kill(tmp_path / "home", 20, SEED), tell)


@pytest.mark.long
def test_many_kills(tmp_path: Path, tell: Callable[[str], None]) -> None:
    """A hundred, or as many as `make kill-test` asks for."""
    check(kill(tmp_path / "home", MANY, SEED + MANY), tell)


def check(kills: Kills, tell: Callable[[str], None]) -> None:
    for line in summary(kills):
        tell(f"kills: {line}")
    assert kills.wrong == []
    assert kills.orders > len(kills.to_ready_s), "the desks hardly traded: nothing was tried"
    assert sum(kills.struck.values()) > 0, "no fault struck: nothing was tried"
