"""How much a figure can be believed: intervals of 95 % for shares, means and ratios, with no more than the samples.

Sources: Wilson (1927) for shares; Lo, "The Statistics of Sharpe Ratios" (2002), for the Sharpe ratio of independent
returns; the percentile bootstrap of Efron (1979) for everything else.
"""

import math
from collections.abc import Callable, Sequence
from random import Random

from dutchbook.evaluation.report_object import Estimate

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""
_DRAWS = 1_000
YEAR_DAYS = 365
"""Markets never close, so every day counts."""
FEWEST_DAYS = 2


def share(successes: int, tries: int) -> Estimate:
    """A share of independent tries, with Wilson's interval."""
    if not tries:
        return Estimate(value=None, note="nothing to count yet")
    p = successes / tries
    spread = 1 + _Z**2 / tries
    middle = (p + _Z**2 / (2 * tries)) / spread
    half = _Z * math.sqrt(p * (1 - p) / tries + _Z**2 / (4 * tries**2)) / spread
    # At the ends of the scale the formula is exact, and floating point is not.
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == tries else min(1.0, middle + half)
    return Estimate(value=p, low=low, high=high, sample=tries)


def mean(values: Sequence[float], chance: Random) -> Estimate:
    """A mean of independent values, with a bootstrap interval."""
    if not values:
        return Estimate(value=None, note="nothing to count yet")
    low, high = bootstrap(values, average, chance)
    return Estimate(value=average(values), low=low, high=high, sample=len(values))


def sharpe(returns: Sequence[float]) -> Estimate:
    """The Sharpe ratio of daily returns, annualised; the standard error of a daily s is sqrt((1 + s^2 / 2) / n)."""
    n = len(returns)
    spread = deviation(returns) if n >= FEWEST_DAYS else 0.0
    if not spread:
        return Estimate(value=None, sample=n, note=_too_few(n))
    daily = average(returns) / spread
    error = math.sqrt((1 + daily**2 / 2) / n)
    year = math.sqrt(YEAR_DAYS)
    return Estimate(value=daily * year, low=(daily - _Z * error) * year, high=(daily + _Z * error) * year, sample=n)


def sortino(returns: Sequence[float], chance: Random) -> Estimate:
    """The mean of daily returns over the root mean square of the losing ones, annualised, with a bootstrap interval."""
    value = _sortino(returns) if len(returns) >= FEWEST_DAYS else None
    if value is None:
        return Estimate(value=None, sample=len(returns), note=_too_few(len(returns)))
    low, high = bootstrap(returns, lambda drawn: _sortino(drawn) or 0.0, chance)
    return Estimate(value=value, low=low, high=high, sample=len(returns))


def bootstrap(
    values: Sequence[float], figure: Callable[[Sequence[float]], float], chance: Random
) -> tuple[float | None, float | None]:
    """The 2.5 % and 97.5 % points of a figure over samples drawn anew; nothing to say of fewer than two values."""
    if len(values) < FEWEST_DAYS:
        return None, None
    drawn = sorted(figure(chance.choices(values, k=len(values))) for _ in range(_DRAWS))
    return drawn[_DRAWS * 25 // 1_000], drawn[_DRAWS * 975 // 1_000 - 1]


def average(values: Sequence[float]) -> float:
    """The mean. Needs at least one value."""
    return math.fsum(values) / len(values)


def deviation(values: Sequence[float]) -> float:
    """The standard deviation of a sample. Needs at least two values."""
    middle = average(values)
    return math.sqrt(math.fsum((value - middle) ** 2 for value in values) / (len(values) - 1))


def _sortino(returns: Sequence[float]) -> float | None:
    down = math.sqrt(math.fsum(min(0.0, each) ** 2 for each in returns) / len(returns))
    return average(returns) / down * math.sqrt(YEAR_DAYS) if down else None


def _too_few(days: int) -> str:
    if days < FEWEST_DAYS:
        return f"needs {FEWEST_DAYS} whole days at least, and there are {days}"
    return "no day differs from another, or none lost"
