"""The life of V2 orders over real sockets: create, fill, amend, decrease, cancel, batches, groups."""

from dutchbook.domain.book import Side
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from tests.exchange.servers.kalshi.venue import BITCOIN, HEAT, JIM, LEP, TENNIS, kalshi, order_body

ORDERS = "/portfolio/events/orders"


async def test_a_resting_order_is_answered_flat_with_201() -> None:
    async with kalshi() as venue:
        answer = await venue.create(client_order_id="4a75a66e")
        assert answer.status == 201
        assert answer["client_order_id"] == "4a75a66e"
        assert answer["fill_count"] == "0.00"
        assert answer["remaining_count"] == "1.00"
        assert answer["ts_ms"] == venue.clock.now() // 1_000_000
        assert "average_fill_price" not in answer.body


async def test_a_taker_gets_the_makers_price_and_averages_are_cut_to_four_decimals() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.48", 12)
        answer = await venue.create(count="12", price="0.99", time_in_force="immediate_or_cancel")
        assert (answer["average_fill_price"], answer["average_fee_paid"]) == ("0.4800", "0.0174")
        assert (answer["fill_count"], answer["remaining_count"]) == ("12.00", "0.00")


async def test_the_average_price_of_a_no_purchase_is_that_of_yes() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.BUY, "0.67", 8.93)
        answer = await venue.create(side="ask", count="8.93", price="0.67", time_in_force="immediate_or_cancel")
        assert (answer["average_fill_price"], answer["average_fee_paid"]) == ("0.6700", "0.0154")


async def test_an_ioc_that_meets_nothing_is_201_with_nothing_remaining() -> None:
    async with kalshi() as venue:
        answer = await venue.create(time_in_force="immediate_or_cancel")
        assert (answer.status, answer["fill_count"], answer["remaining_count"]) == (201, "0.00", "0.00")
        shown = await venue.get(f"/portfolio/orders/{answer['order_id']}")
        assert shown["order"]["status"] == "canceled"


async def test_a_cancel_tells_by_how_much_and_a_second_one_is_unknown() -> None:
    async with kalshi() as venue:
        order = (await venue.create())["order_id"]
        answer = await venue.send("DELETE", f"{ORDERS}/{order}")
        assert (answer.status, answer["order_id"], answer["reduced_by"]) == (200, order, "1.00")
        again = await venue.send("DELETE", f"{ORDERS}/{order}")
        assert (again.status, again.body) == (404, {"error": {"code": "not_found", "message": "not found"}})
        shown = (await venue.get(f"/portfolio/orders/{order}"))["order"]
        assert (shown["status"], shown["remaining_count_fp"]) == ("canceled", "0.00")


async def test_nobody_cancels_or_reads_somebody_elses_order() -> None:
    async with kalshi() as venue:
        order = (await venue.create())["order_id"]
        assert (await venue.send("DELETE", f"{ORDERS}/{order}", key="key-bob")).status == 404
        assert (await venue.get(f"/portfolio/orders/{order}", key="key-bob")).status == 404


async def test_cancelling_all_is_204_without_a_body() -> None:
    async with kalshi() as venue:
        for price in ("0.01", "0.02"):
            await venue.create(price=price)
        answer = await venue.send("DELETE", ORDERS)
        assert (answer.status, answer.body) == (204, None)
        assert (await venue.get("/portfolio/orders", status="resting"))["orders"] == []


async def test_a_smaller_size_keeps_the_place_and_a_new_price_loses_it() -> None:
    async with kalshi() as venue:
        order = (await venue.create(count="5", price="0.10"))["order_id"]
        venue.rest_of_maker(Side.BUY, "0.10", 7)
        await venue.send("POST", f"{ORDERS}/{order}/decrease", json={"reduce_by": "2.00"})
        place = await venue.get(f"/portfolio/orders/{order}/queue_position")
        assert place["queue_position_fp"] == "0.00"
        amended = {"ticker": LEP, "side": "bid", "price": "0.1000", "count": "9"}
        answer = await venue.send("POST", f"{ORDERS}/{order}/amend", json=amended)
        assert (answer.status, answer["remaining_count"]) == (200, "9.00")
        assert (await venue.get(f"/portfolio/orders/{order}/queue_position"))["queue_position_fp"] == "7.00"


async def test_an_amend_may_cross_and_fill() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        order = (await venue.create(count="5", price="0.10"))["order_id"]
        body = {"ticker": LEP, "side": "bid", "price": "0.50", "count": "5", "updated_client_order_id": "next"}
        answer = await venue.send("POST", f"{ORDERS}/{order}/amend", json=body)
        assert (answer["fill_count"], answer["remaining_count"]) == ("3.00", "2.00")
        assert answer["client_order_id"] == "next"


