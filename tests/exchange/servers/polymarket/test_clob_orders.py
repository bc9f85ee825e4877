"""The life of orders at the CLOB: placed, matched, delayed, cancelled; single and in batches; in every mode."""

import asyncio
import json
from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.units import CONTRACT, SECOND, Nanos, Size
from dutchbook.exchange.faults.plan import Restart
from dutchbook.exchange.rules import Mode
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from tests.exchange.servers.polymarket.clob_stage import FINE, FINE_YES, NO, NOW_S, PLAIN, YES, Desk, Trader


async def test_a_resting_order_says_live_and_nothing_more() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        answer = await desk.posts(trader, trader.limit("BUY", 53, 100))
    assert list(answer.items()) == [
        ("success", True),
        ("errorMsg", ""),
        ("orderID", answer["orderID"]),
        ("status", "live"),
        ("makingAmount", ""),
        ("takingAmount", ""),
        ("tradeIDs", []),
        ("transactionsHashes", []),
    ]


async def test_a_taker_pays_the_makers_price() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 29, 100)
        answer = await desk.posts(trader, trader.limit("BUY", 55, 5))
    assert (answer["status"], answer["makingAmount"], answer["takingAmount"]) == ("matched", "1.45", "5")
    assert len(answer["tradeIDs"]) == 1


async def test_a_market_buy_spends_dollars_and_a_market_sale_sells_shares() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        desk.crowd(Side.BUY, 40, 100)
        bought = await desk.posts(trader, trader.order("BUY", 25_000_000, 43_859_600, order_type="FOK"))
        assert (bought["makingAmount"], bought["takingAmount"]) == ("25", "50")
        desk.later(60)
        sold = await desk.posts(trader, trader.order("SELL", 20_000_000, 6_000_000, order_type="FAK"))
        assert (sold["makingAmount"], sold["takingAmount"]) == ("20", "8")
        assert (await desk.gets(trader, "/data/orders"))["data"] == []


async def test_hashes_are_in_the_answer_where_that_is_asked_for() -> None:
    async with Desk(ClobOptions(hashes_in_answers=True)).served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        answer = await desk.posts(trader, trader.limit("BUY", 50, 10))
        [trade] = (await desk.gets(trader, f"/data/trades?id={answer['tradeIDs'][0]}"))["data"]
    assert answer["transactionsHashes"] == [trade["transaction_hash"]]


async def test_a_batch_answers_each_element_in_its_place() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        good, bad = trader.limit("BUY", 50, 10), trader.limit("BUY", 50, 1)
        poor = trader.limit("SELL", 50, 10)
        other = trader.limit("BUY", 40, 10)
        status, answers = await desk.signed(trader, "POST", "/orders", [good, bad, poor, good, other])
        assert status == 200
        assert [each["status"] for each in answers] == ["live", "", "", "", "live"]
        assert all(each["success"] for each in answers)
        assert [bool(each["orderID"]) for each in answers] == [True, False, False, False, True]
        texts = [each["errorMsg"] for each in answers]
        assert texts[0] == texts[4] == ""
        assert "lower than the minimum: 5" in texts[1]
        assert "not enough balance / allowance" in texts[2]
        assert "Duplicated" in texts[3]
        assert len((await desk.gets(trader, "/data/orders"))["data"]) == 2


async def test_a_batch_has_at_most_fifteen_orders() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        orders = [trader.limit("BUY", 50, 10) for _ in range(20)]
        status, answer = await desk.signed(trader, "POST", "/orders", orders)
        assert (status, answer["error"]) == (400, "Too many orders in payload: 20, max allowed: 15")
        status, answer = await desk.signed(trader, "POST", "/orders", [])
        assert (status, answer["error"]) == (400, "Invalid order payload")


async def test_killed_orders_are_told_to_whoever_listens() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        killed: list[tuple[str, str]] = []
        desk.clob.on_killed(lambda new, why: killed.append((new.id, why)))
        whole = trader.order("BUY", 5_000_000, 10_000_000, order_type="FOK")
        rest = trader.order("BUY", 5_000_000, 10_000_000, order_type="FAK")
        await desk.signed(trader, "POST", "/order", whole)
        await desk.signed(trader, "POST", "/orders", [rest, trader.limit("BUY", 50, 1)])
    assert [why[:30] for _, why in killed] == ["order couldn't be fully filled", "no orders found to match with "]
    assert len({order_id for order_id, _ in killed}) == 2


async def _placed(desk: Desk, trader: Trader, *orders: dict[str, Any]) -> list[str]:
    return [(await desk.posts(trader, order))["orderID"] for order in orders]


