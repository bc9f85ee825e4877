"""The write budget: never more than the venue allows, cancels first, and nothing leaves that has grown old."""

import asyncio
from collections.abc import Sequence
from random import Random

import pytest

from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.kalshi.errors import ApiError
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.rate_limits import RateLimits
from dutchbook.venues.budget import Limit
from dutchbook.venues.kalshi.limits import WRITE, write_limit
from dutchbook.venues.kalshi.write_queue import CancelWish, WriteBudget, WriteQueue, WriteTerms
from dutchbook.venues.trading import Asked, Prepared, read_answered
from tests.conftest import protocol_samples
from tests.exchange.servers.kalshi.venue import LEP, START, TENNIS, listing
from tests.venues.kalshi.trading.desk_side import leg, trading
from tests.venues.kalshi.trading.orders import planned as order
from tests.venues.live.virtual_time import until

MARKET = listing(LEP, TENNIS, "x").market
SHARDS = (0, 1, 2)


class Clock:
    def __init__(self) -> None:
        self.at = START

    def now(self) -> Nanos:
        return self.at


def test_the_venue_never_refuses_what_the_budget_allows() -> None:
    """Against the sandbox's own count, over a hundred thousand calls of all kinds in bursts and quiet."""
    rng, clock = Random(5), Clock()
    budget = WriteBudget(WRITE, clock)
    venue = RateLimits(KalshiOptions())
    for known in SHARDS[1:]:
        budget.take(0, known)  # shards become known by their markets
    allowed = 0
    for _ in range(100_000):
        clock.at = Nanos(clock.at + rng.choice((0, 0, 0, rng.randrange(SECOND // 5), rng.randrange(3 * SECOND))))
        tokens: int = rng.choice((2, 10, 20, 80))
        shard: int | None = rng.choice((None, *SHARDS))
        if budget.take(tokens, shard, rng.choice((0, 20))) == 0:
            allowed += 1
            try:
                venue.write("ann", tokens, clock.at, [shard] if shard else SHARDS)
            except ApiError:
                pytest.fail(f"the venue refused call {allowed}")
    assert allowed > 20_000


def test_the_wait_that_is_told_is_enough_and_not_too_long() -> None:
    clock = Clock()
    budget = WriteBudget(WRITE, clock)
    assert budget.take(100, None) == 0
    wait = budget.take(10, None)
    assert wait == SECOND // 10
    clock.at = Nanos(clock.at + wait - 1)
    assert budget.take(10, None)
    clock.at = Nanos(clock.at + 1)
    assert budget.take(10, None) == 0


def test_refusals_pause_longer_each_time() -> None:
    clock = Clock()
    budget = WriteBudget(WRITE, clock)
    pauses = []
    for _ in range(7):
        budget.refused(None)
        pauses.append(budget.take(1, None) / SECOND)
        clock.at = Nanos(clock.at + budget.take(1, None))
    assert pauses == [0.25, 0.5, 1, 2, 4, 8, 16]
    budget.served()
    budget.refused(3)
    assert budget.take(1, None) == 3 * SECOND


class Out:
    """What a queue sent, in order."""

    def __init__(self, terms: WriteTerms = WriteTerms(), limit: Limit = WRITE) -> None:  # noqa: B008
        self.clock = Clock()
        self.orders: list[list[str]] = []
        self.cancels: list[list[str]] = []
        self.given_up: list[str] = []
        self.budget = WriteBudget(limit, self.clock)
        self.queue = WriteQueue(
            self.budget,
            self.clock,
            terms,
            send_orders=lambda batch: self.orders.append([one.venue_id for one in batch]),
            send_cancels=lambda batch: self.cancels.append([one.client_id for one in batch]),
            give_up=self._give_up,
            soon=lambda call: call(),
        )

    def _give_up(self, prepared: Sequence[Prepared], reason: str) -> None:
        assert reason
        self.given_up += [one.venue_id for one in prepared]

    def pass_(self, seconds: float) -> None:
        self.clock.at = Nanos(self.clock.at + round(seconds * SECOND))
        self.queue.drain()


def prepared(*names: str) -> list[Prepared]:
    return [Prepared(order(leg(), name), MARKET, name, b"{}") for name in names]


def wishes(*names: str) -> list[CancelWish]:
    return [CancelWish(name, "o-" + name, LEP, 0) for name in names]


def test_orders_spare_tokens_for_cancels() -> None:
    out = Out()
    out.queue.place(prepared(*(f"p{number}" for number in range(20))))
    assert sum(map(len, out.orders)) <= 8
    out.queue.cancel(wishes(*(f"c{number}" for number in range(9))))
    assert out.cancels == [[f"c{number}" for number in range(9)]]


def test_cancels_go_ahead_of_orders_that_wait() -> None:
    out = Out(WriteTerms(longest_s=60))
    out.queue.place(prepared(*(f"p{number}" for number in range(10))))
    out.queue.cancel(wishes(*(f"c{number}" for number in range(40))))
    before = sum(map(len, out.orders))
    assert sum(map(len, out.cancels)) < 40
    for _ in range(8):
        out.pass_(0.1)
        assert sum(map(len, out.orders)) == before or sum(map(len, out.cancels)) == 40
    for _ in range(60):
        out.pass_(0.1)
    assert [name for batch in out.orders for name in batch] == [f"p{number}" for number in range(10)]
    assert [name for batch in out.cancels for name in batch] == [f"c{number}" for number in range(40)]


def test_an_order_that_would_leave_too_late_never_does() -> None:
    out = Out(WriteTerms(longest_s=0.5))
    out.queue.place(prepared(*(f"p{number}" for number in range(30))))
    for _ in range(20):
        out.pass_(0.1)
    sent = [name for batch in out.orders for name in batch]
    assert sent + out.given_up == [f"p{number}" for number in range(30)]
    assert len(sent) <= 8 + 5 + 1
    assert out.given_up


def test_an_order_that_waits_can_be_withdrawn_and_then_never_leaves() -> None:
    out = Out(WriteTerms(longest_s=60))
    out.queue.place(prepared(*(f"p{number}" for number in range(12))))
    assert out.queue.withdraw("p11")
    assert not out.queue.withdraw("p11")
    assert not out.queue.withdraw("p0")
    out.queue.withdraw_all("enough")
    out.pass_(30)
    assert "p11" in out.given_up
    assert not {name for batch in out.orders for name in batch} & set(out.given_up)


def test_a_cancel_is_not_asked_twice_while_it_waits() -> None:
    out = Out(limit=Limit(1, 2))
    out.queue.cancel(wishes("a"))
    out.queue.cancel(wishes("b", "c"))
    out.queue.cancel(wishes("b"))
    for _ in range(12):
        out.pass_(1)
    assert [name for batch in out.cancels for name in batch] == ["a", "b", "c"]


def test_cancels_leave_tokens_for_the_switch() -> None:
    out = Out()
    out.queue.place(prepared(*(f"p{number}" for number in range(20))))
    out.queue.cancel(wishes(*(f"c{number}" for number in range(20))))
    assert sum(map(len, out.cancels)) == 10
    assert out.budget.take(10, 0) == 0


def test_a_bucket_that_is_too_small_for_anything_keeps_cancels_waiting() -> None:
    out = Out(limit=Limit(refill=1, capacity=1))
    out.queue.cancel(wishes("c1"))
    assert out.cancels == []


async def test_a_queue_wakes_by_itself() -> None:
    out = Out(WriteTerms(longest_s=60))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        out.clock.at = Nanos(out.clock.at + round(seconds * SECOND))
        await asyncio.sleep(0)

    running = asyncio.create_task(out.queue.run(sleep))
    out.queue.place(prepared(*(f"p{number}" for number in range(30))))
    await until(lambda: sum(map(len, out.orders)) == 30)
    running.cancel()
    assert sum(slept) == pytest.approx(30 * 0.1 - 0.8, abs=0.2)


def test_the_captured_limits_are_read() -> None:
    body = (protocol_samples("kalshi/rest_demo") / "account__limits.json").read_bytes()
    assert write_limit(body) == Limit(refill=100, capacity=100)
    for wrong in (b'{"write":{"refill_rate":0,"bucket_capacity":1}}', b"{}"):
        with pytest.raises(ValueError):  # noqa: PT011 - msgspec's error is one
            write_limit(wrong)


async def test_a_burst_of_quotes_is_repriced_within_the_budget_and_cancels_go_first() -> None:
    async with trading() as desk:
        first = desk.send(*(leg(cents=1 + number) for number in range(7)))
        for name in first:
            await desk.settled(name, OrderStatus.OPEN)
        await desk.time.advance(2)
        second = desk.send(*(leg(cents=20 + number) for number in range(20)))
        desk.broker.cancel([desk.ledger.orders[name] for name in first], desk.time.now())
        for _ in range(30):
            await desk.time.advance(0.1)
        ended = (OrderStatus.OPEN, OrderStatus.REJECTED)
        for name in second:
            await desk.settled(name, *ended)
        for name in first:
            await desk.settled(name, OrderStatus.CANCELLED)
        answers = [read_answered(frame) for frame in desk.frames if frame.source == "kalshi/orders"]
        assert all(each.status != 429 for answer in answers for each in answer.exchanges)
        assert sum(desk.status(name) is OrderStatus.OPEN for name in second) >= 20


async def test_too_many_requests_reject_and_pause() -> None:
    async with trading() as desk:
        desk.turn_on("http_status", status=429, method="POST", times=1)
        [refused] = desk.send(leg())
        await desk.settled(refused, OrderStatus.REJECTED)
        [waiting] = desk.send(leg())
        await desk.time.advance(0.2)
        assert desk.status(waiting) is OrderStatus.SENDING
        await desk.time.advance(0.1)
        await desk.settled(waiting, OrderStatus.OPEN)
        places = [read_answered(frame).asked for frame in desk.frames if frame.source == "kalshi/orders"]
        assert places.count(Asked.PLACE) == 2
