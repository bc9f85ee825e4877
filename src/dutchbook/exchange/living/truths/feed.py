"""A price that everybody can watch: it walks at random, tick by tick."""

from collections import deque
from collections.abc import Sequence
from math import isqrt
from random import Random

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.chance import CERTAIN, bell, normal_ppm

_YEAR = 31_557_600
_KEPT = 3_600


class Feed:
    """A price in 1e-8 dollars with independent, nearly normal steps: one each `tick`. Steps are absolute, so it drifts
    nowhere; over a day at usual volatilities this differs from a geometric walk by less than a spread."""

    def __init__(self, symbol: str, value: int, volatility: int, tick: Nanos, start: Nanos, rng: Random) -> None:
        """`volatility` is the annual one in millionths, `value` in 1e-8 dollars."""
        self.symbol = symbol
        self.tick = tick
        self.value = value
        self.at = start
        self.deviation = value * volatility // CERTAIN * isqrt(tick * 10**9 // SECOND) // isqrt(_YEAR * 10**9)
        """Of one tick."""
        self._rng = rng
        self._past: deque[int] = deque([value], maxlen=_KEPT)

    def step(self, now: Nanos) -> None:
        """One tick. A price that would fall below a tenth of a cent stays where it is."""
        value = self.value + bell(self._rng, self.deviation)
        self.value = value if value > 100_000 else self.value
        self.at = now
        self._past.append(self.value)

    def recent(self, ticks: int) -> Sequence[int]:
        """The last values, at most so many, the newest last."""
        return list(self._past)[-ticks:]

    def reading(self, ticks: int) -> int:
        """The average of the last `ticks` values, rounded down."""
        values = self.recent(ticks)
        return sum(values) // len(values)

    def chance_of_reaching(self, strike: int, left: int, average: int) -> int:
        """The chance, in millionths, that the average of the last `average` ticks is at `strike` or above in `left`
        ticks from now. Exact but for the normal approximation of the steps."""
        if left <= 0:
            return CERTAIN if self.reading(average) >= strike else 0
        if left >= average:
            mean = self.value
        else:
            mean = (sum(self.recent(average - left)) + left * self.value) // average
        inside = min(left, average)
        squares = inside * (inside + 1) * (2 * inside + 1) // 6
        spread = isqrt(self.deviation**2 * (max(left - average, 0) * average**2 + squares)) // average
        return normal_ppm(1_000 * (mean - strike) // max(spread, 1))
