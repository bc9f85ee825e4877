"""A desk that runs for months remembers what may still matter, and not every order that it ever had."""

from hypothesis import event, given
from hypothesis import strategies as st

from dutchbook.domain.book import Side
from dutchbook.domain.events import FillSettled, OrderFilled, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, Report
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Price, Size
from dutchbook.execution.orders import FORGET_AFTER, MOST_KEPT, Orders
from dutchbook.venues.kalshi import known_orders as at_kalshi
from dutchbook.venues.polymarket import known_orders as at_polymarket
from tests.execution.fills import fill_of

MARKET = MarketId("m")
ENDS = ["rests", "cancelled", "filled", "settled"]


class Days:
    """Orders one after the other, each with an end, on a clock of their own."""

    def __init__(self, most: int) -> None:
        self.orders = Orders(most)
        self.now = Nanos(0)
        self.sent: list[tuple[Order, str]] = []

    def order(self, end: str, later_s: int) -> OrderId:
        self.now = Nanos(self.now + later_s * SECOND)
        leg = Leg(OutcomeId("m-yes"), MARKET, Side.BUY, Price(4_000), Size(CONTRACT), Price(4_000))
        order = self.orders.send(IntentId(f"i{len(self.sent)}"), 1, leg, self.now)
        self.sent.append((order, end))
        self.orders.apply(OrderReported(order.id, Report.ACCEPTED, self.now))
        if end == "cancelled":
            self.orders.apply(OrderReported(order.id, Report.CANCELLED, self.now))
        elif end in ("filled", "settled"):
            self.orders.apply(OrderFilled(fill_of(order, order.leg.size, self.now, "f", provisional=True), self.now))
        if end == "settled":
            self.orders.apply(FillSettled(order.id, "f", self.now))
        return order.id


@given(st.lists(st.tuples(st.sampled_from(ENDS), st.integers(0, 2_000)), min_size=30, max_size=120))
def test_only_what_is_over_for_long_is_forgotten_and_the_newest_stay(steps: list[tuple[str, int]]) -> None:
    days, twin = Days(20), Days(10_000)
    for end, later_s in steps:
        days.order(end, later_s)
        twin.order(end, later_s)
    kept = {order.id for order in days.orders}
    for order, end in days.sent:
        open_ended = end in ("rests", "filled")  # a fill that may still be taken back
        young = days.now - order.created <= FORGET_AFTER
        assert order.id in kept or not (open_ended or young)
    event(f"{len(days.sent) - len(kept)} forgotten")
    assert days.orders.working() == twin.orders.working()
    assert days.orders.provisional() == twin.orders.provisional()
    assert days.orders.unsettled(OutcomeId("m-yes")) == twin.orders.unsettled(OutcomeId("m-yes"))


def test_ten_thousand_orders_that_are_over_take_the_room_of_a_few() -> None:
    days = Days(50)
    for number in range(10_000):
        days.order("settled" if number % 2 else "cancelled", 600)
    assert len(days.orders) <= 60
    assert days.sent[-1][0].id in days.orders


def test_what_codecs_may_still_speak_of_is_remembered() -> None:
    assert MOST_KEPT * 9 // 10 >= at_kalshi.MOST_KNOWN + at_polymarket.MOST_KNOWN
