"""Each row of the error table, over real sockets (protocol section 7.1)."""

from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.exchange.rules import Mode
from tests.exchange.servers.kalshi.venue import BITCOIN, DAY, LEP, kalshi, order_body

ORDERS = "/portfolio/events/orders"
NESTED = {
    "invalid_price": "invalid price",
    "insufficient_balance": "insufficient balance",
    "not_found": "not found",
    "market_not_found": "market not found",
    "order_already_exists": "order already exists",
    "trading_is_paused": "trading is paused",
    "exchange_is_paused": "exchange is paused",
    "fill_or_kill_insufficient_resting_volume": "fill or kill insufficient resting volume",
}


def nested(code: str) -> dict[str, object]:
    return {"error": {"code": code, "message": NESTED[code]}}


@pytest.mark.parametrize(
    "price", ["0.5150", "0", "0.0000", "1.0000", "1", "0.00001", "-0.5", "abc", "1e-2", " 0.5", "0,5"]
)
async def test_a_price_off_the_grid_is_400_invalid_price(price: str) -> None:
    async with kalshi() as venue:
        answer = await venue.create(price=price)
        assert (answer.status, answer.body) == (400, nested("invalid_price"))


@pytest.mark.parametrize("price", ["0.0050", "0.505"])
async def test_the_grid_is_the_markets_own(price: str) -> None:
    async with kalshi() as venue:
        venue.exchange.transfer("ann", 0, 2, venue.exchange.accounts["ann"].free())
        assert (await venue.create(price=price)).status == 400
        assert (await venue.create(BITCOIN, price=price)).status == (201 if price == "0.0050" else 400)


@pytest.mark.parametrize("count", ["0", "0.00", "0.001", "-1", "1e3", "x"])
async def test_a_count_that_is_none_is_400(count: str) -> None:
    async with kalshi() as venue:
        answer = await venue.create(count=count)
        assert (answer.status, answer["error"]["code"]) == (400, "invalid_order_size")


async def test_a_hundredth_of_a_contract_is_enough() -> None:
    async with kalshi() as venue:
        assert (await venue.create(count="0.01"))["remaining_count"] == "0.01"


async def test_numbers_where_strings_are_meant_are_a_flat_400() -> None:
    async with kalshi() as venue:
        answer = await venue.create(count=1)
        details = "json: cannot unmarshal number into Go struct field CreateOrderV2Request.count of type string"
        assert answer.status == 400
        assert answer.body == {"code": "bad_request", "message": "bad request", "details": details}


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("price", 0.5, "number"),
        ("ticker", ["a"], "array"),
        ("side", {"a": 1}, "object"),
        ("post_only", "true", "string"),
        ("expiration_time", "1", "string"),
        ("expiration_time", 1.5, "number 1.5"),
        ("expiration_time", True, "bool"),
        ("subaccount", 1e300, "number 1e+300"),
    ],
)
async def test_every_field_has_one_json_type(field: str, value: Any, kind: str) -> None:
    async with kalshi() as venue:
        answer = await venue.create(**{field: value})
        assert answer.status == 400
        assert str(answer["details"]).startswith(f"json: cannot unmarshal {kind} into Go struct field")


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"1", b'"x"', b"\xff", b"[" * 100_000, b'{"a":NaN}'])
async def test_a_body_that_is_no_object_is_a_flat_400(body: bytes) -> None:
    async with kalshi() as venue:
        answer = await venue.send("POST", ORDERS, body=body)
        assert (answer.status, answer["code"]) == (400, "bad_request")


async def test_a_body_must_say_that_it_is_json() -> None:
    async with kalshi() as venue:
        answer = await venue.send("POST", ORDERS, json=order_body(), headers={"Content-Type": "text/plain"})
        assert (answer.status, answer["error"]["code"]) == (400, "invalid_content_type")


@pytest.mark.parametrize("field", ["ticker", "side", "count", "price", "time_in_force", "self_trade_prevention_type"])
async def test_absent_and_empty_fields_are_missing_parameters(field: str) -> None:
    async with kalshi() as venue:
        for value in (None, ""):
            fields: dict[str, Any] = {"ticker": LEP, field: value}
            answer = await venue.create(**fields)
            error = answer["error"]
            assert (answer.status, error["code"], error["details"]) == (400, "missing_parameters", field)


@pytest.mark.parametrize(
    ("field", "value"), [("side", "buy"), ("time_in_force", "GTT"), ("self_trade_prevention_type", "none")]
)
async def test_words_that_the_venue_does_not_know(field: str, value: str) -> None:
    async with kalshi() as venue:
        answer = await venue.create(**{field: value})
        assert (answer.status, answer["error"]["code"]) == (400, "invalid_parameters")


async def test_post_only_that_would_take_is_refused() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 1)
        answer = await venue.create(price="0.50", post_only=True)
        error = {"code": "invalid_order", "message": "invalid order", "details": "post only cross"}
        assert (answer.status, answer.body) == (400, {"error": error})


