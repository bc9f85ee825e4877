"""What may become of an order after it left, row by row of the order outcome table, as execution takes it in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.events import CancelFailed, FillReversed, ForeignFill, VenueState, VenueStateChanged
from dutchbook.domain.orders import Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price, Size
from dutchbook.execution.step import Step
from dutchbook.portfolio.entries import FillUndone
from tests.execution.rig import HERE, Rig
from tests.execution.stage import no, yes

BOOKS = [({48: 100}, {50: 100}), ({28: 100}, {30: 100}), ({13: 100}, {15: 100})]


def resting(rig: Rig, contracts: int = 10) -> Order:
    """One order that may rest, of an intent that is no bundle."""
    leg = Leg(yes(0), rig.markets[0].id, Side.BUY, Price(5_000), Size(contracts * CONTRACT), Price(5_000))
    leg = Leg(leg.outcome, leg.market, leg.side, leg.limit, leg.size, leg.expected, TimeInForce.GTC)
    [order] = rig.start(rig.intent("a view", (leg,))).orders
    return order


def status(rig: Rig, order: Order) -> OrderStatus:
    return rig.execution.orders[order.id].status


def same_way(rig: Rig, order: Order) -> list[Leg]:
    """Legs that go the way of an order: its own outcome, and the other side of its twin."""
    leg = order.leg
    twin = Leg(no(0), leg.market, Side.SELL, Price(4_000), leg.size, Price(4_000))
    return [leg, twin]


def test_what_did_not_leave_is_rejected_and_a_new_intent_may_follow() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    [end] = rig.report(order.id, Report.REJECTED, "not sent: price off the grid").ended
    assert status(rig, order) is OrderStatus.REJECTED
    assert end.intents == (order.intent,)
    assert resting(rig).id != order.id


@given(st.lists(st.just(Report.ACCEPTED), min_size=1, max_size=3))
def test_an_acknowledged_order_rests_however_often_it_is_acknowledged(told: list[Report]) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    for report in told:
        rig.report(order.id, report)
    assert status(rig, order) is OrderStatus.OPEN
    assert rig.execution.blocks(order.leg) is None


@given(st.sampled_from(["unreadable answer", "another id", "408", "502", "reset", "timeout"]), st.booleans())
def test_an_ambiguous_answer_makes_unknown_and_nothing_more_is_sent_its_way(why: str, twin: bool) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT, why)
    assert status(rig, order) is OrderStatus.UNKNOWN
    assert rig.execution.orders[order.id].remaining == order.leg.size
    block = rig.execution.blocks(same_way(rig, order)[twin])
    assert block is not None
    assert block.rule == "unknown_order"
    assert order.id in block.reason


def test_the_other_direction_and_other_markets_stay_open_meanwhile() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT)
    sale = Leg(yes(0), order.leg.market, Side.SELL, Price(4_800), order.leg.size, Price(4_800))
    elsewhere = Leg(yes(1), rig.markets[1].id, Side.BUY, Price(3_000), order.leg.size, Price(3_000))
    assert rig.execution.blocks(sale) is None
    assert rig.execution.blocks(elsewhere) is None


def test_a_definite_refusal_ends_the_order_and_its_basket_goes_home() -> None:
    rig = Rig(BOOKS)
    one, two, three = rig.begin(BundleKind.ALL_YES, [(0, 50), (1, 30), (2, 15)], 20).orders
    rig.tell(rig.trade(one.id, one.leg.size))
    rig.tell(rig.trade(two.id, two.leg.size))
    step = rig.report(three.id, Report.REJECTED, "400: invalid tick size")
    assert status(rig, three) is OrderStatus.REJECTED
    assert step.intents[0].kind == "way_home"


@given(st.sampled_from([VenueState.RESTARTING, VenueState.CANCEL_ONLY, VenueState.DOWN, VenueState.POST_ONLY]))
def test_a_venue_that_takes_no_orders_gets_none_until_it_is_up(state: VenueState) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.REJECTED, "425: not accepted")
    rig.hear(VenueStateChanged(HERE, state, Nanos(rig.now), "425"))
    block = rig.execution.blocks(order.leg)
    assert block is not None
    assert block.rule == "venue_state"
    rig.hear(VenueStateChanged(HERE, VenueState.UP, Nanos(rig.now)))
    assert rig.execution.blocks(order.leg) is None


def test_a_venue_that_is_not_up_is_asked_from_the_time_that_it_names_on_until_it_is() -> None:
    rig = Rig(BOOKS)
    began = rig.now
    later = Nanos(began + 90 * SECOND)
    rig.hear(VenueStateChanged(HERE, VenueState.RESTARTING, Nanos(began), "425", later))
    rig.pass_time(100)
    rig.hear(VenueStateChanged(HERE, VenueState.POST_ONLY, Nanos(rig.now), "back"))
    rig.pass_time(21)
    assert [(at - began) / SECOND for at in rig.swept] == [90, 100, 110, 120]
    rig.hear(VenueStateChanged(HERE, VenueState.UP, Nanos(rig.now)))
    seen = len(rig.swept)
    rig.pass_time(60)
    assert len(rig.swept) == seen


def test_a_venue_that_was_not_trusted_is_up_again_once_its_account_is_stated_and_nothing_is_unknown() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT, "an answer that nobody can read")
    rig.hear(VenueStateChanged(HERE, VenueState.DOWN, Nanos(rig.now), "not trusted"))
    old = rig.statement(asked=rig.now - 1)
    rig.hear(old)
    rig.now = Nanos(rig.now + 1)
    assert rig.execution.venues[HERE] is VenueState.DOWN
    rig.report(order.id, Report.CANCELLED)
    rig.venue.orders[order.id].open = False
    rig.hear(old)
    assert rig.execution.venues[HERE] is VenueState.DOWN
    rig.hear(rig.statement())
    assert rig.execution.venues[HERE] is VenueState.UP


def test_a_venue_in_post_only_mode_takes_what_cannot_take() -> None:
    rig = Rig(BOOKS)
    rig.hear(VenueStateChanged(HERE, VenueState.POST_ONLY, Nanos(rig.now)))
    leg = Leg(yes(0), rig.markets[0].id, Side.BUY, Price(4_700), Size(CONTRACT), Price(4_700), post_only=True)
    assert rig.execution.blocks(leg) is None


@given(st.integers(0, 10), st.integers(0, 6))
def test_an_unknown_order_that_is_found_is_what_the_venue_says_of_it(contracts: int, seconds: int) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    if contracts:
        rig.trade(order.id, contracts * CONTRACT)
    rig.report(order.id, Report.TIMEOUT)
    rig.pass_time(seconds + 1, answering=True)
    found = rig.execution.orders[order.id]
    assert found.filled == contracts * CONTRACT
    expected = {0: OrderStatus.OPEN, 10: OrderStatus.FILLED}.get(contracts, OrderStatus.PARTLY_FILLED)
    assert found.status is expected
    assert rig.execution.blocks(order.leg) is None
    assert rig.agrees()


@given(st.sampled_from([Report.CANCELLED, Report.EXPIRED]), st.integers(1, 10), st.booleans())
def test_a_trade_told_after_the_end_is_booked_and_the_order_stays_over(
    over: Report, contracts: int, twice: bool
) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.ACCEPTED)
    rig.report(order.id, over)
    fill = rig.trade(order.id, contracts * CONTRACT)
    step = rig.tell(fill)
    if twice:
        rig.tell(fill)
    assert rig.execution.orders[order.id].status.final
    assert rig.execution.orders[order.id].filled == contracts * CONTRACT
    assert not step.halts
    assert "no basket is left" in step.alerts[0].text
    assert rig.agrees()


@given(st.sampled_from(["dead", "rejected"]), st.integers(1, 10))
def test_a_trade_of_an_order_taken_for_gone_is_booked_and_halts_the_desk(how: str, contracts: int) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    if how == "dead":
        rig.report(order.id, Report.TIMEOUT)
        rig.report(order.id, Report.ABSENT)
    else:
        rig.report(order.id, Report.REJECTED)
    step = rig.tell(rig.trade(order.id, contracts * CONTRACT))
    [halt] = step.halts
    assert halt.venue is None
    assert order.id in halt.reason
    assert step.alerts
    assert rig.agrees()
    whole = contracts == 10
    assert status(rig, order) is (OrderStatus.FILLED if whole else OrderStatus.UNKNOWN)
    assert step.cancels == (() if whole else (order.id,))


def test_ten_seconds_unknown_alert_and_two_minutes_stop_the_venue_until_it_is_known() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.TIMEOUT)
    seen = len(rig.steps)
    rig.pass_time(11)
    assert any(order.id == alert.subject for step in rig.steps[seen:] for alert in step.alerts)
    sale = Leg(yes(1), rig.markets[1].id, Side.SELL, Price(2_800), order.leg.size, Price(2_800))
    assert rig.execution.blocks(sale) is None
    rig.pass_time(110)
    halts = [halt for step in rig.steps[seen:] for halt in step.halts]
    assert [halt.venue for halt in halts] == [HERE]
    assert rig.execution.blocks(sale) is not None
    assert rig.execution.venues.takes_cancels(HERE)
    rig.report(order.id, Report.ACCEPTED)
    assert rig.execution.blocks(sale) is None


def test_a_fill_that_is_told_by_two_channels_counts_once() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    fill = rig.trade(order.id, 4 * CONTRACT)
    rig.tell(fill)
    step = rig.tell(fill)
    assert "not counted again" in step.notes[0].text
    assert rig.execution.orders[order.id].filled == 4 * CONTRACT
    assert rig.agrees()


def test_a_trade_by_a_stranger_is_booked_once_and_taken_back_if_its_settlement_fails() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    fill = replace(rig.trade(order.id, 4 * CONTRACT, provisional=True), order=OrderId("0xsomebody"))
    told = ForeignFill(HERE, fill, Nanos(rig.now))
    assert rig.hear(told).alerts
    assert rig.hear(told).operations == ()
    assert rig.agrees()
    assert rig.execution.orders.unsettled(yes(0)) == 4 * CONTRACT
    rig.venue.move(fill, -1)
    step = rig.hear(FillReversed(fill.order, fill.id, Nanos(rig.now)))
    assert step.operations == (FillUndone(fill),)
    assert rig.hear(FillReversed(fill.order, fill.id, Nanos(rig.now))).operations == ()
    assert rig.agrees()
    assert rig.execution.orders.unsettled(yes(0)) == 0


@pytest.mark.parametrize("ambiguous", [False, True])
def test_a_cancel_that_failed_is_asked_about_and_sent_again(ambiguous: bool) -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.ACCEPTED)
    assert rig.execution.cancel(order.id, Nanos(rig.now)).cancels == (order.id,)
    failed = rig.hear(CancelFailed(order.id, Nanos(rig.now), "504", ambiguous))
    assert failed.queries == (order.id,)
    assert status(rig, order) is OrderStatus.OPEN
    again = rig.fire(f"cancel:{order.id}", 5 * SECOND)
    assert (again.cancels, again.queries) == ((order.id,), (order.id,))
    rig.report(order.id, Report.CANCELLED)
    assert rig.fire(f"cancel:{order.id}", 5 * SECOND) == Step()


def test_cancels_wait_while_the_venue_is_down_and_leave_when_it_is_back() -> None:
    rig = Rig(BOOKS)
    order = resting(rig)
    rig.report(order.id, Report.ACCEPTED)
    rig.hear(VenueStateChanged(HERE, VenueState.DOWN, Nanos(rig.now)))
    assert rig.execution.cancel(order.id, Nanos(rig.now)).cancels == ()
    back = rig.hear(VenueStateChanged(HERE, VenueState.CANCEL_ONLY, Nanos(rig.now)))
    assert back.cancels == (order.id,)


def test_a_person_cancels_one_market_or_all_or_only_what_buys() -> None:
    rig = Rig(BOOKS)
    first = resting(rig)
    leg = Leg(yes(1), rig.markets[1].id, Side.SELL, Price(3_000), Size(CONTRACT), Price(3_000), TimeInForce.GTC)
    [second] = rig.start(rig.intent("another", (leg,))).orders
    now = Nanos(rig.now)
    assert rig.execution.cancel_all(now).cancels == (first.id, second.id)
    assert rig.execution.cancel_all(now, market=leg.market).cancels == (second.id,)
    assert rig.execution.cancel_all(now, buys_only=True).cancels == (first.id,)
    rig.report(second.id, Report.CANCELLED)
    assert "nothing to cancel" in rig.execution.cancel(second.id, now).notes[0].text
