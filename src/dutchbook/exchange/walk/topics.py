"""The questions of the random-walk market and how likely their outcomes are, moment by moment.

Probabilities are integers in millionths and move by transfers, so that they add up exactly and no platform's
floating point can change a run.
"""

from collections.abc import Sequence
from enum import StrEnum
from hashlib import sha256
from random import Random

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, PolymarketFees, PriceGrid, Question, Strike, StrikeKind
from dutchbook.domain.units import CONTRACT, DAY, DOLLAR, SECOND, Nanos, Price, Size

CERTAIN = 1_000_000
_LEAST = 12_000


class Shape(StrEnum):
    """How the outcomes of a question hang together."""

    PARTITION = "partition"
    """Exactly one market resolves YES."""
    LADDER = "ladder"
    """Each market implies the one before it."""
    ALONE = "alone"
    """One market by itself."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """What a question is made of before it has identifiers."""

    slug: str
    title: str
    category: str
    shape: Shape
    names: tuple[str, ...]
    chances: tuple[int, ...]
    """In millionths at the start: adding up to a million for a partition, falling for a ladder."""
    tick: int
    fee_ppm: int
    settles_after: Nanos
    strikes: tuple[Strike, ...] = ()
    catch_all: bool = False
    """Whether the last name is the "Other"."""


class Topic:
    """One living question: its markets and their present chances."""

    __slots__ = ("chances", "markets", "question", "resolved", "settles", "shape")

    def __init__(self, draft: Draft, start: Nanos, *, resolves: bool) -> None:
        self.shape = draft.shape
        self.settles = Nanos(start + draft.settles_after) if resolves else None
        self.markets = tuple(_market(draft, i, start) for i in range(len(draft.names)))
        self.question = _question(draft, self.markets)
        self.chances = list(draft.chances)
        self.resolved = False

    def drift(self, rng: Random, step: int) -> None:
        """Move the chances a little, keeping what the shape promises."""
        move = rng.randrange(-step, step + 1)
        if self.shape is Shape.PARTITION:
            loser, winner = rng.sample(range(len(self.chances)), 2)
            moved = min(abs(move), self.chances[loser] - _LEAST)
            self.chances[loser] -= moved
            self.chances[winner] += moved
            return
        i = rng.randrange(len(self.chances))
        above = self.chances[i - 1] - _LEAST if i else CERTAIN - 2 * _LEAST
        below = self.chances[i + 1] + _LEAST if i + 1 < len(self.chances) else 2 * _LEAST
        self.chances[i] = max(below, min(above, self.chances[i] + move))

    def draw(self, rng: Random) -> list[bool]:
        """Resolve the question by its chances: which markets turn out YES."""
        point = rng.randrange(CERTAIN)
        if self.shape is not Shape.PARTITION:
            return [point < chance for chance in self.chances]
        won, passed = [], 0
        for chance in self.chances:
            won.append(passed <= point < passed + chance)
            passed += chance
        return won


def topics(start: Nanos) -> tuple[Topic, ...]:
    """All questions of the market. The election and the launch outlive every session, the others settle within it."""
    short = [*(_weather(day) for day in range(1, 5)), *(_match(number) for number in range(1, 4)), _price_ladder()]
    lasting = (_election(), _launch(start))
    return (
        *(Topic(draft, start, resolves=False) for draft in lasting),
        *(Topic(draft, start, resolves=True) for draft in short),
    )


def _election() -> Draft:
    names = ("Arden", "Bellamy", "Castro", "Dupont", "Eriksen", "Fontaine", "Grant", "Other")
    return Draft(
        slug="random-walk-election",
        title="Who wins the election? (random walk)",
        category="Politics",
        shape=Shape.PARTITION,
        names=names,
        chances=(290_000, 210_000, 150_000, 110_000, 90_000, 60_000, 50_000, 40_000),
        tick=10,
        fee_ppm=40_000,
        settles_after=Nanos(20 * DAY),
        catch_all=True,
    )


def _weather(day: int) -> Draft:
    edges = (14, 16, 18, 20, 22)
    names = ("below 14", *(f"{low} to {low + 1}" for low in edges[:-1]), "22 or above")
    between = tuple(Strike(StrikeKind.BETWEEN, low * 1_000_000, (low + 1) * 1_000_000) for low in edges[:-1])
    ends = Strike(StrikeKind.LESS, cap=14_000_000), Strike(StrikeKind.GREATER_OR_EQUAL, floor=22_000_000)
    return Draft(
        slug=f"random-walk-temperature-day-{day}",
        title=f"Highest temperature on day {day}, in whole degrees? (random walk)",
        category="Weather",
        shape=Shape.PARTITION,
        names=names,
        chances=(70_000, 160_000, 270_000, 250_000, 160_000, 90_000),
        tick=10,
        fee_ppm=50_000,
        settles_after=Nanos(day * 180 * SECOND),
        strikes=(ends[0], *between, ends[1]),
    )


def _match(number: int) -> Draft:
    return Draft(
        slug=f"random-walk-match-{number}",
        title=f"Does the home side win match {number}? (random walk)",
        category="Sports",
        shape=Shape.ALONE,
        names=(f"Home wins match {number}",),
        chances=(400_000 + 50_000 * number,),
        tick=100,
        fee_ppm=50_000,
        settles_after=Nanos((240 * number + 60) * SECOND),
    )


def _price_ladder() -> Draft:
    floors = (60, 65, 70, 75)
    return Draft(
        slug="random-walk-price",
        title="How high does the price close? (random walk)",
        category="Crypto",
        shape=Shape.LADDER,
        names=tuple(f"above {floor}" for floor in floors),
        chances=(720_000, 520_000, 340_000, 180_000),
        tick=10,
        fee_ppm=70_000,
        settles_after=Nanos(900 * SECOND),
        strikes=tuple(Strike(StrikeKind.GREATER, floor=floor * 1_000_000) for floor in floors),
    )


def _launch(start: Nanos) -> Draft:
    """A ladder of dates: later deadlines first, since they are the wider claims."""
    weeks = (12, 8, 4)
    return Draft(
        slug="random-walk-launch",
        title="Launched by when? (random walk)",
        category="Tech",
        shape=Shape.LADDER,
        names=tuple(f"within {week} weeks" for week in weeks),
        chances=(640_000, 430_000, 210_000),
        tick=10,
        fee_ppm=40_000,
        settles_after=Nanos(84 * DAY),
        strikes=tuple(Strike(StrikeKind.BEFORE, cap=start + week * 7 * DAY) for week in weeks),
    )


def _question(draft: Draft, markets: Sequence[Market]) -> Question:
    partition = draft.shape is Shape.PARTITION
    return Question(
        id=QuestionId(draft.slug),
        venue=Venue.POLYMARKET,
        title=draft.title,
        markets=tuple(market.id for market in markets),
        exclusive=partition,
        exhaustive=partition,
        convertible=partition,
        category=draft.category,
    )


def _market(draft: Draft, index: int, start: Nanos) -> Market:
    slug = f"{draft.slug}/{index}"
    ends = Nanos(start + draft.settles_after)
    return Market(
        id=MarketId("0x" + sha256(slug.encode()).hexdigest()),
        venue=Venue.POLYMARKET,
        question=QuestionId(draft.slug),
        title=draft.title if draft.shape is Shape.ALONE else f"{draft.title} {draft.names[index]}",
        yes=_token(slug, "yes"),
        no=_token(slug, "no"),
        grid=PriceGrid.uniform(Price(draft.tick)),
        min_size=Size(5 * CONTRACT),
        min_notional=DOLLAR,
        fees=PolymarketFees(rate_ppm=draft.fee_ppm, rebate_ppm=250_000),
        opens=start,
        closes=ends,
        settles=ends,
        strike=draft.strikes[index] if draft.strikes else None,
        neg_risk=draft.shape is Shape.PARTITION,
        catch_all=draft.catch_all and index == len(draft.names) - 1,
        rules=f"Decided by a seeded random number. {draft.title}",
    )


def _token(slug: str, outcome: str) -> OutcomeId:
    return OutcomeId(str(int.from_bytes(sha256(f"{slug}/{outcome}".encode()).digest())))
