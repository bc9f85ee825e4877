"""Kalshi's socket as its clients meet it: handshakes, commands, numbers, books and trades."""

import aiohttp
import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Price, Size
from dutchbook.exchange.listing import Ruling
from tests.exchange.servers.kalshi.socket_stage import Message, SocketStage, socket_stage
from tests.exchange.servers.kalshi.venue import HEAT, JIM, LEP

BUY, SELL = Side.BUY, Side.SELL


def bodies(messages: list[Message], kind: str) -> list[Message]:
    """The `msg` of all messages of a type."""
    return [each["msg"] for each in messages if each["type"] == kind]  # type: ignore[misc]


def numbers(messages: list[Message]) -> list[tuple[object, object, object]]:
    return [(each["type"], each.get("sid"), each.get("seq")) for each in messages]


async def test_a_handshake_needs_a_signature() -> None:
    async with socket_stage() as stage:
        for headers in ({}, {"KALSHI-ACCESS-KEY": "key-ann", "KALSHI-ACCESS-SIGNATURE": "AAAA"}):
            with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
                await stage.connect(headers=headers)
            assert caught.value.status == 401


async def test_all_acknowledgements_come_before_the_first_snapshot() -> None:
    async with socket_stage() as stage:
        stage.order("maker", BUY, "0.47", 3)
        client = await stage.connect()
        told = await client.subscribe("orderbook_delta", "trade", market_tickers=[LEP, JIM])
    assert numbers(told) == [
        ("subscribed", None, None),
        ("subscribed", None, None),
        ("orderbook_snapshot", 1, 1),
        ("orderbook_snapshot", 1, 2),
    ]
    assert [each["msg"] for each in told[:2]] == [
        {"channel": "orderbook_delta", "sid": 1},
        {"channel": "trade", "sid": 2},
    ]
    assert told[2]["msg"] == {"market_ticker": LEP, "market_id": f"id-{LEP}", "yes_dollars_fp": [["0.4700", "3.00"]]}
    assert told[3]["msg"] == {"market_ticker": JIM, "market_id": f"id-{JIM}"}, "an empty side has no key"


async def test_snapshots_name_the_best_level_last() -> None:
    async with socket_stage() as stage:
        for price in ("0.10", "0.47", "0.30"):
            stage.order("maker", BUY, price, 1)
            stage.order("maker", BUY, price, 2, no=True)
        client = await stage.connect()
        body = bodies(await client.subscribe("orderbook_delta", market_ticker=LEP), "orderbook_snapshot")[0]
        flipped = await stage.connect()
        asked = await flipped.subscribe("orderbook_delta", market_ticker=LEP, use_yes_price=True)
    assert body["yes_dollars_fp"] == [["0.1000", "1.00"], ["0.3000", "1.00"], ["0.4700", "1.00"]]
    assert body["no_dollars_fp"] == [["0.1000", "2.00"], ["0.3000", "2.00"], ["0.4700", "2.00"]]
    as_asks = bodies(asked, "orderbook_snapshot")[0]["no_dollars_fp"]
    assert as_asks == [["0.9000", "2.00"], ["0.7000", "2.00"], ["0.5300", "2.00"]]


async def test_changes_are_signed_and_say_which_sides_bid_moved() -> None:
    async with socket_stage() as stage:
        client, flipped = await stage.connect("key-bob"), await stage.connect("key-bob")
        await client.subscribe("orderbook_delta", market_ticker=LEP)
        await flipped.subscribe("orderbook_delta", market_ticker=LEP, use_yes_price=True)
        resting = stage.order("maker", SELL, "0.52", 2.5)
        stage.exchange.decrease("maker", resting.new.id, by=Size(1_000_000))
        stage.exchange.cancel("maker", resting.new.id)
        told, as_yes = await client.heard(), await flipped.heard()
    moves = [(each["side"], each["price_dollars"], each["delta_fp"]) for each in bodies(told, "orderbook_delta")]
    assert moves == [("no", "0.4800", "2.50"), ("no", "0.4800", "-1.00"), ("no", "0.4800", "-1.50")]
    assert {each["price_dollars"] for each in bodies(as_yes, "orderbook_delta")} == {"0.5200"}
    assert [each["seq"] for each in told] == [2, 3, 4]


