"""Time and chance around an arbitrage: discounting, annualised returns, capital charges, mismatch and leg risk.

Rates, probabilities and returns are floats (they are estimates); amounts of money are integers, rounded against us.
"""

import math

from dutchbook.domain.units import DOLLAR, ONE, Money, Price

DAYS = 365


def present_value(yearly: float, days: float) -> float:
    """What a sure dollar in `days` is worth today at a yearly yield (formulas B10)."""
    return math.pow(1 + yearly, -days / DAYS)


def implied_yield(price: Price, days: float) -> float:
    """The yearly yield of buying a sure dollar at `price` that pays in `days` (formulas B10). `days` above 0."""
    return math.pow(ONE / price, DAYS / days) - 1


def annualised_simple(roi: float, days: float) -> float:
    """A return over `days` as a yearly rate without compounding."""
    return roi * DAYS / days


def annualised_compound(roi: float, days: float) -> float:
    """A return over `days` as a yearly rate, reinvested."""
    return math.pow(1 + roi, DAYS / days) - 1


def longest_lockup(roi: float, hurdle: float) -> float:
    """The most days for which `roi` still earns the yearly `hurdle` (above 0), compounded (formulas B7)."""
    return DAYS * math.log1p(roi) / math.log1p(hurdle)


def capital_charge(bound: Money, yearly: float, days: float) -> Money:
    """What binding an amount for `days` costs at a yearly yield, compounded, rounded up to a micro-dollar."""
    return Money(math.ceil(bound * math.expm1(math.log1p(yearly) * days / DAYS)))


def mismatch_break_even(cost: Money) -> float:
    """The chance of both legs losing at which a pair that pays a dollar and costs `cost`, with fees, earns nothing."""
    return 1 - cost / DOLLAR


def mismatch_ev(cost: Money, mismatch: float) -> float:
    """Expected dollars earned by a pair, if with probability `mismatch` both venues settle against it (formulas B7)."""
    return 1 - cost / DOLLAR - mismatch


def mismatch_kelly(cost: Money, mismatch: float) -> float:
    """The growth-optimal share of the bankroll in the pair, 0 without an edge. Use an upper bound of `mismatch`."""
    paid = cost / DOLLAR
    return max((1 - mismatch - paid) / (1 - paid), 0.0)


def leg_risk_ev(filled: float, gain: Money, loss: Money) -> float:
    """Expected micro-dollars of a basket that fills whole with probability `filled` and loses `loss` otherwise (B8)."""
    return filled * gain - (1 - filled) * loss


def leg_risk_break_even(gain: Money, loss: Money) -> float:
    """The fill probability at which a basket earns nothing; `gain` and `loss` are both positive (formulas B8)."""
    return loss / (gain + loss)
