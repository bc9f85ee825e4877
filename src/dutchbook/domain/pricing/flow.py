"""What order flow says of the next price, and what fills turned out to be worth (formulas Q1 to Q6, M7).

Prices are dollars, sizes contracts, both floats: signals, not money. Work in logits where prices leave [0.2, 0.8].
"""

from collections.abc import Iterable, Sequence
from math import inf, sqrt
from typing import NamedTuple

import msgspec

from dutchbook.domain.book import Side


class Top(NamedTuple):
    """Best bid and ask with their sizes."""

    bid: float
    bid_size: float
    ask: float
    ask_size: float


class Vwap(NamedTuple):
    """Mean price by volume, and the standard deviation around it."""

    mean: float
    deviation: float

    def gap(self, price: float) -> float:
        """How many deviations a price is above the mean (Q1); infinite beside trades at one price only."""
        away = price - self.mean
        if self.deviation:
            return away / self.deviation
        return 0.0 if not away else inf if away > 0 else -inf


class FillQuality(NamedTuple):
    """A fill's effective half-spread and its parts, in dollars a contract: effective = realised + impact (M7)."""

    effective: float
    realised: float
    impact: float


class Cusum(msgspec.Struct, frozen=True):
    """A running sum of what exceeds `slack`, which alarms above `limit` (Q6; Page 1954)."""

    slack: float
    limit: float
    level: float = 0.0

    def after(self, z: float) -> "Cusum":
        """S = max(0, S + z - k)."""
        return Cusum(self.slack, self.limit, max(0.0, self.level + z - self.slack))

    @property
    def alarmed(self) -> bool:
        """S > h."""
        return self.level > self.limit


def vwap(trades: Iterable[tuple[float, float]]) -> Vwap | None:
    """Of (price, volume) pairs; None without volume (Q1)."""
    kept = [(price, volume) for price, volume in trades if volume > 0]
    volume = sum(size for _, size in kept)
    if not volume:
        return None
    mean = sum(price * size for price, size in kept) / volume
    return Vwap(mean, sqrt(sum(size * (price - mean) ** 2 for price, size in kept) / volume))


def imbalance(bid_size: float, ask_size: float) -> float | None:
    """(qb - qa) / (qb + qa), between -1 and 1; None where nobody quotes (Q2)."""
    both = bid_size + ask_size
    return (bid_size - ask_size) / both if both else None


def microprice(top: Top) -> float | None:
    """(b qa + a qb) / (qa + qb): the middle, drawn towards the thinner side; None where nobody quotes (Q2)."""
    both = top.bid_size + top.ask_size
    return (top.bid * top.ask_size + top.ask * top.bid_size) / both if both else None


def order_flow(before: Top, after: Top) -> float:
    """Order-flow imbalance of one change of the best prices, in contracts: buying pressure is positive (Q3)."""
    flow = 0.0
    if after.bid >= before.bid:
        flow += after.bid_size
    if after.bid <= before.bid:
        flow -= before.bid_size
    if after.ask <= before.ask:
        flow -= after.ask_size
    if after.ask >= before.ask:
        flow += before.ask_size
    return flow


def impact_slope(volumes: Sequence[float], moves: Sequence[float]) -> float | None:
    """sum v dp / sum v^2 for signed volumes and the moves after them, dollars per contract; None without any (Q4)."""
    square = sum(volume * volume for volume in volumes)
    return sum(volume * move for volume, move in zip(volumes, moves, strict=True)) / square if square else None


def vpin(bought: Sequence[float], bucket: float) -> float | None:
    """Mean of abs(2 Vbuy - V) / V over buckets of equal volume: 0 balanced, 1 one-sided; None without any (Q5)."""
    if not bought or not bucket:
        return None
    return sum(abs(2 * volume - bucket) / bucket for volume in bought) / len(bought)


def fill_quality(side: Side, fill: float, middle: float, later: float) -> FillQuality:
    """What a fill earned against the middle then and `later`, in dollars a contract; losses are negative (M7)."""
    sign = 1 if side is Side.BUY else -1
    return FillQuality(sign * (middle - fill), sign * (later - fill), sign * (middle - later))
