"""Reading lost books over REST: what is wanted no more is not read, whenever that is learned."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import cast

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.venues.polymarket.repairs import Repairs
from dutchbook.venues.polymarket.rest import PolymarketRest, RestBook
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings

BOOK, OTHER = OutcomeId("1"), OutcomeId("2")


class Asked:
    """A venue that only notes which books are asked for, and has none of them."""

    def __init__(self) -> None:
        self.outcomes: list[OutcomeId] = []

    async def books(self, outcomes: Sequence[OutcomeId]) -> list[RestBook]:
        self.outcomes += outcomes
        return []


async def until_still() -> None:
    """Let everything run that can without time."""
    for _ in range(10):
        await asyncio.sleep(0)


async def test_a_book_that_is_forgotten_before_anybody_read_it_ends_nothing() -> None:
    rest, clock, frames = Asked(), VirtualClock(Nanos(0)), list[Frame]()

    async def sleep(_: float) -> None:
        await asyncio.Event().wait()

    around = Surroundings(clock, Random(1), sleep, connect)
    repairs = Repairs(cast("PolymarketRest", rest), around, frames.append, snapshot_s=5, poll_s=5)
    working = asyncio.create_task(repairs.work())
    await until_still()
    repairs.renew([BOOK])
    repairs.forget([BOOK])
    await until_still()
    assert not working.done(), working
    repairs.renew([OTHER])
    await until_still()
    assert rest.outcomes == [OTHER]
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
