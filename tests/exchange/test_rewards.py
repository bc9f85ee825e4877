"""Polymarket's liquidity rewards: who scores, how much, and what is paid after the day."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import NoFees
from dutchbook.domain.units import CONTRACT, DAY, DOLLAR, Money, Price, Size
from dutchbook.exchange.listing import Listing, RewardProgramme
from dutchbook.exchange.matching.messages import FundsMoved
from dutchbook.exchange.rewards import liquidity_score
from tests.exchange.matching_stage import START, Stage

M0 = MarketId("m0")


def rewarded(least: int = 10, rate: int = 50) -> Callable[[Listing], Listing]:
    programme = RewardProgramme(max_spread=Price(300), min_size=Size(least * CONTRACT), daily_rate=Money(rate * DOLLAR))
    return lambda listing: msgspec.structs.replace(listing, rewards=programme)


def stage_of(least: int = 10, rate: int = 50) -> Stage:
    stage = Stage(change=rewarded(least, rate), cash=10_000 * DOLLAR, fees=NoFees())
    stage.later((DAY - START % DAY) / 10**9 + 1)  # one second into a UTC day
    return stage


def paid(stage: Stage) -> dict[str, int]:
    return {
        event.account: event.cash for event in stage.events if isinstance(event, FundsMoved) and event.why == "reward"
    }


@pytest.mark.parametrize(
    ("distance", "score"), [(0, 1), (50, 0.694444), (100, 0.444444), (150, 0.25), (200, 0.111111), (300, 0)]
)
def test_the_score_falls_with_the_square_of_the_distance(distance: int, score: float) -> None:
    assert liquidity_score(300, distance, 1_000_000) / 300**2 / 1_000_000 == pytest.approx(score, abs=1e-6)


def test_two_makers_share_the_day_by_their_scores() -> None:
    stage = stage_of()
    for account, contracts in (("ann", 300), ("bob", 100)):
        stage.buy(account, 49, contracts)
        stage.buy(account, 49, contracts, no=True)
    stage.later(86_400)
    assert sum(paid(stage).values()) == pytest.approx(50 * DOLLAR, abs=10)
    assert paid(stage)["ann"] == pytest.approx(37.5 * DOLLAR, abs=10)
    assert stage.cash("ann") == pytest.approx(10_037.5, abs=1e-4)


def test_a_third_of_the_better_side_counts_for_the_one_sided() -> None:
    stage = stage_of()
    for account, contracts in (("bob", 100), ("ann", 100)):
        stage.buy(account, 49, contracts)
    stage.buy("bob", 49, 100, no=True)
    stage.later(120)
    assert stage.exchange.rewards.shares(M0) == pytest.approx({"bob": 0.75, "ann": 0.25})


def test_the_published_example_scores_as_in_the_formula() -> None:
    stage = stage_of()
    # The midpoint is 0.50: others hold it there. 200 a cent below it, 100 one and a half above: Q_min = 29.6296.
    stage.exchange.set_grid(M0, stage.exchange.listings[M0].market.grid.uniform(Price(50)))
    half = msgspec.structs.replace
    for side_no in (False, True):
        order = stage.order("bob", stage.buy("bob", 1, 10).new.side, 49, 100, no=side_no)
        stage.send(half(order, price=Price(4_950)))
    stage.buy("ann", 49, 200)
    order = stage.order("ann", stage.buy("ann", 1, 10).new.side, 48, 100, no=True)
    stage.send(half(order, price=Price(4_850)))
    stage.later(120)
    others = 100 * 0.694444
    expected = 29.6296 / (29.6296 + others)
    assert stage.exchange.rewards.shares(M0)["ann"] == pytest.approx(expected, rel=1e-4)


def test_near_the_ends_only_both_sides_score() -> None:
    stage = stage_of()
    stage.buy("ann", 6, 100)
    stage.buy("bob", 6, 100)
    stage.buy("bob", 92, 100, no=True)
    stage.later(120)
    assert stage.exchange.rewards.shares(M0) == {"bob": 1.0}


def test_small_young_and_distant_orders_do_not_score_and_small_levels_do_not_move_the_midpoint() -> None:
    stage = stage_of(least=50)
    bid, ask = stage.buy("ann", 49, 50), stage.buy("ann", 49, 50, no=True)
    small, far = stage.buy("bob", 50, 49), stage.buy("bob", 46, 50)
    exchange = stage.exchange
    assert not exchange.scoring(bid.new.id), "it has not rested long enough"
    stage.later(4)
    scoring = [exchange.scoring(order.new.id) for order in (bid, ask, small, far)]
    assert scoring == [True, True, False, False]
    exchange.cancel("ann", ask.new.id)
    assert not exchange.scoring(bid.new.id), "without a midpoint nobody scores"
    assert not exchange.scoring("nothing")


def test_less_than_a_dollar_is_not_paid_but_told() -> None:
    stage = stage_of(rate=1)
    for account in ("ann", "bob"):
        stage.buy(account, 49, 100)
        stage.buy(account, 49, 100, no=True)
    stage.later(86_400)
    assert paid(stage) == {}
    assert {(each.account, each.paid) for each in stage.exchange.rewards.earnings} == {("ann", False), ("bob", False)}


def test_each_minute_is_sampled_once() -> None:
    stage = stage_of()
    stage.buy("ann", 49, 100)
    stage.buy("ann", 49, 100, no=True)
    samples = 0
    for _ in range(30):
        before = sum(stage.exchange.rewards._scores.get(M0, {}).values())
        stage.later(60)
        samples += sum(stage.exchange.rewards._scores[M0].values()) > before
        assert stage.exchange.rewards._scores[M0]["ann"] % 10**12 == 0
    assert samples == 30
    assert 30 <= stage.exchange.rewards._scores[M0]["ann"] // 10**12 <= 31


def test_a_programme_that_ends_pays_nothing_more() -> None:
    stage = stage_of()
    stage.buy("ann", 49, 100)
    stage.buy("ann", 49, 100, no=True)
    stage.later(600)
    stage.exchange.relist(msgspec.structs.replace(stage.exchange.listings[M0], rewards=None))
    stage.later(86_400)
    assert paid(stage) == {}


@given(
    st.lists(st.tuples(st.sampled_from(["ann", "bob", "cid"]), st.integers(44, 49), st.integers(5, 200), st.booleans()))
)
def test_no_more_than_the_days_rate_is_ever_paid(orders: list[tuple[str, int, int, bool]]) -> None:
    stage = stage_of()
    for account, price, contracts, no in orders:
        stage.buy(account, price, contracts, no=no)
    stage.later(86_400)
    assert sum(each.amount for each in stage.exchange.rewards.earnings) <= 50 * DOLLAR
