"""Reading lost books over REST: what is wanted no more is not read, whenever that is learned."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from random import Random
from typing import cast

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price, Size
from dutchbook.engine.clocks import VirtualClock
from dutchbook.venues.polymarket.repairs import Repairs
from dutchbook.venues.polymarket.rest import PolymarketRest, RestBook
from dutchbook.venues.polymarket.shard import MarketShard, Watch
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


async def test_of_markets_that_have_closed_that_is_said_and_no_fault_is_suspected() -> None:
    rest, clock, told = Asked(), VirtualClock(Nanos(60 * SECOND)), list[tuple[str, tuple[OutcomeId, ...]]]()
    woken = asyncio.Event()

    async def sleep(seconds: float) -> None:
        clock.advance(Nanos(clock.now() + round(seconds * SECOND)))
        if told:
            await woken.wait()
        await asyncio.sleep(0)

    around = Surroundings(clock, Random(1), sleep, connect)
    shard = MarketShard("ws://nowhere", cast("PolymarketRest", rest), around, list[Frame]().append, Watch())
    shard.tell_lost(lambda reason, lost: told.append((reason, lost)))
    closed, open_ = market("a", closes=clock.now()), market("b", closes=Nanos(clock.now() + 3_600 * SECOND))
    shard.add([closed, open_, market("c", closes=None)])
    shard.resync(shard.outcomes())
    working = [asyncio.ensure_future(duty) for duty in shard.duties()]
    await until_still()
    for each in working:
        each.cancel()
    await asyncio.gather(*working, return_exceptions=True)
    assert told == [
        ("trading there has ended by now", (closed.yes, closed.no)),
        ("the socket sent no snapshot, and REST has no such book", shard.outcomes()[2:]),
    ]


def market(name: str, closes: Nanos | None) -> Market:
    return Market(
        id=MarketId(f"0x{name}"),
        venue=Venue.POLYMARKET,
        question=QuestionId("which"),
        title=name,
        yes=OutcomeId(f"{name} yes"),
        no=OutcomeId(f"{name} no"),
        grid=PriceGrid.uniform(Price(100)),
        min_size=Size(CONTRACT),
        fees=NoFees(),
        closes=closes,
    )
