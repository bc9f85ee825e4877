"""What became of the price after our fills: the judge of how they were entered."""

from enum import StrEnum

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.orders import Fill
from dutchbook.domain.units import Price


class Choice(StrEnum):
    """What an entry may do."""

    TAKE = "take"
    """Trade now with what is there."""
    JOIN = "join"
    """Rest at the best price of our own side, in the queue."""
    WAIT = "wait"
    """Do nothing for now."""


class Markout(msgspec.Struct, frozen=True):
    """What is known of a choice: how often it was made, how many of those orders filled, and what fills were worth.

    In price units a contract: `mean` is how far the later mid was above the price paid, or below the price got, and
    `after` how much of that came after the fill. Positive is good; a negative `after` is adverse selection.
    """

    choice: Choice
    orders: int
    filled: int
    fills: int
    mean: float | None
    after: float | None


class Markouts:
    """Counts and sums by choice."""

    def __init__(self) -> None:
        self._orders = dict.fromkeys(Choice, 0)
        self._filled = dict.fromkeys(Choice, 0)
        self._fills = dict.fromkeys(Choice, 0)
        self._sums = dict.fromkeys(Choice, 0.0)
        self._after = dict.fromkeys(Choice, 0.0)

    def ordered(self, choice: Choice, *, filled: bool) -> None:
        """An order of this choice is over."""
        self._orders[choice] += 1
        self._filled[choice] += filled

    def judged(self, choice: Choice, fill: Fill, then: float, later: float) -> None:
        """The mids at a fill and some time after it."""
        sign = 1 if fill.side is Side.BUY else -1
        self._fills[choice] += 1
        self._sums[choice] += sign * (later - fill.price)
        self._after[choice] += sign * (later - then)

    def fill_rate(self, choice: Choice, assumed: float, weight: int = 10) -> float:
        """The share of orders of a choice that filled, with an assumption that weighs as much as `weight` orders."""
        return (self._filled[choice] + assumed * weight) / (self._orders[choice] + weight)

    def expected(self, choice: Choice, assumed: float, weight: int = 10) -> float:
        """How the mid moves for us after a fill, with an assumption that weighs as much as `weight` fills."""
        return (self._after[choice] + assumed * weight) / (self._fills[choice] + weight)

    def stats(self) -> tuple[Markout, ...]:
        """What was measured, for reports."""
        return tuple(self._of(choice) for choice in Choice)

    def _of(self, choice: Choice) -> Markout:
        fills = self._fills[choice]
        mean, after = (self._sums[choice] / fills, self._after[choice] / fills) if fills else (None, None)
        return Markout(choice, self._orders[choice], self._filled[choice], fills, mean, after)


def mid_of(bid: Price | None, ask: Price | None) -> float | None:
    """Half-way between bid and ask; None where one of them is missing."""
    return None if bid is None or ask is None else (bid + ask) / 2
