"""What quoting a market is worth: the classic ratio, the venue's own score, the stake that earns most (M4 to M6)."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from math import exp, inf
from typing import NamedTuple

import msgspec

from dutchbook.domain.book import BookView, Level
from dutchbook.domain.pricing.kalshi_rewards import planned_share
from dutchbook.domain.pricing.reward_stakes import Pot, expected_profit, expected_reward, optimal_stake
from dutchbook.domain.pricing.rewards import Resting, least_score, sample, sided_score
from dutchbook.domain.rewards import RewardTerms, SideScoring
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size, complement

_BEST = 2
"""Levels of each side whose sizes compete with ours in the classic ratio."""


class CostModel(msgspec.Struct, frozen=True):
    """What a quote is expected to lose to those who know more: A e^(-kappa s) (adverse - s) a contract and day (M6).

    Fills at the middle a day, their decay per dollar of distance, and how far the middle moves against a fill.
    """

    fills_per_day: float
    decay: float
    adverse: float

    def per_contract(self, distance: float) -> float:
        """Dollars a day of one resting contract at a distance in dollars; never below 0: no spread is sure."""
        return max(0.0, self.fills_per_day * exp(-self.decay * distance) * (self.adverse - distance))


class Income(msgspec.Struct, frozen=True, kw_only=True):
    """What quotes of `size` contracts are expected to bring a day, in dollars, and what would bring most."""

    size: Size
    score: float
    """Q_min of the quotes, in contracts at the adjusted middle."""
    others: float
    """At most."""
    reward: float
    cost: float
    least: Size
    """What scores at all."""
    stake: Size
    """The contracts on each side that bring most; 0 where none bring anything: kQ >= R."""
    best: float
    """What those bring, net."""
    pot: Pot
    unit: float
    """Score of one contract quoted on each side."""

    @property
    def share(self) -> float:
        """Of the market's reward."""
        return self.score / (self.score + self.others) if self.score else 0.0

    @property
    def net(self) -> float:
        """Reward less cost, dollars a day."""
        return self.reward - self.cost


class Known(NamedTuple):
    """What is known beside the book: our orders in it, and what the others score by the most that they can."""

    resting: Sequence[Resting] = ()
    competition: float = 1.0


class _Standing(NamedTuple):
    """What quotes score beside the others, and twice the middle that they stand around."""

    middle: int
    score: float
    others: float


def reward_ratio(daily: Money, min_size: Size, multiplier_ppm: int, book: BookView) -> float:
    """(our size x 2) / competing size x daily reward in dollars, as the classic reward maker has it.

    Our size is the least size that earns x multiplier x 2, for both sides; competing size is that of the two best bids
    and asks, ours included where they rest there. Infinite where nobody competes.
    """
    ours = 2 * min_size * multiplier_ppm / 1_000_000
    competing = _of_best(book.bids()) + _of_best(book.asks())
    return ours * 2 / competing * (daily / DOLLAR) if competing else inf


def income(
    terms: RewardTerms,
    yes: BookView,
    quotes: Sequence[Resting],
    known: Known,
    costs: CostModel,
    most: Money,
) -> Income | None:
    """What planned `quotes` of one size would bring, in place of those that rest.

    At most `most` dollars may be bound by them. None without an adjusted middle, or where the quotes score nothing.
    """
    seen = _standing(terms, yes, quotes, known) if quotes else None
    if seen is None:
        return None
    size = min(quote.size for quote in quotes)
    unit, least = seen.score * CONTRACT / size, terms.min_size or CONTRACT
    cost = sum(costs.per_contract(abs(2 * quote.price - seen.middle) / (2 * ONE)) for quote in quotes)
    bound = sum((quote.price if quote.bid else ONE - quote.price) for quote in quotes) / ONE
    pot = Pot(terms.daily / DOLLAR, seen.others, cost / unit, bound / unit, most / DOLLAR / (bound / unit))
    stake, best = _best_stake(pot, least * unit / CONTRACT)
    return Income(
        size=size,
        score=seen.score,
        others=seen.others,
        reward=expected_reward(pot, seen.score),
        cost=pot.cost * seen.score,
        least=least,
        stake=Size(round(stake / unit * CONTRACT)),
        best=best,
        pot=pot,
        unit=unit,
    )


def _standing(terms: RewardTerms, yes: BookView, quotes: Sequence[Resting], known: Known) -> _Standing | None:
    """What quotes score by the venue's rule; None where they score nothing."""
    if terms.sides is not None:
        return _kalshi_standing(terms.sides, yes, quotes, known.resting)
    seen = sample(terms, yes, known.resting)
    score = 0.0 if seen is None else least_score(sided_score(terms, seen.middle, quotes), seen.middle)
    return _Standing(seen.middle, score, seen.others * known.competition) if seen is not None and score else None


def _kalshi_standing(
    scoring: SideScoring, yes: BookView, quotes: Sequence[Resting], resting: Sequence[Resting]
) -> _Standing | None:
    """Contracts are the score, and the others have what makes our share what it is: exact at this size alone."""
    bid, ask = yes.best_bid, yes.best_ask
    share = planned_share(scoring, yes, _by_side(quotes), _by_side(resting))
    if bid is None or ask is None or not share:
        return None
    score = min(quote.size for quote in quotes) / CONTRACT
    return _Standing(bid + ask, score, score * (1 / share - 1))


def _by_side(orders: Sequence[Resting]) -> tuple[Mapping[Price, Size], Mapping[Price, Size]]:
    """Sizes of bids for YES, and of bids for NO, by their prices."""
    sides: tuple[dict[Price, Size], dict[Price, Size]] = ({}, {})
    for order in orders:
        side, price = (sides[0], order.price) if order.bid else (sides[1], complement(order.price))
        side[price] = Size(side.get(price, 0) + order.size)
    return sides


def _best_stake(pot: Pot, least: float) -> tuple[float, float]:
    """The optimal stake, or the least that scores where that is more; nothing where neither pays."""
    stake = max(optimal_stake(pot), least)
    profit = expected_profit(pot, stake)
    return (stake, profit) if profit > 0 and stake <= pot.most else (0.0, 0.0)


def _of_best(levels: Iterable[Level]) -> int:
    return sum(level.size for level in islice(levels, _BEST))
