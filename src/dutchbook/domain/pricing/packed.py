"""Legs kept packed for the compiled walk: a strategy refreshes the leg that changed and asks again."""

import importlib.util
from collections.abc import Callable, Sequence
from functools import cache, lru_cache

import msgspec
import numpy as np
import numpy.typing as npt

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import FeeSchedule
from dutchbook.domain.pricing.depth import Execution, settle
from dutchbook.domain.pricing.merge import ATTO_PER_MICRO, MAX_SIZE, LegDepth, effective_price, merge, net_payoff
from dutchbook.domain.pricing.packing import BITS, BUYS, COUNT, MASK
from dutchbook.domain.units import ONE, Money, Price, Size

MAX_LEGS = 500
MAX_PAYOFF = Price(500 * ONE)
MAX_EFFECTIVE = 125 * 10**10
"""A contract costs or brings at most $1.25, fee included: 500 of them and the payoff stay below 2**50 pico-dollars."""

_ALL_CASH = 1 << 97
"""More than any walk can spend."""
_UNBOUND = (_ALL_CASH >> 2 * BITS, 0, 0)

type Ints = npt.NDArray[np.int64]
type Kernel = Callable[[Ints, Ints, int, int, int, int, int], tuple[int, int, int, int]]


@cache
def kernel() -> Kernel | None:
    """The compiled walk, loaded at the first call (it costs memory); None where numba is not installed."""
    if importlib.util.find_spec("numba") is None:
        return None
    from dutchbook.domain.pricing.compiled import walk_lots

    return walk_lots


class Solution(msgspec.Struct, frozen=True, gc=False):
    """Millionths of a set, and their exact profit in atto-dollars (1e-18) before the venues' rounding."""

    size: Size
    gain: int


class PackedLegs:
    """A bundle's legs as int64 arrays: the results of `merge` and `executable_size`, exactly, at compiled speed.

    Without numba the answers are the same and come from `merge`.

    Bounds, checked where numbers enter (ValueError): 500 legs, a payoff within 500 dollars, prices between 0 and 1
    dollar, a price with its fee within 1.25 dollars. Depth beyond `MAX_SIZE` (1e8 contracts) is not looked at.
    """

    def __init__(self, legs: Sequence[LegDepth]) -> None:
        if not 0 < len(legs) <= MAX_LEGS:
            raise ValueError(f"{len(legs)} legs cannot be packed - a bundle has 1 to {MAX_LEGS}")
        self._walk = kernel()
        self._legs = list(legs)
        self._stale: dict[int, Sequence[Level]] = {}
        self._prices = [_effective_prices(leg.side, leg.fees) for leg in legs]
        self._smallest = max(leg.min_size for leg in legs)
        self._state = np.zeros((4, len(legs)), np.int64)
        self._state[BUYS] = [leg.side is Side.BUY for leg in legs]
        self._levels = np.zeros((len(legs), 2 * max(8, *(len(leg.levels) for leg in legs))), np.int64)
        for index, leg in enumerate(legs):
            self.refresh(index, leg.levels)

    def refresh(self, leg: int, levels: Sequence[Level]) -> None:
        """Replace what one leg could take, best first. Raises ValueError, changing nothing, for an impossible level."""
        prices = self._prices[leg]
        row: list[int] = []
        depth = 0
        for level in levels:
            if level.size < 0 or not 0 < level.price < ONE:
                raise ValueError(f"leg {leg}: {level} is no level - the book is damaged, take a snapshot")
            if depth >= MAX_SIZE:
                break
            depth = min(depth + level.size, MAX_SIZE)
            row += depth, prices[level.price]
        self._widen(len(row))
        self._levels[leg, : len(row)] = row
        self._state[COUNT, leg] = len(row) // 2
        self._stale[leg] = tuple(levels)

    def solve(
        self, payoff: Price, conversion_ppm: int = 0, limit: Size | None = None, cash: Money | None = None
    ) -> Solution | None:
        """The best number of sets and its exact profit, as `merge` finds them; None below a leg's minimum size.

        Minimum notional, the price grid and the venues' rounding are left to `execution`.
        """
        most = MAX_SIZE if limit is None else min(limit, MAX_SIZE)
        budget = None if cash is None else cash * ATTO_PER_MICRO
        size, gain = self._merge(_net(payoff, conversion_ppm), most, budget)
        return Solution(Size(size), gain) if size and size >= self._smallest else None

    def execution(
        self, payoff: Price, conversion_ppm: int = 0, limit: Size | None = None, cash: Money | None = None
    ) -> Execution | None:
        """What `executable_size` answers for these legs."""
        net = _net(payoff, conversion_ppm)
        most = MAX_SIZE if limit is None else min(limit, MAX_SIZE)
        return settle(lambda size, budget: self._merge(net, size, budget), self._depths(), net, most, cash)

    def _merge(self, payoff: int, limit: int, cash: int | None) -> tuple[int, int]:
        if self._walk is None:
            return merge(self._depths(), payoff, limit, cash)
        limbs = _UNBOUND if cash is None else _limbs(max(min(cash, _ALL_CASH), 0))
        size, high, middle, low = self._walk(self._levels, self._state, payoff, limit, *limbs)
        return size, (high << 2 * BITS) + (middle << BITS) + low

    def _widen(self, columns: int) -> None:
        missing = columns - self._levels.shape[1]
        if missing > 0:
            self._levels = np.ascontiguousarray(np.pad(self._levels, ((0, 0), (0, 2 * missing))))

    def _depths(self) -> Sequence[LegDepth]:
        for leg, levels in self._stale.items():
            self._legs[leg] = msgspec.structs.replace(self._legs[leg], levels=levels)
        self._stale.clear()
        return self._legs


def _limbs(amount: int) -> tuple[int, int, int]:
    return amount >> 2 * BITS, amount >> BITS & MASK, amount & MASK


@lru_cache(maxsize=256)
def _net(payoff: Price, conversion_ppm: int) -> int:
    if not -MAX_PAYOFF <= payoff <= MAX_PAYOFF:
        raise ValueError(f"a payoff of {payoff} cannot be walked exactly - the bound is {MAX_PAYOFF}")
    return net_payoff(payoff, conversion_ppm)


@lru_cache(maxsize=64)
def _effective_prices(side: Side, fees: FeeSchedule) -> Sequence[int]:
    """`effective_price` for every price up to a dollar."""
    prices = tuple(effective_price(side, fees, Price(price)) for price in range(ONE + 1))
    if max(map(abs, prices)) > MAX_EFFECTIVE:
        raise ValueError(f"{fees} charges more than a quarter of a dollar a contract - no such schedule is known")
    return prices
