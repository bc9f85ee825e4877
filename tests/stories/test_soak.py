"""Six simulated hours of a desk in a living market, in a minute: what it holds open and in memory does not grow."""

import asyncio
import gc
from collections import Counter
from pathlib import Path

import msgspec
import pytest

from dutchbook.app.torture.ordeal import VILLAGE
from dutchbook.app.torture.settings import torture_settings
from dutchbook.app.torture.stage import START, Stage
from dutchbook.config.documents import read_document
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.living.spec import ScenarioSpec

HOUR = 3_600 * SECOND
_DESK = ("engine", "risk", "portfolio", "strategies", "catalogue", "app")
"""Rooms of the desk that remember the market and the money, and no single order."""


class Footprint(msgspec.Struct, frozen=True):
    """What a process holds. `remembered` are objects of the desk's own, apart from orders and what belongs to them."""

    orders: int
    files: int
    tasks: int
    remembered: int
    of_orders: int
    resident_mb: float


def footprint(stage: Stage) -> Footprint:
    gc.collect()
    rooms = Counter(type(each).__module__.rpartition(".")[0] for each in gc.get_objects())
    own = sum(count for room, count in rooms.items() if room.split(".")[1:2] and room.split(".")[1] in _DESK)
    modules = Counter(type(each).__module__ for each in gc.get_objects())
    return Footprint(
        orders=stage.desk.picture().orders,
        files=len(list(Path("/proc/self/fd").iterdir())),
        tasks=len(asyncio.all_tasks(stage.loop)),
        remembered=own,
        of_orders=modules["dutchbook.domain.orders"],
        resident_mb=int(Path("/proc/self/statm").read_text().split()[1]) * 4_096 / 1e6,
    )


@pytest.mark.long
def test_six_hours_leave_no_file_no_task_and_no_memory_behind(tmp_path: Path) -> None:
    stage = Stage(3, tmp_path, read_document(VILLAGE, ScenarioSpec), FaultPlan(), torture_settings())

    def after(hours: int) -> Footprint:
        stage.live(Nanos(START + hours * HOUR), lambda: None)
        return footprint(stage)

    early, late = after(1), after(6)
    stage.close()
    assert late.orders > early.orders + 300, "the desk hardly traded: this shows nothing"
    assert late.files <= early.files + 3
    assert late.tasks <= early.tasks + 3
    new_orders = late.orders - early.orders
    assert late.remembered - early.remembered < 1_000, "what is remembered of the market grows"
    assert late.of_orders - early.of_orders < 8 * new_orders, "more is remembered of each order than it takes"
    # The simulated venues keep the history of their world: most of what remains of this bound is theirs.
    assert late.resident_mb - early.resident_mb < 60