async def test_too_little_money_on_the_markets_shard() -> None:
    async with kalshi() as venue:
        answer = await venue.create(count="10099.00", price="0.9900")
        assert (answer.status, answer.body) == (400, nested("insufficient_balance"))
        answer = await venue.create(BITCOIN, price="0.5")
        assert (answer.status, answer.body) == (400, nested("insufficient_balance"))
        sent = {"source": "event_contract", "destination": "event_contract", "amount": 10_000}
        sent |= {"destination_exchange_shard": 2}
        assert (await venue.send("POST", "/portfolio/intra_exchange_instance_transfer", json=sent)).status == 200
        assert (await venue.create(BITCOIN, price="0.5")).status == 201


async def test_a_client_id_is_used_once_for_ever() -> None:
    async with kalshi() as venue:
        first = await venue.create(client_order_id="once")
        again = await venue.create(client_order_id="once")
        assert (again.status, again.body) == (409, nested("order_already_exists"))
        await venue.send("DELETE", f"{ORDERS}/{first['order_id']}")
        assert (await venue.create(client_order_id="once")).status == 409
        assert (await venue.create(client_order_id="once", key="key-bob")).status == 201


async def test_a_fill_or_kill_that_cannot_be_filled_is_409() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 1)
        answer = await venue.create(count="2", price="0.50", time_in_force="fill_or_kill")
        assert (answer.status, answer.body) == (409, nested("fill_or_kill_insufficient_resting_volume"))


async def test_unknown_markets_are_404() -> None:
    async with kalshi() as venue:
        for answer in (
            await venue.create("NOSUCH"),
            await venue.get("/markets/NOSUCH"),
            await venue.get("/markets/NOSUCH/orderbook"),
            await venue.create(BITCOIN, exchange_index=1),
        ):
            assert (answer.status, answer.body) == (404, nested("market_not_found"))


async def test_a_halted_market_takes_cancels_and_no_orders() -> None:
    async with kalshi() as venue:
        order = (await venue.create())["order_id"]
        venue.pause()
        answer = await venue.create()
        assert (answer.status, answer.body) == (409, nested("trading_is_paused"))
        assert (await venue.send("DELETE", f"{ORDERS}/{order}")).status == 200


async def test_the_two_pauses_of_the_exchange() -> None:
    async with kalshi() as venue:
        kept = (await venue.create())["order_id"]
        swept = (await venue.create(cancel_order_on_pause=True))["order_id"]
        venue.exchange.set_mode(Mode.CANCEL_ONLY)
        assert (await venue.create()).body == nested("trading_is_paused")
        status = await venue.get("/exchange/status", key=None)
        assert (status["exchange_active"], status["trading_active"]) == (True, False)
        assert (await venue.send("DELETE", f"{ORDERS}/{swept}")).status == 404
        venue.exchange.set_mode(Mode.DISABLED)
        assert (await venue.create()).body == nested("exchange_is_paused")
        answer = await venue.send("DELETE", f"{ORDERS}/{kept}")
        assert (answer.status, answer.body) == (409, nested("exchange_is_paused"))
        assert (await venue.send("DELETE", ORDERS)).status == 409
        assert (await venue.get("/exchange/status", key=None))["exchange_active"] is False


async def test_after_the_close_every_operation_is_inactive() -> None:
    async with kalshi() as venue:
        order = (await venue.create())["order_id"]
        venue.clock.pass_(31 * DAY / 1_000_000_000)
        for answer in (await venue.create(), await venue.send("DELETE", f"{ORDERS}/{order}")):
            assert (answer.status, answer["error"]["code"]) == (409, "MARKET_INACTIVE")


async def test_a_market_that_is_not_open_yet_is_paused() -> None:
    async with kalshi() as venue:
        venue.exchange.set_status(MarketId(LEP), MarketStatus.UNOPENED)
        assert (await venue.create()).body == nested("trading_is_paused")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/portfolio/orders"),
        ("POST", "/portfolio/orders/batched"),
        ("DELETE", "/portfolio/orders/x"),
        ("DELETE", "/portfolio/orders/batched"),
        ("POST", "/portfolio/orders/x/amend"),
        ("POST", "/portfolio/orders/x/decrease"),
    ],
)
async def test_legacy_writes_are_gone(method: str, path: str) -> None:
    async with kalshi() as venue:
        answer = await venue.send(method, path, json={"ticker": LEP, "count": 1})
        error = answer["error"]
        assert isinstance(error, dict)
        assert (answer.status, error["code"]) == (410, "deprecated_v1_order_endpoint")
        assert error["message"] == "Please switch to the V2 endpoints"


