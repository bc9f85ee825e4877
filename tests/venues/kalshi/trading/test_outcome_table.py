"""Every row of the order outcome table: what may be concluded from an answer, and what may not."""

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import AccountStated, OrderMissing, OrderReported, VenueState, VenueStateChanged
from dutchbook.domain.orders import Leg, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import CONTRACT
from dutchbook.venues.kalshi.broker import BrokerTerms
from dutchbook.venues.kalshi.write_queue import WriteTerms
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.live.virtual_time import until

CREATES = "/trade-api/v2/portfolio/events/orders*"
REFUSALS = (400, 401, 403, 404, 410, 429)
AMBIGUOUS = (402, 408, 409, 418, 425, 500, 502, 503, 504, 520)
"""Also statuses that Kalshi is not known to use, and a conflict that does not say with what."""
ACCEPTED_UNHEARD: tuple[tuple[str, dict[str, object]], ...] = (
    ("timeout_after_accept", {}),
    ("reset_mid_body", {}),
    ("truncated_body", {}),
    ("slow_answer", {"delay": "8s"}),
)
NEVER_THERE: tuple[tuple[str, dict[str, object]], ...] = (
    ("timeout_before_accept", {}),
    ("html_body", {}),
    ("html_body", {"status": 200}),
    *(("http_status", {"status": status, "body": "conflict", "retry_after": 1}) for status in AMBIGUOUS),
)
ONE_BY_ONE = BrokerTerms(write=WriteTerms(most_orders=1))
DEAF = {"name": "deaf", "fault": "drop"}


def on_creates(desk: Trader, kind: str, fields: dict[str, object]) -> None:
    desk.turn_on(kind, method="POST", path=CREATES, **fields)


def details(desk: Trader, name: OrderId) -> list[str]:
    return [event.detail for event in desk.ledger.of(OrderReported) if event.order == name]


def two_legs() -> tuple[Leg, Leg]:
    return leg(cents=40), leg(cents=30, no=True)


@pytest.mark.parametrize("status", REFUSALS)
async def test_a_definitive_refusal_rejects(status: int) -> None:
    async with trading() as desk:
        on_creates(desk, "http_status", {"status": status})
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.REJECTED)
        assert details(desk, name)[-1].startswith(str(status))
        assert not desk.at_venue(name)


@pytest.mark.parametrize(
    "body",
    [
        '{"error":{"code":"trading_is_paused","message":"trading is paused"}}',
        '{"code":"order_group_triggered","message":"","details":"x"}',
    ],
)
async def test_a_conflict_that_says_which_rejects(body: str) -> None:
    async with trading() as desk:
        on_creates(desk, "http_status", {"status": 409, "body": body})
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.REJECTED)


async def test_an_order_that_exists_already_is_unknown_until_it_is_read() -> None:
    """We send nothing twice: so the venue has it from us, or somebody used the name."""
    async with trading() as desk:
        body = '{"error":{"code":"order_already_exists","message":"order already exists"}}'
        on_creates(desk, "http_status", {"status": 409, "body": body})
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.UNKNOWN)


@pytest.mark.parametrize("terms", [BrokerTerms(), ONE_BY_ONE], ids=["batch", "single"])
@pytest.mark.parametrize(("kind", "fields"), NEVER_THERE)
async def test_an_ambiguous_answer_leaves_orders_unknown_and_a_query_misses_them(
    kind: str, fields: dict[str, object], terms: BrokerTerms
) -> None:
    async with trading(terms) as desk:
        on_creates(desk, kind, fields)
        names = desk.send(*two_legs())
        await desk.time.advance(6)
        for name in names:
            await desk.settled(name, OrderStatus.UNKNOWN)
        desk.turn_off(kind)
        for name in names:
            assert not desk.at_venue(name)
            desk.broker.query(desk.ledger.orders[name], desk.time.now())
        await until(lambda: {event.order for event in desk.ledger.of(OrderMissing)} == set(names))


