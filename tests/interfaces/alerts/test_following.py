"""Following journals while they are written: nothing is missed, nothing told twice, and damage is said."""

from pathlib import Path

import pytest

from dutchbook.domain.errors import JournalError
from dutchbook.domain.units import Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.alerts.following import RunFollower
from tests.interfaces.alerts.walk import START, a_desk, pass_seconds, walked


def test_a_torn_end_is_waited_for(tmp_path: Path) -> None:
    [path] = walked(tmp_path, seconds=2).glob("*.jsonl")
    content = path.read_bytes()
    path.write_bytes(content[:-20])
    follower = RunFollower(tmp_path)
    before = len(list(follower.lines()))
    path.write_bytes(content)
    assert len(list(follower.lines())) == 1
    assert before + 1 == content.count(b"\n")


def test_a_changed_line_is_never_told(tmp_path: Path) -> None:
    [path] = walked(tmp_path, seconds=2).glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"mode":"paper"', b'"mode":"livee"', 1))
    follower = RunFollower(tmp_path)
    for _ in range(2):
        with pytest.raises(JournalError, match="torn or changed"):
            list(follower.lines())


def test_lines_of_a_desk_at_work_are_new_once_and_remembered_after_a_restart(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    follower = RunFollower(tmp_path)
    assert list(follower.lines()) == []
    with a_desk(tmp_path, clock) as desk:
        pass_seconds(clock, desk, 5)
        first = list(follower.lines())
        follower.remember()
        pass_seconds(clock, desk, 5)
        second = list(follower.lines())
        again = list(RunFollower(tmp_path).lines())
    assert first
    assert second
    assert all(each.new for each in [*first, *second])
    assert [each.line.seq for each in again] == [each.line.seq for each in [*first, *second]]
    assert [each.line.seq for each in again if each.new] == [each.line.seq for each in second]


def test_a_restart_reads_the_run_that_was_left_to_its_end_and_then_the_next_ones(tmp_path: Path) -> None:
    walked(tmp_path, seconds=1)
    follower = RunFollower(tmp_path)
    list(follower.lines())
    follower.remember()
    walked(tmp_path, seconds=1, start=Nanos(START + 10**12))
    walked(tmp_path, seconds=1, start=Nanos(START + 2 * 10**12))
    found = [each for each in RunFollower(tmp_path).lines() if each.new]
    runs = list(dict.fromkeys(each.run for each in found))
    assert len(runs) == 2
    assert [each.line.kind for each in found if each.line.kind in ("run", "end")] == ["run", "end"] * 2


def test_without_a_memory_only_the_latest_run_is_read(tmp_path: Path) -> None:
    for number in range(3):
        walked(tmp_path, seconds=1, start=Nanos(START + number * 10**12))
    assert len({each.run for each in RunFollower(tmp_path).lines()}) == 1


def test_a_damaged_memory_begins_with_the_latest_run(tmp_path: Path) -> None:
    walked(tmp_path, seconds=1)
    state = tmp_path / "messenger" / "followed.json"
    state.parent.mkdir()
    state.write_bytes(b"\xff{")
    assert list(RunFollower(tmp_path).lines())
