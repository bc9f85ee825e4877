"""Token buckets by account and shard, and what each endpoint costs (protocol section 7.3)."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.kalshi.errors import too_many_requests
from dutchbook.exchange.servers.kalshi.options import KalshiOptions

BASE = "/trade-api/v2"
DEFAULT_COST = 10
COSTS: Mapping[tuple[str, str], int] = MappingProxyType(
    {
        ("POST", "/account/api_usage_level/upgrade"): 30,
        ("GET", "/cfbenchmarks"): 50,
        ("GET", "/cfbenchmarks/*endpoint"): 50,
        ("POST", "/communications/quotes"): 2,
        ("DELETE", "/communications/quotes/:quote_id"): 2,
        ("GET", "/margin/balance"): 5,
        ("PUT", "/multivariate_event_collections/:collection_ticker/lookup"): 2,
        ("DELETE", "/portfolio/events/orders"): 2,
        ("DELETE", "/portfolio/events/orders/:order_id"): 2,
        ("DELETE", "/portfolio/events/orders/batched"): 2,
        ("POST", "/portfolio/orders"): 20,
        ("DELETE", "/portfolio/orders/:order_id"): 4,
        ("GET", "/portfolio/orders/:order_id"): 2,
        ("POST", "/portfolio/orders/:order_id/amend"): 20,
        ("POST", "/portfolio/orders/:order_id/decrease"): 20,
        ("DELETE", "/portfolio/orders/batched"): 4,
        ("POST", "/portfolio/orders/batched"): 20,
    }
)
"""Endpoints that do not cost 10: the captured list, with the changes known until October 2026."""

_RATES = {
    "basic": (200, 100),
    "advanced": (300, 300),
    "expert": (600, 600),
    "premier": (1_200, 1_200),
    "paragon": (2_400, 2_400),
    "prime": (4_800, 4_800),
    "prestige": (12_000, 9_600),
}
_BURST_S = 3


class Rate(msgspec.Struct, frozen=True):
    """Tokens a second, and how many a full bucket holds."""

    refill: int
    capacity: int


def read_rate(tier: str) -> Rate:
    """The read bucket: 3 s of refill for the two lowest tiers, 1 s above."""
    refill = _RATES[tier][0]
    return Rate(refill, refill * (_BURST_S if tier in ("basic", "advanced") else 1))


def write_rate(tier: str) -> Rate:
    """The write bucket: 1 s of refill for the lowest tier, 3 s above."""
    refill = _RATES[tier][1]
    return Rate(refill, refill * (1 if tier == "basic" else _BURST_S))


class _Bucket:
    __slots__ = ("_at", "_level", "_rate")

    def __init__(self, rate: Rate, now: Nanos) -> None:
        self._rate = rate
        self._level = rate.capacity * SECOND  # billionths of a token
        self._at = now

    def has(self, tokens: int, now: Nanos) -> bool:
        rate = self._rate
        if now > self._at:
            self._level = min(rate.capacity * SECOND, self._level + (now - self._at) * rate.refill)
            self._at = now
        return self._level >= tokens * SECOND

    def take(self, tokens: int) -> None:
        self._level = max(0, self._level - tokens * SECOND)


class RateLimits:
    """All buckets. Reads of an account share one; writes have one for each shard."""

    def __init__(self, options: KalshiOptions) -> None:
        self._options = options
        self._buckets: dict[tuple[str, str, int], _Bucket] = {}

    def read(self, account: str, tokens: int, now: Nanos) -> None:
        """Bill a read; an empty account is everybody without a key. Raises ApiError 429."""
        options = self._options
        rate = (
            read_rate(options.tier) if account else Rate(options.anonymous_read_tokens, options.anonymous_read_tokens)
        )
        self._bill([self._bucket((account, "read", 0), rate, now)], tokens, now)

    def write(self, account: str, tokens: int, now: Nanos, shards: Iterable[int]) -> None:
        """Bill a write to each of `shards`: the named one, or all for calls that are routed by their ticker.

        Raises ApiError 429, and then takes nothing from any (unless an option says that refused calls cost).
        """
        rate = write_rate(self._options.tier)
        self._bill([self._bucket((account, "write", shard), rate, now) for shard in shards], tokens, now)

    def _bill(self, buckets: list[_Bucket], tokens: int, now: Nanos) -> None:
        if not self._options.limit_rates:
            return
        enough = all(bucket.has(tokens, now) for bucket in buckets)
        if enough or self._options.refused_calls_cost:
            for bucket in buckets:
                bucket.take(tokens)
        if not enough:
            raise too_many_requests()

    def _bucket(self, key: tuple[str, str, int], rate: Rate, now: Nanos) -> _Bucket:
        bucket = self._buckets.get(key)
        if bucket is None:
            bucket = self._buckets[key] = _Bucket(rate, now)
        return bucket


def limits_body(tier: str) -> dict[str, object]:
    """`GET /account/limits`."""
    read, write = read_rate(tier), write_rate(tier)
    return {
        "usage_tier": tier,
        "read": {"refill_rate": read.refill, "bucket_capacity": read.capacity},
        "write": {"refill_rate": write.refill, "bucket_capacity": write.capacity},
        "grants": [],
    }


def costs_body() -> dict[str, object]:
    """`GET /account/endpoint_costs`."""
    listed = [{"method": method, "path": BASE + path, "cost": cost} for (method, path), cost in COSTS.items()]
    return {"default_cost": DEFAULT_COST, "endpoint_costs": listed}
