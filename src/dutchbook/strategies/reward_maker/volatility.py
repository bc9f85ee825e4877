"""How much a middle moves: the coefficient of variation over the last looks at it."""

from collections import deque
from math import sqrt

from dutchbook.domain.units import Nanos


class Variation:
    """Middles, looked at in even steps of time, and their standard deviation as a share of their mean.

    A middle that nobody saw change is what it was: it counts at each step that went by.
    """

    def __init__(self, window: int, every: Nanos) -> None:
        self._middles: deque[int] = deque(maxlen=window)
        self._every = every
        self._next: Nanos | None = None
        self._seen = 0
        self._value: float | None = None

    def observe(self, middle: int, now: Nanos) -> None:
        """The middle is this from `now` on."""
        if self._next is None:
            self._next = now
        if now >= self._next:
            self._take(now, middle)
        self._seen = middle

    @property
    def value(self) -> float | None:
        """The standard deviation by the mean; None until it was looked at twice."""
        return self._value

    def _take(self, now: Nanos, middle: int) -> None:
        passed = (now - (self._next or now)) // self._every
        self._middles.extend([self._seen] * min(passed, self._middles.maxlen or 0) if self._seen else ())
        self._middles.append(middle)
        self._next = Nanos((self._next or now) + (passed + 1) * self._every)
        self._value = coefficient_of_variation(self._middles)


class Moves:
    """How far a middle moved within a span of time: its highest less its lowest."""

    def __init__(self, window: Nanos) -> None:
        self._window = window
        self._middles: deque[tuple[Nanos, int]] = deque()
        """Since when it was what, oldest first."""

    def observe(self, middle: int, now: Nanos) -> None:
        """The middle is this from `now` on."""
        if not self._middles or self._middles[-1][1] != middle:
            self._middles.append((now, middle))

    def reach(self, now: Nanos) -> int:
        """The highest less the lowest middle of the span until now; 0 of one that was never seen."""
        middles = self._middles
        # A middle counts until the window has passed since the next one took its place.
        while len(middles) > 1 and middles[1][0] <= now - self._window:
            middles.popleft()
        if len(middles) < 2:
            return 0
        seen = [middle for _, middle in middles]
        return max(seen) - min(seen)

    @property
    def calm_at(self) -> Nanos:
        """When the oldest move of the span is forgotten; 0 where there was none."""
        return Nanos(self._middles[1][0] + self._window) if len(self._middles) > 1 else Nanos(0)


def coefficient_of_variation(values: deque[int]) -> float | None:
    """Population standard deviation by mean; None of fewer than two values, or around 0."""
    count = len(values)
    mean = sum(values) / count if count else 0.0
    if count < 2 or not mean:
        return None
    return sqrt(sum((value - mean) ** 2 for value in values) / count) / mean