async def test_cancels_say_what_they_did_and_what_they_could_not() -> None:
    async with Desk().served() as desk:
        trader, other = await desk.trader(1), await desk.trader(2)
        resting, filled, gone = await _placed(desk, trader, *(trader.limit("BUY", cents, 10) for cents in (40, 50, 30)))
        [foreign] = await _placed(desk, other, other.limit("BUY", 20, 10))
        desk.crowd(Side.SELL, 50, 10)
        first = await desk.signed(trader, "DELETE", "/order", {"orderID": gone})
        assert first == (200, {"canceled": [gone], "not_canceled": {}})
        _, answer = await desk.signed(trader, "DELETE", "/orders", [resting, filled, gone, foreign, "0xdead"])
        assert answer == {
            "canceled": [resting],
            "not_canceled": {
                foreign: "Order not found or already canceled",
                "0xdead": "Order not found or already canceled",
                filled: "matched orders can't be canceled",
                gone: "Order not found or already canceled",
            },
        }


async def test_all_orders_or_those_of_a_market_or_token_go_at_once() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        yes, no, fine, last = await _placed(
            desk,
            trader,
            trader.limit("BUY", 40, 10),
            trader.limit("BUY", 40, 10, token=NO),
            trader.limit("BUY", 40, 10, token=FINE_YES),
            trader.limit("BUY", 30, 10, token=FINE_YES),
        )
        _, answer = await desk.signed(trader, "DELETE", "/cancel-market-orders", {"asset_id": NO})
        assert answer["canceled"] == [no]
        _, answer = await desk.signed(
            trader, "DELETE", "/cancel-market-orders", {"market": PLAIN, "asset_id": FINE_YES}
        )
        assert answer["canceled"] == []
        _, answer = await desk.signed(trader, "DELETE", "/cancel-market-orders", {"market": FINE})
        assert set(answer["canceled"]) == {fine, last}
        assert await desk.signed(trader, "DELETE", "/cancel-all") == (200, {"canceled": [yes], "not_canceled": {}})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/order", {}),
        ("/order", {"orderID": 5}),
        ("/order", ["0x1"]),
        ("/orders", {"orderID": "0x1"}),
        ("/orders", [1]),
        ("/orders", ["0x1"] * 1_001),
        ("/cancel-market-orders", {}),
        ("/cancel-market-orders", {"market": 1}),
    ],
)
async def test_malformed_cancels_are_refused(path: str, body: object) -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        status, answer = await desk.signed(trader, "DELETE", path, body)
        assert (status, list(answer)) == (400, ["error"])


async def test_a_marketable_order_of_a_fast_market_is_answered_after_its_delay() -> None:
    change = {PLAIN: {"taker_delay": Nanos(SECOND), "delay_blocks": True}}
    async with Desk(change=change).served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        assert (await desk.posts(trader, trader.limit("BUY", 40, 10)))["status"] == "live"
        waiting = asyncio.create_task(desk.posts(trader, trader.limit("BUY", 50, 10)))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        desk.clock.later(1)
        answer = await waiting
    assert (answer["status"], answer["takingAmount"]) == ("matched", "10")


async def test_makers_may_leave_while_a_marketable_order_waits() -> None:
    change = {PLAIN: {"taker_delay": Nanos(SECOND), "delay_blocks": True}}
    async with Desk(change=change).served() as desk:
        taker, maker = await desk.trader(1), await desk.trader(2)
        desk.exchange.split(maker.wallet, PLAIN, Size(10 * CONTRACT))
        offer = (await desk.posts(maker, maker.limit("SELL", 50, 10)))["orderID"]
        order = taker.order("BUY", 5_000_000, 10_000_000, order_type="FOK")
        waiting = asyncio.create_task(desk.signed(taker, "POST", "/order", order))
        await asyncio.sleep(0.05)
        assert (await desk.signed(maker, "DELETE", "/order", {"orderID": offer}))[1]["canceled"] == [offer]
        desk.clock.later(1)
        status, answer = await waiting
    assert (status, answer["error"]) == (400, "order couldn't be fully filled. FOK orders are fully filled or killed.")


async def test_a_marketable_order_of_a_sports_market_is_delayed_and_cannot_be_cancelled() -> None:
    change = {PLAIN: {"taker_delay": Nanos(3 * SECOND), "delay_blocks": False}}
    async with Desk(change=change).served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        answer = await desk.posts(trader, trader.limit("BUY", 50, 10))
        assert (answer["status"], answer["tradeIDs"]) == ("delayed", [])
        order_id = answer["orderID"]
        _, cancelled = await desk.signed(trader, "DELETE", "/order", {"orderID": order_id})
        assert cancelled == {"canceled": [], "not_canceled": {order_id: "order match delayed due to market conditions"}}
        desk.later(3)
        [trade] = (await desk.gets(trader, "/data/trades"))["data"]
    assert trade["taker_order_id"] == order_id


