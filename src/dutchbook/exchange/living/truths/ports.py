"""What a latent truth shows to the world around it."""

from collections.abc import Sequence
from enum import Enum
from typing import Protocol

from dutchbook.domain.units import Nanos


class Stir(Enum):
    """How much a truth moved."""

    QUIET = "quiet"
    DRIFT = "drift"
    NEWS = "news"
    """So much, and so suddenly, that whoever quotes on yesterday's belief is picked off."""


class Truth(Protocol):
    """The chances of the markets of one question, given all that has happened by now.

    They are martingales: whoever forecasts them is right at just that rate. All chances are in millionths.
    """

    @property
    def chances(self) -> Sequence[int]:
        """That each market resolves YES."""
        ...

    @property
    def verdicts(self) -> Sequence[bool | None]:
        """What each market turned out to be; None as long as it is open."""
        ...

    def next_at(self) -> Nanos | None:
        """When it moves next by itself; None if never again, or if something else moves it."""
        ...

    def move(self, now: Nanos) -> Stir: ...

    def decide(self, now: Nanos) -> None:
        """Draw what is due by now, by its chance: its verdicts are given afterwards, and never change again."""
        ...


def pick(weights: Sequence[int], point: int) -> int:
    """The index whose share of the summed weights holds `point`, which counts from 0."""
    for index, weight in enumerate(weights):
        if point < weight:
            return index
        point -= weight
    raise ValueError("the point lies beyond the weights")
