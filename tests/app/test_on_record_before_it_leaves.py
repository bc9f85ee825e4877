"""What leaves is in the journal's file before it leaves, though the lines of one event are written together."""

import json
from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest

from dutchbook.domain.errors import JournalError
from dutchbook.domain.events import CancelOrdered
from dutchbook.domain.orders import Order, OrderId, OrderStatus
from dutchbook.domain.units import Nanos
from dutchbook.venues.trading import Answered, Asked, Exchange, Prepared, answered_frame
from tests.app.near_miss_stage import HERE, Stage, Venuelike

KILLED = "killed here"


class Reader:
    """Looks into the file whenever anything leaves."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.left: list[tuple[str, OrderId, bool]] = []
        """What left, of which order, and whether its line was there."""

    def lines(self, kind: str) -> list[dict[str, object]]:
        texts = [path.read_text() for path in sorted((self._folder / "journal").glob("*.jsonl"))]
        lines = [json.loads(line) for text in texts for line in text.splitlines()]
        return [line["body"] for line in lines if line["kind"] == kind]

    def placed(self, prepared: Sequence[Prepared], now: Nanos) -> None:  # noqa: ARG002 - the broker's signature
        written = {order["id"] for order in self.lines("order")}
        self.left += [("order", one.order.id, one.order.id in written) for one in prepared]

    def cancelled(self, orders: Sequence[Order], now: Nanos) -> None:  # noqa: ARG002
        written = {cancel["order"] for cancel in self.lines("cancel")}
        self.left += [("cancel", order.id, order.id in written) for order in orders]


@pytest.mark.parametrize("ahead", [True, False], ids=["decided ahead", "decided now"])
def test_orders_and_cancels_are_written_before_they_leave(tmp_path: Path, ahead: bool) -> None:
    stage, reader = Stage(tmp_path), Reader(tmp_path)
    if ahead:
        stage.work()
    with (
        patch.object(Venuelike, "place", lambda _, prepared, now: reader.placed(prepared, now)),
        patch.object(Venuelike, "cancel", lambda _, orders, now: reader.cancelled(orders, now)),
    ):
        stage.fall(0, 3_100)
        working = [order.id for order in stage.parts.desk.execution.orders.working()]
        stage.parts.loop.dispatch(CancelOrdered("a person", stage.clock.now(), working[0]), HERE)
    assert len(working) == 3
    assert reader.left == [*(("order", name, True) for name in working), ("cancel", working[0], True)]
    assert stage.parts.loop.counters.orders == 3


def test_nothing_leaves_whose_lines_could_not_be_written(tmp_path: Path) -> None:
    stage, reader = Stage(tmp_path), Reader(tmp_path)
    with (
        patch.object(Venuelike, "place", lambda _, prepared, now: reader.placed(prepared, now)),
        patch("dutchbook.storage.journal.write_held", side_effect=OSError(28, "no space left on device")),
        pytest.raises(JournalError, match="no order may leave"),
    ):
        stage.fall(0, 3_100)
    assert reader.left == []
    assert reader.lines("order") == []


def test_a_death_within_an_event_loses_what_was_not_written_and_nothing_of_it_had_left(tmp_path: Path) -> None:
    stage, reader = Stage(tmp_path), Reader(tmp_path)
    before = len(reader.lines("verdict"))
    with (
        patch.object(Venuelike, "place", lambda _, prepared, now: reader.placed(prepared, now)),
        patch.object(Venuelike, "draft", side_effect=KeyboardInterrupt(KILLED)),
        patch.object(type(stage.journal), "write_out", side_effect=KeyboardInterrupt(KILLED)),
        pytest.raises(KeyboardInterrupt, match=KILLED),
    ):
        stage.fall(0, 3_100)
    assert reader.left == []
    assert len(reader.lines("verdict")) == before


def test_that_orders_could_not_leave_is_taken_in_though_it_is_said_within_the_call_that_places_them(
    tmp_path: Path,
) -> None:
    stage = Stage(tmp_path)
    placed: list[OrderId] = []

    def refused(broker: Venuelike, prepared: Sequence[Prepared], now: Nanos) -> None:
        placed.extend(one.order.id for one in prepared)
        exchange = Exchange(path="/order", failure="the signer's caps do not allow it", left=False)
        ids = tuple(one.venue_id for one in prepared)
        said = Answered(asked=Asked.PLACE, sent=now, exchanges=(exchange,), ids=ids)
        stage.parts.loop.frame(answered_frame(broker.venue, said, now), HERE)

    with patch.object(Venuelike, "place", refused):
        stage.fall(0, 3_100)
    orders = stage.parts.desk.execution.orders
    assert len(placed) == 3
    assert {orders[order].status for order in placed} == {OrderStatus.REJECTED}
    assert not orders.working()
