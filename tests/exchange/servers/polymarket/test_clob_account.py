"""What an API key sees of its own account: orders, trades, balances, heartbeats, notifications, rewards."""

import json
from typing import Any

from dutchbook.domain.book import Side
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.wallets import SignatureType, checksummed
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.clob_stage import CROWD, FINE_YES, NO, NOW_S, PLAIN, START, YES, Desk
from tests.exchange.servers.shape import differences

MODELLED = "the sample was modelled: captures of the user channel have it like ours"
INVENTED = "the sample's value is invented and no hash of 32 bytes"


def sample(name: str) -> Any:
    return json.loads(protocol_samples(f"polymarket/nautilus_trader/{name}").read_text())


async def test_open_orders_have_the_shape_of_the_samples() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        await desk.posts(trader, trader.limit("BUY", 50, 100))
        page = await desk.gets(trader, "/data/orders")
        one = await desk.gets(trader, f"/data/order/{page['data'][0]['id']}")
    allowed = {"$.expiration": MODELLED, "$.id": INVENTED}
    assert differences(one, sample("http/adapter_http_open_order.json"), allowed, ordered=False) == []
    paging = {f"$.{name}": "paging as in section 2.1" for name in ("limit", "count")}
    allowed = {"$.data[].expiration": MODELLED, **paging}
    assert differences(page, sample("http/adapter_http_open_orders_page.json"), allowed, ordered=False) == []
    assert page["data"] == [one]
    captured = sample("ws/order_placement.json")
    mine = {name: captured[name] for name in captured if name in one}
    numbers = {"$.created_at": "a number by REST", "$.associate_trades": "an empty list by REST"}
    assert differences(one, mine, numbers, ordered=False) == []


async def test_orders_are_filtered_and_paged() -> None:
    async with Desk(ClobOptions(page=2)).served() as desk:
        trader, other = await desk.trader(1), await desk.trader(2)
        ids = [
            (await desk.posts(trader, trader.limit("BUY", 40, 10, token=token)))["orderID"]
            for token in (YES, NO, FINE_YES)
        ]
        await desk.posts(other, other.limit("BUY", 40, 10))
        first = await desk.gets(trader, "/data/orders")
        rest = await desk.gets(trader, f"/data/orders?next_cursor={first['next_cursor']}")
        assert {row["id"] for row in first["data"] + rest["data"]} == set(ids)
        assert (first["count"], rest["next_cursor"]) == (2, "LTE=")
        for query, wanted in (
            (f"id={ids[1]}", {ids[1]}),
            (f"market={PLAIN}", set(ids[:2])),
            (f"asset_id={NO}", {ids[1]}),
            ("market=0xdead", set()),
        ):
            assert {row["id"] for row in (await desk.gets(trader, f"/data/orders?{query}"))["data"]} == wanted


async def test_a_finished_or_foreign_order_is_gone() -> None:
    async with Desk().served() as desk:
        trader, other = await desk.trader(1), await desk.trader(2)
        placed = (await desk.posts(trader, trader.limit("BUY", 50, 10)))["orderID"]
        assert (await desk.signed(other, "GET", f"/data/order/{placed}"))[0] == 404
        desk.crowd(Side.SELL, 50, 7)
        assert (await desk.gets(trader, f"/data/order/{placed}"))["size_matched"] == "7"
        desk.crowd(Side.SELL, 50, 8)
        assert await desk.signed(trader, "GET", f"/data/order/{placed}") == (404, {"error": "order not found"})


async def test_a_gone_order_may_be_null_instead() -> None:
    async with Desk(ClobOptions(gone_order="null")).served() as desk:
        trader = await desk.trader()
        assert await desk.signed(trader, "GET", "/data/order/0x12") == (200, None)


