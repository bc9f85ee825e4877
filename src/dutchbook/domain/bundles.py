"""Bundles: weighted sets of outcomes that pay a known minimum in every state of the world."""

from enum import StrEnum
from typing import NewType

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId
from dutchbook.domain.markets import FeeSchedule, PriceGrid
from dutchbook.domain.units import Money, Nanos, Price, Size

BundleId = NewType("BundleId", str)


class BundleKind(StrEnum):
    """Why a bundle pays: formulas B2 to B6 and G3."""

    BUY_BOTH = "buy_both"
    """YES and NO of one market: 1 at once, through merge."""
    SPLIT_SELL = "split_sell"
    """A dollar split into YES and NO, both sold."""
    ALL_YES = "all_yes"
    """Every YES of an exhaustive question: at least 1 at settlement."""
    ALL_NO = "all_no"
    """Every NO of an exclusive question of n: at least n - 1, at once where it can be converted."""
    LADDER = "ladder"
    """YES of the wider claim and NO of the narrower one that implies it: at least 1."""
    CROSS_VENUE = "cross_venue"
    """YES here and NO there of one question that two venues ask: 1, unless both settle it differently (B7)."""


class BundleLeg(msgspec.Struct, frozen=True):
    """One contract of `outcome`, bought or sold, for each set of the bundle."""

    outcome: OutcomeId
    market: MarketId
    side: Side
    fees: FeeSchedule
    grid: PriceGrid
    min_size: Size
    min_notional: Money = Money(0)
    published: OutcomeId | None = None
    """Whose book tells the prices, where the venue publishes one book for both outcomes (on Kalshi: YES)."""


class Bundle(msgspec.Struct, frozen=True, kw_only=True):
    """A set of legs of one contract each, worth at least `payoff` a set in every state.

    For SPLIT_SELL all legs are sold and `payoff` is minus one dollar: what the split costs.
    `releases` is when the payoff is cash; None means at once (merge, convert), less `conversion_ppm` of it.
    """

    id: BundleId
    kind: BundleKind
    question: QuestionId
    title: str
    legs: tuple[BundleLeg, ...]
    payoff: Price
    releases: Nanos | None = None
    conversion_ppm: int = 0
    mirrored: bool = False
    """Both legs are one book seen from two sides: a cost below the payoff is a fault of the data, never a profit."""
    mismatch_ppm: int = 0
    """The probability, in millionths, that the legs' venues settle differently and nothing is paid: reckoned high."""
