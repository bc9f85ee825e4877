"""How long each stage takes from a frame to the venue's answer, on the user's own machine and line.

Measured with the machine's own counter beside the engine: nothing is decided by it, recorded or replayed. Only frames
that lead to orders count.
"""

import time
from bisect import bisect_right
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from itertools import pairwise

from dutchbook.domain.events import Cause, Event, OrderFilled, OrderReported
from dutchbook.domain.orders import OrderId, Report
from dutchbook.engine.loop import Loop
from dutchbook.evaluation.snapshot import BUCKETS_US, StageFigures
from dutchbook.execution.gateway import VenueGateway

KEPT = 1_024
"""Samples of each stage: the newest."""
_MOST_WAITING = 1_024


class Stage(StrEnum):
    """What was done when a stage ends; each begins where the one before it ended, the first with the frame."""

    DECODED = "decoded"
    DECIDED = "decided"
    """Books, strategy and risk are done, and the verdict is on record."""
    SIGNED = "signed"
    """Checked, named, on record, and signed."""
    WRITTEN = "written"
    """The bytes are with the operating system, unless a rate limit holds them."""
    ACKNOWLEDGED = "acknowledged"
    """The venue's first word about the order is in the books: the line, the venue, and the line back."""


_OWN = (Stage.DECODED, Stage.DECIDED, Stage.SIGNED, Stage.WRITTEN)


class Latency:
    """Hears how far each frame and its orders came. `figures` tells what was measured so far."""

    def __init__(self, counter: Callable[[], int] = time.perf_counter_ns) -> None:
        self._counter = counter
        self._samples: dict[Stage, deque[int]] = {stage: deque(maxlen=KEPT) for stage in Stage}
        self._received = self._decoded = self._decided = self._signed = 0
        self._waiting: dict[OrderId, int] = {}

    def follow(self, loop: Loop, gateway: VenueGateway) -> None:
        """Listen to a desk that really sends orders."""
        loop.decoded = self.decoded
        gateway.watched_by(self)
        loop.bus.subscribe(self._hear)

    def received(self) -> None:
        """A frame came."""
        self._received = self._counter()
        self._decoded = self._decided = self._signed = 0

    def done(self) -> None:
        """All that the frame led to is done: what leaves from now on no frame led to."""
        self._received = 0

    def decoded(self) -> None:
        """It is decoded."""
        self._decoded = self._counter()

    def decided(self) -> None:
        """See `Watch.decided`: the first order of a frame counts."""
        if not self._decided:
            self._decided = self._counter()

    def signed(self) -> None:
        """See `Watch.signed`."""
        self._signed = self._counter()

    def written(self, orders: Iterable[OrderId]) -> None:
        """See `Watch.written`. Orders that no frame led to have this stage's end only."""
        now = self._counter()
        for order in orders:
            self._waiting[order] = now
        while len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        marks = (self._received, self._decoded, self._decided, self._signed, now)
        if all(marks):
            for stage, begin, end in zip(_OWN, marks[:-1], marks[1:], strict=True):
                self._samples[stage].append(end - begin)
        self._received = 0

    def figures(self) -> tuple[StageFigures, ...]:
        """The stages that were measured, in their order."""
        return tuple(figures(stage, samples) for stage, samples in self._samples.items() if samples)

    def _hear(self, event: Event, _: Cause) -> None:
        match event:
            case OrderReported(order=order, report=report):
                heard = report is not Report.TIMEOUT
            case OrderFilled(fill=fill):  # its trade may come by the socket ahead of its answer, which is no news then
                order, heard = fill.order, True
            case _:
                return
        began = self._waiting.pop(order, None)
        if began is not None and heard:
            self._samples[Stage.ACKNOWLEDGED].append(self._counter() - began)


def figures(stage: str, nanos: Iterable[int]) -> StageFigures:
    """Median and 99th percentile of some samples. Raises ValueError without any."""
    ordered: Sequence[int] = sorted(nanos)
    if not ordered:
        raise ValueError(f"{stage}: nothing was measured")
    return StageFigures(
        stage=str(stage),
        median_us=round(ordered[len(ordered) // 2] / 1_000, 1),
        p99_us=round(ordered[len(ordered) * 99 // 100] / 1_000, 1),
        count=len(ordered),
        histogram=_histogram(ordered),
    )


def _histogram(ordered: Sequence[int]) -> tuple[int, ...]:
    """How many of some sorted samples are in each class."""
    ends = [bisect_right(ordered, bucket * 1_000) for bucket in BUCKETS_US]
    return tuple(end - begin for begin, end in pairwise([0, *ends, len(ordered)]))
