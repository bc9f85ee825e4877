"""Exactly one of several things comes true: an election, or with two outcomes a plain question."""

from collections.abc import Sequence
from random import Random

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.chance import CERTAIN, bell, either, wait
from dutchbook.exchange.living.truths.ports import Stir, pick


class Temper(msgspec.Struct, frozen=True, kw_only=True):
    """How restless beliefs are.

    `drift` is the standard deviation of one step, in millionths of the smaller of the two chances that trade places;
    `news_size` is the most that a piece of news takes from, or adds to, the smaller of a chance and its opposite.
    """

    step: Nanos = Nanos(30 * SECOND)
    drift: int = 8_000
    news_every: Nanos | None = None
    news_size: int = 400_000


class Partition:
    """Chances that add up to one and move by transfers: each step is as likely as its opposite, so none has a trend."""

    def __init__(self, chances: Sequence[int], temper: Temper, start: Nanos, rng: Random, *, shown: int = 0) -> None:
        """`shown` is how many of the outcomes have a market of their own; 0 means all. Raises ValueError off 100 %."""
        if sum(chances) != CERTAIN or min(chances) < 0:
            raise ValueError("chances must add up to 100 %")
        self._weights = list(chances)
        self._shown = shown or len(chances)
        self._temper = temper
        self._rng = rng
        self._won: int | None = None
        self._next_step = Nanos(start + wait(rng, temper.step))
        self._next_news = Nanos(start + wait(rng, temper.news_every)) if temper.news_every else None

    @property
    def chances(self) -> Sequence[int]:
        return self._weights[: self._shown]

    @property
    def verdicts(self) -> Sequence[bool | None]:
        return [None if self._won is None else self._won == index for index in range(self._shown)]

    def next_at(self) -> Nanos | None:
        if self._won is not None:
            return None
        return self._next_step if self._next_news is None else min(self._next_step, self._next_news)

    def move(self, now: Nanos) -> Stir:
        if self._won is not None:
            return Stir.QUIET
        stir = Stir.QUIET
        if self._next_step <= now:
            drift(self._weights, self._temper.drift, self._rng)
            self._next_step = Nanos(now + wait(self._rng, self._temper.step))
            stir = Stir.DRIFT
        if self._next_news is not None and self._next_news <= now and self._temper.news_every is not None:
            self._news()
            self._next_news = Nanos(now + wait(self._rng, self._temper.news_every))
            stir = Stir.NEWS
        return stir

    def decide(self, now: Nanos) -> None:  # noqa: ARG002 - other truths are decided by what was so at that time
        if self._won is None:
            self._won = pick(self._weights, self._rng.randrange(CERTAIN))
            self._weights = [CERTAIN if index == self._won else 0 for index in range(len(self._weights))]

    def _news(self) -> None:
        """One outcome gains from all others, or loses to them, in proportion to what they have."""
        weights, rng = self._weights, self._rng
        about = pick(weights, rng.randrange(CERTAIN)) if rng.getrandbits(1) else rng.randrange(len(weights))
        least = min(weights[about], CERTAIN - weights[about])
        moved = least * rng.randrange(self._temper.news_size // 4, self._temper.news_size + 1) // CERTAIN
        others = CERTAIN - weights[about]
        if moved == 0:
            return
        shares = [0 if index == about else weight * moved // others for index, weight in enumerate(weights)]
        sign = either(rng, 1)
        for index, share in enumerate(shares):
            weights[index] -= sign * share
        weights[about] += sign * sum(shares)


def drift(weights: list[int], deviation: int, rng: Random) -> None:
    """Move weight between two of them by at most half of the smaller one; each direction is equally likely."""
    first = rng.randrange(len(weights))
    second = (first + 1 + rng.randrange(len(weights) - 1)) % len(weights)
    least = min(weights[first], weights[second])
    moved = min(abs(bell(rng, least * deviation // CERTAIN)), least // 2)
    moved = either(rng, moved)
    weights[first] += moved
    weights[second] -= moved
