"""Leg risk at the measured fill rate is taken off every edge."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.units import Money
from dutchbook.strategies.appraisal import Why
from dutchbook.strategies.leg_risk import expected_edge
from tests.strategies.test_bundle import b9, story_of, three


def test_the_expected_edge_is_that_of_the_formula() -> None:
    assert expected_edge(Money(15_000), Money(20_000), 850_000) == 9_750
    assert expected_edge(Money(15_000), Money(20_000), 571_428) == pytest.approx(0, abs=2)


@given(st.integers(0, 10**9), st.integers(0, 10**9), st.integers(0, 1_000_000))
def test_it_is_rounded_against_us_and_never_above_the_edge(edge: int, loss: int, rate: int) -> None:
    found = expected_edge(Money(edge), Money(loss), rate)
    exact = (edge * rate - loss * (1_000_000 - rate)) / 1_000_000
    assert exact - 2 < found <= exact
    assert found <= edge


def test_an_intent_says_what_missing_legs_cost_and_asks_for_less() -> None:
    markets = three()
    sure, risky = story_of(markets), story_of(markets)
    risky.desk.fill_rates[BundleKind.ALL_YES] = 990_000
    [whole], [reduced] = b9(sure, markets, bid=0.22), b9(risky, markets, bid=0.22)
    assert reduced.edge == expected_edge(whole.edge, whole.max_loss, 990_000) < whole.edge
    assert "legs that miss cost" in reduced.reason
    assert replace(reduced, edge=whole.edge, reason=whole.reason) == whole


def test_a_kind_whose_legs_miss_too_often_is_not_wanted() -> None:
    markets = three()
    story = story_of(markets)
    story.desk.fill_rates[BundleKind.ALL_YES] = 500_000
    assert b9(story, markets) == ()
    assert story.strategy.stats.declined[Why.LEG_RISK] == 1