async def test_a_transfer_id_is_applied_once() -> None:
    async with kalshi() as venue:
        assert (await venue.send("POST", "/portfolio/subaccounts"))["subaccount_number"] == 1
        body = {
            "client_transfer_id": "11111111-1111-4111-8111-111111111111",
            "from_subaccount": 0,
            "to_subaccount": 1,
            "amount_cents": 2_500,
        }
        assert (await venue.send("POST", "/portfolio/subaccounts/transfer", json=body)).status == 200
        again = await venue.send("POST", "/portfolio/subaccounts/transfer", json=body)
        assert (again.status, again["error"]["code"]) == (409, "transfer_already_applied")
        rows = (await venue.get("/portfolio/subaccounts/balances"))["subaccount_balances"]
        free = {(row["subaccount_number"], row["exchange_index"]): row["balance"] for row in rows}
        assert free == {(0, 0): "75.0000", (0, 2): "0.0000", (1, 0): "25.0000", (1, 2): "0.0000"}
        too_much = body | {"client_transfer_id": "22222222-1111-4111-8111-111111111111", "amount_cents": 10_000}
        answer = await venue.send("POST", "/portfolio/subaccounts/transfer", json=too_much)
        assert (answer.status, answer.body) == (400, nested("insufficient_balance"))
        assert (await venue.create(subaccount=1, count="10")).status == 201
        assert (await venue.create(subaccount=64)).status == 400


@pytest.mark.parametrize(
    "path",
    [
        "/markets?limit=1001",
        "/markets?limit=-1",
        "/markets?limit=ten",
        "/markets?status=active",
        "/markets?min_close_ts=1.5",
        "/markets?status=open&min_close_ts=1",
        "/events?limit=201",
        "/events?with_nested_markets=perhaps",
        f"/markets/{LEP}/orderbook?depth=101",
        "/markets/trades?limit=99999999999999999999",
        "/markets/orderbooks",
        f"/series/X/markets/{LEP}/candlesticks?start_ts=1&end_ts=2&period_interval=5",
        f"/series/X/markets/{LEP}/candlesticks?start_ts=2&end_ts=1&period_interval=1",
        f"/series/X/markets/{LEP}/candlesticks?end_ts=1&period_interval=1",
        f"/series/X/markets/{LEP}/candlesticks?start_ts=0&end_ts=9999999&period_interval=1",
    ],
)
async def test_parameters_that_cannot_be_used_are_a_msg(path: str) -> None:
    async with kalshi() as venue:
        answer = await venue.get(path, key=None)
        assert answer.status == 400
        assert str(answer["msg"]).startswith("Parameter validation failed for Get")


async def test_unknown_paths_and_methods_have_json_bodies() -> None:
    async with kalshi() as venue:
        for method, path, status in (("GET", "/nothing", 404), ("POST", "/markets", 405)):
            answer = await venue.send(method, path)
            assert answer.status == status
            assert isinstance(answer["error"], dict)


async def test_orders_on_other_shards_are_cancelled_by_ticker_or_number_only() -> None:
    async with kalshi() as venue:
        venue.exchange.transfer("ann", 0, 2, venue.exchange.accounts["ann"].free())
        first, second = [(await venue.create(BITCOIN))["order_id"] for _ in range(2)]
        assert (await venue.send("DELETE", f"{ORDERS}/{first}")).status == 404
        assert (await venue.send("DELETE", f"{ORDERS}/{first}?market_ticker={BITCOIN}")).status == 200
        assert (await venue.send("DELETE", f"{ORDERS}/{second}?exchange_index=1")).status == 404
        assert (await venue.send("DELETE", f"{ORDERS}/{second}?exchange_index=2")).status == 200


async def test_orders_that_would_meet_their_own_account() -> None:
    async with kalshi() as venue:
        resting = (await venue.create(side="ask", price="0.50"))["order_id"]
        answer = await venue.create(price="0.50", time_in_force="immediate_or_cancel")
        assert (answer.status, answer["fill_count"], answer["remaining_count"]) == (201, "0.00", "0.00")
        assert (await venue.get(f"/portfolio/orders/{resting}"))["order"]["status"] == "resting"
        answer = await venue.create(price="0.50", self_trade_prevention_type="maker")
        assert (answer["fill_count"], answer["remaining_count"]) == ("0.00", "1.00")
        assert (await venue.get(f"/portfolio/orders/{resting}"))["order"]["status"] == "canceled"


async def test_reduce_only_is_capped_to_the_position_and_needs_one() -> None:
    async with kalshi() as venue:
        venue.rest_of_maker(Side.SELL, "0.50", 3)
        venue.rest_of_maker(Side.BUY, "0.40", 9)
        reduce: dict[str, Any] = {"side": "ask", "count": "5", "price": "0.40", "reduce_only": True}
        reduce["time_in_force"] = "immediate_or_cancel"
        assert (await venue.create(**reduce))["error"]["details"] == "reduce only"
        await venue.create(count="3", price="0.50")
        assert (await venue.create(**reduce))["fill_count"] == "3.00"
        assert (await venue.create(reduce_only=True)).status == 400
