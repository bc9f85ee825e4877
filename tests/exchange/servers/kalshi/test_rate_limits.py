"""Token buckets on the exchange's clock, billed as the endpoints cost (protocol section 7.3)."""

from typing import Any

import pytest

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.kalshi.errors import ApiError
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.rate_limits import RateLimits, limits_body, read_rate, write_rate
from tests.exchange.servers.kalshi.venue import BITCOIN, LEP, Kalshi, kalshi, order_body

BASIC = KalshiOptions()
ORDERS = "/portfolio/events/orders"


async def statuses(venue: Kalshi, many: int, method: str, path: str, **rest: Any) -> list[int]:
    return [(await venue.send(method, path, **rest)).status for _ in range(many)]


async def test_sixty_reads_fit_the_bucket_and_the_next_is_429_with_a_string() -> None:
    async with kalshi(BASIC) as venue:
        assert set(await statuses(venue, 60, "GET", "/portfolio/balance")) == {200}
        answer = await venue.get("/portfolio/balance")
        assert (answer.status, answer.body) == (429, {"error": "too many requests"})
        assert "Retry-After" not in answer.headers
        venue.clock.pass_(0.05)
        assert await statuses(venue, 2, "GET", "/portfolio/balance") == [200, 429]


async def test_ten_creates_a_second_and_no_more_and_reads_have_a_bucket_of_their_own() -> None:
    async with kalshi(BASIC) as venue:
        assert await statuses(venue, 11, "POST", ORDERS, json=order_body()) == [201] * 10 + [429]
        assert (await venue.get("/portfolio/balance")).status == 200
        assert (await venue.create(key="key-bob")).status == 201


async def test_a_cancel_costs_two_tokens() -> None:
    async with kalshi(BASIC) as venue:
        assert await statuses(venue, 51, "DELETE", ORDERS + "/unknown") == [404] * 50 + [429]


async def test_a_whole_batch_must_fit() -> None:
    async with kalshi(BASIC) as venue:
        eleven = {"orders": [order_body()] * 11}
        assert (await venue.send("POST", ORDERS + "/batched", json=eleven)).status == 429
        assert (await venue.send("POST", ORDERS + "/batched", json={"orders": [order_body()] * 10})).status == 201
        assert (await venue.create()).status == 429


async def test_refused_calls_cost_nothing_unless_an_option_says_so() -> None:
    for costs, after in ((False, 200), (True, 429)):
        async with kalshi(KalshiOptions(refused_calls_cost=costs)) as venue:
            await statuses(venue, 60, "GET", "/portfolio/balance")
            venue.clock.pass_(0.04)
            assert (await venue.get("/portfolio/balance")).status == 429
            venue.clock.pass_(0.01)
            assert (await venue.get("/portfolio/balance")).status == after


async def test_readers_without_a_key_share_a_bucket() -> None:
    async with kalshi(BASIC) as venue:
        assert await statuses(venue, 51, "GET", "/markets", key=None) == [200] * 50 + [429]


async def test_a_named_shard_pays_alone_and_routed_writes_pay_everywhere() -> None:
    async with kalshi(BASIC) as venue:
        venue.exchange.transfer("ann", 0, 2, venue.exchange.accounts["ann"].free())
        named = order_body(BITCOIN, exchange_index=2)
        assert await statuses(venue, 11, "POST", ORDERS, json=named) == [201] * 10 + [429]
        # Shard 0 is full, but a routed call is billed to shard 2 too.
        assert (await venue.create(LEP)).status == 429
        venue.clock.pass_(1)
        assert (await venue.create(BITCOIN)).status == 201


def test_the_tiers_of_october_2026() -> None:
    assert limits_body("basic") == {
        "usage_tier": "basic",
        "read": {"refill_rate": 200, "bucket_capacity": 600},
        "write": {"refill_rate": 100, "bucket_capacity": 100},
        "grants": [],
    }
    assert (read_rate("advanced").capacity, write_rate("advanced").capacity) == (900, 900)
    assert (read_rate("expert").capacity, write_rate("expert").capacity) == (600, 1_800)


def test_a_bucket_never_holds_more_than_its_capacity() -> None:
    limits = RateLimits(BASIC)
    limits.write("a", 100, Nanos(0), (0,))
    late = Nanos(3_600 * SECOND)
    limits.write("a", 100, late, (0,))
    with pytest.raises(ApiError, match="too many requests"):
        limits.write("a", 1, late, (0,))
