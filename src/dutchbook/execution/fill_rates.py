"""How often all legs of a basket fill at once, measured by kind: what leg risk is priced with (formula B8)."""

from collections import Counter

import msgspec

from dutchbook.execution.step import BasketEnd, Ending

_MILLION = 1_000_000


class FillRate(msgspec.Struct, frozen=True):
    """Baskets of one kind: those of which every leg filled at once, those of which some missed, those of which all did.

    `rate_ppm` is the share of the first among the first two, as it is reckoned with.
    """

    kind: str
    whole: int
    broken: int
    nothing: int
    rate_ppm: int


class FillRates:
    """Counts by kind. An assumption weighs as much as so many baskets, until there are more of them.

    A basket of which nothing filled costs nothing, so that it counts neither way.
    """

    def __init__(self, assumed_ppm: int, weight: int) -> None:
        self._assumed = assumed_ppm
        self._weight = weight
        self._whole: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._nothing: Counter[str] = Counter()

    def ended(self, kind: str, end: BasketEnd) -> None:
        """A basket is over: one that needed a way home was broken, however well it ended."""
        if end.ending is Ending.NOTHING:
            self._nothing[kind] += 1
        elif end.ending is Ending.COMPLETE and len(end.intents) == 1:
            self._whole[kind] += 1
        else:
            self._broken[kind] += 1

    def rate(self, kind: str) -> int:
        """The probability that all legs fill if any does, in millionths, rounded down."""
        whole, broken = self._whole[kind], self._broken[kind]
        total = whole + broken + self._weight
        return (whole * _MILLION + self._assumed * self._weight) // total if total else self._assumed

    def stats(self) -> tuple[FillRate, ...]:
        """What was measured, for reports."""
        kinds = sorted({*self._whole, *self._broken, *self._nothing})
        return tuple(
            FillRate(kind, self._whole[kind], self._broken[kind], self._nothing[kind], self.rate(kind))
            for kind in kinds
        )