async def test_trades_have_the_shape_of_the_samples() -> None:
    async with Desk().served() as desk:
        trader, maker = await desk.trader(1), await desk.trader(2)
        desk.exchange.split(maker.wallet, PLAIN, Size(100 * CONTRACT))
        await desk.posts(maker, maker.limit("SELL", 49, 20))
        await desk.posts(trader, trader.limit("BUY", 49, 5))
        page = await desk.gets(trader, "/data/trades")
    [row] = page["data"]
    captured = sample("ws/trades.json")
    allowed = {"$.maker_orders[].side": "newer than the capture"}
    assert differences(row, captured, allowed, ordered=False) == []
    iso = {f"$.{name}": "the sample was modelled: captures have seconds" for name in ("match_time", "last_update")}
    modelled = {
        **iso,
        **{f"$.{name}": INVENTED for name in ("id", "taker_order_id", "maker_orders[].order_id", "transaction_hash")},
    }
    assert differences(row, sample("http/adapter_http_trade_report.json"), modelled, ordered=False) == []
    assert row["maker_orders"][0]["owner"] == maker.api_key
    assert (row["owner"], row["maker_address"]) == (trader.api_key, checksummed(trader.wallet))


async def test_taker_and_maker_see_one_trade_from_their_sides() -> None:
    async with Desk().served() as desk:
        taker, maker = await desk.trader(1), await desk.trader(2)
        await desk.posts(maker, maker.limit("BUY", 40, 10, token=NO))
        desk.crowd(Side.SELL, 60, 5)
        answer = await desk.posts(taker, taker.limit("BUY", 60, 15))
        [taken] = (await desk.gets(taker, "/data/trades"))["data"]
        [made] = (await desk.gets(maker, f"/data/trades?asset_id={NO}"))["data"]
    assert taken["id"] == made["id"] == answer["tradeIDs"][0]
    assert (taken["trader_side"], taken["size"], len(taken["maker_orders"])) == ("TAKER", "15", 2)
    assert (made["trader_side"], made["asset_id"], made["side"]) == ("MAKER", YES, "BUY")
    assert made["maker_orders"] == taken["maker_orders"]
    assert made["size"] == "15"
    [mine] = [entry for entry in made["maker_orders"] if entry["owner"] == maker.api_key]
    assert (mine["asset_id"], mine["side"], mine["price"], mine["matched_amount"]) == (NO, "BUY", "0.4", "10")


async def test_a_trade_advances_to_confirmed() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        await desk.posts(trader, trader.limit("BUY", 50, 10))
        seen = []
        for _ in range(30):
            [row] = (await desk.gets(trader, "/data/trades"))["data"]
            if row["status"] not in seen:
                seen.append(row["status"])
            desk.later(1)
    assert seen == ["MATCHED", "MINED", "CONFIRMED"]
    assert int(row["last_update"]) > int(row["match_time"]) == NOW_S


async def test_trades_are_filtered_by_time_market_and_maker() -> None:
    async with Desk(ClobOptions(trade_status_prefix=True)).served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        for _ in range(3):
            await desk.posts(trader, trader.limit("BUY", 50, 10))
            desk.later(10)
        every = (await desk.gets(trader, "/data/trades"))["data"]
        assert [int(row["match_time"]) - NOW_S for row in every] == [20, 10, 0]
        assert every[0]["status"].startswith("TRADE_STATUS_")
        for query, count in (
            (f"after={NOW_S}", 2),
            (f"before={NOW_S + 20}&after={NOW_S}", 1),
            (f"market={PLAIN}", 3),
            ("market=0xdead", 0),
            (f"maker_address={checksummed(trader.wallet)}", 3),
            (f"maker_address={CROWD}", 0),
            (f"id={every[1]['id']}", 1),
        ):
            assert len((await desk.gets(trader, f"/data/trades?{query}"))["data"]) == count, query
        assert (await desk.signed(trader, "GET", "/data/trades?after=soon"))[0] == 400


async def test_balances_are_a_cache_that_an_update_renews() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        path = "/balance-allowance?asset_type=COLLATERAL&signature_type=0"
        first = await desk.gets(trader, path)
        assert list(first) == ["balance", "allowances"]
        assert first["balance"] == "1000000000"
        assert int(first["allowances"]["0xE111180000d2663C0091e4f400237545B87B996B"]) == 2**256 - 1
        desk.exchange.deposit(trader.wallet, Money(5 * DOLLAR))
        assert await desk.gets(trader, path) == first
        updated = await desk.gets(trader, path.replace("?", "/update?"))
        assert updated["balance"] == "1005000000" == (await desk.gets(trader, path))["balance"]
        desk.exchange.withdraw(trader.wallet, Money(5 * DOLLAR))
        desk.later(30)
        assert (await desk.gets(trader, path))["balance"] == "1000000000"


