"""Requests leave as fast as the limits let them, in order, cancels first; never faster."""

from bisect import bisect_left
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.budget import Bill, Budget, Limit
from dutchbook.venues.departures import Departure, Departures
from dutchbook.venues.polymarket import order_limits as limits
from dutchbook.venues.polymarket.limits import CLOB, EVERYTHING
from dutchbook.venues.polymarket.order_limits import Tier, order_limits


class Time:
    """A clock and its timers, moved by hand."""

    def __init__(self) -> None:
        self.at = Nanos(0)
        self.timers: list[_Timer] = []

    def now(self) -> Nanos:
        return self.at

    async def sleep(self, _: float) -> None:
        raise AssertionError("departures do not sleep")

    def later(self, delay_s: float, call: Callable[[], None]) -> "_Timer":
        timer = _Timer(Nanos(self.at + max(1, round(delay_s * SECOND))), call)
        self.timers.append(timer)
        return timer

    def pass_(self, nanos: int) -> None:
        target = Nanos(self.at + nanos)
        while due := [timer for timer in self.timers if timer.at <= target]:
            timer = min(due, key=lambda each: each.at)
            self.timers.remove(timer)
            self.at = max(self.at, timer.at)
            if not timer.cancelled:
                timer.call()
        self.at = target


class _Timer:
    def __init__(self, at: Nanos, call: Callable[[], None]) -> None:
        self.at = at
        self.call = call
        self.cancelled = False

    def cancel(self) -> None:
        self.cancelled = True


class Gate:
    """Departures with a log of what left when."""

    def __init__(self, **buckets: Limit) -> None:
        self.time = Time()
        self.budget = Budget(buckets, self.time, self.time.sleep)
        self.departures = Departures(self.budget, self.time.later)
        self.left: list[tuple[Nanos, str]] = []

    def leave(self, name: str, *bills: Bill, urgent: bool = False) -> None:
        write = lambda: self.left.append((self.time.at, name))  # noqa: E731 - a closure over its name
        self.departures.leave(Departure(bills, (name,), write, name), urgent=urgent)

    def names(self) -> list[str]:
        return [name for _, name in self.left]


def test_what_has_room_leaves_in_the_same_call() -> None:
    gate = Gate(orders=Limit(1, 2))
    gate.leave("a", ("orders", 1))
    gate.leave("b", ("orders", 1))
    gate.leave("c", ("orders", 1))
    assert gate.names() == ["a", "b"]
    gate.time.pass_(SECOND)
    assert gate.names() == ["a", "b", "c"]


def test_nobody_is_overtaken_by_a_smaller_one() -> None:
    gate = Gate(orders=Limit(1, 10))
    gate.leave("a", ("orders", 8))
    gate.leave("big", ("orders", 10))
    gate.leave("small", ("orders", 1))
    assert gate.names() == ["a"]
    gate.time.pass_(20 * SECOND)
    assert gate.names() == ["a", "big", "small"]


def test_cancels_do_not_wait_behind_orders() -> None:
    gate = Gate(orders=Limit(1, 1), cancels=Limit(1, 1), both=Limit(1, 3))
    for name in "abc":
        gate.leave(name, ("orders", 1), ("both", 1))
    gate.leave("cancel", ("cancels", 1), ("both", 1), urgent=True)
    assert gate.names() == ["a", "cancel"]


def test_of_those_that_wait_cancels_leave_first() -> None:
    gate = Gate(both=Limit(1, 1))
    for name in "abc":
        gate.leave(name, ("both", 1))
    gate.leave("cancel", ("both", 1), urgent=True)
    gate.time.pass_(4 * SECOND)
    assert gate.names() == ["a", "cancel", "b", "c"]


def test_a_pause_of_the_venue_is_kept_and_then_over() -> None:
    gate = Gate(orders=Limit(10, 10))
    gate.budget.cool_down("orders", 7.0)
    gate.leave("a", ("orders", 1))
    gate.time.pass_(6 * SECOND)
    assert not gate.left
    gate.time.pass_(SECOND)
    assert gate.left == [(7 * SECOND, "a")]


def test_what_waits_can_be_taken_back() -> None:
    gate = Gate(orders=Limit(1, 1))
    for name in "abc":
        gate.leave(name, ("orders", 1))
    assert [each.cargo for each in gate.departures.withdraw(lambda each: each.cargo == "b")] == ["b"]
    gate.time.pass_(9 * SECOND)
    assert gate.names() == ["a", "c"]
    assert not gate.departures.waiting


def test_a_debt_is_paid_before_others_leave() -> None:
    gate = Gate(orders=Limit(1, 5))
    gate.budget.owe("orders", 8)
    gate.leave("a", ("orders", 1))
    gate.time.pass_(3 * SECOND)
    assert not gate.left
    gate.time.pass_(SECOND)
    assert gate.names() == ["a"]


