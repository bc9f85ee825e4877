"""Baskets from start to end: every answer, what is asked for next, and what the ledger says afterwards."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import OrderReported, TimerFired
from dutchbook.domain.markets import PolymarketFees
from dutchbook.domain.orders import IntentId, Leg, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Price, Size
from dutchbook.execution.settings import ExecutionSettings, Sending
from dutchbook.execution.step import NOTHING, Ending
from dutchbook.portfolio.entries import Convert, Merge, Split
from tests.execution.stage import Stage, no, yes

THREE = [({48: 100}, {50: 100}), ({28: 100}, {30: 100}), ({13: 100}, {15: 100})]
LEGS = [(0, 50), (1, 30), (2, 15)]


def cents(amount: int) -> Money:
    return Money(amount * DOLLAR // 100)


def test_all_legs_leave_together_and_when_all_fill_the_sets_wait_for_settlement() -> None:
    stage = Stage(THREE)
    step = stage.begin(BundleKind.ALL_YES, LEGS, 20)
    assert [order.id for order in step.orders] == ["i1-1", "i1-2", "i1-3"]
    assert all(order.status is OrderStatus.SENDING for order in step.orders)
    assert len(step.timers) == 3
    assert stage.execution.busy("all_yes:[0, 1, 2]")
    first, second, third = step.orders
    assert stage.fill(first).ended == ()
    assert stage.fill(second).ended == ()
    last = stage.fill(third)
    [end] = last.ended
    assert (end.ending, end.sets, end.kept) == (Ending.COMPLETE, 20 * CONTRACT, ())
    assert end.result == cents(100)  # 20 sets at 95 cents that pay a dollar
    assert last.operations == ()
    assert not stage.execution.busy("all_yes:[0, 1, 2]")
    assert stage.held() == {yes(0): 20, yes(1): 20, yes(2): 20}


def test_nothing_filled_is_over_at_once() -> None:
    stage = Stage(THREE)
    step = stage.begin(BundleKind.ALL_YES, LEGS, 20)
    for order in step.orders:
        step = stage.miss(order)
    assert step.ended[0].ending is Ending.NOTHING
    assert step.intents == ()
    assert stage.earned() == 0


def test_a_missed_leg_is_ordered_again_up_to_break_even() -> None:
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    stage.show(2, {13: 100}, {18: 100})
    [home] = stage.miss(three).intents
    assert home.kind == "way_home"
    assert home.subject == "all_yes:[0, 1, 2]"
    [leg] = home.legs
    # The set stands at 80 cents: 20 is break-even, and no further than two cents beyond what is shown.
    assert (leg.outcome, leg.side, leg.limit, leg.size) == (yes(2), Side.BUY, 2_000, 20 * CONTRACT)
    assert leg.tif is TimeInForce.FOK
    assert home.edge == cents(40)
    assert home.max_loss == 0
    [again] = stage.start(home).orders
    [end] = stage.fill(again, 18).ended
    assert (end.ending, end.result, end.intents) == (Ending.COMPLETE, cents(40), ("i1", "i2"))
    assert stage.held() == {yes(0): 20, yes(1): 20, yes(2): 20}


def test_where_completing_would_lose_what_filled_is_sold_and_the_loss_is_in_the_fills() -> None:
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    stage.show(2, {13: 100}, {21: 100})
    [home] = stage.miss(three).intents
    assert [(leg.outcome, leg.side, leg.size) for leg in home.legs] == [
        (yes(0), Side.SELL, 20 * CONTRACT),
        (yes(1), Side.SELL, 20 * CONTRACT),
    ]
    assert home.max_loss == cents(80)  # two cents on each of forty contracts
    first, second = stage.start(home).orders
    stage.fill(first, 48)
    [end] = stage.fill(second, 28).ended
    assert (end.ending, end.sets, end.kept) == (Ending.HOME, 0, ())
    assert end.result == stage.earned() == -cents(80)
    assert stage.held() == {}


def test_an_unwind_never_sells_further_than_its_bound_below_the_price() -> None:
    stage = Stage(THREE, ExecutionSettings(unwind_loss="0.03"))  # type: ignore[arg-type]
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    stage.show(0, {46: 100}, {60: 10})  # four cents below: too far
    stage.show(2, {13: 100}, {})
    [home] = stage.miss(three).intents
    [leg] = home.legs
    assert (leg.outcome, leg.limit) == (yes(1), 2_700)


def test_without_any_way_home_the_position_is_kept_and_reported() -> None:
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    for i in range(3):
        stage.show(i, {}, {})
    step = stage.miss(three)
    [end] = step.ended
    assert end.ending is Ending.KEPT
    assert end.kept == ((yes(0), 20 * CONTRACT), (yes(1), 20 * CONTRACT))
    assert end.result == -cents(1_600)
    assert "no way home" in step.notes[-1].text
    assert not stage.execution.busy("all_yes:[0, 1, 2]")


def test_a_refused_way_home_keeps_the_position_and_says_who_refused() -> None:
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    [home] = stage.miss(three).intents
    assert stage.execution.busy("all_yes:[0, 1, 2]")
    step = stage.refuse(home)
    assert step.ended[0].ending is Ending.KEPT
    assert "refused: drawdown" in step.notes[-1].text
    assert stage.held() == {yes(0): 20, yes(1): 20}
    assert not stage.execution.busy("all_yes:[0, 1, 2]")


def test_a_refusal_of_a_fresh_intent_is_none_of_the_baskets_business() -> None:
    stage = Stage(THREE)
    assert stage.refuse(stage.intent("x", ())) == NOTHING


def test_a_way_home_that_misses_is_tried_again_and_given_up_after_the_set_number_of_times() -> None:
    stage = Stage(THREE, ExecutionSettings(ways_home=2))
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    step = stage.miss(three)
    for _ in range(2):
        [home] = step.intents
        [again] = stage.start(home).orders
        step = stage.miss(again)
    assert step.intents == ()
    assert step.ended[0].ending is Ending.KEPT
    assert "after 2 attempts" in step.notes[-1].text


def test_a_part_that_unwinds_leaves_the_rest_for_the_next_way_home() -> None:
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.miss(two)
    stage.show(0, {47: 12}, {51: 100})
    stage.show(1, {28: 100}, {38: 100})
    [home] = stage.miss(three).intents
    [out] = stage.start(home).orders
    assert out.leg.tif is TimeInForce.IOC
    stage.fill(out, 47, 12)
    stage.show(0, {46: 12}, {51: 100})
    [second] = stage.miss(out).intents
    assert second.legs[0].size == 8 * CONTRACT
    [rest] = stage.start(second).orders
    [end] = stage.fill(rest, 46).ended
    assert end.ending is Ending.HOME
    assert end.result == stage.earned() == -cents(12 * 3 + 8 * 4)


def test_a_leg_too_small_to_be_sold_is_merged_with_its_twin() -> None:
    """Six contracts at 13 cents are less than a dollar, but as many of NO at 87 are more."""
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 6).orders
    stage.miss(one)
    stage.miss(two)
    stage.show(0, {48: 100}, {70: 100})
    [home] = stage.fill(three).intents
    [leg] = home.legs
    assert (leg.outcome, leg.side) == (no(2), Side.BUY)
    [order] = stage.start(home).orders
    step = stage.fill(order, 87)
    [merge] = step.operations
    assert merge == Merge(stage.markets[2].id, yes(2), no(2), Size(6 * CONTRACT), IntentId("i1"))
    assert step.ended[0].result == stage.earned() == -cents(12)
    assert stage.held() == {}


def test_all_no_of_a_convertible_question_is_cash_at_once() -> None:
    stage = Stage([({45: 50}, {50: 50}), ({35: 50}, {40: 50}), ({30: 50}, {32: 50})])
    orders = stage.begin(BundleKind.ALL_NO, [(0, 55), (1, 65), (2, 70)], 20).orders
    for order in orders:
        step = stage.fill(order)
    [convert] = step.operations
    assert isinstance(convert, Convert)
    assert convert.takes == ()
    assert step.ended[0].result == stage.earned() == cents(200)  # 2.00 for 1.90, twenty times
    assert stage.held() == {}


def test_when_a_no_is_only_to_be_had_as_a_sale_of_yes_what_filled_is_converted() -> None:
    stage = Stage([({45: 50}, {50: 50}), ({35: 50}, {40: 50}), ({30: 50}, {32: 50})])
    one, two, three = stage.begin(BundleKind.ALL_NO, [(0, 55), (1, 65), (2, 70)], 20).orders
    stage.fill(one)
    stage.fill(two)
    views = stage.depth
    stage.depth = lambda outcome, side: [] if outcome == no(2) else views(outcome, side)  # type: ignore[method-assign]
    step = stage.miss(three)
    [convert] = step.operations
    assert isinstance(convert, Convert)
    assert [claim.outcome for claim in convert.gives] == [no(0), no(1)]
    assert [claim.outcome for claim in convert.takes] == [yes(2)]
    [home] = step.intents
    assert [(leg.outcome, leg.side, leg.limit) for leg in home.legs] == [(yes(2), Side.SELL, 3_000)]
    [sale] = stage.start(home).orders
    [end] = stage.fill(sale).ended
    assert end.ending is Ending.HOME
    assert end.result == stage.earned() == cents(200)
    assert stage.held() == {}


def test_a_conversion_whose_sale_misses_is_unwound_like_any_leg() -> None:
    stage = Stage([({45: 50}, {50: 50}), ({35: 50}, {40: 50}), ({30: 50}, {32: 50})])
    one, two, three = stage.begin(BundleKind.ALL_NO, [(0, 55), (1, 65), (2, 70)], 20).orders
    stage.fill(one)
    stage.fill(two)
    views = stage.depth
    stage.depth = lambda outcome, side: [] if outcome == no(2) else views(outcome, side)  # type: ignore[method-assign]
    [home] = stage.miss(three).intents
    [sale] = stage.start(home).orders
    stage.show(2, {27: 50}, {32: 50})
    [second] = stage.miss(sale).intents
    [leg] = second.legs
    assert (leg.outcome, leg.side, leg.size) == (yes(2), Side.SELL, 20 * CONTRACT)
    [last] = stage.start(second).orders
    [end] = stage.fill(last, 27).ended
    assert (end.ending, end.result) == (Ending.HOME, stage.earned())
    assert stage.earned() == cents(200 - 60)


def test_yes_and_no_of_one_market_are_merged_as_soon_as_both_filled() -> None:
    stage = Stage([({52: 50}, {45: 50})])
    one, two = stage.begin(BundleKind.BUY_BOTH, [(0, 45), (0, 48)], 20).orders
    stage.fill(one)
    step = stage.fill(two)
    assert [type(entry) for entry in step.operations] == [Merge]
    assert step.ended[0].result == stage.earned() == cents(140)
    assert stage.held() == {}


def test_a_split_is_booked_before_its_halves_are_sold() -> None:
    stage = Stage([({53: 50}, {49: 50})])
    step = stage.begin(BundleKind.SPLIT_SELL, [(0, 53), (0, 51)], 20)
    assert [type(entry) for entry in step.operations] == [Split]
    one, two = step.orders
    stage.fill(one)
    [end] = stage.fill(two).ended
    assert end.result == stage.earned() == cents(80)
    assert stage.held() == {}


def test_a_split_of_which_one_half_sold_is_brought_home_by_buying_it_back() -> None:
    stage = Stage([({53: 50}, {49: 50})])
    one, two = stage.begin(BundleKind.SPLIT_SELL, [(0, 53), (0, 51)], 20).orders
    stage.fill(one)
    stage.show(0, {52: 50}, {54: 50})  # NO is worth 46 now: selling it would lose 1 cent a set, so would buying back
    [home] = stage.miss(two).intents
    [leg] = home.legs
    assert (leg.outcome, leg.side) == (yes(0), Side.BUY)
    [order] = stage.start(home).orders
    step = stage.fill(order, 54)
    assert [type(entry) for entry in step.operations] == [Merge]
    assert step.ended[0].result == stage.earned() == -cents(20)
    assert stage.held() == {}


def test_a_split_of_which_nothing_sold_is_merged_again() -> None:
    stage = Stage([({53: 50}, {49: 50})])
    one, two = stage.begin(BundleKind.SPLIT_SELL, [(0, 53), (0, 51)], 20).orders
    stage.miss(one)
    step = stage.miss(two)
    assert step.ended[0].ending is Ending.NOTHING
    assert stage.earned() == 0
    assert stage.held() == {}


def test_thinnest_first_sends_one_leg_alone_and_a_miss_of_it_costs_nothing() -> None:
    books = [({48: 100}, {50: 100}), ({28: 100}, {30: 25}), ({13: 100}, {15: 100})]
    stage = Stage(books, ExecutionSettings(sending=Sending.THINNEST_FIRST))
    [probe] = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    assert probe.leg.outcome == yes(1)
    [end] = stage.miss(probe).ended
    assert (end.ending, end.result) == (Ending.NOTHING, 0)


def test_thinnest_first_sends_the_others_once_the_first_filled() -> None:
    books = [({48: 100}, {50: 100}), ({28: 100}, {30: 25}), ({13: 100}, {15: 100})]
    stage = Stage(books, ExecutionSettings(sending=Sending.THINNEST_FIRST))
    [probe] = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    rest = stage.fill(probe).orders
    assert [order.leg.outcome for order in rest] == [yes(0), yes(2)]
    assert [order.id for order in rest] == ["i1-1", "i1-3"]


def test_one_by_one_sends_each_leg_after_the_one_before() -> None:
    stage = Stage(THREE, ExecutionSettings(sending=Sending.ONE_BY_ONE))
    step, sent = stage.begin(BundleKind.ALL_YES, LEGS, 20), []
    while step.orders:
        [order] = step.orders
        sent.append(order.leg.outcome)
        step = stage.fill(order)
    assert sorted(sent) == [yes(0), yes(1), yes(2)]
    assert step.ended[0].ending is Ending.COMPLETE


def test_an_order_without_an_answer_is_unknown_never_resent_and_its_basket_waits() -> None:
    stage = Stage(THREE)
    step = stage.begin(BundleKind.ALL_YES, LEGS, 20)
    one, two, three = step.orders
    stage.fill(one)
    stage.fill(two)
    timer = step.timers[2][0]
    late = stage.fire(timer, 6 * SECOND)
    assert stage.execution.orders[three.id].status is OrderStatus.UNKNOWN
    assert (late.orders, late.intents, late.ended) == ((), (), ())
    assert "unknown" in late.notes[0].text
    assert stage.execution.busy("all_yes:[0, 1, 2]")
    assert stage.fire(timer, SECOND) == NOTHING
    assert [order.id for order in stage.execution.orders.unknown()] == [three.id]
    assert stage.miss(three, Report.ABSENT).intents != ()


def test_an_unknown_order_that_turns_out_filled_completes_its_basket() -> None:
    stage = Stage(THREE)
    step = stage.begin(BundleKind.ALL_YES, LEGS, 20)
    one, two, three = step.orders
    stage.fill(one)
    stage.fill(two)
    stage.fire(step.timers[2][0], 6 * SECOND)
    assert stage.fill(three).ended[0].ending is Ending.COMPLETE


def test_a_resting_leg_is_cancelled_when_patience_ends() -> None:
    stage = Stage(THREE)
    step = stage.begin(BundleKind.ALL_YES, [(0, 49)], 20, tif=TimeInForce.GTC)
    [order] = step.orders
    stage.miss(order, Report.ACCEPTED)
    [(name, at)] = stage.fire(step.timers[0][0], 5 * SECOND).timers
    assert at == order.created + 30 * SECOND
    assert stage.fire(name, 25 * SECOND).cancels == (order.id,)


def test_timers_of_others_are_not_ours() -> None:
    stage = Stage(THREE)
    assert stage.execution.on_event(TimerFired("oracle", stage.now), stage.now) == NOTHING


def test_impossible_reports_raise_and_change_nothing() -> None:
    stage = Stage(THREE)
    one, *_ = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    with pytest.raises(IllegalTransition, match="cannot follow"):
        stage.miss(one)
    with pytest.raises(IllegalTransition, match="not one of ours"):
        stage.execution.on_event(OrderReported(OrderId("x"), Report.CANCELLED, stage.now), stage.now)
    with pytest.raises(IllegalTransition, match="without its fill"):
        stage.miss(stage.steps[0].orders[1], Report.FILLED)
    assert stage.execution.orders[one.id].filled == 20 * CONTRACT


def test_more_than_was_ordered_cannot_fill() -> None:
    stage = Stage(THREE)
    one, *_ = stage.begin(BundleKind.ALL_YES, LEGS, 20, tif=TimeInForce.GTC).orders
    with pytest.raises(IllegalTransition, match="filled"):
        stage.fill(one, 50, 21)


def test_what_an_amount_of_money_buys_beyond_the_size_at_a_better_price_is_kept_and_the_basket_is_complete() -> None:
    stage = Stage(THREE)
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one, 40, 25)
    stage.fill(two)
    step = stage.fill(three)
    [end] = step.ended
    assert (end.ending, end.sets, end.kept) == (Ending.COMPLETE, 20 * CONTRACT, ((yes(0), 5 * CONTRACT),))
    assert step.intents == ()


def test_an_intent_that_is_no_bundle_is_sent_and_ends_with_its_order() -> None:
    stage = Stage(THREE)
    leg = Leg(yes(0), stage.markets[0].id, Side.BUY, Price(5_000), Size(10 * CONTRACT), Price(5_000))
    [order] = stage.start(stage.intent("a view", (leg,))).orders
    [end] = stage.fill(order).ended
    assert end.ending is Ending.COMPLETE
    assert end.kept == ((yes(0), 10 * CONTRACT),)


def test_fees_count_in_every_decision_and_in_the_result() -> None:
    stage = Stage(THREE, fees=PolymarketFees(rate_ppm=50_000))
    one, two, three = stage.begin(BundleKind.ALL_YES, LEGS, 20).orders
    stage.fill(one)
    stage.fill(two)
    stage.show(2, {13: 100}, {18: 100})  # 98 cents, but fees make it 101: not worth completing
    [home] = stage.miss(three).intents
    assert [leg.side for leg in home.legs] == [Side.SELL, Side.SELL]
    for order in stage.start(home).orders:
        step = stage.fill(order, 48 if order.leg.outcome == yes(0) else 28)
    assert step.ended[0].result == stage.earned() == stage.ledger.realised - stage.ledger.fees