async def test_own_orders_are_tagged_for_their_owner_alone() -> None:
    async with socket_stage() as stage:
        ann, bob = await stage.connect("key-ann"), await stage.connect("key-bob")
        for client in (ann, bob):
            await client.subscribe("orderbook_delta", market_ticker=LEP)
        order = stage.order("ann", BUY, "0.20", 1)
        stage.exchange.cancel("ann", order.new.id)
        hers, his = bodies(await ann.heard(), "orderbook_delta"), bodies(await bob.heard(), "orderbook_delta")
    assert [(each["client_order_id"], each["subaccount"]) for each in hers] == [("client-1", 0)] * 2
    assert not any("client_order_id" in each for each in his)


async def test_acknowledgements_take_numbers_of_their_subscription() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("orderbook_delta", "ticker", market_ticker=LEP)
        added = await client.ask("update_subscription", id=6, sid=1, action="add_markets", market_tickers=[JIM])
        assert numbers(added) == [("ok", 1, 2), ("orderbook_snapshot", 1, 3)]
        assert added[0]["id"] == 6
        assert added[0]["msg"] == {"market_tickers": [LEP, JIM]}
        again = await client.subscribe("orderbook_delta", market_ticker=JIM)
        assert numbers(again) == [("ok", 1, 4)], "what is in already brings no snapshot"
        fewer = await client.ask("update_subscription", sids=[1], action="delete_markets", market_tickers=[LEP])
        assert numbers(fewer) == [("ok", 1, 5)]
        stage.order("maker", BUY, "0.10", 1)
        stage.order("maker", BUY, "0.10", 1, JIM)
        assert numbers(await client.heard())[-1] == ("orderbook_delta", 1, 6)
        assert numbers(await client.ask("unsubscribe", sids=[1, 2])) == [
            ("unsubscribed", 1, 7),
            ("unsubscribed", 2, None),
        ]


async def test_a_snapshot_may_be_asked_for() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("orderbook_delta", market_ticker=LEP)
        stage.order("maker", BUY, "0.10", 1)
        told = await client.ask("update_subscription", id=8, sid=1, action="get_snapshot", market_tickers=[LEP])
    assert numbers(told) == [("orderbook_delta", 1, 2), ("orderbook_snapshot", 1, 3)]
    assert told[1]["id"] == 8


async def test_subscriptions_are_listed() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("ticker")
        await client.subscribe("fill", "trade")
        await client.say({"id": 10, "cmd": "list_subscriptions"})
        told = await client.heard()
    assert [each["msg"] for each in told] == [
        [{"channel": "ticker", "sid": 1}, {"channel": "fill", "sid": 2}, {"channel": "trade", "sid": 3}]
    ]


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (b"no json", 1),
        (b"[]", 1),
        (b'{"id":"x","cmd":"subscribe"}', 1),
        ({"id": 3, "cmd": "subscribe"}, 2),
        ({"id": 3, "cmd": "subscribe", "params": {}}, 3),
        ({"id": 3, "cmd": "unsubscribe", "params": {}}, 4),
        ({"id": 3, "cmd": "dance"}, 5),
        ({"id": 3, "cmd": "unsubscribe", "params": {"sids": [9]}}, 7),
        ({"id": 3, "cmd": "subscribe", "params": {"channels": ["quotes"]}}, 8),
        ({"id": 3, "cmd": "subscribe", "params": {"channels": "trade"}}, 11),
        ({"id": 3, "cmd": "subscribe", "params": {"channels": ["trade"], "market_ticker": "KXNONE"}}, 11),
        ({"id": 3, "cmd": "update_subscription", "params": {"sid": 1, "sids": [1], "action": "add_markets"}}, 12),
        ({"id": 3, "cmd": "update_subscription", "params": {"sid": 1, "action": "dance"}}, 13),
        ({"id": 3, "cmd": "subscribe", "params": {"channels": ["orderbook_delta"]}}, 14),
        ({"id": 3, "cmd": "update_subscription", "params": {"sid": 1, "action": "add_markets"}}, 14),
        ({"id": 3, "cmd": "update_subscription", "params": {"sid": 1}}, 15),
        ({"id": 3, "cmd": "subscribe", "params": {"channels": ["cfbenchmarks_value"]}}, 24),
    ],
)
async def test_what_is_wrong_with_a_command_has_a_code(command: object, code: int) -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("trade")
        await client.say(command)
        told = await client.heard()
    assert [(each["type"], each["msg"]["code"]) for each in told] == [("error", code)]  # type: ignore[index]
    assert told[0].get("id") == (3 if isinstance(command, dict) else None)


