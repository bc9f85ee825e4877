"""Truths are calibrated: what is forecast with a chance happens at that rate, whenever the forecast is made."""

from collections.abc import Callable, Sequence
from math import erf, sqrt
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.living.chance import CERTAIN, bell, normal_ppm, size_table, wait
from dutchbook.exchange.living.truths.brackets import Brackets
from dutchbook.exchange.living.truths.deadlines import Deadlines
from dutchbook.exchange.living.truths.digitals import Digitals
from dutchbook.exchange.living.truths.feed import Feed
from dutchbook.exchange.living.truths.match import Match
from dutchbook.exchange.living.truths.partition import Partition, Temper
from dutchbook.exchange.living.truths.ports import Stir, Truth

START = Nanos(1_800_000_000 * SECOND)
END = Nanos(START + 900 * SECOND)
RUNS = 250
MINUTE = 60 * SECOND


def partition(rng: Random) -> Truth:
    temper = Temper(step=Nanos(10 * SECOND), drift=60_000, news_every=Nanos(200 * SECOND), news_size=600_000)
    return Partition((500_000, 300_000, 150_000, 50_000), temper, START, rng)


def brackets(rng: Random) -> Truth:
    return Brackets(20_000, 3_000, (16, 18, 20, 22, 24), START, END, rng)


def match(rng: Random) -> Truth:
    return Match(30_000, 20_000, 90, START, END, rng)


def deadlines(rng: Random) -> Truth:
    ends = [Nanos(START + seconds * SECOND) for seconds in (300, 600, 900)]
    return Deadlines((150_000, 400_000, 700_000), ends, Nanos(10 * SECOND), 30_000, START, rng)


KINDS: Sequence[Callable[[Random], Truth]] = (partition, brackets, match, deadlines)


def play(truth: Truth, until: Nanos) -> None:
    while (due := truth.next_at()) is not None and due <= until:
        truth.move(due)


def surprise(forecasts: Sequence[tuple[int, bool]]) -> float:
    """How many standard deviations the number of hits lies from what was forecast."""
    chances = [chance / CERTAIN for chance, _ in forecasts]
    spread = sqrt(sum(p * (1 - p) for p in chances))
    return (sum(hit for _, hit in forecasts) - sum(chances)) / max(spread, 1)


def assert_calibrated(forecasts: Sequence[tuple[int, bool]]) -> None:
    for low in range(0, CERTAIN, CERTAIN // 5):
        group = [each for each in forecasts if low <= each[0] < low + CERTAIN // 5]
        assert abs(surprise(group)) < 4.5, f"forecasts from {low} ppm missed by {surprise(group)} deviations"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0, 50, 90])