async def test_an_amend_must_name_the_orders_own_ticker_side_and_client_id() -> None:
    async with kalshi() as venue:
        order = (await venue.create(client_order_id="mine"))["order_id"]
        right = {"ticker": LEP, "side": "bid", "price": "0.01", "count": "1", "client_order_id": "mine"}
        for wrong, code in (
            ({"ticker": JIM}, "order_ticker_mismatch"),
            ({"side": "ask"}, "order_side_mismatch"),
            ({"client_order_id": "other"}, "order_id_and_client_order_id_mismatch"),
        ):
            answer = await venue.send("POST", f"{ORDERS}/{order}/amend", json=right | wrong)
            assert (answer.status, answer["error"]["code"]) == (400, code)
        assert (await venue.send("POST", f"{ORDERS}/{order}/amend", json=right)).status == 200


async def test_an_expiry_is_set_kept_and_removed_by_zero() -> None:
    async with kalshi() as venue:
        until = venue.clock.now() // 1_000_000_000 + 60
        order = (await venue.create(expiration_time=until))["order_id"]
        same = {"ticker": LEP, "side": "bid", "price": "0.01", "count": "1"}
        await venue.send("POST", f"{ORDERS}/{order}/amend", json=same)
        assert "expiration_time" in (await venue.get(f"/portfolio/orders/{order}"))["order"]
        await venue.send("POST", f"{ORDERS}/{order}/amend", json=same | {"expiration_time": 0})
        venue.clock.pass_(61)
        shown = (await venue.get(f"/portfolio/orders/{order}"))["order"]
        assert shown["status"] == "resting"
        assert "expiration_time" not in shown