async def test_one_trade_and_one_change_for_each_maker_order() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("orderbook_delta", "trade", market_ticker=LEP)
        stage.order("maker", BUY, "0.46", 9.12, no=True)
        stage.order("maker", BUY, "0.46", 30, no=True)
        await client.heard()
        stage.order("bob", BUY, "0.60", 35.88)
        told = await client.heard()
    deltas, trades = bodies(told, "orderbook_delta"), bodies(told, "trade")
    assert [(each["side"], each["price_dollars"], each["delta_fp"]) for each in deltas] == [
        ("no", "0.4600", "-9.12"),
        ("no", "0.4600", "-26.76"),
    ]
    assert [(each["yes_price_dollars"], each["no_price_dollars"], each["count_fp"]) for each in trades] == [
        ("0.5400", "0.4600", "9.12"),
        ("0.5400", "0.4600", "26.76"),
    ]
    assert {(each["taker_side"], each["taker_book_side"]) for each in trades} == {("yes", "bid")}
    assert {each["ts_ms"] for each in trades} == {each["ts_ms"] for each in deltas}
    assert trades[0]["trade_id"] != trades[1]["trade_id"]


async def test_changes_mostly_come_before_their_trades() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("orderbook_delta", "trade", market_ticker=LEP)
        for _ in range(300):
            stage.order("maker", SELL, "0.50", 0.01)
            stage.order("bob", BUY, "0.50", 0.01)
        kinds = [each["type"] for each in await client.heard()][1:]
    first = [kinds[at : at + 2] for at in range(0, len(kinds) - 1, 3)]
    behind = sum(pair == ["trade", "orderbook_delta"] for pair in first)
    assert 5 <= behind <= 40, "about 6 of 100"
    assert len(first) - behind == sum(pair == ["orderbook_delta", "trade"] for pair in first)


async def test_tickers_tell_changes_of_the_top_and_of_trades_alone() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        first = await client.subscribe("ticker", market_ids=[f"id-{LEP}"], send_initial_snapshot=True)
        assert bodies(first, "ticker")[0]["yes_ask_dollars"] == "1.0000"
        stage.order("maker", BUY, "0.40", 5)
        stage.order("maker", BUY, "0.39", 5)
        stage.order("maker", BUY, "0.40", 5, HEAT)
        stage.order("bob", SELL, "0.40", 2)
        told = await client.heard()
    assert all("seq" not in each for each in told)
    seen = [(each["yes_bid_size_fp"], each["price_dollars"], each["volume_fp"]) for each in bodies(told, "ticker")]
    assert seen == [("5.00", "0.0000", "0.00"), ("3.00", "0.4000", "2.00")]


