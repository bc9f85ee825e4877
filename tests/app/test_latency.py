"""Stages from a frame to the venue's answer are measured for frames that lead to orders, and for nothing else."""

from itertools import count

import pytest

from dutchbook.app.latency import KEPT, Latency, Stage, figures
from dutchbook.domain.orders import OrderId

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


def test_only_the_newest_samples_are_kept() -> None:
    latency = ticking()
    for _ in range(KEPT + 10):
        through(latency)
    assert {each.count for each in latency.figures()} == {KEPT}


def test_nothing_has_no_median() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        figures("decoded", [])