async def test_an_order_expires_on_the_exchanges_clock() -> None:
    async with kalshi() as venue:
        order = (await venue.create(expiration_time=venue.clock.now() // 1_000_000_000 + 60))["order_id"]
        venue.clock.pass_(61)
        assert (await venue.get(f"/portfolio/orders/{order}"))["order"]["status"] == "canceled"


async def test_a_decrease_to_nothing_cancels() -> None:
    async with kalshi() as venue:
        order = (await venue.create(count="5"))["order_id"]
        answer = await venue.send("POST", f"{ORDERS}/{order}/decrease", json={"reduce_to": "2"})
        assert answer["remaining_count"] == "2.00"
        answer = await venue.send("POST", f"{ORDERS}/{order}/decrease", json={"reduce_to": "0"})
        assert answer["remaining_count"] == "0.00"
        assert (await venue.send("DELETE", f"{ORDERS}/{order}")).status == 404


async def test_a_batch_answers_in_request_order_and_is_not_atomic() -> None:
    async with kalshi() as venue:
        bodies = [
            order_body(price="0.0100", client_order_id="a"),
            order_body(price="0.0150", client_order_id="b"),
            order_body("NOSUCH", client_order_id="c"),
            order_body(price="0.0200", client_order_id="a"),
            order_body(HEAT, price="0.0300", client_order_id="d"),
        ]
        answer = await venue.send("POST", ORDERS + "/batched", json={"orders": bodies})
        assert answer.status == 201
        rows = answer["orders"]
        assert isinstance(rows, list)
        assert [row["client_order_id"] for row in rows] == ["a", "b", "c", "a", "d"]
        codes = [row.get("error", {}).get("code") for row in rows]
        assert codes == [None, "invalid_price", "market_not_found", "order_already_exists", None]
        cancels = [{"order_id": rows[0]["order_id"]}, {"order_id": "unknown"}, {"order_id": rows[4]["order_id"]}]
        answer = await venue.send("DELETE", ORDERS + "/batched", json={"orders": cancels})
        rows = answer["orders"]
        assert isinstance(rows, list)
        assert [row["reduced_by"] for row in rows] == ["1.00", "0.00", "1.00"]
        assert rows[1]["error"] == {"code": "not_found", "message": "not found"}


async def test_a_group_triggers_itself_refuses_and_is_reset() -> None:
    async with kalshi() as venue:
        made = await venue.send("POST", "/portfolio/order_groups/create", json={"contracts_limit": 2})
        assert (made.status, made["subaccount"], made["exchange_index"]) == (201, 0, 0)
        path = f"/portfolio/order_groups/{made['order_group_id']}"
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        waiting = await venue.create(order_group_id=made["order_group_id"])
        shown = await venue.get(path)
        assert shown.body == {
            "contracts_limit_fp": "2.00",
            "exchange_index": 0,
            "is_auto_cancel_enabled": True,
            "orders": [waiting["order_id"]],
        }
        await venue.create(order_group_id=made["order_group_id"], count="3", price="0.50")
        assert (await venue.get(path))["is_auto_cancel_enabled"] is False
        refused = await venue.create(order_group_id=made["order_group_id"])
        assert refused["error"]["code"] == "order_group_triggered"
        shown = await venue.get(f"/portfolio/orders/{waiting['order_id']}")
        assert shown["order"]["status"] == "canceled"
        assert (await venue.send("PUT", path + "/reset", json={})).status == 200
        assert (await venue.create(order_group_id=made["order_group_id"])).status == 201
        assert (await venue.send("PUT", path + "/limit", json={"contracts_limit_fp": "7.50"})).status == 200
        assert (await venue.get("/portfolio/order_groups"))["order_groups"] == [
            {
                "contracts_limit_fp": "7.50",
                "exchange_index": 0,
                "id": made["order_group_id"],
                "is_auto_cancel_enabled": True,
            }
        ]
        assert (await venue.send("DELETE", path)).status == 200
        assert (await venue.get(path)).status == 404


async def test_an_empty_body_that_says_it_is_json_is_rejected() -> None:
    async with kalshi() as venue:
        made = await venue.send("POST", "/portfolio/order_groups/create", json={"contracts_limit": 2})
        path = f"/portfolio/order_groups/{made['order_group_id']}/trigger"
        assert (await venue.send("PUT", path, body=b"")).status == 400
        assert (await venue.send("PUT", path)).status == 200
    async with kalshi(KalshiOptions(empty_json_bodies=True)) as venue:
        made = await venue.send("POST", "/portfolio/order_groups/create", json={"contracts_limit": 2})
        path = f"/portfolio/order_groups/{made['order_group_id']}/reset"
        assert (await venue.send("PUT", path, body=b"")).status == 200


async def test_queue_positions_of_several_markets() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.BUY, "0.01", 12)
        first = (await venue.create())["order_id"]
        await venue.create(HEAT)
        answer = await venue.get("/portfolio/orders/queue_positions", market_tickers=f"{LEP},{JIM}")
        row = {"order_id": first, "market_ticker": LEP, "queue_position_fp": "12.00"}
        assert answer["queue_positions"] == [row]
        by_event = await venue.get("/portfolio/orders/queue_positions", event_ticker="KXHIGHNY-26JUN15")
        assert len(by_event["queue_positions"]) == 1


async def test_a_group_takes_orders_of_its_own_shard_alone() -> None:
    async with kalshi() as venue:
        venue.exchange.transfer("ann", 0, 2, Money(10 * DOLLAR))
        made = await venue.send("POST", "/portfolio/order_groups/create", json={"contracts_limit": 2})
        group = made["order_group_id"]
        assert (await venue.create(BITCOIN, order_group_id=group)).status == 404
        assert (await venue.create(order_group_id="none")).status == 404
        assert (await venue.create(order_group_id=group)).status == 201


async def test_members_of_the_future_appear_on_request() -> None:
    async with kalshi(KalshiOptions.model_validate({"unknown_fields": 1})) as venue:
        assert "unknown_field" in (await venue.get("/portfolio/balance")).body


async def test_pages_of_orders_go_on_behind_one_that_has_ended() -> None:
    async with kalshi() as venue:
        ids = [(await venue.create(price=f"0.0{number}"))["order_id"] for number in range(1, 7)]
        first = await venue.get("/portfolio/orders", status="resting", limit=2)
        assert [row["order_id"] for row in first["orders"]] == ids[:3:-1]
        await venue.send("DELETE", f"{ORDERS}/{ids[4]}")
        second = await venue.get("/portfolio/orders", status="resting", limit=2, cursor=first["cursor"])
        assert [row["order_id"] for row in second["orders"]] == [ids[3], ids[2]]
        last = await venue.get("/portfolio/orders", status="resting", limit=2, cursor=second["cursor"])
        assert [row["order_id"] for row in last["orders"]] == [ids[1], ids[0]]
        assert last["cursor"] == ""
        everything = await venue.get("/portfolio/orders")
        assert [row["order_id"] for row in everything["orders"]] == ids[::-1]
        ended = await venue.get("/portfolio/orders", status="canceled", ticker=LEP, event_ticker=TENNIS)
        assert [row["order_id"] for row in ended["orders"]] == [ids[4]]