@pytest.mark.parametrize("terms", [BrokerTerms(), ONE_BY_ONE], ids=["batch", "single"])
@pytest.mark.parametrize(("kind", "fields"), ACCEPTED_UNHEARD)
async def test_orders_whose_answer_was_lost_are_unknown_and_a_query_finds_them(
    kind: str, fields: dict[str, object], terms: BrokerTerms
) -> None:
    async with trading(terms) as desk:
        desk.turn_on("drop", channel="user_orders")
        on_creates(desk, kind, fields)
        names = desk.send(*two_legs())
        await until(lambda: all(desk.at_venue(name) for name in names))
        await desk.time.advance(9)
        desk.turn_off(kind)
        for name in names:
            await desk.settled(name, OrderStatus.UNKNOWN, OrderStatus.OPEN)
            assert details(desk, name)[0]  # it was unknown, and the reason was told
            desk.broker.query(desk.ledger.orders[name], desk.time.now())
            await desk.settled(name, OrderStatus.OPEN)
            assert len(desk.at_venue(name)) == 1


async def test_an_answer_that_makes_no_sense_brings_the_venue_down_and_the_account_is_read() -> None:
    async with trading() as desk:
        on_creates(desk, "truncated_body", {"times": 1})
        desk.send(leg())
        await until(lambda: desk.ledger.of(VenueStateChanged))
        [down] = desk.ledger.of(VenueStateChanged)
        assert down.state is VenueState.DOWN
        assert "cannot be read" in down.reason
        await until(lambda: isinstance(desk.ledger.events[-1], AccountStated))
        assert desk.ledger.of(VenueStateChanged) == [down]  # up it comes when no order is unknown: others know that


async def test_the_socket_tells_of_an_order_before_its_answer_fails() -> None:
    async with trading() as desk:
        on_creates(desk, "timeout_after_accept", {})
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        await desk.time.advance(6)
        assert desk.status(name) is OrderStatus.OPEN
        assert details(desk, name) == [""]


async def test_an_answer_may_be_slow_and_have_members_that_nobody_knows() -> None:
    async with trading() as desk:
        on_creates(desk, "slow_answer", {"delay": "3s"})
        desk.turn_on("extra_fields")
        desk.turn_on("extra_frame_fields")
        names = desk.send(*two_legs())
        await desk.time.advance(4)
        for name in names:
            await desk.settled(name, OrderStatus.OPEN)
        assert not desk.refused


async def test_each_order_of_a_batch_has_an_end_of_its_own() -> None:
    async with trading() as desk:
        desk.rest(Side.SELL, 40, 3)
        names = desk.send(
            leg(cents=40, contracts=2),
            leg(cents=39),
            leg(cents=90, post_only=True),
            leg(cents=40, contracts=5, tif=TimeInForce.FOK),
            leg(cents=1, no=True),
        )
        expected = (
            OrderStatus.FILLED,
            OrderStatus.OPEN,
            OrderStatus.REJECTED,
            OrderStatus.CANCELLED,
            OrderStatus.OPEN,
        )
        for name, status in zip(names, expected, strict=True):
            await desk.settled(name, status)
        assert "post only cross" in details(desk, names[2])[-1]
        assert sum(fill.size for fill in desk.ledger.fills) == 2 * CONTRACT


async def test_an_unknown_order_that_was_cancelled_meanwhile_is_cancelled_not_missing() -> None:
    async with trading() as desk:
        desk.turn_on("drop", channel="user_orders")
        on_creates(desk, "timeout_after_accept", {})
        [name] = desk.send(leg())
        await desk.time.advance(6)
        await desk.settled(name, OrderStatus.UNKNOWN)
        desk.box.exchange.cancel("ann", desk.working(name).new.id)
        await desk.time.advance(1)
        desk.turn_off("timeout_after_accept")
        desk.broker.query(desk.ledger.orders[name], desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)
        assert not desk.ledger.of(OrderMissing)


async def test_an_unknown_order_that_filled_meanwhile_comes_with_its_fills() -> None:
    async with trading() as desk:
        desk.turn_on("drop")
        on_creates(desk, "timeout_after_accept", {})
        desk.rest(Side.SELL, 40, 1)
        [name] = desk.send(leg(contracts=1))
        await desk.time.advance(6)
        await desk.settled(name, OrderStatus.UNKNOWN)
        desk.turn_off("timeout_after_accept")
        desk.broker.query(desk.ledger.orders[name], desk.time.now())
        await desk.settled(name, OrderStatus.FILLED)
        assert [event.report for event in desk.ledger.of(OrderReported)] == [Report.TIMEOUT, Report.ACCEPTED]