async def test_after_a_close_books_are_swept_and_told_once_more_empty() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        stage.order("maker", BUY, "0.40", 5)
        stage.order("maker", BUY, "0.40", 7)
        await client.subscribe("orderbook_delta", "market_lifecycle_v2", market_ticker=LEP)
        stage.exchange.set_status(MarketId(LEP), MarketStatus.CLOSED)
        swept = await client.heard()
        assert [each["delta_fp"] for each in bodies(swept, "orderbook_delta")] == ["-5.00", "-7.00"]
        assert bodies(swept, "market_lifecycle_v2")[0]["event_type"] == "close_date_updated"
        stage.clock.pass_(0.81)
        final = await client.socket.receive_json(timeout=5)
    assert (final["type"], final["seq"]) == ("orderbook_snapshot", 4)
    assert final["msg"] == {"market_ticker": LEP, "market_id": f"id-{LEP}"}


async def test_a_timed_close_says_nothing_on_the_lifecycle_channel() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("market_lifecycle_v2")
        stage.clock.pass_(900)
        stage.exchange.advance()
        assert await client.heard() == []


async def test_pauses_decisions_and_payments_are_announced() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("market_lifecycle_v2")
        exchange, lep = stage.exchange, MarketId(LEP)
        exchange.set_status(lep, MarketStatus.PAUSED)
        exchange.set_status(lep, MarketStatus.OPEN)
        exchange.resolve(lep, stage.exchange.listings[lep].market.grid.bands[0].end)
        told = await client.heard()
    assert [each["seq"] for each in told] == [1, 2, 3, 4]
    assert [each["event_type"] for each in bodies(told, "market_lifecycle_v2")] == [
        "deactivated",
        "activated",
        "determined",
        "settled",
    ]
    assert bodies(told, "market_lifecycle_v2")[2]["result"] == "yes"


async def test_a_decision_is_told_when_it_falls_and_its_payment_when_that_comes() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("market_lifecycle_v2")
        exchange, lep = stage.exchange, MarketId(LEP)
        exchange.set_status(lep, MarketStatus.CLOSED)
        await client.heard()
        for disputed in (False, True, False):
            ruling = Ruling(Price(0), stage.clock.now(), disputed)
            exchange.relist(msgspec.structs.replace(exchange.listings[lep], ruling=ruling))
        decided = bodies(await client.heard(), "market_lifecycle_v2")
        exchange.resolve(lep, Price(0))
        paid = bodies(await client.heard(), "market_lifecycle_v2")
    assert [(each["event_type"], each["result"]) for each in decided] == [("determined", "no")]
    assert [each["event_type"] for each in paid] == ["settled"]


async def test_the_end_of_a_connection_ends_its_subscriptions() -> None:
    async with socket_stage() as stage:
        client, other = await stage.connect(), await stage.connect("key-bob")
        await client.subscribe("orderbook_delta", market_ticker=LEP)
        await other.subscribe("orderbook_delta", market_ticker=LEP)
        await client.socket.close()
        await check_alive(stage, other)


async def check_alive(stage: SocketStage, client: object) -> None:
    stage.order("maker", BUY, "0.10", 1)
    assert numbers(await client.heard()) == [("orderbook_delta", 1, 2)]  # type: ignore[attr-defined]


async def test_the_settlement_index_is_told_with_its_trailing_minute() -> None:
    async with socket_stage() as stage:
        client = await stage.connect()
        await client.subscribe("cfbenchmarks_value", index_ids=["BRTI"])
        now = stage.clock.now()
        for second, dollars in enumerate((100, 200, 300)):
            stage.socket.publish("btc/usd", dollars * 10**8, now + second * 1_000_000_000)  # type: ignore[arg-type]
        stage.socket.publish("eth/usd", 10**8, now)
        told = bodies(await client.heard(), "cfbenchmarks_value")
    averages = [each["avg_60s_data"]["value"] for each in told]  # type: ignore[index]
    assert averages == ["100.00000000", "100.00000000", "150.00000000"], "the tick itself is not in its average"
