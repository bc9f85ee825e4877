"""What resting quotes score under Polymarket's liquidity rewards, and what share of a reward that is (formulas M4).

Scores are floats in contracts: 1 is one contract that rests at the adjusted middle. Middles are doubled prices, so that
they are whole: 9_500 is $0.475.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from dutchbook.domain.book import BookView, Level
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import CONTRACT, ONE, Money, Price, Size

ONE_SIDED = 3
"""What the score of who quotes one side is divided by, while the middle is between 0.10 and 0.90."""
_PPM = 1_000_000
_LOWEST, _HIGHEST = ONE // 5, 2 * ONE - ONE // 5
"""Twice 0.10 and 0.90."""


class SidedScore(NamedTuple):
    """Scores of the two sides: of bids for YES (or asks of NO), and of asks of YES (or bids for NO)."""

    one: float
    two: float


class Resting(msgspec.Struct, frozen=True, gc=False):
    """One order of ours in terms of its market's YES book: a bid for NO at q is an ask of YES at 1 - q."""

    bid: bool
    price: Price
    size: Size


class Sample(msgspec.Struct, frozen=True):
    """What one sample of a market's books would give us."""

    middle: int
    """Twice the adjusted middle."""
    own: float
    others: float
    """At most: how the others' orders belong together is not public."""

    @property
    def share(self) -> float:
        """Of the reward of this sample, between 0 and 1."""
        return reward_share(self.own, self.others)


def adjusted_middle(yes: BookView, min_size: Size) -> int | None:
    """Twice the middle of the best levels with at least `min_size`; None where a side has none."""
    bid, ask = _best_of_size(yes.bids(), min_size), _best_of_size(yes.asks(), min_size)
    return None if bid is None or ask is None else bid + ask


def liquidity_score(terms: RewardTerms, middle: int, price: Price, size: Size) -> float:
    """((v - s) / v)^2 x size x multiplier for an order at distance s < v of the doubled `middle`; otherwise 0.

    An order below the programme's least size scores nothing. Source: Polymarket's liquidity-reward page.
    """
    if size < terms.min_size:
        return 0.0
    return _weight(terms, middle, price) * size / CONTRACT


def sided_score(terms: RewardTerms, middle: int, orders: Iterable[Resting]) -> SidedScore:
    """What orders of one maker score on either side."""
    one = two = 0.0
    for order in orders:
        score = liquidity_score(terms, middle, order.price, order.size)
        if order.bid:
            one += score
        else:
            two += score
    return SidedScore(one, two)


def least_score(sides: SidedScore, middle: int) -> float:
    """Q_min of one maker: the lesser side; in [0.10, 0.90] a third of the better one where that is more."""
    both = min(sides)
    return max(both, max(sides) / ONE_SIDED) if two_sided_optional(middle) else both


def two_sided_optional(middle: int) -> bool:
    """Whether one side alone scores, for a third: the doubled middle is in [0.10, 0.90]."""
    return _LOWEST <= middle <= _HIGHEST


def reward_share(own: float, others: float) -> float:
    """Our part of one sample, between 0 and 1; 0 where we score nothing."""
    return own / (own + others) if own > 0 else 0.0


def most_others(sides: SidedScore, middle: int) -> float:
    """The most that makers with these scores together can have as the sum of their Q_min: it errs against us.

    Whose orders stand at a level is not public. Of a maker with a and b, Q_min is at most (a + b) / 2, and without the
    one-sided third at most min(a, b), whose sum is at most the lesser of both sums.
    """
    return (sides.one + sides.two) / 2 if two_sided_optional(middle) else min(sides)


def sample(terms: RewardTerms, yes: BookView, own: Sequence[Resting] = (), *, in_book: bool = True) -> Sample | None:
    """What a sample of this YES book would give `own` orders; None without an adjusted middle.

    On paper they are not `in_book`. Only our own orders' age is known, so that of others is taken to be enough.
    """
    middle = adjusted_middle(yes, terms.min_size)
    if middle is None:
        return None
    there = own if in_book else ()
    bids = _level_scores(terms, middle, yes.bids(), [order for order in there if order.bid])
    asks = _level_scores(terms, middle, yes.asks(), [order for order in there if not order.bid])
    mine = least_score(sided_score(terms, middle, own), middle)
    return Sample(middle, mine, most_others(SidedScore(bids, asks), middle))


def minute_reward(daily: Money, share: float) -> float:
    """What one sample gives, in micro-dollars: each of a day's 1,440 minutes is sampled once."""
    return daily * share / 1_440


def _level_scores(terms: RewardTerms, middle: int, levels: Iterable[Level], own: Sequence[Resting]) -> float:
    """What the levels of one side score without our orders; a level below the least size holds no order that scores."""
    total = 0.0
    for level in levels:
        if abs(2 * level.price - middle) >= 2 * terms.max_spread:
            if total:
                break  # best first: whatever follows is farther away
            continue
        others = level.size - sum(order.size for order in own if order.price == level.price)
        total += liquidity_score(terms, middle, level.price, Size(max(0, others)))
    return total


def _weight(terms: RewardTerms, middle: int, price: Price) -> float:
    reach = 2 * terms.max_spread
    inside = reach - abs(2 * price - middle)
    if inside <= 0:
        return 0.0
    ratio = inside / reach
    return ratio * ratio * terms.multiplier_ppm / _PPM


def _best_of_size(levels: Iterable[Level], least: Size) -> Price | None:
    return next((level.price for level in levels if level.size >= least), None)