async def test_a_restarting_engine_takes_neither_orders_nor_cancels() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.exchange.set_mode(Mode.RESTARTING)
        for method, path, body in _TRADING:
            sent = _encoded(body if body is not _ORDER else trader.limit("BUY", 50, 10))
            status, answer, headers = await desk.raw(
                method, path, body=sent, headers=trader.headers(method, path, sent)
            )
            assert (status, list(answer), headers["Retry-After"]) == (425, ["error"], "10")
        assert (await desk.gets(trader, "/data/orders"))["data"] == []


async def test_disabled_and_cancel_only_trading_say_so() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        await desk.posts(trader, trader.limit("BUY", 50, 10))
        desk.exchange.set_mode(Mode.DISABLED)
        text = "Trading is currently disabled. Check polymarket.com for updates"
        assert await desk.signed(trader, "DELETE", "/cancel-all") == (503, {"error": text})
        assert await desk.signed(trader, "POST", "/order", trader.limit("BUY", 50, 10)) == (503, {"error": text})
        desk.exchange.set_mode(Mode.CANCEL_ONLY)
        text = "Trading is currently cancel-only. New orders are not accepted, but cancels are allowed."
        assert await desk.signed(trader, "POST", "/orders", [trader.limit("BUY", 50, 10)]) == (503, {"error": text})
        status, answer = await desk.signed(trader, "DELETE", "/cancel-all")
        assert (status, len(answer["canceled"])) == (200, 1)


async def test_post_only_mode_counts_down_and_a_batch_answers_each_element() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.exchange.set_mode(Mode.POST_ONLY)
        desk.later(0)
        desk.later(41)
        text = "post-only mode: only post-only orders and cancels are allowed"
        assert await desk.signed(trader, "POST", "/order", trader.limit("BUY", 50, 10)) == (
            503,
            {"error": text, "code": "post_only_mode", "retry_after_seconds": 79},
        )
        assert (await desk.posts(trader, trader.limit("BUY", 50, 10, post_only=True)))["status"] == "live"
        batch = [trader.limit("BUY", 50, 10), trader.limit("BUY", 49, 10, post_only=True)]
        status, answers = await desk.signed(trader, "POST", "/orders", batch)
        assert status == 200
        assert [(each["errorMsg"], each["status"]) for each in answers] == [(text, ""), ("", "live")]
        assert answers[0]["orderID"] == ""
        desk.exchange.set_mode(Mode.NORMAL)
        assert (await desk.posts(trader, trader.limit("BUY", 50, 10)))["status"] == "live"


async def test_a_planned_restart_says_when_it_will_be_over() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        board = desk.context.switchboard
        board.attach(desk.exchange)
        board.turn_on(Restart(name="tuesday", fault="restart", down="90s", post_only="2m"))  # type: ignore[arg-type]
        board.advance()
        desk.later(30)
        body = _encoded(trader.limit("BUY", 50, 10))
        status, _, headers = await desk.raw("POST", "/order", body=body, headers=trader.headers("POST", "/order", body))
        assert (status, headers["Retry-After"]) == (425, "60")
        desk.later(101)
        board.advance()
        status, answer = await desk.signed(trader, "POST", "/order", trader.limit("BUY", 50, 10))
        assert (status, answer["retry_after_seconds"]) == (503, 79)
        desk.later(79)
        board.advance()
        assert (await desk.posts(trader, trader.limit("BUY", 50, 10)))["status"] == "live"


async def test_the_mode_is_asked_before_the_key() -> None:
    async with Desk().served() as desk:
        desk.exchange.set_mode(Mode.DISABLED)
        assert (await desk.fails("POST", "/order"))[0] == 503


async def test_a_sold_token_of_the_other_outcome_shows_in_both_books() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        await desk.posts(trader, trader.limit("BUY", 40, 10, token=NO))
        book = await desk.asks("GET", f"/book?token_id={YES}")
    assert book["asks"] == [{"price": "0.6", "size": "10"}]
    assert int(book["timestamp"]) == NOW_S * 1_000


_ORDER = object()
_TRADING: tuple[tuple[str, str, object], ...] = (
    ("POST", "/order", _ORDER),
    ("POST", "/orders", []),
    ("DELETE", "/order", {"orderID": "0x1"}),
    ("DELETE", "/orders", ["0x1"]),
    ("DELETE", "/cancel-all", None),
    ("DELETE", "/cancel-market-orders", {"market": PLAIN}),
)


def _encoded(body: object) -> bytes:
    return b"" if body is None else json.dumps(body).encode()
