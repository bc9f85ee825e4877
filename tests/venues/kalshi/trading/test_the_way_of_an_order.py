"""Orders against the exchange in a box: placed, acknowledged, filled, cancelled, and nothing told twice."""

from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.events import CancelFailed, OrderReported
from dutchbook.domain.identity import kalshi_no
from dutchbook.domain.orders import OrderStatus, TimeInForce
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price
from dutchbook.venues.trading import Asked, read_answered
from tests.exchange.servers.kalshi.venue import BITCOIN, JIM, LEP
from tests.venues.kalshi.trading.desk_side import Trader, leg, trading
from tests.venues.live.virtual_time import until

CREATES = "/trade-api/v2/portfolio/events/orders*"


def asked(desk: Trader, what: Asked) -> int:
    """How many requests of a kind were answered."""
    return sum(frame.source == "kalshi/orders" and read_answered(frame).asked is what for frame in desk.frames)


async def test_an_order_rests_and_is_filled_by_somebody_else() -> None:
    async with trading() as desk:
        [name] = desk.send(leg(cents=40, contracts=3))
        await desk.settled(name, OrderStatus.OPEN)
        desk.rest(Side.SELL, 40, 1)
        await desk.settled(name, OrderStatus.PARTLY_FILLED)
        desk.rest(Side.SELL, 40, 5)
        await desk.settled(name, OrderStatus.FILLED)
        assert [fill.size for fill in desk.ledger.fills] == [CONTRACT, 2 * CONTRACT]
        assert all(fill.maker for fill in desk.ledger.fills)


async def test_a_fill_of_no_has_the_price_of_no_and_the_fee_that_was_charged() -> None:
    async with trading() as desk:
        desk.rest(Side.BUY, 48, 12)
        before = desk.box.exchange.accounts["ann"].cash(0)
        [name] = desk.send(leg(cents=53, contracts=12, no=True, tif=TimeInForce.FOK))
        await desk.settled(name, OrderStatus.FILLED)
        [fill] = desk.ledger.fills
        assert (fill.outcome, fill.side, fill.price) == (kalshi_no(LEP), Side.BUY, Price(5_200))
        assert not fill.maker
        spent = before - desk.box.exchange.accounts["ann"].cash(0)
        assert spent == 12 * 520_000 + fill.fee
        assert fill.fee == 209_700


async def test_an_order_that_was_made_ready_before_it_was_wanted_is_the_one_that_a_draft_makes_and_rests() -> None:
    async with trading() as desk:
        order, now = desk.order(leg(post_only=True)), desk.time.now()
        ready = desk.broker.sign_ahead(order, desk.market(), now)
        assert ready == desk.broker.draft(order, desk.market(), now)
        assert not desk.box.exchange.open_orders("ann")
        desk.codec.know([order])
        desk.ledger.orders[order.id] = order
        desk.broker.place([ready], now)
        await desk.settled(order.id, OrderStatus.OPEN)


async def test_an_order_is_cancelled() -> None:
    async with trading() as desk:
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await desk.settled(name, OrderStatus.CANCELLED)
        assert not desk.box.exchange.open_orders("ann")


async def test_orders_of_several_shards_are_cancelled_together() -> None:
    async with trading() as desk:
        desk.box.exchange.deposit("ann", Money(50 * DOLLAR), 2)
        desk.broker.sweep(desk.time.now())
        swept = asked(desk, Asked.SWEEP)
        await until(lambda: asked(desk, Asked.SWEEP) > swept)
        names = desk.send(leg(), leg(ticker=BITCOIN), leg(ticker=JIM))
        for name in names:
            await desk.settled(name, OrderStatus.OPEN)
        desk.broker.cancel([desk.ledger.orders[name] for name in names], desk.time.now())
        for name in names:
            await desk.settled(name, OrderStatus.CANCELLED)
        assert asked(desk, Asked.CANCEL) == 1


async def test_cancels_of_one_moment_leave_in_one_request() -> None:
    async with trading() as desk:
        names = desk.send(*(leg(cents=cents) for cents in range(10, 16)))
        for name in names:
            await desk.settled(name, OrderStatus.OPEN)
        for name in names:
            desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        for name in names:
            await desk.settled(name, OrderStatus.CANCELLED)
        assert asked(desk, Asked.CANCEL) == 1


async def test_a_cancel_that_the_socket_does_not_confirm_is_read() -> None:
    async with trading() as desk:
        [name] = desk.send(leg())
        await desk.settled(name, OrderStatus.OPEN)
        desk.turn_on("drop")
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await until(lambda: asked(desk, Asked.CANCEL))
        assert desk.status(name) is OrderStatus.OPEN  # the answer alone proves nothing
        await desk.time.advance(2)
        await desk.settled(name, OrderStatus.CANCELLED)


