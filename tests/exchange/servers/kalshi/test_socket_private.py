"""The private channels of Kalshi's socket: an account's own fills, orders, positions and groups."""

from dutchbook.domain.book import Side
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import Size
from tests.exchange.servers.kalshi.socket_stage import socket_stage
from tests.exchange.servers.kalshi.test_socket import bodies
from tests.exchange.servers.kalshi.venue import LEP

BUY, SELL = Side.BUY, Side.SELL


async def test_a_fill_is_told_to_both_its_sides_and_to_nobody_else() -> None:
    async with socket_stage() as stage:
        ann, bob = await stage.connect("key-ann"), await stage.connect("key-bob")
        for client in (ann, bob):
            await client.subscribe("fill", "trade")
        stage.order("ann", SELL, "0.52", 3)
        stage.order("bob", BUY, "0.60", 1)
        stage.order("maker", BUY, "0.60", 1)
        hers, his = await ann.heard(), await bob.heard()
    own, other = bodies(hers, "fill"), bodies(his, "fill")
    assert [(each["is_taker"], each["book_side"], each["post_position_fp"]) for each in own] == [
        (False, "ask", "-1.00"),
        (False, "ask", "-2.00"),
    ]
    assert [(each["is_taker"], each["book_side"], each["yes_price_dollars"]) for each in other] == [
        (True, "bid", "0.5200")
    ]
    assert own[0]["trade_id"] == other[0]["trade_id"] == bodies(his, "trade")[0]["trade_id"]
    assert other[0]["fee_cost"] == "0.017500"
    assert all("seq" not in each for each in hers if each["type"] == "fill")


async def test_orders_are_followed_through_their_lives() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("user_orders")
        order = stage.order("ann", BUY, "0.47", 3)
        stage.exchange.decrease("ann", order.new.id, by=Size(1_000_000))
        stage.exchange.amend("ann", order.new.id, price=order.new.price)
        stage.order("maker", SELL, "0.47", 1)
        stage.exchange.cancel("ann", order.new.id)
        told = bodies(await client.heard(), "user_order")
    steps = [(each["status"], each["fill_count_fp"], each["remaining_count_fp"]) for each in told]
    assert steps[0] == ("resting", "0.00", "3.00")
    assert steps[-1] == ("canceled", "1.00", "0.00")
    reasons = [each["last_update_reason"] for each in told]
    assert reasons[0] == ""
    assert "Decrease" in reasons
    assert "Trade" in reasons
    assert {each["ticker"] for each in told} == {LEP}


async def test_a_taker_that_fills_at_once_is_told_once() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("user_orders", "fill", "market_positions")
        stage.order("maker", SELL, "0.52", 3)
        stage.order("ann", BUY, "0.60", 3, tif=TimeInForce.IOC)
        told = await client.heard()
    assert [each["type"] for each in told] == ["fill", "market_position", "user_order"]
    order, position = bodies(told, "user_order")[0], bodies(told, "market_position")[0]
    assert (order["status"], order["last_update_reason"]) == ("executed", "Trade")
    assert (order["taker_fill_cost_dollars"], order["maker_fill_cost_dollars"]) == ("1.560000", "0.000000")
    assert (position["position_fp"], position["position_cost_dollars"]) == ("3.00", "1.5600")


async def test_positions_are_settled() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("market_positions")
        stage.order("maker", SELL, "0.50", 2)
        order = stage.order("ann", BUY, "0.50", 2)
        stage.exchange.resolve(order.new.market, stage.exchange.listings[order.new.market].market.grid.bands[0].end)
        told = bodies(await client.heard(), "market_position")
    assert [(each["position_fp"], each["realized_pnl_dollars"]) for each in told] == [
        ("2.00", "0.0000"),
        ("0.00", "1.0000"),
    ]


async def test_what_was_traded_before_the_key_counts() -> None:
    async with socket_stage() as stage:
        stage.order("maker", SELL, "0.50", 5)
        stage.order("ann", BUY, "0.50", 2)
        client = await stage.connect()
        await client.subscribe("market_positions")
        stage.order("ann", BUY, "0.50", 3)
        told = bodies(await client.heard(), "market_position")
    assert [each["position_fp"] for each in told] == ["5.00"]


async def test_steps_of_order_groups_are_numbered() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("order_group_updates")
        exchange = stage.exchange
        told = []
        for step in (
            lambda: exchange.create_group("ann", Size(5_000_000), "g"),
            lambda: exchange.limit_group("ann", "g", Size(7_000_000)),
            lambda: exchange.trigger_group("ann", "g"),
            lambda: exchange.reset_group("ann", "g"),
            lambda: exchange.delete_group("ann", "g"),
        ):
            step()
            stage.clock.pass_(0.02)
            told.append(await client.socket.receive_json(timeout=5))
    assert [(each["seq"], each["msg"]["event_type"]) for each in told] == [
        (1, "created"),
        (2, "limit_updated"),
        (3, "triggered"),
        (4, "reset"),
        (5, "deleted"),
    ]
    assert told[1]["msg"]["contracts_limit_fp"] == "7.00"
