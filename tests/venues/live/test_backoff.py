"""Waits between tries."""

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.venues.backoff import Backoff


@given(st.integers(), st.integers(1, 60))
def test_waits_lie_between_a_quarter_of_a_second_and_half_a_minute(seed: int, tries: int) -> None:
    backoff = Backoff(Random(seed))
    waits = [backoff.next_s() for _ in range(tries)]
    assert all(0.25 <= wait <= 30 for wait in waits)
    assert all(wait >= min(15.0, 0.25 * 2**index) for index, wait in enumerate(waits))


def test_two_clients_do_not_come_back_in_step() -> None:
    first, second = Backoff(Random(1)), Backoff(Random(2))
    assert [first.next_s() for _ in range(3)] != [second.next_s() for _ in range(3)]


def test_success_makes_the_waits_short_again() -> None:
    backoff = Backoff(Random(1))
    for _ in range(10):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 0.5
