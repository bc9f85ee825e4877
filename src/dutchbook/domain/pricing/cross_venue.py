"""What a pair across two venues is worth once both may settle it differently, and how far a second leg may go (B7).

Sizes and fees of both venues are those of `depth.executable_size`. Here: the risk that one question is settled twice.
"""

from collections.abc import Sequence

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import FeeSchedule, PriceGrid
from dutchbook.domain.pricing.depth import Execution
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import ONE, Money, Price, Size, notional_up

_MILLION = 1_000_000


def mismatch_cost(payoff: Price, size: Size, mismatch_ppm: int) -> Money:
    """What settling differently costs on average: in that case both legs lose, and `payoff` a set is not paid.

    Errs against us (both legs could as well win), and is rounded up to a micro-dollar.
    """
    return Money(-(-payoff * size * mismatch_ppm // (ONE * _MILLION)))


def break_even_mismatch(execution: Execution, payoff: Price) -> int:
    """The probability of a mismatch, in millionths, at which an execution earns nothing; rounded down (formulas B7).

    It is the profit after all fees as a share of what the sets pay.
    """
    return max(0, execution.profit * _MILLION * ONE // (payoff * execution.size))


def counted(levels: Sequence[Level], share_ppm: int) -> Sequence[Level]:
    """The levels with so much of their size as one counts on: what vanishes meanwhile makes a fill-or-kill miss."""
    if share_ppm >= _MILLION:
        return levels
    return [Level(level.price, size) for level in levels if (size := Size(level.size * share_ppm // _MILLION))]


def dearest(fees: FeeSchedule, grid: PriceGrid, size: Size, budget: Money) -> Price | None:
    """The highest price on the grid at which `size` costs at most `budget` with its fee; None if there is none.

    The cost of a purchase grows with its price, since a fee moves slower than the price in all known schedules.
    """
    low, high = 0, ONE - 1
    while low < high:
        middle = Price((low + high + 1) // 2)
        if notional_up(middle, size) + taker_fee(fees, middle, size, Side.BUY) <= budget:
            low = middle
        else:
            high = middle - 1
    while low and not grid.contains(Price(low)):
        low -= 1
    return Price(low) if low else None
