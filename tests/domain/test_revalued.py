"""The same sets at another payoff."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Level, Side
from dutchbook.domain.pricing.depth import LegDepth, executable_size, revalued
from dutchbook.domain.units import CONTRACT, ONE, Money, Price, Size

_levels = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 500)), min_size=1, max_size=5, unique_by=lambda level: level[0]
)


@given(st.lists(_levels, min_size=2, max_size=3), st.integers(1, 400), st.integers(0, 5_000), st.integers(1, 300))
def test_sets_revalued_are_those_that_a_walk_at_the_other_payoff_finds(
    books: list[list[tuple[int, int]]], less: int, conversion_ppm: int, cash: int
) -> None:
    legs = [
        LegDepth(side=Side.BUY, levels=[Level(Price(100 * p), Size(s * CONTRACT // 10)) for p, s in sorted(book)])
        for book in books
    ]
    before, budget = Price(ONE - less), Money(cash * CONTRACT)
    wanted = executable_size(legs, before, conversion_ppm, cash=budget)
    if wanted is not None:
        walked = executable_size(legs, ONE, conversion_ppm, wanted.size, budget)
        assert revalued(wanted, before, ONE, conversion_ppm) == walked
