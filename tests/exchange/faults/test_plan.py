"""Fault plans as people write them, and what is refused."""

from random import Random

import pytest
from pydantic import ValidationError

from dutchbook.config.documents import document_of
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import SECOND
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import FaultNameTaken, Switchboard, UnknownFault
from tests.exchange.faults.stage import HandClock, board_of, fault

PLAN = b"""
seed: 7
faults:
  - name: engine restarts
    fault: restart
    venue: polymarket
    after: 10m
    announced: 5m
    every: 1h
  - name: too many requests
    fault: http_status
    status: 429
    retry_after: 2
    chance: 5%
    path: /order*
  - name: the socket sleeps
    fault: freeze
    channel: market
    skip: 100
    lasts: 2m
"""


def test_a_plan_is_read_from_yaml() -> None:
    plan = document_of(PLAN, "faults.yaml", FaultPlan)
    assert [each.fault for each in plan.faults] == ["restart", "http_status", "freeze"]
    board = Switchboard(plan, Random(1), HandClock())
    assert [each.name for each in board.status()] == ["engine restarts", "too many requests", "the socket sleeps"]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b"fault: freeze", b"fault: freze", "freeze"),
        (b"retry_after", b"retry_afer", "retry_after"),
        (b"lasts: 2m", b"lasts: 2 minutes", "duration"),
        (b"status: 429", b"status: 200", "400"),
        (b"chance: 5%", b"chance: 500%", "share"),
        (b"engine restarts", b"too many requests", "name of its own"),
        (b"every: 1h", b"every: 5m", "must not be shorter"),
        (b"    skip: 100\n", b"    every: 1m\n", "every"),
    ],
)
def test_mistakes_are_refused_with_the_valid_word(before: bytes, after: bytes, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        document_of(PLAN.replace(before, after), "faults.yaml", FaultPlan)


def test_every_kind_has_a_minimal_form() -> None:
    needed: dict[str, dict[str, object]] = {
        "http_status": {"status": 500},
        "slow_answer": {"delay": "1s"},
        "delay": {"delay": "1s"},
        "venue_mode": {"mode": "cancel_only"},
    }
    kinds = FaultPlan.model_json_schema()["properties"]["faults"]["items"]["discriminator"]["mapping"]
    assert len(kinds) == 25
    for kind in kinds:
        assert fault(kind, **needed.get(kind, {})).fault == kind


def test_faults_are_turned_on_and_off_by_name() -> None:
    clock = HandClock()
    board = board_of(clock)
    assert board.quiet
    clock.pass_time(100)
    board.turn_on(fault("drop", lasts="10s"))
    with pytest.raises(FaultNameTaken):
        board.turn_on(fault("drop"))
    [status] = board.status()
    assert (status.on, status.over) == (True, False), "its time counts from when it was turned on"
    clock.pass_time(10)
    [status] = board.status()
    assert (status.on, status.over) == (False, True)
    board.turn_off("drop")
    with pytest.raises(UnknownFault, match="armed are: none"):
        board.turn_off("drop")
    assert board.quiet


def test_the_units_of_a_plan_are_nanoseconds() -> None:
    assert fault("slow_answer", delay="1500ms").delay == 1.5 * SECOND  # type: ignore[union-attr]


def test_a_fault_without_a_kind_is_refused() -> None:
    with pytest.raises(ValidationError):
        FaultPlan.model_validate({"faults": [{"name": "x"}]})
