"""A sandbox's world that is behind its time works on, a little at a stretch, and comes up to it."""

from pathlib import Path

from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.running import Make, Sandbox
from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from tests.exchange.living.village import START, question, scenario


class WearyClock:
    """Each look at it takes a millisecond."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> Nanos:
        self.time = Nanos(self.time + MILLISECOND)
        return self.time


def test_a_world_that_is_behind_works_ten_milliseconds_at_a_stretch_and_catches_up(tmp_path: Path) -> None:
    clock = WearyClock()
    sandbox = Sandbox(
        Make(spec=scenario(question("binary")), plan=FaultPlan(), seed=1), sandbox_accounts(tmp_path), clock
    )
    clock.time = Nanos(clock.time + 2 * SECOND)
    stretches = 0
    while sandbox.world.clock.now() < START + 3 * SECOND:
        began = clock.time
        sandbox.catch_up()
        assert clock.time - began <= 15 * MILLISECOND
        stretches += 1
    assert stretches > 20
