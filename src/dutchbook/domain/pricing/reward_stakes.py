"""How much to quote for a reward: the optimal stake, a budget over several markets, the distance (formulas M5, M6).

Stakes and others' scores are in score units (contracts at the adjusted middle), money in any one unit, per day.
"""

from collections.abc import Callable, Sequence
from math import exp, inf, sqrt

import msgspec

from dutchbook.domain.units import ONE, Price

_FIRST = 1e-6
"""Where the multiplier is looked for first: a millionth of a dollar a day for one more."""
_ROUNDS = 60
"""Halvings of the multiplier's interval: as many as a float has bits."""


class Pot(msgspec.Struct, frozen=True):
    """One market's reward: what is paid a day, what the others score, what a unit of ours is expected to cost a day."""

    reward: float
    others: float
    cost: float
    weight: float = 1.0
    """What one unit takes of the budget, more than nothing."""
    most: float = inf
    """The most units that may stand there."""


class Allocation(msgspec.Struct, frozen=True):
    """Stakes in the order of their pots. `multiplier` is what one more unit of budget would earn: 0 if some is left."""

    stakes: tuple[float, ...]
    multiplier: float


def optimal_stake(pot: Pot, multiplier: float = 0.0) -> float:
    """sqrt(R Q / (k + multiplier x weight)) - Q: where one more unit earns what it costs; 0 where k Q >= R.

    All there may be (`most`) where it costs nothing. Where nobody else scores and it does cost, the smallest quote
    earns it all: 0 is answered, and the venue's least size is as good as any.
    """
    cost = pot.cost + multiplier * pot.weight
    if cost < 0:
        return pot.most
    if cost * pot.others >= pot.reward or not pot.others:
        return 0.0
    if not cost:
        return pot.most
    # Two roots, not one of a product: that of hardly any competition would be 0.
    return min(max(0.0, sqrt(pot.reward / cost) * sqrt(pot.others) - pot.others), pot.most)


def expected_reward(pot: Pot, stake: float) -> float:
    """R x / (x + Q)."""
    return pot.reward / (1 + pot.others / stake) if stake > 0 else 0.0


def expected_profit(pot: Pot, stake: float) -> float:
    """R x / (x + Q) - k x."""
    return expected_reward(pot, stake) - (pot.cost * stake if pot.cost else 0.0)


def worth_quoting(pot: Pot) -> bool:
    """Whether any stake pays: k Q < R."""
    return pot.cost * pot.others < pot.reward


def allocate(pots: Sequence[Pot], budget: float) -> Allocation:
    """The stakes that together earn most within `budget`: each unit of it earns the same at the margin, or nothing."""
    free = _stakes(pots, 0.0)
    if _used(pots, free) <= budget:
        return Allocation(free, 0.0)
    low, high = 0.0, _FIRST
    while _used(pots, _stakes(pots, high)) > budget:
        low, high = high, 2 * high
    for _ in range(_ROUNDS):
        middle = (low + high) / 2
        if _used(pots, _stakes(pots, middle)) > budget:
            low = middle
        else:
            high = middle
    return Allocation(_stakes(pots, high), high)


def net_at_distance(
    pot: Pot, size: float, max_spread: Price, distance: Price, fills: Callable[[Price], float]
) -> float:
    """What `size` contracts on each side at `distance` of the middle bring a day: rewards less what fills cost (M6).

    `fills` says what a day's fills at a distance lose on both sides together (negative: they earn the spread).
    """
    inside = max(0, max_spread - distance) / max_spread
    return expected_reward(pot, inside * inside * size) - fills(distance)


def fill_cost(size: float, per_day: float, decay: float, adverse: float) -> Callable[[Price], float]:
    """2 A n e^(-kappa s) (adverse - s) in dollars a day, with kappa per dollar and the adverse move in dollars."""

    def cost(distance: Price) -> float:
        s = distance / ONE
        return 2 * per_day * size * exp(-decay * s) * (adverse - s)

    return cost


def best_distance(
    pot: Pot, size: float, max_spread: Price, step: Price, fills: Callable[[Price], float]
) -> tuple[Price, float] | None:
    """The distance, a multiple of `step` within the band, that brings most, and what; None if none brings anything."""
    distances = [Price(distance) for distance in range(0, max_spread, step)]
    nets = [(net_at_distance(pot, size, max_spread, distance, fills), -distance) for distance in distances]
    best, at = max(nets, default=(0.0, 0))
    return (Price(-at), best) if best > 0 else None


def _stakes(pots: Sequence[Pot], multiplier: float) -> tuple[float, ...]:
    return tuple(optimal_stake(pot, multiplier) for pot in pots)


def _used(pots: Sequence[Pot], stakes: Sequence[float]) -> float:
    return sum((pot.weight * stake for pot, stake in zip(pots, stakes, strict=True) if stake), 0.0)
