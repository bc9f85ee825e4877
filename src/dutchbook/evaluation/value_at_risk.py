"""What positions could lose until their markets are decided: value at risk, the extremes, and market by market.

Assumptions: each market pays by its bid's probability, and markets are independent. Outcomes of one exclusive question
are not: a bundle of them loses less than this says. Against ourselves there; for several bets on one story it flatters.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size

_STEPS = 4_000
"""Into how many steps the range of all results is divided; each result is rounded down to one, against us."""


class Held(msgspec.Struct, frozen=True):
    """A position: `bid` is what it would sell for, and its probability; `value` that of all. None: nobody bids."""

    market: str
    title: str
    label: str
    size: Size
    bid: Price | None
    outcome: str
    value: Money | None


class Scenario(msgspec.Struct, frozen=True):
    """What a market's decision would bring, against what its positions would sell for now.

    `first` is the gain if the first outcome held pays, `second` if it does not.
    """

    market: str
    title: str
    first: Money
    second: Money
    probability: float


class LossFigures(msgspec.Struct, frozen=True):
    """Losses are positive: with 5 % (1 %) probability at least `var_95` (`var_99`) is lost. The extremes are gains."""

    var_95: Money
    var_99: Money
    worst: Money
    best: Money
    scenarios: tuple[Scenario, ...]


def losses(held: Sequence[Held]) -> LossFigures:
    """All figures of these positions, the worst market first."""
    scenarios = sorted(_scenarios(held), key=lambda each: (min(each.first, each.second), each.market))
    worst = Money(sum(min(each.first, each.second) for each in scenarios))
    best = Money(sum(max(each.first, each.second) for each in scenarios))
    spread = _distribution(scenarios, worst, best)
    return LossFigures(
        _loss_at(spread, 0.05, worst, best), _loss_at(spread, 0.01, worst, best), worst, best, tuple(scenarios)
    )


def _scenarios(held: Sequence[Held]) -> Iterable[Scenario]:
    """One for each market. Positions in both of its outcomes are counted together: one of them pays."""
    by_market: dict[str, list[Held]] = {}
    for each in held:
        by_market.setdefault(each.market, []).append(each)
    for market, positions in by_market.items():
        lead = positions[0]
        now = sum(each.value or 0 for each in positions)
        paid = sum(_payout(each.size) for each in positions if each.outcome == lead.outcome)
        other = sum(_payout(each.size) for each in positions if each.outcome != lead.outcome)
        probability = (lead.bid or 0) / ONE
        yield Scenario(market, f"{lead.title} ({lead.label})", Money(paid - now), Money(other - now), probability)


def _payout(size: Size) -> int:
    """A dollar a contract."""
    return size * DOLLAR // CONTRACT


def _distribution(scenarios: Sequence[Scenario], worst: Money, best: Money) -> Mapping[int, float]:
    """The probability of each step of the range from `worst` to `best`, market by market."""
    step = max(1, -(-(best - worst) // _STEPS))
    spread = {0: 1.0}
    for each in scenarios:
        low, high = sorted((each.first, each.second))
        rise = (high - low) // step
        up = each.probability if each.first >= each.second else 1 - each.probability
        following: dict[int, float] = {}
        for place, chance in spread.items():
            following[place] = following.get(place, 0.0) + chance * (1 - up)
            following[place + rise] = following.get(place + rise, 0.0) + chance * up
        spread = following
    return {place * step: chance for place, chance in spread.items()}


def _loss_at(spread: Mapping[int, float], tail: float, worst: Money, best: Money) -> Money:
    """The loss that is reached or passed with the probability `tail`; 0 where even the tail gains."""
    total = 0.0
    for above in sorted(spread):
        total += spread[above]
        if total >= tail:
            return Money(max(0, -(worst + above)))
    return Money(max(0, -best))
