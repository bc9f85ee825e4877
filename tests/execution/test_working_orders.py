"""Orders at work are found by their market, and no longer once they are over."""

from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.events import OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import IntentId, Leg, Report
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.execution.orders import Orders

MARKETS = [MarketId(f"m{number}") for number in range(3)]


@given(
    st.lists(
        st.tuples(st.sampled_from(MARKETS), st.sampled_from([None, Report.REJECTED, Report.ACCEPTED, Report.TIMEOUT])),
        max_size=12,
    )
)
def test_the_orders_of_all_markets_are_those_at_work(steps: list[tuple[MarketId, Report | None]]) -> None:
    orders = Orders()
    for number, (market, report) in enumerate(steps):
        leg = Leg(OutcomeId(f"{market}-yes"), market, Side.BUY, Price(4_000), Size(1_000_000), Price(4_000))
        sent = orders.send(IntentId(f"i{number}"), 1, leg, Nanos(number))
        if report is not None:
            orders.apply(OrderReported(sent.id, report, Nanos(number)))
    for market in MARKETS:
        assert orders.working_in(market) == tuple(each for each in orders.working() if each.leg.market == market)
    for order in orders.working():
        if order.status.name != "UNKNOWN":
            report = Report.CANCELLED if order.status.name == "OPEN" else Report.REJECTED
            orders.apply(OrderReported(order.id, report, Nanos(99)))
    assert {order.status.name for market in MARKETS for order in orders.working_in(market)} <= {"UNKNOWN"}
    assert orders.working_in(MarketId("never heard of")) == ()
