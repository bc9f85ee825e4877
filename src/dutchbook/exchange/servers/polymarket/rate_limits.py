"""The CLOB's two kinds of limits: sliding windows per network address, token buckets per signer (section 2.4)."""

from collections import deque
from collections.abc import Mapping, Sequence

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos

_TEN_SECONDS = Nanos(10 * SECOND)
_TEN_MINUTES = Nanos(600 * SECOND)
_TOKEN = SECOND
"""Buckets count in nanoseconds of refill at one token a second, so that nothing is ever rounded."""


class Window(msgspec.Struct, frozen=True):
    """At most `requests` in any `span`."""

    requests: int
    span: Nanos = _TEN_SECONDS


WINDOWS: Mapping[str, Sequence[Window]] = {
    "everything": (Window(15_000),),
    "clob": (Window(9_000),),
    "book": (Window(1_500),),
    "price": (Window(1_500),),
    "midpoint": (Window(1_500),),
    "books": (Window(500),),
    "prices": (Window(500),),
    "midpoints": (Window(500),),
    "prices-history": (Window(1_000),),
    "tick-size": (Window(200),),
    "ok": (Window(100),),
    "auth": (Window(100),),
    "balance-allowance": (Window(200),),
    "balance-allowance-update": (Window(50),),
    "post-order": (Window(5_000), Window(120_000, _TEN_MINUTES)),
    "delete-order": (Window(5_000), Window(120_000, _TEN_MINUTES)),
    "post-orders": (Window(2_000), Window(21_000, _TEN_MINUTES)),
    "delete-orders": (Window(2_000), Window(15_000, _TEN_MINUTES)),
    "cancel-all": (Window(250), Window(6_000, _TEN_MINUTES)),
    "cancel-market-orders": (Window(1_500), Window(21_000, _TEN_MINUTES)),
    "data-orders": (Window(500),),
    "data-trades": (Window(500),),
    "ledger": (Window(900),),
    "notifications": (Window(125),),
}
"""Section 2.4 (a), by group; a request may belong to several."""


class Tier(msgspec.Struct, frozen=True):
    """Sustained orders a second and burst; cancels have twice of both."""

    name: str
    rate: int
    burst: int


TIERS: Mapping[str, Tier] = {
    tier.name: tier
    for tier in (
        Tier("Standard", 40, 60),
        Tier("Copper", 60, 90),
        Tier("Bronze", 80, 120),
        Tier("Silver", 200, 300),
        Tier("Gold", 400, 600),
        Tier("Platinum", 450, 675),
        Tier("Diamond", 525, 787),
        Tier("Elite", 600, 900),
    )
}


class SlidingWindows:
    """Counts requests per peer and group, exactly. Requests above a limit wait for their place, or are refused."""

    def __init__(self, clock: Clock, windows: Mapping[str, Sequence[Window]] = WINDOWS) -> None:
        self._clock = clock
        self._windows = windows
        self._seen: dict[tuple[str, str], list[deque[Nanos]]] = {}

    def wait(self, peer: str, groups: Sequence[str]) -> Nanos:
        """How long a request must wait before all its groups have room; 0 admits and counts it."""
        now = self._clock.now()
        counted = [pair for group in groups for pair in self._of(peer, group)]
        longest = max((_until_free(window, seen, now) for window, seen in counted), default=0)
        if longest <= 0:
            for _, seen in counted:
                seen.append(now)
        return Nanos(max(longest, 0))

    def _of(self, peer: str, group: str) -> list[tuple[Window, deque[Nanos]]]:
        windows = self._windows.get(group, ())
        seen = self._seen.get((peer, group))
        if seen is None:
            seen = self._seen[peer, group] = [deque() for _ in windows]
        return list(zip(windows, seen, strict=True))


class Charge(msgspec.Struct, frozen=True):
    """What a signer's bucket said: `remaining` tokens, `wait` until there would be enough (0: there were)."""

    tier: str
    remaining: int
    wait: Nanos
    reset: Nanos
    """When the bucket has enough again, or is full: by the venue's clock."""


class SignerBuckets:
    """Token buckets by signer, one for orders and one for cancels."""

    def __init__(self, clock: Clock, tiers: Mapping[str, str]) -> None:
        self._clock = clock
        self._tiers = tiers
        self._levels: dict[tuple[str, bool], tuple[int, Nanos]] = {}

    def charge(self, signer: str, cost: int, *, cancels: bool = False, enforced: bool) -> Charge:
        """Take `cost` tokens, wholly or not at all. In warning mode (not `enforced`) an empty bucket stays at zero.

        Cancels need one token only and may leave less than none: the official client knows negative balances of them.
        """
        tier = TIERS[self._tiers.get(signer, "Standard")]
        factor = 2 if cancels else 1
        rate, most = tier.rate * factor, tier.burst * factor * _TOKEN
        now = self._clock.now()
        level, then = self._levels.get((signer, cancels), (most, now))
        level = min(most, level + (now - then) * rate)
        short = (1 if cancels else cost) * _TOKEN - level
        if short <= 0:
            level -= cost * _TOKEN
        elif not enforced:
            level = min(level, 0)
        self._levels[signer, cancels] = (level, now)
        wait = Nanos(max(0, -(-short // rate)))
        reset = Nanos(now + (wait or -(-(most - level) // rate)))
        return Charge(tier.name, level // _TOKEN, wait, reset)


def headers_of(charge: Charge, *, enforced: bool) -> dict[str, str]:
    """The `Poly-RateLimit-` headers of a reply (section 2.4 b)."""
    headers = {
        "Poly-RateLimit-Remaining": str(charge.remaining),
        "Poly-RateLimit-Reset": str(-(-charge.reset // SECOND)),
        "Poly-RateLimit-Tier": charge.tier,
    }
    if charge.wait and not enforced:
        headers["Poly-RateLimit-Warning"] = "true"
    return headers


def _until_free(window: Window, seen: deque[Nanos], now: Nanos) -> int:
    while seen and seen[0] <= now - window.span:
        seen.popleft()
    return seen[0] + window.span - now if len(seen) >= window.requests else 0
