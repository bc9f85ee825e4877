"""A measured value that becomes known bit by bit, and brackets around it: the highest temperature of a day."""

from collections.abc import Sequence
from functools import cache
from random import Random

from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.chance import CERTAIN, wait
from dutchbook.exchange.living.truths.ports import Stir

TOSSES = 576
_DEVIATION = 12
_PER_STEP = 1


class Brackets:
    """The value is a sum of fair tosses that fall one after the other, so its distribution is exact at every moment.

    `expected` and `deviation` are in thousandths of a degree. The value is rounded to whole degrees; the brackets are
    "below edges[0]", "edges[0] to edges[1] - 1", ..., "edges[-1] or above".
    """

    def __init__(
        self, expected: int, deviation: int, edges: Sequence[int], start: Nanos, decided: Nanos, rng: Random
    ) -> None:
        self._rng = rng
        self._fallen = 0
        self._heads = 0
        self._step = Nanos((decided - start) // (TOSSES // _PER_STEP + 1))
        self._next = Nanos(start + wait(rng, self._step))
        self._values = [_degrees(expected, deviation, heads) for heads in range(TOSSES + 1)]
        self._edges = tuple(edges)
        # Heads needed to reach each edge: the value never falls while heads are added.
        self._needed = [sum(value < edge for value in self._values) for edge in edges]
        self._chances = self._reckon()

    @property
    def chances(self) -> Sequence[int]:
        return self._chances

    def _reckon(self) -> Sequence[int]:
        left = TOSSES - self._fallen
        table = _at_most(left)
        below = [table[min(max(needed - self._heads, 0), left + 1)] for needed in self._needed]
        return [high - low for low, high in zip([0, *below], [*below, CERTAIN], strict=True)]

    @property
    def verdicts(self) -> Sequence[bool | None]:
        if self._fallen < TOSSES:
            return [None] * (len(self._edges) + 1)
        won = sum(self._heads >= needed for needed in self._needed)
        return [index == won for index in range(len(self._edges) + 1)]

    @property
    def value(self) -> int | None:
        """The measured value in whole degrees, once known."""
        return self._values[self._heads] if self._fallen == TOSSES else None

    def next_at(self) -> Nanos | None:
        return self._next if self._fallen < TOSSES - _PER_STEP else None

    def move(self, now: Nanos) -> Stir:
        """A new forecast: some of what was uncertain is known. The last tosses fall only when it is decided."""
        if self._fallen >= TOSSES - _PER_STEP:
            return Stir.QUIET
        self._toss(_PER_STEP)
        self._next = Nanos(now + wait(self._rng, self._step))
        return Stir.DRIFT

    def decide(self, now: Nanos) -> None:  # noqa: ARG002
        self._toss(TOSSES - self._fallen)

    def _toss(self, times: int) -> None:
        if times:
            self._heads += self._rng.getrandbits(times).bit_count()
            self._fallen += times
            self._chances = self._reckon()


def _degrees(expected: int, deviation: int, heads: int) -> int:
    return (expected + deviation * (heads - TOSSES // 2) // _DEVIATION + 500) // 1_000


@cache
def _at_most(tosses: int) -> tuple[int, ...]:
    """The chance of fewer than k heads in so many tosses, in millionths, for k = 0 ... tosses + 1."""
    ways, cases, table = 1, 0, [0]
    for heads in range(tosses + 1):
        cases += ways
        table.append(cases * CERTAIN >> tosses)
        ways = ways * (tosses - heads) // (heads + 1)
    return tuple(table)
