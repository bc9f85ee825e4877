"""What positions could lose until their markets are decided: value at risk, the extremes, and market by market.

Assumptions: each market pays with its bid's probability. Of an exclusive question at most one market pays YES, so that
a bundle of them loses no more than it can. Questions are independent of each other: bets on one story can lose more.
"""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size

_STEPS = 4_000
"""Into how many steps the range of all results is divided; each result is rounded down to one, against us."""


class Held(msgspec.Struct, frozen=True):
    """A position: `bid` is what it would sell for, and its probability; `value` that of all. None: nobody bids.

    `question` is named where at most one of its markets pays YES; `certain` then says that one of those held must.
    """

    market: str
    title: str
    yes: bool
    size: Size
    bid: Price | None
    value: Money | None
    question: str = ""
    certain: bool = False


class Scenario(msgspec.Struct, frozen=True):
    """What a market's decision would bring with all that is held of its question, against what that would sell for now.

    `if_yes` is the gain if it pays YES; `if_no` the gain if it does not, at worst.
    """

    market: str
    title: str
    if_yes: Money
    if_no: Money


class LossFigures(msgspec.Struct, frozen=True):
    """Losses are positive: with 5 % (1 %) probability at least `var_95` (`var_99`) is lost. The extremes are gains."""

    var_95: Money
    var_99: Money
    worst: Money
    best: Money
    scenarios: tuple[Scenario, ...]


class _Case(msgspec.Struct, frozen=True):
    """One way in which a question can end: which of the markets held pays YES, none where that is empty."""

    winner: str
    gain: Money
    chance: float


type _Story = Sequence[_Case]
"""All the ways in which a question can end; their chances sum up to 1."""


def losses(held: Sequence[Held]) -> LossFigures:
    """All figures of these positions, the worst market first."""
    groups = _questions(held)
    stories = [_story(group) for group in groups]
    worst = Money(sum(min(case.gain for case in story) for story in stories))
    best = Money(sum(max(case.gain for case in story) for story in stories))
    spread = _distribution(stories, worst, best)
    found = [each for group, story in zip(groups, stories, strict=True) for each in _scenarios(group, story)]
    found.sort(key=lambda each: (min(each.if_yes, each.if_no), each.market))
    return LossFigures(
        _loss_at(spread, 0.05, worst, best), _loss_at(spread, 0.01, worst, best), worst, best, tuple(found)
    )


def _questions(held: Iterable[Held]) -> list[list[Held]]:
    """Positions that are decided together: those of an exclusive question, else of one market."""
    groups: dict[tuple[str, str], list[Held]] = {}
    for each in held:
        groups.setdefault((each.question, "" if each.question else each.market), []).append(each)
    return list(groups.values())


def _story(group: Sequence[Held]) -> _Story:
    """The ways in which a question can end. Bids that promise more than a dollar in all are scaled down to it."""
    now = sum(each.value or 0 for each in group)
    chances = {each.market: _chance(each) for each in group}
    total = sum(chances.values())
    certain = group[0].certain and total > 0
    scale = 1 / total if certain or total > 1 else 1.0
    ends = {market: chance * scale for market, chance in chances.items()}
    if not certain:
        ends[""] = max(0.0, 1 - total)
    return [_Case(winner, Money(_paid(group, winner) - now), chance) for winner, chance in ends.items()]


def _chance(position: Held) -> float:
    """That the position's market pays YES."""
    pays = (position.bid or 0) / ONE
    return pays if position.yes else 1 - pays


def _paid(group: Iterable[Held], winner: str) -> int:
    """What the positions of a question pay, a dollar a contract, if the market `winner` pays YES and no other does."""
    return sum(each.size * DOLLAR // CONTRACT for each in group if each.yes is (each.market == winner))


def _scenarios(group: Iterable[Held], story: _Story) -> Iterable[Scenario]:
    """One for each market of a question."""
    titles = {each.market: each.title for each in group}
    for market, title in titles.items():
        [if_yes] = [case.gain for case in story if case.winner == market]
        others = [case.gain for case in story if case.winner != market]
        yield Scenario(market, title, if_yes, min(others, default=if_yes))


def _distribution(stories: Iterable[_Story], worst: Money, best: Money) -> Mapping[int, float]:
    """The probability of each step of the range from `worst` to `best`, question by question."""
    step = max(1, -(-(best - worst) // _STEPS))
    spread = {0: 1.0}
    for story in stories:
        low = min(case.gain for case in story)
        following: dict[int, float] = {}
        for place, chance in spread.items():
            for case in story:
                reached = place + (case.gain - low) // step
                following[reached] = following.get(reached, 0.0) + chance * case.chance
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
