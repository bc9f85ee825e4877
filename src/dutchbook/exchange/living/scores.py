"""How matches stand, told to whoever listens."""

from collections.abc import Callable

import msgspec

from dutchbook.domain.units import Nanos
from dutchbook.exchange.living.draft import Draft
from dutchbook.exchange.living.question import LivingQuestion
from dutchbook.exchange.living.spec import MatchSpec
from dutchbook.exchange.living.truths.match import Match


class GameScore(msgspec.Struct, frozen=True, kw_only=True):
    """A match at an instant. `name` is the slug of its question at Polymarket."""

    name: str
    league: str
    home: str
    away: str
    score: tuple[int, int]
    played: int
    """Periods that are over."""
    periods: int
    ended: bool
    at: Nanos


type ScoreListener = Callable[[GameScore], None]


class Scores:
    """Tells a match when it starts, after each of its periods, and when it is decided."""

    def __init__(self) -> None:
        self._listeners: list[ScoreListener] = []

    def listen(self, listener: ScoreListener) -> None:
        """Call `listener` with every score from now on."""
        self._listeners.append(listener)

    def follow(self, name: str, spec: MatchSpec, drafted: Draft, question: LivingQuestion) -> None:
        """Tell this match from its start on."""
        truth = next(iter(drafted.truths.values()))
        if isinstance(truth, Match):
            question.watch(lambda now: self._tell(name, spec, drafted, truth, now))

    def _tell(self, name: str, spec: MatchSpec, drafted: Draft, truth: Match, now: Nanos) -> None:
        if drafted.game_start is None or now < drafted.game_start:
            return
        score = GameScore(
            name=name,
            league=spec.league,
            home=spec.home,
            away=spec.away,
            score=truth.score,
            played=truth.played,
            periods=spec.periods,
            ended=truth.verdicts[0] is not None,
            at=now,
        )
        for listener in self._listeners:
            listener(score)
