"""The merge walk compiled: the twin of `merge.merge` over packed int64 arrays. Importing this loads numba.

Exactness without 128-bit integers: a size times a price is kept as three limbs of 24 bits and more (low, middle, high),
carried at every step. Sizes stay below 2**47 (`MAX_SIZE` is 1e14 millionths of a contract), what a set costs or earns
below 2**50 pico-dollars ($1,125), so no product of limbs passes 2**50 and no sum of all steps passes 2**97, whose high
limb is below 2**49. `PackedLegs` checks these bounds when numbers enter.

Numba renews its cache when this file changes, not when the constants imported here do: touch it along with them.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from numba import njit

from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.pricing.packing import AT, BITS, BUYS, COUNT, END, MASK

type Ints = npt.NDArray[np.int64]


def _native[**P, R](signature: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Compile ahead for one signature and keep the machine code on disk beside this file."""

    def compile_(function: Callable[P, R]) -> Callable[P, R]:
        compiled: Any = njit(signature, cache=True)(function)
        return compiled  # type: ignore[no-any-return]

    return compile_


@_native("UniTuple(int64, 3)(int64, int64, int64, int64, int64)")
def plus(high: int, middle: int, low: int, size: int, price: int) -> tuple[int, int, int]:
    """Limbs plus size x price, both not negative."""
    size_high, size_low = size >> BITS, size & MASK
    price_high, price_low = price >> BITS, price & MASK
    low += size_low * price_low
    middle += size_high * price_low + size_low * price_high + (low >> BITS)
    return high + size_high * price_high + (middle >> BITS), middle & MASK, low & MASK


@_native("boolean(UniTuple(int64, 3), UniTuple(int64, 3))")
def exceeds(left: tuple[int, int, int], right: tuple[int, int, int]) -> bool:
    """Whether carried limbs stand for more than others."""
    if left[0] != right[0]:
        return left[0] > right[0]
    if left[1] != right[1]:
        return left[1] > right[1]
    return left[2] > right[2]


@_native("int64(UniTuple(int64, 3), int64, int64, UniTuple(int64, 3))")
def affordable(spent: tuple[int, int, int], step: int, outlay: int, cash: tuple[int, int, int]) -> int:
    """The largest size up to `step` for which spent + size x outlay stays within cash."""
    fits, over = 0, step + 1
    while over - fits > 1:
        middle = (fits + over) >> 1
        if exceeds(plus(spent[0], spent[1], spent[2], middle, outlay), cash):
            over = middle
        else:
            fits = middle
    return fits


@_native("UniTuple(int64, 4)(int64[:, ::1], int64[:, ::1], int64, int64, UniTuple(int64, 3))")
def walk_once(
    levels: Ints, state: Ints, payoff: int, limit: int, cash: tuple[int, int, int]
) -> tuple[int, int, int, int]:
    """Size and the limbs of its profit; see `merge.merge`. A leg's row of `levels`: depth so far, price, and so on."""
    legs = state.shape[1]
    margin, outlay = payoff, max(-payoff, 0)
    for leg in range(legs):
        if state[COUNT, leg] == 0:
            return 0, 0, 0, 0
        state[AT, leg] = 0
        state[END, leg] = levels[leg, 0]
        margin -= levels[leg, 1]
        outlay += levels[leg, 1] * state[BUYS, leg]
    size = 0
    profit, spent = (0, 0, 0), (0, 0, 0)
    while margin > 0 and size < limit:
        # The leg whose level ends first; another that ends at the same size follows with an empty step.
        end, first = limit, -1
        for leg in range(legs):
            if state[END, leg] < end:
                end, first = state[END, leg], leg
        step = end - size
        after = plus(spent[0], spent[1], spent[2], step, outlay)
        if exceeds(after, cash):
            step = affordable(spent, step, outlay, cash)
            profit = plus(profit[0], profit[1], profit[2], step, margin)
            return size + step, profit[0], profit[1], profit[2]
        spent = after
        profit = plus(profit[0], profit[1], profit[2], step, margin)
        size = end
        at = state[AT, first] + 1
        if first < 0 or at == state[COUNT, first]:
            break
        change = levels[first, 2 * at + 1] - levels[first, 2 * at - 1]
        margin -= change
        outlay += change * state[BUYS, first]
        state[AT, first] = at
        state[END, first] = levels[first, 2 * at]
    return size, profit[0], profit[1], profit[2]


@_native("UniTuple(int64, 4)(int64[:, ::1], int64[:, ::1], int64, int64, int64, int64, int64)")
def walk_lots(
    levels: Ints, state: Ints, payoff: int, limit: int, high: int, middle: int, low: int
) -> tuple[int, int, int, int]:
    """`walk_once` in whole lots, with the cash as limbs."""
    cash = (high, middle, low)
    found = walk_once(levels, state, payoff, limit, cash)
    rest = found[0] % LOT
    if rest == 0:
        return found
    return walk_once(levels, state, payoff, found[0] - rest, cash)
