"""What is compared between recorded and living markets, measured alike on both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from dutchbook.domain.units import ONE

type Sizes = Mapping[int, int]
"""Size in 1e-6 contracts by YES price in 1e-4 dollars."""


class Measure(StrEnum):
    """A column of the comparison, with its unit."""

    SPREAD = "spread, cents"
    TOP = "size at the best price, contracts"
    DEPTH = "size within 5 cents of the best, contracts a side"
    LEVELS = "levels a side"
    UPDATES = "book updates a second"
    TRADES = "trades a minute"
    TRADE_SIZE = "trade size, contracts"
    ASKS = "sum of YES asks of a whole question, cents"
    BIDS = "sum of YES bids of a whole question, cents"
    MID_APART = "mids of the two venues apart, cents"
    CROSS_EDGE = "best bid here less best ask there, before fees, cents"


class Range(msgspec.Struct, frozen=True):
    """The 5 %, 50 % and 95 % points of `count` values."""

    low: float
    median: float
    high: float
    count: int


class Measures:
    """Collects values by measure."""

    def __init__(self) -> None:
        self._values: dict[Measure, list[float]] = defaultdict(list)

    def add(self, measure: Measure, value: float) -> None:
        self._values[measure].append(value)

    def extend(self, measure: Measure, values: Iterable[float]) -> None:
        self._values[measure].extend(values)

    def book(self, bids: Sizes, asks: Sizes) -> None:
        """One look at a two-sided, uncrossed book; any other is passed over."""
        if not bids or not asks or (bid := max(bids)) >= (ask := min(asks)):
            return
        self.add(Measure.SPREAD, (ask - bid) / 100)
        self.add(Measure.TOP, (bids[bid] + asks[ask]) / 2e6)
        near = sum(size for price, size in bids.items() if price >= bid - 500)
        near += sum(size for price, size in asks.items() if price <= ask + 500)
        self.add(Measure.DEPTH, near / 2e6)
        self.add(Measure.LEVELS, (len(bids) + len(asks)) / 2)

    def whole(self, tops: Sequence[tuple[int | None, int | None]]) -> None:
        """The best bids and asks of all markets of an exclusive question; a missing ask counts as a dollar."""
        self.add(Measure.BIDS, sum(bid or 0 for bid, _ in tops) / 100)
        self.add(Measure.ASKS, sum(ask or ONE for _, ask in tops) / 100)

    def across(self, here: tuple[int, int], there: tuple[int, int]) -> None:
        """Best bid and ask of one question at two venues."""
        self.add(Measure.MID_APART, abs(sum(here) - sum(there)) / 200)
        self.add(Measure.CROSS_EDGE, max(here[0] - there[1], there[0] - here[1]) / 100)

    def ranges(self) -> Mapping[Measure, Range]:
        return {measure: _range(sorted(values)) for measure, values in self._values.items() if values}


def _range(values: Sequence[float]) -> Range:
    last = len(values) - 1
    return Range(values[last * 5 // 100], values[last // 2], values[-(-last * 95 // 100)], len(values))
