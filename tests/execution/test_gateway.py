"""The gateway to venues: names before sending, what of ours stands in the books, and who is asked for what."""

from collections.abc import Iterable, Sequence

import pytest
from msgspec.structs import replace

from dutchbook.domain.book import Book, Level, Side
from dutchbook.domain.events import OrderEvent, VenueStateChanged
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import Market, NoFees, PriceGrid
from dutchbook.domain.orders import IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.execution import gateway as module
from dutchbook.execution.gateway import VenueGateway
from dutchbook.venues.feed import FrameSink, NoticeSink
from dutchbook.venues.trading import OrderDenied, Prepared

YES, NO, MARKET = OutcomeId("yes"), OutcomeId("no"), MarketId("0x" + "a" * 64)
NOW = Nanos(1)
A_MARKET = Market(
    id=MARKET,
    venue=Venue.POLYMARKET,
    question=QuestionId("q"),
    title="t",
    yes=YES,
    no=NO,
    grid=PriceGrid.uniform(Price(100)),
    min_size=Size(0),
    fees=NoFees(),
)


class Clerk:
    """A broker and its codec that write down what they are told."""

    venue = Venue.POLYMARKET

    def __init__(self) -> None:
        self.log: list[tuple[str, tuple[str, ...]]] = []
        self.drafted: list[Nanos] = []
        self.known: list[str] = []

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        self.drafted.append(now)
        if order.leg.size > 100 * CONTRACT:
            raise OrderDenied("too large for this venue")
        return Prepared(order, market, f"0x{order.id}", b"")

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:  # noqa: ARG002
        self.log.append(("place", tuple(one.order.venue_id for one in prepared)))

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:  # noqa: ARG002
        self.log.append(("cancel", tuple(order.venue_id for order in orders)))

    def cancel_all(self, now: Nanos) -> None:  # noqa: ARG002
        self.log.append(("cancel_all", ()))

    def query(self, order: Order, now: Nanos) -> None:  # noqa: ARG002
        self.log.append(("query", (order.venue_id,)))

    def since(self, at: Nanos) -> None:
        self.log.append(("since", (str(at),)))

    def sweep(self, now: Nanos) -> None:  # noqa: ARG002
        self.log.append(("sweep", ()))

    def guard(self, *, on: bool) -> None:
        self.log.append(("guard", (str(on),)))

    async def run(self, frames: FrameSink, notices: NoticeSink) -> None:
        raise NotImplementedError

    def know(self, orders: Iterable[Order]) -> None:
        self.known += [order.venue_id for order in orders]

    def offered(self, order: Order) -> None:
        self.log.append(("offered", (order.venue_id,)))

    def told(self, fills: Iterable[tuple[str, str]]) -> None:
        self.known += [fill for _, fill in fills]

    def decode(self, frame: Frame) -> Sequence[OrderEvent | VenueStateChanged]:
        raise NotImplementedError


class Shelf:
    """Two mirrored books."""

    def __init__(self) -> None:
        self.books = {YES: Book(YES), NO: Book(NO)}
        self.books[YES].replace(_levels((40, 10), (39, 5)), _levels((45, 10), (46, 20)), NOW)
        self.books[NO].replace(_levels((55, 10), (54, 20)), _levels((60, 10), (61, 5)), NOW)

    def view(self, outcome: OutcomeId) -> Book | None:
        return self.books.get(outcome)


def _levels(*pairs: tuple[int, int]) -> list[Level]:
    return [Level(Price(cents * 100), Size(size * CONTRACT)) for cents, size in pairs]


def an_order(name: str, outcome: OutcomeId, cents: int, size: int, tif: TimeInForce, status: OrderStatus) -> Order:
    leg = Leg(outcome, MARKET, Side.BUY, Price(cents * 100), Size(size * CONTRACT), Price(cents * 100), tif)
    return Order(id=OrderId(name), intent=IntentId("i1"), leg=leg, status=status, created=NOW)