async def test_token_balances_follow_trades() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        path = f"/balance-allowance?asset_type=CONDITIONAL&token_id={YES}"
        assert (await desk.gets(trader, path))["balance"] == "0"
        desk.crowd(Side.SELL, 50, 100)
        await desk.posts(trader, trader.limit("BUY", 50, 10))
        for _ in range(10):
            desk.later(1)
        assert (await desk.gets(trader, path))["balance"] == "10000000"
        desk.exchange.approve(trader.wallet, collateral=Money(7), tokens=False)
        renewed = await desk.gets(trader, path.replace("?", "/update?"))
        assert set(renewed["allowances"].values()) == {"0"}


async def test_the_signature_type_chooses_the_wallet() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader(1, "0x" + "22" * 20, SignatureType.SAFE)
        for kind, balance in (("2", "1000000000"), ("0", "0"), ("1", "0"), ("3", "0"), ("", "1000000000")):
            path = f"/balance-allowance?asset_type=COLLATERAL&signature_type={kind}"
            assert (await desk.gets(trader, path))["balance"] == balance
        for query in (
            "asset_type=GOLD",
            "",
            "asset_type=CONDITIONAL&token_id=5",
            "asset_type=COLLATERAL&signature_type=9",
        ):
            assert (await desk.signed(trader, "GET", f"/balance-allowance?{query}"))[0] == 400


async def test_heartbeats_chain_and_their_silence_cancels_everything() -> None:
    async with Desk().served() as desk:
        trader, other = await desk.trader(1), await desk.trader(2)
        for each in (trader, other):
            await desk.posts(each, each.limit("BUY", 50, 10))
        desk.later(60)
        assert len((await desk.gets(trader, "/data/orders"))["data"]) == 1
        status, first = await desk.signed(trader, "POST", "/v1/heartbeats", {"heartbeat_id": ""})
        assert (status, list(first)) == (200, ["heartbeat_id"])
        wrong = await desk.signed(trader, "POST", "/v1/heartbeats", {"heartbeat_id": ""})
        assert wrong == (400, {"error_msg": "Invalid Heartbeat ID", "heartbeat_id": first["heartbeat_id"]})
        for _ in range(4):
            desk.later(5)
            status, first = await desk.signed(trader, "POST", "/v1/heartbeats", first)
            assert status == 200
        desk.later(9)
        assert len((await desk.gets(trader, "/data/orders"))["data"]) == 1
        desk.later(6)
        assert (await desk.gets(trader, "/data/orders"))["data"] == []
        assert len((await desk.gets(other, "/data/orders"))["data"]) == 1
        assert (await desk.signed(trader, "POST", "/v1/heartbeats", {"heartbeat_id": 5}))[0] == 400
        assert (await desk.signed(trader, "POST", "/v1/heartbeats", []))[0] == 400


async def test_notifications_tell_cancels_fills_and_resolutions_until_dropped() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        cancelled = (await desk.posts(trader, trader.limit("BUY", 40, 10)))["orderID"]
        await desk.signed(trader, "DELETE", "/order", {"orderID": cancelled})
        desk.crowd(Side.SELL, 50, 100)
        await desk.posts(trader, trader.limit("BUY", 50, 10))
        for _ in range(10):
            desk.later(1)
        desk.exchange.resolve(PLAIN, Price(ONE))
        notes = await desk.gets(trader, "/notifications?signature_type=0")
        assert [note["type"] for note in notes] == [1, 2, 4]
        assert notes[0]["payload"]["order_id"] == cancelled
        assert notes[1]["payload"]["trade_id"]
        assert notes[2]["payload"]["condition_id"] == PLAIN
        assert list(notes[0]) == ["id", "owner", "payload", "timestamp", "type"]
        ids = f"{notes[0]['id']},{notes[2]['id']}"
        assert await desk.signed(trader, "DELETE", f"/notifications?ids={ids}&signature_type=0") == (200, "OK")
        assert [note["type"] for note in await desk.gets(trader, "/notifications")] == [2]
        assert (await desk.signed(trader, "DELETE", "/notifications?ids=all"))[0] == 400


