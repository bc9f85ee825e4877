"""Matches tell how they stand."""

from itertools import pairwise

from dutchbook.domain.identity import Venue
from dutchbook.exchange.living.scores import GameScore
from tests.exchange.living.village import after, question, scenario, world_of


def heard(**changes: object) -> list[GameScore]:
    world = world_of(scenario(question("match", league="fl1", **changes)))
    told: list[GameScore] = []
    world.listen_scores(told.append)
    world.advance(after(1_300))
    [outcome] = [one for one in world.truths() if one.venue is Venue.POLYMARKET]
    assert outcome.verdict is not None
    home, away = told[-1].score
    assert home == away or (home > away) is outcome.verdict
    return told


def test_a_match_is_told_from_its_start_to_its_end() -> None:
    told = heard(periods=30)
    assert (told[0].at, told[0].score, told[0].played, told[0].ended) == (after(120), (0, 0), 0, False)
    assert [game.played for game in told] == sorted(game.played for game in told)
    assert [game.ended for game in told].count(True) == 1
    assert told[-1].ended
    assert told[-1].played == told[-1].periods == 30
    assert {(game.name, game.league, game.home, game.away) for game in told} == {
        ("test-match", "fl1", "Rovers", "United")
    }


def test_goals_are_told_one_by_one() -> None:
    scores = [game.score for game in heard(home_rate="30%", away_rate="30%")]
    steps = [(b[0] - a[0]) + (b[1] - a[1]) for a, b in pairwise(scores)]
    assert set(steps) == {0, 1}
    assert sum(steps) > 20
