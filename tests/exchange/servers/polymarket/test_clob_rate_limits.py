"""Limits by network address and by signer, on the exchange's own clock."""

import asyncio
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.rate_limits import SignerBuckets, SlidingWindows, Window
from tests.exchange.servers.polymarket.clob_stage import NOW_S, Clock, Desk


@given(st.lists(st.floats(0, 4), max_size=60))
def test_no_span_ever_holds_more_requests_than_its_window(gaps: list[float]) -> None:
    clock = Clock()
    windows = SlidingWindows(clock, {"few": (Window(3, Nanos(5 * SECOND)), Window(7, Nanos(20 * SECOND)))})
    admitted: list[int] = []
    for gap in gaps:
        clock.later(gap)
        if windows.wait("me", ["few"]) == 0:
            admitted.append(clock.now())
    for most, span in ((3, 5 * SECOND), (7, 20 * SECOND)):
        for first in admitted:
            assert sum(first <= at < first + span for at in admitted) <= most


def test_a_wait_is_as_long_as_it_must_be_and_peers_do_not_share() -> None:
    clock = Clock()
    windows = SlidingWindows(clock, {"one": (Window(1),)})
    assert windows.wait("me", ["one"]) == 0
    clock.later(4)
    assert windows.wait("me", ["one"]) == 6 * SECOND
    assert windows.wait("you", ["one"]) == 0
    clock.later(6)
    assert windows.wait("me", ["one"]) == 0


@given(st.lists(st.tuples(st.floats(0, 2), st.integers(1, 15)), max_size=80))
def test_a_signer_never_gets_more_than_burst_and_refill(steps: list[tuple[float, int]]) -> None:
    clock = Clock()
    buckets = SignerBuckets(clock, {})
    taken, start = 0, clock.now()
    for gap, cost in steps:
        clock.later(gap)
        charge = buckets.charge("me", cost, enforced=True)
        if not charge.wait:
            taken += cost
        assert taken <= 60 + 40 * (clock.now() - start) / SECOND
        assert 0 <= charge.remaining <= 60


def test_tiers_have_their_own_rates_and_cancels_twice_of_them() -> None:
    buckets = SignerBuckets(Clock(), {"rich": "Elite"})
    assert buckets.charge("rich", 1, enforced=True).remaining == 899
    assert buckets.charge("poor", 1, enforced=True).remaining == 59
    assert buckets.charge("poor", 1, cancels=True, enforced=True).remaining == 119
    below = buckets.charge("poor", 1_000, cancels=True, enforced=True)
    assert (below.wait, below.remaining) == (0, -881)
    assert buckets.charge("poor", 1, cancels=True, enforced=True).wait > 0


async def test_orders_carry_the_headers_of_their_signers_bucket() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        body = b"[]"
        headers = trader.headers("DELETE", "/orders", body)
        _, _, answer = await desk.raw("DELETE", "/orders", body=body, headers=headers)
        assert answer["Poly-RateLimit-Remaining"] == "120"
        batch = [trader.limit("BUY", 30, 5) for _ in range(15)]
        sent = json.dumps(batch).encode()
        _, _, answer = await desk.raw("POST", "/orders", body=sent, headers=trader.headers("POST", "/orders", sent))
        assert answer["Poly-RateLimit-Remaining"] == "45"
        assert answer["Poly-RateLimit-Tier"] == "Standard"
        assert int(answer["Poly-RateLimit-Reset"]) == NOW_S + 1
        assert "Poly-RateLimit-Warning" not in answer


@pytest.mark.parametrize("enforced", [False, True])
async def test_beyond_the_bucket_there_is_a_warning_or_a_refusal(*, enforced: bool) -> None:
    async with Desk(ClobOptions(enforce_signer_limits=enforced)).served() as desk:
        trader = await desk.trader()
        for _ in range(60):
            await desk.posts(trader, trader.limit("BUY", 1, 5))
        sent = json.dumps(trader.limit("BUY", 1, 5)).encode()
        status, body, answer = await desk.raw(
            "POST", "/order", body=sent, headers=trader.headers("POST", "/order", sent)
        )
        if enforced:
            assert (status, body, answer["Retry-After"]) == (429, {"error": "Too Many Requests"}, "1")
        else:
            assert (status, answer["Poly-RateLimit-Warning"]) == (200, "true")
        assert (await desk.signed(trader, "DELETE", "/cancel-all"))[0] == 200


async def test_a_refused_order_carries_the_headers_too() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        body = b"{}"
        status, _, answer = await desk.raw("POST", "/order", body=body, headers=trader.headers("POST", "/order", body))
        assert (status, answer["Poly-RateLimit-Remaining"]) == (400, "59")


async def test_above_the_limit_of_an_address_requests_wait() -> None:
    async with Desk().served() as desk:
        for _ in range(100):
            await desk.asks("GET", "/ok")
        waiting = asyncio.create_task(desk.asks("GET", "/ok"))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        desk.clock.later(10)
        assert await waiting == "OK"


async def test_an_address_may_be_let_in_without_any_limit() -> None:
    async with Desk(ClobOptions(per_ip="admit")).served() as desk:
        for _ in range(150):
            assert await desk.asks("GET", "/ok") == "OK"


async def test_above_the_limit_of_an_address_requests_may_be_refused() -> None:
    async with Desk(ClobOptions(per_ip="refuse")).served() as desk:
        for _ in range(100):
            await desk.asks("GET", "/ok")
        desk.clock.later(2.5)
        status, body, headers = await desk.raw("GET", "/ok")
        assert (status, body, headers["Retry-After"]) == (429, {"error": "Too Many Requests"}, "8")
        assert await desk.asks("GET", "/time")
