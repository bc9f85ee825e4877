"""Kalshi's liquidity programmes: which orders qualify, how they score, and what is paid at the end."""

from collections.abc import Callable

import msgspec
import pytest

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import NoFees
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Size
from dutchbook.exchange.incentives import snapshot_scores
from dutchbook.exchange.listing import IncentiveProgramme, Listing
from dutchbook.exchange.rules import KALSHI
from tests.exchange.matching_stage import START, Stage

M0 = MarketId("m0")
WHOLE = 10**12


def programme(target: int = 100, seconds: int = 60) -> IncentiveProgramme:
    return IncentiveProgramme(
        id="p",
        starts=START,
        ends=Nanos(START + seconds * SECOND),
        reward=Money(100 * DOLLAR),
        target_size=Size(target * CONTRACT),
    )


def with_programme(made: IncentiveProgramme) -> Callable[[Listing], Listing]:
    return lambda listing: msgspec.structs.replace(listing, incentives=(made,))


def stage_of(target: int = 100, seconds: int = 60) -> Stage:
    change = with_programme(programme(target, seconds))
    return Stage(KALSHI, change=change, cash=10_000 * DOLLAR, fees=NoFees())


def scores(stage: Stage, target: int = 100) -> dict[str, float]:
    found = snapshot_scores(stage.exchange._floor.markets[M0], programme(target))
    return {name: score / WHOLE for name, score in found.items()}


def test_each_cent_away_from_the_best_bid_halves_a_score() -> None:
    stage = stage_of()
    stage.buy("ann", 40, 50)
    stage.buy("bob", 39, 50)
    assert scores(stage) == pytest.approx({"ann": 2 / 3, "bob": 1 / 3})


def test_both_sides_count_alike() -> None:
    stage = stage_of()
    stage.buy("ann", 40, 100)
    stage.buy("bob", 50, 500, no=True)
    assert scores(stage) == pytest.approx({"ann": 1, "bob": 1})


def test_orders_below_the_level_that_completes_the_target_do_not_qualify() -> None:
    stage = stage_of()
    stage.buy("ann", 40, 60)
    stage.buy("bob", 39, 60)
    stage.buy("cid", 38, 60)
    assert set(scores(stage)) == {"ann", "bob"}


def test_a_side_that_never_reaches_the_target_scores_nobody() -> None:
    stage = stage_of()
    stage.buy("ann", 40, 99)
    assert scores(stage) == {}


def test_a_side_whose_best_bid_is_ninety_nine_cents_is_skipped() -> None:
    stage = stage_of()
    stage.buy("ann", 99, 100)
    assert scores(stage) == {}
    stage = stage_of()
    stage.buy("ann", 98, 100)
    stage.buy("bob", 1, 100, no=True)
    assert scores(stage) == pytest.approx({"ann": 1, "bob": 1})


def test_the_period_is_paid_by_share_when_it_ends() -> None:
    stage = stage_of()
    stage.buy("ann", 40, 100)
    stage.buy("bob", 50, 100, no=True)
    stage.later(60)
    assert stage.cash("ann") == pytest.approx(10_050)
    assert stage.cash("bob") == pytest.approx(10_050)
    assert {each.programme for each in stage.exchange.incentives.paid} == {"p"}


def test_who_quotes_half_of_the_time_gets_half_as_much() -> None:
    stage = stage_of(seconds=100)
    stage.buy("ann", 40, 100)
    order = stage.buy("bob", 50, 100, no=True)
    stage.later(50)
    assert stage.exchange.incentives.shares("p") == pytest.approx({"ann": 0.5, "bob": 0.5})
    stage.exchange.cancel("bob", order.new.id)
    stage.later(50)
    assert stage.cash("bob") - 10_000 == pytest.approx(100 / 3, rel=0.03)
    assert stage.cash("ann") - 10_000 == pytest.approx(200 / 3, rel=0.03)


def test_a_programme_without_makers_pays_nothing_and_the_clock_stops_after_it() -> None:
    stage = stage_of()
    stage.later(120)
    assert [stage.cash(account) for account in ("ann", "bob", "cid")] == [10_000] * 3
    assert stage.exchange.next_due() is None
    assert stage.exchange.incentives.shares("else") == {}
