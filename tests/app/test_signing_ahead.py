"""Orders that a near miss may lead to are signed before they are wanted, and are then exactly those that are sent."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from dutchbook.app.signing_ahead import STILL
from dutchbook.domain.units import Nanos
from dutchbook.venues.polymarket.order_signing import COARSE_STAMP
from tests.app.near_miss_stage import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.journal.close()


def test_a_fall_to_where_it_pays_finds_all_its_orders_signed(stage: Stage) -> None:
    assert stage.work() > 3
    lines, ahead = stage.journal.seq, dict(stage.broker.ahead)
    stage.fall(1, 3_100)
    assert [one.order.leg.outcome for one in stage.broker.sent] == [each.yes for each in stage.markets]
    assert all(one.content in ahead for one in stage.broker.sent)
    assert stage.journal.seq > lines


def test_orders_bear_the_same_names_without_it(stage: Stage, tmp_path: Path) -> None:
    other = Stage(tmp_path / "other")
    stage.work()
    for each in (stage, other):
        each.fall(2, 3_100)
    assert [one.venue_id for one in stage.broker.sent] == [one.venue_id for one in other.broker.sent]
    assert not other.broker.ahead
    other.journal.close()


def test_nothing_is_done_twice_until_the_books_the_next_intent_or_the_time_move(stage: Stage) -> None:
    assert stage.work()
    assert not stage.work()
    stage.pass_seconds(1)
    stage.fall(0, 3_500)
    assert stage.work()
    stage.clock.advance(Nanos(stage.clock.now() + COARSE_STAMP))
    assert stage.work()
    assert not stage.work()
    stage.fall(0, 3_100)
    assert stage.broker.sent
    stage.work()
    assert not any(order.intent == stage.broker.sent[0].order.intent for order in stage.broker.ahead.values())


def test_what_lies_further_is_worked_out_once_the_books_keep_still(stage: Stage) -> None:
    moved = stage.clock.now()
    stage.fall(0, 3_300)
    assert stage.work()
    stage.clock.advance(Nanos(moved + STILL - 1))
    assert not stage.work()
    nearest = len(stage.broker.ahead)
    stage.clock.advance(Nanos(moved + STILL))
    assert stage.work() > 1
    assert len(stage.broker.ahead) > nearest
    ahead = dict(stage.broker.ahead)
    stage.fall(1, 3_100)
    assert len(stage.broker.sent) == 3
    assert all(one.content in ahead for one in stage.broker.sent)


def test_looking_ahead_leaves_no_trace_at_the_desk(stage: Stage) -> None:
    head, next_intent = stage.journal.head, stage.parts.desk.intent_to_come()
    stage.work()
    assert (stage.journal.head, stage.parts.desk.intent_to_come()) == (head, next_intent)
    assert not stage.parts.desk.execution.orders.working()
