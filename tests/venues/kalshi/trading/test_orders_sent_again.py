"""An order that got lost is sent once more, as it was: under its client id the venue takes it once."""

import pytest
from msgspec.structs import replace

from dutchbook.domain.events import OrderMissing, OrderReported
from dutchbook.domain.orders import OrderId, OrderStatus, Report
from dutchbook.venues.kalshi.order_answers import ORDERS
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.trading import Asked, Exchange
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.kalshi.trading.orders import NAME, RESTING
from tests.venues.kalshi.trading.orders import sent as order
from tests.venues.kalshi.trading.venue_words import answered, placed

CREATES = "/trade-api/v2/portfolio/events/orders*"
LOST = Exchange(path=ORDERS, failure="timeout")
REFUSED = Exchange(path=ORDERS, status=400, body='{"error":{"code":"insufficient_balance","message":"no"}}')
KILLED = Exchange(
    path=ORDERS, status=409, body='{"error":{"code":"fill_or_kill_insufficient_resting_volume","message":"no"}}'
)
TWICE = Exchange(path=ORDERS, status=409, body='{"error":{"code":"order_already_exists","message":"it does"}}')


def offer(desk: Trader, name: OrderId) -> None:
    """What the gateway does: draft as of then, tell the codec, write."""
    unknown = replace(desk.ledger.orders[name], status=OrderStatus.UNKNOWN)
    prepared = desk.broker.draft(unknown, desk.market(unknown.leg.market), unknown.created)
    assert prepared.venue_id == unknown.venue_id
    desk.codec.offered(unknown)
    desk.broker.place([replace(prepared, order=unknown)], desk.time.now())


async def lost(desk: Trader, fault: str, **fields: object) -> OrderId:
    desk.turn_on(fault, method="POST", path=CREATES, times=1, **fields)
    [name] = desk.send(leg(cents=40, contracts=3))
    await desk.time.advance(15)
    await desk.settled(name, OrderStatus.UNKNOWN, OrderStatus.OPEN)
    return name


@pytest.mark.parametrize(("fault", "fields"), [("http_status", {"status": 500}), ("timeout_before_accept", {})])
async def test_what_never_arrived_is_accepted_as_it_was_and_can_be_cancelled(
    fault: str, fields: dict[str, object]
) -> None:
    async with trading() as desk:
        name = await lost(desk, fault, **fields)
        desk.broker.query(desk.ledger.orders[name], desk.time.now())
        await desk.time.advance(3)
        assert desk.ledger.of(OrderMissing)
        offer(desk, name)
        await desk.settled(name, OrderStatus.OPEN)
        assert len(desk.at_venue(name)) == 1
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)
        assert not desk.box.exchange.open_orders("ann")


async def test_what_had_arrived_is_not_taken_twice() -> None:
    async with trading() as desk:
        desk.turn_on("drop", channel="user_orders")
        name = await lost(desk, "timeout_after_accept")
        offer(desk, name)
        await desk.time.advance(2)
        assert len(desk.at_venue(name)) == 1
        desk.broker.query(desk.ledger.orders[name], desk.time.now())
        await desk.time.advance(3)
        await desk.settled(name, OrderStatus.OPEN)


async def test_a_copy_carries_the_order_group_of_the_first() -> None:
    async with trading() as desk:
        desk.broker.guard(on=True)
        await desk.time.advance(2)
        name = await lost(desk, "http_status", status=500)
        offer(desk, name)
        await desk.settled(name, OrderStatus.OPEN)
        assert desk.working(name).new.group


@pytest.mark.parametrize("answers", [[LOST, REFUSED], [REFUSED, LOST], [LOST, KILLED], [TWICE, REFUSED], [LOST, TWICE]])
def test_it_is_refused_only_once_each_copy_was(answers: list[Exchange]) -> None:
    assert told(answers) == [Report.TIMEOUT]


def test_copies_that_were_all_refused_are_a_refusal() -> None:
    assert told([REFUSED, REFUSED]) == [Report.TIMEOUT, Report.REJECTED]
    assert told([KILLED, KILLED]) == [Report.TIMEOUT, Report.CANCELLED]


def test_the_refusal_of_a_copy_ends_no_order_that_rests() -> None:
    codec = knowing_of_a_copy(1)
    [accepted] = codec.decode(placed(RESTING))
    assert isinstance(accepted, OrderReported)
    for refusal in (REFUSED, TWICE):
        assert not codec.decode(answered(Asked.PLACE, refusal, ids=(NAME,)))


def knowing_of_a_copy(times: int) -> KalshiOrderCodec:
    codec = KalshiOrderCodec()
    codec.know([order()])
    for _ in range(times):
        codec.offered(order())
    return codec


def told(answers: list[Exchange]) -> list[Report]:
    codec = knowing_of_a_copy(len(answers) - 1)
    frames = [answered(Asked.PLACE, each, ids=(NAME,)) for each in answers]
    return [event.report for frame in frames for event in codec.decode(frame) if isinstance(event, OrderReported)]
