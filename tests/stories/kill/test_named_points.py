"""A desk that dies at any named point, whatever becomes of its orders there, knows everything after one clean start."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.stories.kill.points import AT_WORK, RECOVERING, foremost
from tests.stories.kill.virtual import OUTCOMES, Deathbed, deathbed

SEEDS = (1, 11, 12, 13)
"""Seeds that every group and outcome are tried with."""

ONCE_A_MARKET = "the market line"
"""What a market leaves with its first order, and then no more: a third one comes in a world not yet traded in."""

every_outcome = pytest.mark.parametrize("outcome", OUTCOMES)
every_group = pytest.mark.parametrize("group", AT_WORK)
each_group_once = pytest.mark.parametrize(
    ("group", "outcome"),
    [
        ("deciding", "accepted"),
        ("sending", "answer lost"),
        ("receiving", "answer lost"),
        ("applying", "refused"),
        ("filling", "accepted"),
    ],
)
"""All outcomes with all groups take minutes."""


def test_no_group_is_forgotten() -> None:
    assert {group for group, _ in each_group_once.args[1]} == set(AT_WORK)


def test_there_are_forty_points_and_more() -> None:
    assert len({point for group in (*AT_WORK.values(), RECOVERING) for point in foremost(group)}) >= 40


@each_group_once
def test_a_desk_that_dies_at_work_loses_and_doubles_nothing(group: str, outcome: str, tmp_path: Path) -> None:
    die_at_work(foremost(AT_WORK[group]), outcome, tmp_path, seed=1)


@every_outcome
def test_a_desk_that_dies_while_it_recovers_recovers(outcome: str, tmp_path: Path) -> None:
    die_beginning(foremost(RECOVERING), outcome, tmp_path, seed=2)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
@every_outcome
@every_group
def test_every_point_with_every_outcome(group: str, outcome: str, seed: int, tmp_path: Path) -> None:
    die_at_work(AT_WORK[group], outcome, tmp_path, seed)


@pytest.mark.long
@pytest.mark.parametrize("seed", SEEDS)
@every_outcome
def test_every_point_of_a_recovery_with_every_outcome(outcome: str, seed: int, tmp_path: Path) -> None:
    die_beginning(RECOVERING, outcome, tmp_path, seed)


def die_at_work(points: Sequence[str], outcome: str, home: Path, seed: int) -> None:
    rare = [point for point in points if point.endswith(ONCE_A_MARKET)]
    for number, point in enumerate(rare):
        with deathbed(home / str(number), seed) as bed:
            die_at((point,), bed, outcome)
    with deathbed(home / "others", seed) as bed:
        bed.trades()
        die_at([point for point in points if point not in rare], bed, outcome)


def die_at(points: Sequence[str], bed: Deathbed, outcome: str) -> None:
    for point in points:
        assert bed.dies_at(point, outcome), f"never came {point}: {bed.fuse.reached}"
        assert bed.begins_again() == [], f"dead {point}, its orders {outcome}"
        bed.trades()


def die_beginning(points: Sequence[str], outcome: str, home: Path, seed: int) -> None:
    """Die anywhere, then again while the desk recovers from that."""
    with deathbed(home, seed) as bed:
        bed.trades()
        for point in points:
            bed.is_killed(outcome)
            assert bed.dies_beginning(point), f"never came {point}: {bed.fuse.reached}"
            assert bed.begins_again() == [], f"dead {point}, its orders {outcome}"
            bed.trades()