KINDS = {
    "order": (limits.POST_ORDER, limits.PLACES, (1, 1)),
    "batch": (limits.POST_ORDERS, limits.PLACES, (2, 15)),
    "cancel": (limits.DELETE_ORDER, limits.CANCELS, (1, 1)),
    "cancels": (limits.DELETE_ORDERS, limits.CANCELS, (2, 100)),
    "all": (limits.CANCEL_ALL, limits.CANCELS, (1, 1)),
    "orders read": (limits.DATA_ORDERS, None, (1, 1)),
    "trades read": (limits.DATA_TRADES, None, (1, 1)),
    "balance": (limits.BALANCE, None, (1, 1)),
    "update": (limits.BALANCE_UPDATE, None, (1, 1)),
}
DOCUMENTED = {
    EVERYTHING: [(15_000, 10)],
    CLOB: [(9_000, 10)],
    "POST /order": [(5_000, 10)],
    "POST /order 10m": [(120_000, 600)],
    "POST /orders": [(2_000, 10)],
    "POST /orders 10m": [(21_000, 600)],
    "DELETE /order": [(5_000, 10)],
    "DELETE /order 10m": [(120_000, 600)],
    "DELETE /orders": [(2_000, 10)],
    "DELETE /orders 10m": [(15_000, 600)],
    "cancel-all": [(250, 10)],
    "cancel-all 10m": [(6_000, 600)],
    "/data/orders": [(500, 10)],
    "/data/trades": [(500, 10)],
    "ledger": [(900, 10)],
    "/balance-allowance": [(200, 10)],
    "/balance-allowance/update": [(50, 10)],
}
SIGNER = {Tier.STANDARD: (40, 60), Tier.SILVER: (200, 300), Tier.ELITE: (600, 900)}
"""Orders a second and burst by section 2.4 (b); cancels have twice of both."""


def rush(tier: Tier, rng: Random, requests: int) -> dict[str, list[tuple[Nanos, int]]]:
    """What left, by bucket, when everybody asks for as much as he can."""
    time = Time()
    gate = Departures(Budget(order_limits(tier), time, time.sleep), time.later)
    left: dict[str, list[tuple[Nanos, int]]] = {}
    for _ in range(requests):
        groups, signer, (least, most) = KINDS[rng.choice(list(KINDS))]
        bills = [(group, 1) for group in groups]
        if signer is not None:
            bills.append((signer, rng.randint(least, most)))

        def write(bills: list[Bill] = bills) -> None:
            for name, tokens in bills:
                left.setdefault(name, []).append((time.at, tokens))

        gate.leave(Departure(tuple(bills), (), write), urgent=signer == limits.CANCELS)
        if rng.random() < 0.3:
            time.pass_(rng.randrange(0, SECOND // 5))
    time.pass_(10_000_000 * SECOND)
    assert not gate.waiting
    return left


def most_in(window_s: int, uses: list[tuple[Nanos, int]]) -> int:
    """The most tokens in any window, its first instant included and its last excluded."""
    times = [at for at, _ in uses]
    sums = [0]
    for _, tokens in uses:
        sums.append(sums[-1] + tokens)
    return max(sums[bisect_left(times, at + window_s * SECOND)] - sums[index] for index, at in enumerate(times))


def check_rush(tier: Tier, left: dict[str, list[tuple[Nanos, int]]]) -> None:
    for name, windows in DOCUMENTED.items():
        for allowed, seconds in windows:
            assert most_in(seconds, left.get(name, [(Nanos(0), 0)])) <= allowed, name
    rate, burst = SIGNER[tier]
    for name, factor in ((limits.PLACES, 1), (limits.CANCELS, 2)):
        level, then = burst * factor * SECOND, Nanos(0)
        for at, tokens in left.get(name, []):
            level = min(burst * factor * SECOND, level + (at - then) * rate * factor) - tokens * SECOND
            then = at
            assert level >= 0, name


@given(st.sampled_from(list(SIGNER)), st.randoms(use_true_random=False))
def test_the_documented_limits_are_never_exceeded(tier: Tier, rng: Random) -> None:
    check_rush(tier, rush(tier, rng, 300))


@pytest.mark.long
@pytest.mark.parametrize("tier", SIGNER)
def test_the_documented_limits_are_not_exceeded_by_hundreds_of_thousands_of_requests(tier: Tier) -> None:
    check_rush(tier, rush(tier, Random(tier), 333_334))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=40))
def test_everything_leaves_once_and_each_queue_in_its_order(wishes: list[tuple[int, int, bool]]) -> None:
    gate = Gate(a=Limit(3, 4), b=Limit(5, 6))
    for number, (pause, tokens, urgent) in enumerate(wishes):
        gate.time.pass_(pause * SECOND // 4)
        gate.leave(f"{number}", ("a", tokens), ("b", 1), urgent=urgent)
    gate.time.pass_(1_000 * SECOND)
    assert sorted(map(int, gate.names())) == list(range(len(wishes)))
    for kind in (False, True):
        mine = [int(name) for name in gate.names() if wishes[int(name)][2] is kind]
        assert mine == sorted(mine)
