"""Stages from a frame to the venue's answer are measured for frames that lead to orders, and for nothing else."""

from collections.abc import Callable
from itertools import count
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.app.latency import KEPT, Latency, Stage, figures
from dutchbook.domain.book import Side
from dutchbook.domain.events import FrameRef, OrderFilled, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, IntentId, OrderId, Report
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.engine.bus.local import LocalBus
from dutchbook.engine.loop import Loop
from dutchbook.evaluation.snapshot import BUCKETS_US
from dutchbook.execution.gateway import VenueGateway

ORDER = OrderId("run-i1-1")


def through(latency: Latency) -> None:
    latency.received()
    latency.decoded()
    latency.decided()
    latency.decided()
    latency.signed()
    latency.written([ORDER])


def ticking() -> Latency:
    """Each look at the counter is a microsecond after the last."""
    return Latency(count(1_000, 1_000).__next__)


def test_each_stage_begins_where_the_one_before_it_ended() -> None:
    latency = ticking()
    through(latency)
    found = {each.stage: each for each in latency.figures()}
    assert list(found) == [Stage.DECODED, Stage.DECIDED, Stage.SIGNED, Stage.WRITTEN]
    assert all((each.median_us, each.p99_us, each.count) == (1, 1, 1) for each in found.values())


def test_a_frame_without_orders_and_orders_without_a_frame_leave_no_stages() -> None:
    latency = ticking()
    latency.received()
    latency.decoded()
    latency.received()
    latency.decoded()
    assert not latency.figures()
    through(latency)
    latency.decided()
    latency.signed()
    latency.written([OrderId("run-i2-1")])  # by a timer
    assert {each.count for each in latency.figures()} == {1}


def test_what_leaves_after_all_that_a_frame_led_to_is_no_stage_of_it() -> None:
    latency = ticking()
    latency.received()
    latency.decoded()
    latency.done()
    latency.decided()
    latency.signed()
    latency.written([ORDER])
    assert not latency.figures()


class _Desk:
    """As much of a loop and a gateway as somebody needs who measures them."""

    def __init__(self, latency: Latency) -> None:
        self.bus = LocalBus()
        self.decoded: Callable[[], None] | None = None
        latency.follow(cast("Loop", self), cast("VenueGateway", self))

    def watched_by(self, watch: Latency) -> None:
        self.watch = watch


def filled() -> OrderFilled:
    fill = Fill(
        order=ORDER,
        intent=IntentId("run-i1"),
        outcome=OutcomeId("1"),
        market=MarketId("m"),
        side=Side.BUY,
        price=Price(4_000),
        size=Size(10),
        fee=Money(0),
        at=Nanos(1),
    )
    return OrderFilled(fill, Nanos(1))


def reported(report: Report) -> OrderReported:
    return OrderReported(ORDER, report, Nanos(1))


@pytest.mark.parametrize("first", [filled(), reported(Report.ACCEPTED), reported(Report.REJECTED)])
def test_the_first_word_of_the_venue_acknowledges_an_order_and_no_later_one(
    first: OrderFilled | OrderReported,
) -> None:
    latency = ticking()
    desk = _Desk(latency)
    through(latency)
    for event in (first, filled(), reported(Report.ACCEPTED)):
        desk.bus.publish(event, FrameRef(0, 0))
    [found] = [each for each in latency.figures() if each.stage == Stage.ACKNOWLEDGED]
    assert (found.median_us, found.count) == (1, 1)


def test_an_order_without_an_answer_is_not_acknowledged() -> None:
    latency = ticking()
    desk = _Desk(latency)
    through(latency)
    desk.bus.publish(reported(Report.TIMEOUT), FrameRef(0, 0))
    desk.bus.publish(reported(Report.ACCEPTED), FrameRef(0, 0))
    assert Stage.ACKNOWLEDGED not in {each.stage for each in latency.figures()}


def test_only_the_newest_samples_are_kept() -> None:
    latency = ticking()
    for _ in range(KEPT + 10):
        through(latency)
    assert {each.count for each in latency.figures()} == {KEPT}


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        figures("decoded", [])


@given(st.lists(st.integers(0, 300_000_000), min_size=1, max_size=60))
def test_each_sample_is_in_one_class_of_the_histogram_and_none_above_its_end(samples: list[int]) -> None:
    found = figures("signed", samples)
    assert sum(found.histogram) == found.count == len(samples)
    for number, end in enumerate(BUCKETS_US, 1):
        assert sum(found.histogram[:number]) == sum(sample <= end * 1_000 for sample in samples)
