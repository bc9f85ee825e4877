"""What the figures of the benchmarks mean: quartiles, ratios of rounds, and when a bar counts as missed."""

import pytest

from benchmarks.method import Candidate, Quartiles, compare, interleave, limit, line, quartiles


def test_quartiles_are_those_of_the_sample_itself() -> None:
    assert quartiles([5, 1, 4, 2, 3]) == Quartiles(2, 3, 4)
    assert quartiles([1, 2, 3, 4]) == Quartiles(1.75, 2.5, 3.25)
    assert quartiles([7]) == Quartiles(7, 7, 7)
    with pytest.raises(ValueError, match="nothing was measured"):
        quartiles([])


def test_a_ratio_compares_what_ran_in_the_same_round() -> None:
    # The second round was slow for both: it says as much as the first.
    row = compare("x", "a thing", ours=[1, 10, 1], peer="them", theirs=[5, 50, 5], unit="us", bar=5)
    assert row.ratio == Quartiles(5, 5, 5)
    assert (row.holds, row.rounds) == (True, 3)


def test_rounds_without_a_partner_are_no_comparison() -> None:
    with pytest.raises(ValueError, match="zip"):
        compare("x", "a thing", ours=[1, 1], peer="them", theirs=[5], unit="us")


@pytest.mark.parametrize(("bar", "holds"), [(4.0, True), (4.5, True), (4.6, False)])
def test_a_bar_is_missed_only_when_the_upper_quartile_misses_it(bar: float, holds: bool) -> None:
    row = compare("x", "a thing", ours=[1, 1, 1, 1, 1], peer="them", theirs=[3, 3.5, 4, 4.5, 5], unit="us", bar=bar)
    assert row.ratio == Quartiles(3.5, 4, 4.5)
    assert row.holds is holds
    assert ("MISSED" in line(row)) is not holds


@pytest.mark.parametrize(("bar", "holds"), [(30.0, True), (20.0, True), (19.9, False)])
def test_a_limit_is_missed_only_when_the_lower_quartile_is_beyond_it(bar: float, holds: bool) -> None:
    assert limit("x", "a thing", ours=[10, 20, 30, 40, 50], unit="ms", bar=bar).holds is holds


def test_a_row_without_a_bar_neither_holds_nor_misses() -> None:
    assert limit("x", "a thing", ours=[1], unit="ms").holds is None
    assert compare("x", "a thing", ours=[1], peer="them", theirs=[2], unit="ms").holds is None


def test_every_round_times_every_candidate_once_and_prepares_it_untimed() -> None:
    now = 0
    calls: list[str] = []

    def clock() -> int:
        return now

    def work(name: str, nanoseconds: int) -> None:
        nonlocal now
        now += nanoseconds
        calls.append(name)

    candidates = {
        "quick": Candidate(lambda: work("quick", 1_000), 2, lambda: work("prepare", 9_000_000)),
        "slow": Candidate(lambda: work("slow", 4_000), 1, lambda: work("prepare", 9_000_000)),
    }
    found = interleave(candidates, rounds=3, clock=clock)
    assert found == {"quick": pytest.approx([5e-7] * 3), "slow": pytest.approx([4e-6] * 3)}
    warm_up = ["prepare", "quick", "prepare", "slow"]
    assert calls == warm_up * 4
