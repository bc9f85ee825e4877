"""A halt at the venues: their own switches go off where nothing but purchases is at work."""

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.orders import Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.units import CONTRACT, Price, Size
from dutchbook.execution.gateway import VenueGateway
from tests.execution.test_gateway import MARKET, NOW, YES, Clerk, Shelf, an_order

ELSEWHERE = OutcomeId("KXRAIN-27JAN01/yes")


def gateway(working: list[Order]) -> tuple[VenueGateway, Clerk, Clerk]:
    here, there = Clerk(), Clerk()
    brokers = {Venue.POLYMARKET: here, Venue.KALSHI: there}
    made = VenueGateway(brokers, brokers, Shelf(), lambda _: None)
    made.follow(lambda: working, lambda _: working)
    return made, here, there


def a_sale() -> Order:
    leg = Leg(YES, MARKET, Side.SELL, Price(5_000), Size(5 * CONTRACT), Price(5_000), TimeInForce.GTC)
    return Order(id=OrderId("s1"), intent=an_order("x", YES, 1, 1, TimeInForce.GTC, OrderStatus.OPEN).intent, leg=leg,
                 status=OrderStatus.OPEN, created=NOW)  # fmt: skip


def test_where_purchases_alone_are_at_work_the_switch_goes_off_and_is_fed_no_more() -> None:
    made, here, there = gateway([an_order("b1", YES, 40, 5, TimeInForce.GTC, OrderStatus.OPEN)])
    made.stand_down(NOW)
    assert here.log == there.log == [("guard", ("False",)), ("cancel_all", ())]


def test_a_venue_where_a_sale_rests_keeps_its_guard_and_the_sale() -> None:
    made, here, there = gateway([an_order("b1", YES, 40, 5, TimeInForce.GTC, OrderStatus.OPEN), a_sale()])
    made.stand_down(NOW)
    assert here.log == []
    assert there.log == [("guard", ("False",)), ("cancel_all", ())]


def test_a_person_who_resumes_arms_every_venue_again() -> None:
    made, here, there = gateway([])
    made.stand_down(NOW)
    made.rearm()
    assert here.log[-1] == there.log[-1] == ("guard", ("True",))
