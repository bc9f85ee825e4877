"""Something happens by one of several dates, or never: a ladder of deadlines of which each implies the later ones."""

from collections.abc import Sequence
from itertools import pairwise
from random import Random

from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.chance import CERTAIN
from dutchbook.exchange.living.truths.partition import drift
from dutchbook.exchange.living.truths.ports import Stir


class Deadlines:
    """`chances` are those of the markets "by deadline i", rising. While it has not happened, its chance melts away.

    Time runs in steps; in each it happens with a constant share of what is left for the present stretch.
    """

    def __init__(
        self,
        chances: Sequence[int],
        deadlines: Sequence[Nanos],
        step: Nanos,
        restlessness: int,
        start: Nanos,
        rng: Random,
    ) -> None:
        """`restlessness` is the deviation of one drift in millionths, as in `Temper`."""
        edges = [0, *chances, CERTAIN]
        self._weights = [high - low for low, high in pairwise(edges)]
        if min(self._weights) < 0:
            raise ValueError("later deadlines cannot be less likely")
        self._deadlines = tuple(deadlines)
        self._step = step
        self._restlessness = restlessness
        self._rng = rng
        self._stretch = 0
        self._next = Nanos(start + step)
        self._happened: int | None = None
        """In which stretch it happened."""

    @property
    def chances(self) -> Sequence[int]:
        total, chances = 0, []
        for weight in self._weights[:-1]:
            total += weight
            chances.append(total)
        return chances

    @property
    def verdicts(self) -> Sequence[bool | None]:
        if self._happened is not None:
            return [index >= self._happened for index in range(len(self._deadlines))]
        return [False if index < self._stretch else None for index in range(len(self._deadlines))]

    def next_at(self) -> Nanos | None:
        return None if self._over() else self._next

    def move(self, now: Nanos) -> Stir:
        """One step: it happens, or it does not and everything later becomes a little likelier."""
        if self._over():
            return Stir.QUIET
        self._next = Nanos(now + self._step)
        left = max(1, (self._deadlines[self._stretch] - now) // self._step + 1)
        weight = self._weights[self._stretch] if left == 1 else self._weights[self._stretch] // left
        if self._rng.randrange(CERTAIN) < weight:
            self._happen()
            return Stir.NEWS
        self._melt(weight)
        if left == 1:
            self._stretch += 1
        elif len(self._weights) - self._stretch > 1:
            self._drift()
        return Stir.DRIFT

    def decide(self, now: Nanos) -> None:
        """Settle every deadline that has passed by now."""
        while not self._over() and self._deadlines[self._stretch] <= now:
            self.move(now)

    def _over(self) -> bool:
        return self._happened is not None or self._stretch == len(self._deadlines)

    def _happen(self) -> None:
        self._happened = self._stretch
        self._weights = [CERTAIN if index == self._stretch else 0 for index in range(len(self._weights))]

    def _melt(self, weight: int) -> None:
        """Take `weight` from the present stretch and scale the rest up to one; what rounding leaves is "never"."""
        self._weights[self._stretch] -= weight
        left = CERTAIN - weight
        if left == 0:
            raise ValueError("a sure thing did not happen")
        self._weights = [share * CERTAIN // left for share in self._weights]
        self._weights[-1] += CERTAIN - sum(self._weights)

    def _drift(self) -> None:
        future = self._weights[self._stretch :]
        drift(future, self._restlessness, self._rng)
        self._weights[self._stretch :] = future
