"""Baskets across two venues: what happens between the legs, above all when the second venue halts there."""

import pytest

from dutchbook.domain.events import VenueState
from dutchbook.domain.orders import Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Size
from dutchbook.execution.step import Ending
from tests.execution.pair_stage import HERE, THERE, WAIT, PairStage
from tests.execution.stage import no, yes


def first_filled(stage: PairStage, contracts: int | None = None) -> None:
    """The first leg trades, in part if so told, and the second is refused by a venue that has just halted."""
    [opening] = stage.hedged().orders
    stage.halt(THERE)
    step = stage.fill(opening, contracts=contracts)
    if contracts is not None:
        step = stage.miss(opening)
    for hedge in step.orders:
        stage.miss(hedge, Report.REJECTED)


def test_both_legs_at_once_leave_together_and_make_whole_sets() -> None:
    stage = PairStage()
    here, there = stage.atomic().orders
    stage.fill(here)
    stage.fill(there)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.sets, end.result) == (Ending.COMPLETE, 10 * CONTRACT, 500_000)
    assert stage.held() == {yes(HERE): 10, no(THERE): 10}


def test_of_two_at_once_the_one_that_fills_alone_goes_home_at_once() -> None:
    stage = PairStage()
    here, there = stage.atomic().orders
    stage.fill(here)
    stage.halt(THERE)
    [sale] = stage.approve(stage.miss(there, Report.REJECTED))
    stage.fill(sale, cents=42)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result) == (Ending.HOME, -100_000)
    assert stage.held() == {}


@pytest.mark.parametrize(("first", "second"), [(HERE, THERE), (THERE, HERE)])
def test_the_second_leg_leaves_once_the_first_has_filled(first: int, second: int) -> None:
    stage = PairStage()
    [opening] = stage.hedged(first=first).orders
    assert opening.leg.market == stage.markets[first].id
    [hedge] = stage.fill(opening).orders
    assert hedge.leg.market == stage.markets[second].id
    stage.fill(hedge)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.sets) == (Ending.COMPLETE, 10 * CONTRACT)


def test_a_first_leg_that_misses_costs_nothing() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    stage.miss(opening)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result) == (Ending.NOTHING, 0)


def test_a_first_leg_that_fills_in_part_is_hedged_for_that_part() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    stage.fill(opening, contracts=6)
    [hedge] = stage.approve(stage.miss(opening))
    assert (hedge.leg.outcome, hedge.leg.size, hedge.leg.tif) == (no(THERE), 6 * CONTRACT, TimeInForce.FOK)
    stage.fill(hedge, cents=52)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.sets, end.result) == (Ending.COMPLETE, 6 * CONTRACT, 300_000)


def test_a_halt_between_the_legs_is_waited_out_and_the_hedge_is_bought_when_it_ends() -> None:
    stage = PairStage()
    first_filled(stage)
    assert stage.ended() is None
    for _ in range(10):
        assert stage.look().intents == ()
    stage.reopen(THERE)
    stage.show(THERE, {46: 200}, {50: 300})  # NO is asked for 0.54 now: still no loss
    [hedge] = stage.approve(stage.look())
    assert (hedge.leg.outcome, hedge.leg.size) == (no(THERE), 10 * CONTRACT)
    assert hedge.leg.limit <= 5_700  # never more than what the pair pays
    stage.fill(hedge, cents=54)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result) == (Ending.COMPLETE, 300_000)


def test_a_venue_that_is_down_gets_no_second_leg_and_is_waited_for_alike() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    stage.venue(VenueState.DOWN)
    step = stage.fill(opening)
    assert step.orders == ()
    assert (WAIT, stage.now + SECOND // 2) in step.timers
    assert "leg 2 is not sent: kalshi is down: maintenance" in stage.said()
    assert stage.look().intents == ()
    stage.venue(VenueState.UP)
    [hedge] = stage.approve(stage.look())
    stage.fill(hedge, cents=52)
    end = stage.ended()
    assert end is not None
    assert end.ending is Ending.COMPLETE


@pytest.mark.parametrize("down", [False, True])
def test_a_halt_that_outlasts_the_window_is_left_by_giving_back_within_bounds(down: bool) -> None:
    stage = PairStage()
    if down:
        [opening] = stage.hedged().orders
        stage.venue(VenueState.DOWN)
        stage.fill(opening)
    else:
        first_filled(stage)
    stage.show(HERE, {38: 300}, {43: 200})
    assert stage.look(29.5).intents == ()
    [sale] = stage.approve(stage.look(0.5))
    assert (sale.leg.outcome, sale.leg.side, sale.leg.tif) == (yes(HERE), "sell", TimeInForce.IOC)
    assert sale.leg.limit >= 3_300  # at most ten cents below what was paid
    stage.fill(sale, cents=38)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result, end.kept) == (Ending.HOME, -500_000, ())


