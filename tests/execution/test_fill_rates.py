"""How often baskets fill whole is measured by kind, and survives a restart."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.orders import IntentId
from dutchbook.domain.units import Money, Size
from dutchbook.execution.executor import Lived
from dutchbook.execution.fill_rates import FillRates
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import BasketEnd, Ending
from tests.execution.stage import Stage

THREE = [({48: 100}, {50: 100}), ({28: 100}, {30: 100}), ({13: 100}, {15: 100})]
LEGS = [(0, 50), (1, 30), (2, 15)]
COUNTING = ExecutionSettings(fill_rate_weight=0)


def end(ending: Ending, homes: int = 0) -> BasketEnd:
    intents = tuple(IntentId(f"i{number}") for number in range(homes + 1))
    return BasketEnd(intents=intents, subject="s", ending=ending, sets=Size(0), result=Money(0))


@given(st.integers(0, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 1_000_000), st.integers(0, 30))
def test_the_rate_is_that_of_baskets_of_which_something_filled(
    whole: int, broken: int, nothing: int, assumed: int, weight: int
) -> None:
    rates = FillRates(assumed, weight)
    for count, ended in ((whole, end(Ending.COMPLETE)), (broken, end(Ending.HOME, 1)), (nothing, end(Ending.NOTHING))):
        for _ in range(count):
            rates.ended("all_yes", ended)
    total = whole + broken + weight
    expected = (whole * 1_000_000 + assumed * weight) // total if total else assumed
    assert rates.rate("all_yes") == expected
    assert rates.rate("all_no") == assumed


def test_a_basket_that_was_completed_on_its_way_home_was_broken_all_the_same() -> None:
    rates = FillRates(1_000_000, 1)
    rates.ended("all_yes", end(Ending.COMPLETE, homes=1))
    [stat] = rates.stats()
    assert (stat.whole, stat.broken, stat.rate_ppm) == (0, 1, 500_000)


def test_baskets_are_counted_as_they_end_and_again_from_the_journal() -> None:
    stage, journal = Stage(THREE, COUNTING), list[Lived]()
    orders = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    journal += stage.execution.working()
    for order in orders:
        step = stage.fill(order)
    journal += step.ended
    one, *others = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    journal += stage.execution.working()
    stage.fill(one)
    for order in others:
        step = stage.miss(order)
    journal += stage.refuse(step.intents[0]).ended
    assert stage.execution.fill_rates.rate("all_yes") == 500_000
    again = Stage(THREE, COUNTING)
    for line in journal:
        again.execution.relive(line)
    assert again.execution.fill_rates.stats() == stage.execution.fill_rates.stats()
