"""Fills that are matched before they are settled: what waits for them, and what their failure undoes."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import FillReversed, FillSettled
from dutchbook.domain.orders import Fill, OrderStatus, Report
from dutchbook.domain.units import CONTRACT, Nanos
from dutchbook.execution.step import Ending
from dutchbook.portfolio.entries import Convert, FillUndone, Merge
from tests.execution.rig import Rig
from tests.execution.stage import no, yes

THREE = [({48: 100}, {50: 100}), ({28: 100}, {30: 100}), ({13: 100}, {15: 100})]
LEGS = [(0, 50), (1, 30), (2, 15)]
NO_LEGS = [(0, 55), (1, 65), (2, 70)]
NO_BOOKS = [({45: 50}, {50: 50}), ({35: 50}, {40: 50}), ({30: 50}, {32: 50})]


def matched(rig: Rig, kind: BundleKind, legs: list[tuple[int, int]], contracts: int = 20) -> list[Fill]:
    """A basket of which every leg is matched and none settled."""
    orders = rig.begin(kind, legs, contracts).orders
    fills = [rig.trade(order.id, order.leg.size, provisional=True) for order in orders]
    for fill in fills:
        rig.tell(fill)
    return fills


def test_a_basket_is_over_when_its_last_fill_is_settled() -> None:
    rig = Rig(THREE)
    fills = matched(rig, BundleKind.ALL_YES, LEGS)
    assert rig.execution.busy("all_yes:[0, 1, 2]")
    assert [rig.settle(fill).ended for fill in fills[:2]] == [(), ()]
    [end] = rig.settle(fills[2]).ended
    assert (end.ending, end.sets) == (Ending.COMPLETE, 20 * CONTRACT)


def test_what_is_not_settled_may_not_be_sold() -> None:
    rig = Rig(THREE)
    fills = matched(rig, BundleKind.ALL_YES, LEGS)
    assert rig.execution.orders.unsettled(yes(0)) == 20 * CONTRACT
    rig.settle(fills[0])
    assert rig.execution.orders.unsettled(yes(0)) == 0
    assert rig.execution.orders.unsettled(yes(1)) == 20 * CONTRACT


def test_nothing_is_converted_or_merged_before_all_is_settled() -> None:
    rig = Rig(NO_BOOKS)
    fills = matched(rig, BundleKind.ALL_NO, NO_LEGS)
    assert [rig.settle(fill).operations for fill in fills[:2]] == [(), ()]
    [convert] = rig.settle(fills[2]).operations
    assert isinstance(convert, Convert)
    assert rig.agrees()


def test_a_twin_is_merged_once_both_sides_are_settled() -> None:
    rig = Rig(THREE)
    one, two, three = rig.begin(BundleKind.ALL_YES, LEGS, 6).orders
    rig.report(one.id, Report.CANCELLED)
    rig.report(two.id, Report.CANCELLED)
    rig.show(0, {48: 100}, {70: 100})
    leg = rig.trade(three.id, three.leg.size, provisional=True)
    assert rig.tell(leg).intents == ()  # six contracts at 13 cents can only be given back by a twin, and not yet
    [home] = rig.settle(leg).intents
    assert (home.legs[0].outcome, home.legs[0].side) == (no(2), Side.BUY)
    [order] = rig.start(home).orders
    twin = rig.trade(order.id, order.leg.size, provisional=True)
    assert rig.tell(twin).operations == ()
    step = rig.settle(twin)
    assert [type(entry) for entry in step.operations] == [Merge]
    assert step.ended[0].ending is Ending.HOME
    assert rig.agrees()


def test_a_missing_leg_is_completed_although_the_others_are_not_settled() -> None:
    rig = Rig(THREE)
    one, two, three = rig.begin(BundleKind.ALL_YES, LEGS, 20).orders
    for order in (one, two):
        rig.tell(rig.trade(order.id, order.leg.size, provisional=True))
    rig.show(2, {13: 100}, {18: 100})
    [home] = rig.report(three.id, Report.CANCELLED).intents
    assert [leg.side for leg in home.legs] == [Side.BUY]


def test_a_missing_leg_that_cannot_be_completed_waits_for_settlement_before_the_others_are_sold() -> None:
    rig = Rig(THREE)
    one, two, three = rig.begin(BundleKind.ALL_YES, LEGS, 20).orders
    fills = [rig.trade(order.id, order.leg.size, provisional=True) for order in (one, two)]
    for fill in fills:
        rig.tell(fill)
    rig.show(2, {13: 100}, {40: 100})
    assert rig.report(three.id, Report.CANCELLED).intents == ()
    assert rig.settle(fills[0]).intents == ()
    [home] = rig.settle(fills[1]).intents
    assert [leg.side for leg in home.legs] == [Side.SELL, Side.SELL]


def test_a_fill_that_is_taken_back_leaves_a_leg_missing_and_is_completed_again() -> None:
    rig = Rig(THREE)
    fills = matched(rig, BundleKind.ALL_YES, LEGS)
    for fill in fills[:2]:
        rig.settle(fill)
    step = rig.fail(fills[2])
    assert step.operations[0] == FillUndone(fills[2])
    assert rig.agrees()
    [home] = step.intents
    assert [(leg.outcome, leg.size) for leg in home.legs] == [(yes(2), 20 * CONTRACT)]
    [order] = rig.start(home).orders
    again = rig.trade(order.id, order.leg.size, provisional=True)
    rig.tell(again)
    [end] = rig.settle(again).ended
    assert end.ending is Ending.COMPLETE
    assert rig.agrees()


def test_a_basket_of_which_nothing_settled_is_over_with_nothing() -> None:
    rig = Rig(THREE)
    fills = matched(rig, BundleKind.ALL_YES, LEGS)
    rig.books.clear()
    ended = [end for fill in fills for end in rig.fail(fill).ended]
    assert [end.ending for end in ended] == [Ending.NOTHING]
    assert rig.held() == {}
    assert rig.earned() == 0


def test_a_failure_after_the_end_is_undone_and_told_to_a_person() -> None:
    rig = Rig(THREE)
    fills = matched(rig, BundleKind.ALL_YES, LEGS)
    for fill in fills:
        rig.settle(fill)
    step = rig.fail(fills[1])
    assert "was final, and is taken back" in step.halts[0].reason
    assert rig.agrees()


@given(st.permutations(["fill", "settled", "reversed", "fill", "settled", "reversed"]))
def test_news_of_a_fill_in_any_order_and_twice_end_the_same(order_of_news: list[str]) -> None:
    """A reversal is the last word of the venue, whenever it is heard."""
    rig = Rig(THREE)
    order = rig.begin(BundleKind.ALL_YES, LEGS, 20).orders[0]
    rig.report(order.id, Report.ACCEPTED)
    fill = rig.trade(order.id, order.leg.size, provisional=True)
    rig.venue.move(fill, -1)
    for news in order_of_news:
        now = Nanos(rig.now)
        if news == "fill":
            rig.tell(fill)
        elif news == "settled":
            rig.hear(FillSettled(fill.order, fill.id, now))
        else:
            rig.hear(FillReversed(fill.order, fill.id, now))
    assert rig.agrees()
    assert rig.execution.orders.unsettled(fill.outcome) == 0
    assert rig.execution.orders[order.id].filled == 0
    assert rig.execution.orders[order.id].status in (OrderStatus.FILLED, OrderStatus.OPEN)