def test_what_cannot_be_sold_is_hedged_at_its_own_venue_with_the_other_side() -> None:
    stage = PairStage()
    [opening] = stage.hedged(first=THERE).orders
    stage.halt(HERE)
    step = stage.fill(opening)
    for hedge in step.orders:
        stage.miss(hedge, Report.REJECTED)
    # Nobody bids for NO, that is nobody offers YES; so its price is asked where the other side is offered.
    stage.show(THERE, {48: 200}, {49: 10})
    orders = stage.approve(stage.look(30))
    assert [order.leg.market for order in orders] == [stage.markets[THERE].id]
    stage.fill(orders[0], cents=51 if orders[0].leg.side == "sell" else 49)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result) == (Ending.HOME, -100_000)
    assert stage.held() == {}


def test_what_can_neither_be_hedged_nor_given_back_is_kept_with_the_reason() -> None:
    stage = PairStage()
    first_filled(stage)
    stage.show(HERE, {20: 300}, {60: 200})
    stage.look(30)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.sets, end.kept) == (Ending.KEPT, 0, ((yes(HERE), Size(10 * CONTRACT)),))
    assert "no way home: 0x1 is paused, the books offer none within its bounds" in stage.said()
    assert end.result == -4_300_000  # what is kept counts as nothing


def test_while_it_waits_giving_back_at_a_gain_is_taken() -> None:
    stage = PairStage()
    first_filled(stage)
    stage.show(HERE, {45: 300}, {46: 200})
    [sale] = stage.approve(stage.look())
    stage.fill(sale, cents=45)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result) == (Ending.HOME, 200_000)


def test_a_dear_hedge_is_waited_for_too() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    [hedge] = stage.fill(opening).orders
    stage.show(THERE, {40: 200}, {50: 300})  # NO costs 0.60: more than the pair pays
    stage.miss(hedge)
    assert stage.look().intents == ()
    stage.show(THERE, {44: 200}, {50: 300})
    [hedge] = stage.approve(stage.look())
    stage.fill(hedge, cents=56)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.result) == (Ending.COMPLETE, 100_000)


def test_a_hedge_may_cost_what_the_pair_pays_less_what_a_mismatch_takes() -> None:
    stage = PairStage(mismatch_ppm=20_000)
    [opening] = stage.hedged().orders
    [hedge] = stage.fill(opening).orders
    stage.show(THERE, {44: 200}, {50: 300})
    stage.miss(hedge)
    assert stage.look().intents == ()  # 0.56 would be fine without it, 0.55 is
    stage.show(THERE, {45: 200}, {50: 300})
    [hedge] = stage.approve(stage.look())
    assert hedge.leg.limit == 5_500


def test_attempts_are_paced_and_those_in_the_window_are_not_the_last() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    [hedge] = stage.fill(opening).orders
    step = stage.miss(hedge)
    for _ in range(8):
        [again] = stage.approve(step)
        assert stage.miss(again).intents == ()  # not at once: after a pause
        step = stage.look()
    [last] = stage.approve(step)
    stage.fill(last, cents=52)
    end = stage.ended()
    assert end is not None
    assert end.ending is Ending.COMPLETE


def test_what_risk_refuses_in_the_window_is_asked_again() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    [hedge] = stage.fill(opening).orders
    [wanted] = stage.miss(hedge).intents
    stage.refuse(wanted)
    assert stage.ended() is None
    [hedge] = stage.approve(stage.look())
    stage.fill(hedge, cents=52)
    end = stage.ended()
    assert end is not None
    assert end.ending is Ending.COMPLETE


def test_after_the_window_a_hedge_that_risk_refuses_is_followed_by_giving_back() -> None:
    stage = PairStage()
    first_filled(stage)
    stage.look(30 - 0.5)
    stage.reopen(THERE)
    [wanted] = stage.look(0.5).intents
    assert "complete" in wanted.reason
    stage.refuse(wanted)
    [wanted] = stage.look().intents
    assert "unwind" in wanted.reason
    stage.refuse(wanted)
    end = stage.ended()
    assert end is not None
    assert end.ending is Ending.KEPT
    assert "way home refused: drawdown" in stage.said()


def test_dust_below_the_smallest_order_of_a_venue_is_left_where_it_is() -> None:
    stage = PairStage()
    [opening] = stage.hedged().orders
    stage.fill_part(opening, Size(3_337_777))
    [hedge] = stage.approve(stage.miss(opening))
    assert hedge.leg.size == 3_330_000
    stage.fill(hedge, cents=52)
    end = stage.ended()
    assert end is not None
    assert (end.ending, end.sets, end.kept) == (Ending.COMPLETE, 3_330_000, ((yes(HERE), Size(7_777)),))


def test_a_part_too_small_for_the_second_venue_is_given_back() -> None:
    stage = PairStage()
    [opening] = stage.hedged(first=THERE).orders
    stage.fill(opening, contracts=2)  # 2 at 0.43 are less than the dollar that Polymarket wants
    stage.miss(opening)
    stage.show(THERE, {48: 200}, {49: 300})
    [sale] = stage.approve(stage.look(30))
    assert sale.leg.market == stage.markets[THERE].id
    stage.fill(sale, cents=51 if sale.leg.side == "sell" else 49)
    end = stage.ended()
    assert end is not None
    assert end.ending is Ending.HOME
    assert stage.earned() == -20_000
    assert stage.ledger.cash == 1_000 * DOLLAR - 20_000
