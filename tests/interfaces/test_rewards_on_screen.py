"""What quotes earn, in the one line that screen, log and summary share, and in the figures."""

import json

import msgspec
import pytest

from dutchbook.domain.units import Money
from dutchbook.interfaces.cli.desk_screen import line, rewards_words, snapshot_json, summary
from dutchbook.strategies.reward_maker.verifying import RewardsToday
from tests.interfaces.test_desk_screen import DESK


@pytest.mark.parametrize(
    ("today", "words"),
    [
        (RewardsToday(Money(36_400), None, 0), "rewards today $0.0364 at least by the rule, no word from the venue"),
        (RewardsToday(Money(0), Money(121_500), 0), "rewards today $0.00 at least by the rule, $0.1215 by the venue"),
        (
            RewardsToday(Money(1_000_000), Money(0), 2),
            "rewards today $1.00 at least by the rule, $0.00 by the venue, which differs on 2 orders",
        ),
    ],
)
def test_what_quotes_earn_is_told_in_a_line(today: RewardsToday, words: str) -> None:
    desk = msgspec.structs.replace(DESK, rewards=today)
    assert rewards_words(desk) == words
    assert words in line(desk)
    assert words in summary(desk)


def test_a_desk_without_such_quotes_says_nothing_of_them() -> None:
    assert rewards_words(DESK) == ""
    assert "rewards" not in line(DESK)
    assert snapshot_json(DESK)["rewards"] is None


def test_the_figures_are_exact() -> None:
    desk = msgspec.structs.replace(DESK, rewards=RewardsToday(Money(36_401), Money(121_500), 1))
    told = json.loads(msgspec.json.encode(snapshot_json(desk)))["rewards"]
    assert told == {"today": "0.036401", "stated": "0.1215", "differing_orders": 1}
