"""Polymarket's taker fee: contracts x rate x (p(1 - p))^exponent, kept to five decimals of a dollar."""

from enum import StrEnum

from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.units import ONE, Money, Price, Size

QUANTUM = Money(10)
"""The smallest charge, $0.00001: every fee is a multiple of it."""


class FeeRounding(StrEnum):
    """How the fifth decimal is reached: the venue's own direction is undocumented."""

    UP = "up"
    """For estimates: against ourselves."""
    HALF_UP = "half_up"
    """What the venue is assumed to do; within $0.00001 of it in any case."""
    DOWN = "down"
    """Truncated, as in published examples."""


def polymarket_fee(fees: PolymarketFees, price: Price, size: Size, rounding: FeeRounding = FeeRounding.UP) -> Money:
    """The fee for taking `size` contracts at `price` in one match, in micro-dollars (formulas F1, protocol 7.1).

    Exact before the one rounding named. Maker or taker is the caller's question: see `fees.maker_fee`.
    """
    # Units of 1e-(12 + 8 exponent) dollars, and $0.00001 in them. Every schedule of today has exponent 1.
    step: int
    if fees.exponent == 1:
        exact = fees.rate_ppm * price * (ONE - price) * size
        step = 10**15
    else:
        exact = fees.rate_ppm * (price * (ONE - price)) ** fees.exponent * size
        step = 10 ** (7 + 8 * fees.exponent)
    if rounding is FeeRounding.UP:
        return Money(-(-exact // step) * QUANTUM)
    if rounding is FeeRounding.HALF_UP:
        return Money((2 * exact + step) // (2 * step) * QUANTUM)
    return Money(exact // step * QUANTUM)


def maker_rebate(fees: PolymarketFees, price: Price, size: Size) -> Money:
    """What a maker gets back of the fee that a taker paid on `size` at `price`, rounded down to a micro-dollar.

    An estimate: the venue shares one pool for each market and day pro rata by this figure, and pays nothing below $1.
    """
    exact: int = fees.rebate_ppm * fees.rate_ppm * (price * (ONE - price)) ** fees.exponent * size
    step: int = 10 ** (12 + 8 * fees.exponent)
    return Money(exact // step)
