"""Rate budgets: never more than a limit allows, in the order of asking, paused when the venue says so."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.budget import Bucket, Budget, Limit, window
from tests.venues.live.virtual_time import T0, VirtualTime


def budget(time: VirtualTime, **limits: Limit) -> Budget:
    return Budget(limits, time, time.sleep)


async def test_a_full_bucket_is_spent_at_once_and_then_refilled_evenly() -> None:
    time = VirtualTime()
    served: list[float] = []

    async def ask() -> None:
        await mine.spend(("read",), 10)
        served.append((time.now() - T0) / SECOND)

    mine = budget(time, read=Limit(refill=20, capacity=20))
    asking = asyncio.gather(*(ask() for _ in range(6)))
    await time.advance(10)
    await asking
    assert served == [0, 0, 0.5, 1.0, 1.5, 2.0]


async def test_a_request_waits_for_the_slowest_of_its_buckets() -> None:
    time = VirtualTime()
    mine = budget(time, narrow=Limit(refill=1, capacity=1), wide=Limit(refill=1_000, capacity=1_000))
    await mine.spend(("narrow", "wide"))
    waiting = asyncio.create_task(mine.spend(("narrow", "wide")))
    await time.advance(0.9)
    assert not waiting.done()
    await time.advance(0.2)
    assert waiting.done()


async def test_who_asked_first_is_served_first_whatever_it_costs() -> None:
    time = VirtualTime()
    mine = budget(time, read=Limit(refill=10, capacity=10))
    order: list[str] = []

    async def ask(name: str, tokens: int) -> None:
        await mine.spend(("read",), tokens)
        order.append(name)

    asking = asyncio.gather(ask("dear", 30), ask("cheap", 1), ask("cheaper", 1))
    await time.advance(10)
    await asking
    assert order == ["dear", "cheap", "cheaper"]


async def test_a_pause_that_the_venue_asks_for_is_kept() -> None:
    time = VirtualTime()
    mine = budget(time, read=Limit(refill=10, capacity=10))
    assert mine.cool_down("read", 7.0) == 7
    waiting = asyncio.create_task(mine.spend(("read",)))
    await time.advance(6.9)
    assert not waiting.done()
    await time.advance(0.2)
    assert waiting.done()


async def test_without_a_word_from_the_venue_pauses_double_until_it_serves_again() -> None:
    mine = budget(VirtualTime(), read=Limit(refill=10, capacity=10))
    assert [mine.cool_down("read") for _ in range(7)] == [1, 2, 4, 8, 16, 30, 30]
    mine.served("read")
    assert mine.cool_down("read") == 1


async def test_a_pause_told_while_others_wait_holds_them_too() -> None:
    time = VirtualTime()
    mine = budget(time, read=Limit(refill=1, capacity=1))
    await mine.spend(("read",))
    waiting = asyncio.create_task(mine.spend(("read",)))
    await time.advance(0.5)
    mine.cool_down("read", 5.0)
    await time.advance(4.9)
    assert not waiting.done()
    await time.advance(0.2)
    assert waiting.done()


async def test_a_group_that_nobody_named_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        await budget(VirtualTime()).spend(("nothing",))


@given(
    requests=st.integers(1, 20_000),
    gaps=st.lists(st.integers(0, 3 * SECOND), min_size=1, max_size=200),
)
def test_no_window_of_ten_seconds_holds_more_than_its_limit(requests: int, gaps: list[int]) -> None:
    bucket = Bucket(window(requests), Nanos(0))
    asked, served = 0, []
    for gap in gaps:
        asked += gap
        served.append(asked + bucket.take(1, Nanos(asked)))
    for index, start in enumerate(served):
        within = [at for at in served[index:] if at < start + 10 * SECOND]
        assert len(within) <= max(requests, 11)


@given(st.lists(st.tuples(st.integers(-SECOND, 5 * SECOND), st.integers(0, 50)), min_size=1, max_size=100))
def test_a_bucket_gives_no_more_than_its_capacity_and_its_refill(steps: list[tuple[int, int]]) -> None:
    limit = Limit(refill=7, capacity=30)
    bucket = Bucket(limit, Nanos(0))
    now = latest = taken = 0
    for gap, tokens in steps:
        now += gap
        latest = max(latest, now)
        wait = bucket.take(tokens, Nanos(now))
        taken += tokens
        assert taken * SECOND <= limit.capacity * SECOND + (latest + wait) * limit.refill


def test_other_terms_keep_what_was_spent_and_change_the_refill() -> None:
    bucket = Bucket(Limit(refill=10, capacity=10), Nanos(0))
    bucket.take(8, Nanos(0))
    bucket.change(Limit(refill=100, capacity=1_000), Nanos(0))
    assert bucket.wait(12, Nanos(0)) == SECOND // 10
    bucket.change(Limit(refill=1, capacity=5), Nanos(10 * SECOND))
    assert bucket.wait(5, Nanos(10 * SECOND)) == 0
    bucket.take(5, Nanos(10 * SECOND))
    assert bucket.wait(1, Nanos(10 * SECOND)) == SECOND


def test_what_the_venue_counts_lowers_a_bucket_and_never_raises_it() -> None:
    bucket = Bucket(Limit(refill=10, capacity=60), Nanos(0))
    bucket.take(30, Nanos(0))
    bucket.lower(59, Nanos(0))
    assert bucket.wait(31, Nanos(0)) > 0
    bucket.lower(4, Nanos(0))
    assert (bucket.wait(4, Nanos(0)), bucket.wait(5, Nanos(0))) == (0, SECOND // 10)


@given(st.integers(-(10**9), 60))
def test_no_count_of_the_venue_stops_a_bucket_for_longer_than_thirty_seconds(told: int) -> None:
    bucket = Bucket(Limit(refill=10, capacity=60), Nanos(0))
    bucket.lower(told, Nanos(0))
    assert bucket.wait(1, Nanos(0)) <= 30 * SECOND + SECOND // 10


def test_how_full_a_bucket_is_can_be_seen_and_seeing_it_changes_nothing() -> None:
    limit = Limit(refill=20, capacity=40)
    watched, unseen = Bucket(limit, T0), Bucket(limit, T0)
    for second in range(1, 6):
        now = Nanos(T0 + second * SECOND // 2)
        filling = watched.filling("read", now)
        assert (filling.name, filling.capacity) == ("read", 40)
        assert watched.wait(30, now) == unseen.wait(30, now)
        assert watched.take(25, now) == unseen.take(25, now)
    later = Nanos(T0 + 3_600 * SECOND)
    assert watched.filling("read", later).left == 40
    assert Bucket(limit, T0).filling("read", T0).left == 40