def test_a_forecast_at_any_moment_comes_true_at_its_own_rate(kind: Callable[[Random], Truth], share: int) -> None:
    forecasts: list[list[tuple[int, bool]]] = []
    for seed in range(RUNS):
        truth = kind(Random(seed))
        play(truth, Nanos(START + (END - START) * share // 100))
        chances = list(truth.chances)
        play(truth, END)
        truth.decide(END)
        forecasts.append([(c, bool(v)) for c, v in zip(chances, truth.verdicts, strict=True)])
    for column in zip(*forecasts, strict=True):
        assert_calibrated(column)


@pytest.mark.parametrize("average", [1, 60])
@pytest.mark.parametrize("left", [900, 300, 60, 20])
def test_a_forecast_of_a_price_comes_true_at_its_own_rate(average: int, left: int) -> None:
    forecasts = []
    for seed in range(RUNS):
        feed = Feed("btc/usd", 97_000 * 10**8, 600_000, SECOND, START, Random(seed))
        truth = Digitals(feed, [97_100 * 10**8, 97_000 * 10**8, 96_950 * 10**8], START, END, average=average)
        for second in range(1, 901):
            feed.step(Nanos(START + second * SECOND))
            if second == 900 - left or (left == 900 and second == 1):
                truth.move(feed.at)
                chances = list(truth.chances)
        truth.decide(END)
        forecasts.append([(c, bool(v)) for c, v in zip(chances, truth.verdicts, strict=True)])
    for column in zip(*forecasts, strict=True):
        assert_calibrated(column)


@pytest.mark.parametrize("kind", [partition, brackets])
@given(seed=st.integers(0, 10_000))
def test_chances_of_an_exclusive_question_always_add_up_to_one(kind: Callable[[Random], Truth], seed: int) -> None:
    truth = kind(Random(seed))
    while (due := truth.next_at()) is not None and due <= END:
        truth.move(due)
        assert sum(truth.chances) == CERTAIN
        assert min(truth.chances) >= 0
    truth.decide(END)
    assert sum(bool(verdict) for verdict in truth.verdicts) == 1


@given(seed=st.integers(0, 10_000))
def test_a_later_deadline_is_never_less_likely(seed: int) -> None:
    truth = deadlines(Random(seed))
    while (due := truth.next_at()) is not None:
        truth.move(due)
        assert list(truth.chances) == sorted(truth.chances)
    truth.decide(END)
    assert list(truth.verdicts) == sorted(bool(verdict) for verdict in truth.verdicts)


def test_a_deadline_that_has_passed_is_decided_while_later_ones_are_open() -> None:
    for seed in range(50):
        truth = deadlines(Random(seed))
        play(truth, Nanos(START + 300 * SECOND))
        truth.decide(Nanos(START + 300 * SECOND))
        first, _, last = truth.verdicts
        assert first is not None
        if first is False:
            assert last is None


def test_a_score_is_news_and_moves_the_chance_towards_who_scored() -> None:
    truth = Match(50_000, 50_000, 90, START, END, Random(3))
    jumps = 0
    while (due := truth.next_at()) is not None:
        before, score = truth.chances[0], truth.score
        if truth.move(due) is Stir.NEWS:
            jumps += 1
            assert (truth.chances[0] > before) is (truth.score[0] > score[0])
    assert jumps == sum(truth.score) > 0


def test_once_decided_a_truth_stays_decided() -> None:
    for kind in KINDS:
        truth = kind(Random(5))
        truth.decide(Nanos(END + 100 * MINUTE))
        verdicts = list(truth.verdicts)
        for late in range(3):
            truth.move(Nanos(END + late * MINUTE))
            truth.decide(Nanos(END + late * MINUTE))
        assert list(truth.verdicts) == verdicts
        assert truth.next_at() is None


def test_an_up_down_window_is_even_until_it_opens_and_ties_count_as_up() -> None:
    feed = Feed("btc/usd", 97_000 * 10**8, 600_000, SECOND, START, Random(1))
    opens = Nanos(START + 10 * SECOND)
    truth = Digitals(feed, None, opens, END)
    for second in range(1, 10):
        feed.step(Nanos(START + second * SECOND))
        truth.move(feed.at)
        assert truth.chances == [CERTAIN // 2]
        assert truth.strikes == (None,)
    truth.move(opens)
    assert truth.strikes == (feed.value,)
    truth.decide(END)
    assert truth.verdicts == [True]


@pytest.mark.parametrize("z", [-4_000, -1_960, -3, 0, 555, 1_000, 2_575, 4_990])
def test_the_normal_distribution_is_right_to_a_few_millionths(z: int) -> None:
    assert normal_ppm(z) == pytest.approx(CERTAIN * (1 + erf(z / 1_000 / sqrt(2))) / 2, abs=4)


def test_draws_have_the_means_that_they_promise() -> None:
    rng = Random(1)
    waits = [wait(rng, SECOND) for _ in range(40_000)]
    assert sum(waits) / len(waits) == pytest.approx(SECOND, rel=0.02)
    bells = [bell(rng, 1_000) for _ in range(40_000)]
    assert sum(bells) / len(bells) == pytest.approx(0, abs=20)
    assert sqrt(sum(b * b for b in bells) / len(bells)) == pytest.approx(1_000, rel=0.03)


def test_sizes_have_the_percentiles_that_they_promise() -> None:
    table = size_table(100, 3_000, 36_500)
    assert list(table) == sorted(table)
    assert table[0] == 100
    assert table[32] == 3_000
    assert table[-1] < 36_500
