"""What the others really score, learnt from the venue's own word of our share."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId
from dutchbook.strategies.reward_maker.competition import LEAST_SAMPLES, Competition

M = MarketId("0xa")
PPM = 1_000_000


def learnt(ruled: float, stated: float, samples: int = LEAST_SAMPLES) -> float:
    competition = Competition()
    competition.learn(M, round(ruled * PPM), round(stated * PPM), samples)
    return competition.of(M)


def test_until_something_is_stated_the_others_have_the_most_they_can() -> None:
    assert Competition().of(M) == 1


def test_a_stated_share_tells_what_the_others_have() -> None:
    # 100 of ours beside at most 900 is a tenth; the venue says a fifth: the others have 400.
    assert learnt(0.1, 0.2) == pytest.approx(400 / 900)


def test_few_samples_and_empty_shares_teach_nothing() -> None:
    assert learnt(0.1, 0.2, LEAST_SAMPLES - 1) == 1
    assert learnt(0.0, 0.2) == 1
    assert learnt(0.1, 0.0) == 1
    assert learnt(1.0, 0.5) == 1


def test_a_newer_word_replaces_the_older_one() -> None:
    competition = Competition()
    competition.learn(M, 100_000, 200_000, 20)
    competition.learn(M, 100_000, 100_000, 30)
    assert competition.of(M) == 1


@given(st.floats(0.0001, 0.9999), st.floats(0.0001, 1), st.integers(0, 100))
def test_the_others_never_have_more_than_the_most_nor_nothing(ruled: float, stated: float, samples: int) -> None:
    assert 0.05 <= learnt(ruled, stated, samples) <= 1