class Desk:
    """A gateway with a clerk at one venue, and the orders that are at work."""

    def __init__(self) -> None:
        self.clerk = Clerk()
        self.working: list[Order] = []
        venue = Venue.POLYMARKET
        self.gateway = VenueGateway({venue: self.clerk}, {venue: self.clerk}, Shelf(), lambda _: A_MARKET)
        self.gateway.follow(
            lambda: self.working, lambda market: [order for order in self.working if order.leg.market == market]
        )

    def send(self, *orders: Order) -> list[Order]:
        named = [self.gateway.prepare(order, A_MARKET, NOW) for order in orders]
        for order in named:
            self.gateway.submit(order, A_MARKET, NOW)
        self.gateway.depart(NOW)
        return named

    def depth(self, outcome: OutcomeId, *, unclaimed: bool = False) -> list[tuple[int, int]]:
        read = self.gateway.unclaimed if unclaimed else self.gateway.depth
        return [(level.price // 100, level.size // CONTRACT) for level in read(outcome, Side.BUY)]


def test_orders_of_one_step_leave_together_under_their_venues_names() -> None:
    desk = Desk()
    named = desk.send(
        an_order("a", YES, 45, 5, TimeInForce.FOK, OrderStatus.SENDING),
        an_order("b", NO, 60, 5, TimeInForce.FOK, OrderStatus.SENDING),
    )
    assert [order.venue_id for order in named] == ["0xa", "0xb"]
    assert desk.clerk.known == ["0xa", "0xb"]
    assert desk.clerk.log == [("place", ("0xa", "0xb"))]


def test_the_dead_mans_switch_is_armed_anew_when_it_is_asked_for() -> None:
    desk = Desk()
    desk.gateway.rearm()
    assert desk.clerk.log == [("guard", ("False",)), ("guard", ("True",))]


def test_an_order_that_a_venue_would_refuse_and_one_without_an_account_do_not_leave() -> None:
    desk = Desk()
    with pytest.raises(OrderDenied, match="too large"):
        desk.send(an_order("a", YES, 45, 500, TimeInForce.FOK, OrderStatus.SENDING))
    with pytest.raises(OrderDenied, match="no account at kalshi"):
        desk.gateway.prepare(
            an_order("a", YES, 45, 5, TimeInForce.FOK, OrderStatus.SENDING), replace(A_MARKET, venue=Venue.KALSHI), NOW
        )
    desk.gateway.depart(NOW)
    assert desk.clerk.log == []


def test_nobody_counts_on_his_own_orders() -> None:
    desk = Desk()
    assert desk.depth(YES) == [(45, 10), (46, 20)]
    # A purchase of NO at 55 stands as an ask of YES at 45: four of those ten are ours.
    desk.working = [an_order("a", NO, 55, 4, TimeInForce.GTC, OrderStatus.OPEN)]
    assert desk.depth(YES) == [(45, 6), (46, 20)]
    desk.working = [an_order("a", NO, 55, 10, TimeInForce.GTC, OrderStatus.OPEN)]
    assert desk.depth(YES) == [(46, 20)]


def test_what_is_on_its_way_or_unknown_is_claimed() -> None:
    desk = Desk()
    for status in (OrderStatus.SENDING, OrderStatus.UNKNOWN):
        desk.working = [an_order("a", YES, 46, 12, TimeInForce.FOK, status)]
        assert desk.depth(YES) == [(45, 10), (46, 20)]
        assert desk.depth(YES, unclaimed=True) == [(46, 18)]
    desk.working = [an_order("a", YES, 44, 12, TimeInForce.FOK, OrderStatus.SENDING)]
    assert desk.depth(YES, unclaimed=True) == [(45, 10), (46, 20)]


def test_orders_of_an_earlier_run_can_be_cancelled_and_asked_for() -> None:
    desk = Desk()
    old = replace(an_order("a", YES, 45, 5, TimeInForce.GTC, OrderStatus.OPEN), venue_id="0xold")
    never = an_order("b", YES, 45, 5, TimeInForce.GTC, OrderStatus.REJECTED)
    desk.gateway.adopt((old, never), (("0xold", "f1"),), Nanos(7))
    desk.gateway.cancel((old.id,), NOW)
    desk.gateway.query(old.id, NOW)
    assert desk.clerk.known == ["0xold", "f1"]
    assert desk.clerk.log == [("since", ("7",)), ("cancel", ("0xold",)), ("query", ("0xold",))]


def test_orders_that_are_over_are_forgotten_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_SENT", 2)
    desk = Desk()
    [first] = desk.send(an_order("a", YES, 45, 5, TimeInForce.GTC, OrderStatus.SENDING))
    desk.working = [first]
    for name in ("b", "c", "d"):
        desk.send(an_order(name, YES, 45, 5, TimeInForce.FOK, OrderStatus.SENDING))
    desk.gateway.cancel((first.id,), NOW)
    with pytest.raises(KeyError):
        desk.gateway.cancel((OrderId("b"),), NOW)


def test_an_order_is_sent_once_more_only_if_it_would_be_drafted_as_it_was() -> None:
    desk = Desk()
    [sent] = desk.send(an_order("a", YES, 45, 5, TimeInForce.GTC, OrderStatus.SENDING))
    lost = replace(sent, status=OrderStatus.UNKNOWN)
    desk.clerk.log.clear()
    assert desk.gateway.same(lost, A_MARKET)
    desk.gateway.offer(lost, A_MARKET, NOW)
    assert desk.clerk.log == [("offered", ("0xa",)), ("place", ("0xa",))], "its codec hears of it first"
    too_large = replace(lost, leg=replace(lost.leg, size=Size(500 * CONTRACT)))
    assert not desk.gateway.same(replace(lost, venue_id="0xb"), A_MARKET)
    assert not desk.gateway.same(replace(lost, venue_id=""), A_MARKET)
    assert not desk.gateway.same(too_large, A_MARKET)
    assert not desk.gateway.same(lost, replace(A_MARKET, venue=Venue.KALSHI))


def test_an_order_is_drafted_again_as_of_when_it_was_made() -> None:
    desk = Desk()
    [sent] = desk.send(an_order("a", YES, 45, 5, TimeInForce.GTC, OrderStatus.SENDING))
    assert desk.gateway.same(replace(sent, status=OrderStatus.UNKNOWN), A_MARKET)
    assert desk.clerk.drafted == [NOW, sent.created]