async def test_a_cancel_before_the_answer_waits_for_the_name() -> None:
    async with trading() as desk:
        desk.turn_on("drop", channel="user_orders")
        desk.turn_on("slow_answer", method="POST", path=CREATES, delay="2s")
        [name] = desk.send(leg())
        await until(lambda: desk.at_venue(name))
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await desk.time.advance(1)
        assert not asked(desk, Asked.CANCEL)
        await desk.time.advance(2)
        await until(lambda: asked(desk, Asked.CANCEL))
        await desk.time.advance(2)
        await desk.settled(name, OrderStatus.CANCELLED)
        assert not desk.box.exchange.open_orders("ann")


async def test_a_cancel_of_an_unknown_order_finds_it_first() -> None:
    async with trading() as desk:
        desk.turn_on("drop", channel="user_orders")
        desk.turn_on("timeout_after_accept", method="POST", path=CREATES)
        [name] = desk.send(leg())
        await desk.time.advance(6)
        await desk.settled(name, OrderStatus.UNKNOWN)
        desk.turn_off("timeout_after_accept")
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await until(lambda: asked(desk, Asked.CANCEL))
        await desk.time.advance(2)
        await desk.settled(name, OrderStatus.CANCELLED)


async def test_a_cancel_that_comes_after_the_fill_fails_and_the_fill_is_told_once() -> None:
    async with trading() as desk:
        desk.turn_on("drop")
        [name] = desk.send(leg(cents=40))
        await desk.settled(name, OrderStatus.OPEN)
        desk.rest(Side.SELL, 40, 1)
        desk.broker.cancel([desk.ledger.orders[name]], desk.time.now())
        await until(lambda: desk.ledger.of(CancelFailed))
        [failed] = desk.ledger.of(CancelFailed)
        assert "not_found" in failed.detail
        assert not failed.ambiguous
        await desk.time.advance(5)
        await desk.settled(name, OrderStatus.FILLED)
        assert len(desk.ledger.fills) == 1


async def test_fills_that_the_socket_lost_are_asked_for() -> None:
    async with trading() as desk:
        desk.turn_on("drop", channel="fill")
        desk.rest(Side.SELL, 40, 2)
        [name] = desk.send(leg(cents=40, contracts=3, tif=TimeInForce.IOC))
        await until(lambda: asked(desk, Asked.PLACE))
        assert not desk.ledger.fills
        await desk.time.advance(3)
        await desk.settled(name, OrderStatus.CANCELLED)
        assert [fill.size for fill in desk.ledger.fills] == [2 * CONTRACT]


@pytest.mark.parametrize("tif", [TimeInForce.FOK, TimeInForce.IOC])
async def test_an_order_that_finds_nothing_is_over_without_a_fill(tif: TimeInForce) -> None:
    async with trading() as desk:
        [name] = desk.send(leg(tif=tif))
        await desk.settled(name, OrderStatus.CANCELLED)
        assert not desk.ledger.fills


async def test_what_an_order_did_not_take_at_once_is_gone() -> None:
    async with trading() as desk:
        desk.rest(Side.SELL, 40, 1)
        [name] = desk.send(leg(tif=TimeInForce.IOC, contracts=3))
        await desk.settled(name, OrderStatus.CANCELLED)
        assert [fill.size for fill in desk.ledger.fills] == [CONTRACT]


async def test_an_order_expires() -> None:
    async with trading() as desk:
        expires = Nanos(desk.time.now() + 5 * SECOND)
        [name] = desk.send(leg(tif=TimeInForce.GTD, expires=expires))
        await desk.settled(name, OrderStatus.OPEN)
        await desk.time.advance(6)
        desk.box.exchange.advance()
        await desk.settled(name, OrderStatus.EXPIRED)


async def test_orders_do_not_trade_with_each_other() -> None:
    async with trading() as desk:
        [waiting] = desk.send(leg(cents=40))
        await desk.settled(waiting, OrderStatus.OPEN)
        [crossing] = desk.send(leg(cents=60, no=True))
        await desk.settled(crossing, OrderStatus.CANCELLED)
        assert desk.status(waiting) is OrderStatus.OPEN
        assert not desk.ledger.fills


async def test_an_order_without_money_on_its_shard_is_told_where_it_is() -> None:
    async with trading() as desk:
        await until(lambda: asked(desk, Asked.SWEEP))
        [name] = desk.send(leg(cents=99, contracts=200))
        await desk.settled(name, OrderStatus.REJECTED)
        said = [event.detail for event in desk.ledger.of(OrderReported) if event.order == name][-1]
        assert "insufficient_balance" in said
        assert "$100.00 on shard 0" in said


async def test_an_order_leaves_in_the_same_call(monkeypatch: pytest.MonkeyPatch) -> None:
    async with trading() as desk:
        written: list[bytes] = []
        connection = type(next(iter(desk.broker.line._idle)))
        carry = connection.carry

        def noted(self: Any, wish: Any) -> None:
            written.append(wish.request)
            carry(self, wish)

        monkeypatch.setattr(connection, "carry", noted)
        [name] = desk.send(leg())
        assert [name.encode() in request for request in written] == [True]
