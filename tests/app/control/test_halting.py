"""Whoever halts hears whether the desk took note, and is not kept waiting by one that hangs."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.app.control.client import running
from dutchbook.app.control.wire import HeedHalt
from dutchbook.app.steering import halt, halted
from tests.app.control.test_a_steered_desk import Stage

PROMPT_S = 1.0
"""Far less than a command waits for an answer elsewhere. The 100 ms of a halt are measured in the long stories."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    if running(tmp_path):
        made.desk.close()


def test_a_desk_that_works_says_what_it_cancels(stage: Stage) -> None:
    stage.pass_seconds(5)
    said = stage.during(lambda: halt(stage.home, "news", "cli:ann"))
    assert said.startswith("HALTED: news (by cli:ann); process ")
    assert said.endswith("; orders that open risk, cancelled now: 0")
    assert (stage.desk.picture().halted or "").startswith("news (by cli:ann)")


def test_a_desk_that_hangs_keeps_nobody_waiting_and_is_halted(stage: Stage) -> None:
    began = time.monotonic()
    said = halt(stage.home, "news", "cli:ann")
    assert time.monotonic() - began < PROMPT_S
    assert said.endswith("was told")
    stage.pass_seconds(1)
    assert (stage.desk.picture().halted or "").startswith("news (by cli:ann)")


def test_where_no_desk_runs_the_next_one_is_halted(tmp_path: Path) -> None:
    assert "no desk is running here" in halt(tmp_path, "news", "cli:ann")
    assert halted(tmp_path)


def test_to_take_note_of_a_halt_orders_none(stage: Stage) -> None:
    stage.ask(HeedHalt())
    assert stage.desk.picture().halted is None
