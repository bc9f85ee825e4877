"""Where the event loop is a simulation's, timers look at the clock once, when something is due."""

import asyncio
from functools import partial
from random import Random

from dutchbook.app.torture.virtual_time import VirtualLoop
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.timers import Timers

START = Nanos(1_790_000_000 * SECOND)


def test_what_is_due_happens_at_its_time_in_order_and_nobody_looks_in_between() -> None:
    loop = VirtualLoop(START, Random(1))
    looked: list[Nanos] = []

    class Clock:
        def now(self) -> Nanos:
            return loop.now()

    async def work() -> list[tuple[int, Nanos]]:
        board = Switchboard(FaultPlan(), Random(1), Clock())
        context = ServerContext(
            Venue.KALSHI, Clock(), board, Random(1), lambda: looked.append(loop.now()), own_network=True
        )
        timers = Timers(context)
        done: list[tuple[int, Nanos]] = []

        def do(at: int) -> None:
            done.append((at, loop.now()))

        for seconds in (30, 10, 20, 10):
            timers.at(Nanos(START + seconds * SECOND), partial(do, seconds))
        await asyncio.sleep(60)
        return done

    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        done = runner.run(work())
    assert [at for at, _ in done] == [10, 10, 20, 30]
    assert all(0 <= now - (START + at * SECOND) < 1_000 for at, now in done)
    assert len(looked) <= 6
