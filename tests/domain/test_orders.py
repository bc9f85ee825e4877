"""An order moves as its table says, never back from the end, and never fills beyond its size."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import NEXT, IntentId, Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import Nanos, Price, Size

LEG = Leg(OutcomeId("o"), MarketId("m"), Side.BUY, Price(4_700), Size(10), Price(4_650))
NEW = Order(id=OrderId("1"), intent=IntentId("i"), leg=LEG, created=Nanos(1))


def in_state(status: OrderStatus) -> Order:
    return msgspec.structs.replace(NEW, status=status)


@given(st.lists(st.sampled_from(Report), max_size=12))
def test_an_order_follows_its_table_or_refuses_and_stays(reports: list[Report]) -> None:
    order = NEW
    for report in reports:
        if following := NEXT.get((order.status, report)):
            order = order.after(report)
            assert order.status is following
        else:
            with pytest.raises(IllegalTransition, match="cannot follow"):
                order.after(report)


ENDS = [status for status in OrderStatus if status.final]
LATE = {Report.FILLED_PARTLY, Report.FILLED}


@pytest.mark.parametrize("status", ENDS)
def test_a_final_order_has_nothing_left(status: OrderStatus) -> None:
    assert in_state(status).remaining == 0


@pytest.mark.parametrize("status", [OrderStatus.FILLED, OrderStatus.CANCELLED, OrderStatus.EXPIRED])
def test_an_order_that_is_over_stays_over_whatever_is_told_late_or_twice(status: OrderStatus) -> None:
    for report in Report:
        following = NEXT.get((status, report))
        assert following in (None, status, *([OrderStatus.FILLED] if report is Report.FILLED else []))
    assert (NEXT.get((status, Report.FILLED_PARTLY)) is None) is (status is OrderStatus.FILLED)


@pytest.mark.parametrize("status", [OrderStatus.REJECTED, OrderStatus.DEAD])
def test_an_order_that_was_wrongly_taken_for_gone_is_unknown_again_when_it_shows_life(status: OrderStatus) -> None:
    assert in_state(status).after(Report.ACCEPTED).status is OrderStatus.UNKNOWN
    assert in_state(status).after_fill(Size(4)).status is OrderStatus.UNKNOWN
    assert in_state(status).after_fill(Size(10)).status is OrderStatus.FILLED
    for report in set(Report) - LATE - {Report.ACCEPTED}:
        assert NEXT.get((status, report)) in (None, status)


def test_every_state_can_be_reached_and_all_that_are_not_final_can_be_left() -> None:
    reached = {OrderStatus.PLANNED} | set(NEXT.values())
    assert reached == set(OrderStatus)
    left = {status for (status, _), following in NEXT.items() if following is not status}
    assert {status for status in OrderStatus if not status.final} <= left


@given(st.integers(1, 10), st.integers(1, 10))
def test_what_is_taken_back_neither_rests_nor_trades_again(filled: int, back: int) -> None:
    order = in_state(OrderStatus.OPEN).after_fill(Size(filled))
    if back > filled:
        with pytest.raises(IllegalTransition, match="taken back"):
            order.after_reversal(Size(back))
        return
    after = order.after_reversal(Size(back))
    assert (after.status, after.filled, after.taken_back) == (order.status, filled - back, back)
    assert after.remaining == order.remaining
    if not after.status.final:
        whole = after.after_fill(after.remaining)
        assert (whole.status, whole.filled) == (OrderStatus.FILLED, 10 - back)


def test_silence_is_not_a_refusal() -> None:
    assert in_state(OrderStatus.SENDING).after(Report.TIMEOUT).status is OrderStatus.UNKNOWN
    assert not OrderStatus.UNKNOWN.final
    assert in_state(OrderStatus.UNKNOWN).remaining == 10


@given(st.lists(st.integers(1, 6).map(Size), max_size=8))
def test_fills_add_up_to_the_size_and_no_further(sizes: list[Size]) -> None:
    order = in_state(OrderStatus.OPEN)
    for size in sizes:
        before = order.filled
        if before + size > LEG.size:
            with pytest.raises(IllegalTransition):
                order.after_fill(size)
            continue
        if order.status.final:
            continue
        order = order.after_fill(size)
        assert order.filled == before + size
        whole = order.filled == LEG.size
        assert order.status is (OrderStatus.FILLED if whole else OrderStatus.PARTLY_FILLED)
        assert order.remaining == LEG.size - order.filled


def test_a_report_makes_a_new_value() -> None:
    sent = NEW.after(Report.SENT)
    assert (NEW.status, sent.status) == (OrderStatus.PLANNED, OrderStatus.SENDING)


def test_a_purchase_at_polymarket_that_spends_dollars_may_bring_more_than_it_asked_for() -> None:
    leg = msgspec.structs.replace(LEG, market=MarketId("0xa1"), tif=TimeInForce.FOK)
    order = msgspec.structs.replace(NEW, leg=leg, status=OrderStatus.SENDING)
    filled = order.after_fill(Size(9)).after_fill(Size(4))
    assert (filled.status, filled.filled, filled.remaining) == (OrderStatus.FILLED, 13, 0)
    assert filled.after_fill(Size(2)).filled == 15
    assert order.most == LEG.size * LEG.limit
    for other in (
        msgspec.structs.replace(leg, tif=TimeInForce.GTC),
        msgspec.structs.replace(leg, side=Side.SELL),
        msgspec.structs.replace(leg, market=MarketId("KXRAIN-1")),
    ):
        with pytest.raises(IllegalTransition):
            msgspec.structs.replace(order, leg=other).after_fill(Size(13))
