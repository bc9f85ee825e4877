"""An order moves as its table says, never back from the end, and never fills beyond its size."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import NEXT, IntentId, Leg, Order, OrderId, OrderStatus, Report
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


@pytest.mark.parametrize("status", [status for status in OrderStatus if status.final])
def test_a_final_order_takes_no_report_and_has_nothing_left(status: OrderStatus) -> None:
    order = in_state(status)
    assert order.remaining == 0
    for report in Report:
        with pytest.raises(IllegalTransition):
            order.after(report)


def test_every_state_that_is_not_final_can_be_reached_and_left() -> None:
    reached = {OrderStatus.PLANNED} | set(NEXT.values())
    left = {status for status, _ in NEXT}
    assert reached == set(OrderStatus)
    assert left == {status for status in OrderStatus if not status.final}


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