async def test_an_order_scores_once_it_has_rested_long_enough() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 51, 100)
        desk.crowd(Side.BUY, 49, 100)
        near, small = [(await desk.posts(trader, trader.limit("BUY", 49, size)))["orderID"] for size in (50, 10)]
        assert await desk.gets(trader, f"/order-scoring?order_id={near}") == {"scoring": False}
        desk.later(4)
        assert await desk.gets(trader, f"/order-scoring?order_id={near}") == {"scoring": True}
        _, several = await desk.signed(trader, "POST", "/orders-scoring", [near, small, "0x1"])
        assert several == {near: True, small: False, "0x1": False}
        assert (await desk.signed(trader, "POST", "/orders-scoring", {}))[0] == 400


async def test_rewards_are_told_by_day_and_market() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 51, 100)
        desk.crowd(Side.BUY, 49, 100)
        desk.exchange.split(trader.wallet, PLAIN, Size(100 * CONTRACT))
        for side, cents in (("BUY", 49), ("SELL", 51)):
            await desk.posts(trader, trader.limit(side, cents, 100))
        desk.later(3_600)
        shares = await desk.gets(trader, "/rewards/user/percentages?signature_type=0")
        assert shares == {PLAIN: 50.0}
        desk.later(86_400)
        page = await desk.gets(trader, "/rewards/user?date=2026-01-01")
        [total] = await desk.gets(trader, "/rewards/user/total?date=2026-01-01")
        markets = await desk.gets(trader, "/rewards/user/markets?date=2026-01-01")
        [row] = page["data"]
        assert (row["condition_id"], row["date"], row["earnings"]) == (PLAIN, "2026-01-01", 5)
        assert total["earnings"] == row["earnings"]
        assert markets["data"][0]["earnings"][0]["earnings"] == row["earnings"]
        assert await desk.gets(trader, "/rewards/user/total?date=2025-12-31") == []
        for wrong in ("", "?date=yesterday", "?date=20260101", "?date=2026-13-01"):
            assert (await desk.signed(trader, "GET", f"/rewards/user{wrong}"))[0] == 400


async def test_rebates_are_told_for_the_day_they_were_earned() -> None:
    async with Desk().served() as desk:
        trader, taker = await desk.trader(1, cash=100_000), await desk.trader(2, cash=100_000)
        await desk.posts(trader, trader.limit("BUY", 50, 5_000))
        desk.exchange.split(taker.wallet, PLAIN, Size(5_000 * CONTRACT))
        await desk.posts(taker, taker.limit("SELL", 50, 5_000))
        for _ in range(20):
            desk.later(1)
        desk.later(86_400)
        rows = await desk.asks("GET", f"/rebates/current?date=2026-01-01&maker_address={trader.wallet}")
        assert [(row["date"], row["rebated_fees_usdc"]) for row in rows] == [("2026-01-01", "12.5")]
        assert await desk.asks("GET", f"/rebates/current?date=2026-01-02&maker_address={trader.wallet}") == []
        assert (await desk.fails("GET", "/rebates/current"))[0] == 400


async def test_trades_that_a_builder_brought_are_listed_by_its_code() -> None:
    code = "0x" + "ab" * 32
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        await desk.posts(trader, trader.limit("BUY", 50, 10, builder=code))
        await desk.posts(trader, trader.limit("BUY", 50, 20))
        page = await desk.asks("GET", f"/builder/trades?builder_code={code}")
        assert [(row["builder"], row["size"], row["sizeUsdc"], row["tradeType"]) for row in page["data"]] == [
            (code, "10", "5", "TAKER")
        ]
        assert (await desk.fails("GET", "/builder/trades"))[0] == 401


async def test_the_present_is_reached_before_an_answer() -> None:
    change = {PLAIN: {"taker_delay": Nanos(SECOND), "delay_blocks": False}}
    async with Desk(change=change).served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        await desk.posts(trader, trader.limit("BUY", 50, 10))
        desk.clock.at = Nanos(START + 2 * SECOND)
        assert len((await desk.gets(trader, "/data/trades"))["data"]) == 1
