"""Many questions at once: a desk that was killed asks for a hundred orders, and must read its account all the same."""

import asyncio
from collections.abc import Sequence
from random import Random
from typing import cast

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.venues.kalshi.account_reader import AccountReader
from dutchbook.venues.kalshi.inquiries import Inquiries
from dutchbook.venues.kalshi.open_orders import OpenOrders
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Answered, Asked, Exchange


class SlowReader:
    """Answers nothing before it is told to; counts who waits."""

    def __init__(self) -> None:
        self.waiting = 0
        self.most = 0
        self.asked: list[str] = []
        self.open = asyncio.Event()

    async def sweep(self, since: Nanos, strange: Sequence[str]) -> tuple[Exchange, ...]:  # noqa: ARG002 - the reader's signature
        return (Exchange(path="/portfolio/balance", status=200),)

    async def query(self, order: Order, order_id: str | None) -> tuple[Exchange, ...]:  # noqa: ARG002 - the same
        self.asked.append(order.venue_id)
        self.waiting += 1
        self.most = max(self.most, self.waiting)
        await self.open.wait()
        self.waiting -= 1
        return (Exchange(path="/portfolio/orders", status=200),)


class Names:
    """Nothing is known of any order."""

    strange = frozenset[str]()

    def order_id(self, name: str) -> str | None:  # noqa: ARG002 - the same
        return None


class HandClock:
    def now(self) -> Nanos:
        return Nanos(1)


def an_order(number: int) -> Order:
    leg = Leg(OutcomeId("A/yes"), MarketId("A"), Side.BUY, Price(1), Size(1), Price(1), TimeInForce.FOK)
    name = f"i{number}"
    return Order(
        id=OrderId(name),
        intent=IntentId(name),
        leg=leg,
        venue_id=name,
        status=OrderStatus.UNKNOWN,
        created=Nanos(0),
    )


@pytest.fixture
def told() -> list[Answered]:
    return []


async def test_few_orders_are_asked_for_at_a_time_each_once_and_all_in_the_end(told: list[Answered]) -> None:
    reader = SlowReader()
    around = Surroundings(HandClock(), Random(1), asyncio.sleep, cast("object", None))  # type: ignore[arg-type]
    asking = Inquiries(
        cast("AccountReader", reader), cast("OpenOrders", Names()), around, told.append, socket_s=1, late_s=1
    )
    running = asyncio.create_task(asking.run())
    for number in range(30):
        for _ in range(3):
            asking.query(an_order(number))
    for _ in range(200):
        await asyncio.sleep(0)
    assert [answered.asked for answered in told] == [Asked.SWEEP]
    assert 1 < reader.most <= 8
    reader.open.set()
    for _ in range(1_000):
        await asyncio.sleep(0)
    assert sorted(reader.asked) == sorted(f"i{number}" for number in range(30))
    asking.query(an_order(0))
    for _ in range(20):
        await asyncio.sleep(0)
    assert reader.asked.count("i0") == 2
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
