"""The bodies of the server have the fields, kinds and formats of the captured ones."""

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE
from tests.conftest import protocol_samples
from tests.exchange.servers.kalshi.venue import LEP, TENNIS, Answered, Kalshi, kalshi
from tests.exchange.servers.shape import differences

SAMPLES = protocol_samples("kalshi")
ORDERS = "/portfolio/events/orders"
_REMOVED = "removed from the API after the capture (protocol section 2.4)"
_ADDED = "in SDK 3.34.0, younger than the capture"
_UNKNOWN = "a capture shows what a market had; the sandbox has no such fact of this one"
MARKET = {
    "fractional_trading_enabled": _REMOVED,
    "liquidity_dollars": _REMOVED,
    "response_price_units": _REMOVED,
    "exchange_index": _ADDED,
    "settlement_bounds_type": _ADDED,
}
SAID_ALIKE = (
    "yes_bid_dollars",
    "yes_ask_dollars",
    "no_bid_dollars",
    "no_ask_dollars",
    "yes_bid_size_fp",
    "yes_ask_size_fp",
    "status",
    "result",
    "last_price_dollars",
    "open_interest_fp",
    "price_level_structure",
    "price_ranges",
    "notional_value_dollars",
    "market_type",
    "previous_price_dollars",
    "previous_yes_bid_dollars",
    "previous_yes_ask_dollars",
    "volume_fp",
)
_ERROR = {"$.error.service": _REMOVED}


def sample(name: str) -> object:
    """A captured body."""
    body: object = msgspec.json.decode((SAMPLES / name).read_bytes())
    return body


def at(path: str, fields: dict[str, str], *only: str) -> dict[str, str]:
    return {f"{path}.{name}": reason for name, reason in fields.items() if not only or name in only}


type Ask = Callable[[Kalshi], Awaitable[Answered]]


async def bought(venue: Kalshi) -> str:
    """Ann's three captured purchases; the id of the last order."""
    order = ""
    for price in ("0.99", "0.99", "0.52"):
        venue.rest_of_maker(Side.SELL, price, 1)
        venue.clock.pass_(1.000001)
        answer = await venue.create(price="0.99", time_in_force="immediate_or_cancel", client_order_id=f"c{price}")
        order = str(answer["order_id"]) if answer.status == 201 else order
    return order


async def fills(venue: Kalshi) -> Answered:
    await bought(venue)
    return await venue.get("/portfolio/fills", limit=10)


async def positions(venue: Kalshi) -> Answered:
    await bought(venue)
    return await venue.get("/portfolio/positions")


async def maker(venue: Kalshi) -> Answered:
    return await venue.create(client_order_id="4a75a66e-ca85-4187-93cd-aac5e01ad982", post_only=False)


async def taker(venue: Kalshi) -> Answered:
    venue.rest_of_maker(Side.SELL, "0.52", 1)
    client_id = "2b8394e0-515e-4b89-b624-f34067756855"
    return await venue.create(price="0.9900", time_in_force="immediate_or_cancel", client_order_id=client_id)


async def cancel(venue: Kalshi) -> Answered:
    order = (await venue.create())["order_id"]
    return await venue.send("DELETE", f"{ORDERS}/{order}")


async def get_order(venue: Kalshi) -> Answered:
    venue.clock.pass_(0.866753)
    order = (await maker(venue))["order_id"]
    return await venue.get(f"/portfolio/orders/{order}")


async def duplicate(venue: Kalshi) -> Answered:
    await maker(venue)
    return await maker(venue)


async def crossing(venue: Kalshi) -> Answered:
    venue.rest_of_maker(Side.SELL, "0.52", 1)
    return await venue.create(price="0.9900", post_only=True)


async def quoted(venue: Kalshi) -> None:
    """The captured market: bid 0.47 x 3, ask 0.52 x 3, traded at 0.99."""
    venue.rest_of_maker(Side.SELL, "0.99", 2)
    await venue.create(price="0.99", count="2", time_in_force="immediate_or_cancel")
    venue.rest_of_maker(Side.BUY, "0.47", 3)
    venue.rest_of_maker(Side.SELL, "0.52", 3)


async def market(venue: Kalshi) -> Answered:
    await quoted(venue)
    return await venue.get(f"/markets/{LEP}", key=None)


async def book(venue: Kalshi) -> Answered:
    await quoted(venue)
    return await venue.get(f"/markets/{LEP}/orderbook", key=None)


CASES: dict[str, tuple[Ask, int, dict[str, str]]] = {
    "account__endpoint_costs": (lambda venue: venue.get("/account/endpoint_costs"), 200, {}),
    "account__limits": (lambda venue: venue.get("/account/limits"), 200, {}),
    "auth__balance_ok": (lambda venue: venue.get("/portfolio/balance"), 200, {}),
    "exchange__status": (
        lambda venue: venue.get("/exchange/status"),
        200,
        at("$", {"exchange_index_statuses": _ADDED, "intra_exchange_transfers_active": _ADDED}),
    ),
    "fills__after_taker": (fills, 200, at("$.fills[]", {"exchange_index": _ADDED})),
    "portfolio__positions": (
        positions,
        200,
        at("$.market_positions[]", {"exchange_index": _ADDED, "resting_orders_count": "SDK 3.34.0 no longer lists it"}),
    ),
    "orders__create_v2_maker": (maker, 201, {}),
    "orders__create_v2_taker_ioc": (taker, 201, {}),
    "orders__cancel_v2": (cancel, 200, {}),
    "orders__cancel_unknown_id": (lambda venue: venue.send("DELETE", f"{ORDERS}/0"), 404, _ERROR),
    "orders__get_after_create": (get_order, 200, at("$.order", {"exchange_index": _ADDED})),
    "orders__duplicate_client_order_id": (duplicate, 409, _ERROR),
    "orders__insufficient_balance": (lambda venue: venue.create(count="10099.00", price="0.9900"), 400, _ERROR),
    "orders__invalid_price_structure": (lambda venue: venue.create(price="0.5150"), 400, _ERROR),
    "orders__post_only_cross": (crossing, 400, {}),
    "orderbook__base": (book, 200, {}),
    "series__fee_changes": (lambda venue: venue.get("/series/fee_changes"), 200, {}),
    "settlements__page": (lambda venue: venue.get("/portfolio/settlements?limit=10"), 200, {}),
    "markets__single": (
        market,
        200,
        at("$.market", MARKET) | at("$.market.custom_strike", {"tennis_competitor": _UNKNOWN, "name": _UNKNOWN}),
    ),
}


@pytest.mark.parametrize("name", CASES)
async def test_a_body_has_the_shape_of_the_capture(name: str) -> None:
    ask, status, allowed = CASES[name]
    async with kalshi() as venue:
        answer = await ask(venue)
    assert answer.status == status
    captured = sample(f"rest_demo/{name}.json")
    assert differences(answer.body, captured, allowed, ordered="error" not in str(captured)) == []


async def test_the_captured_quotes_are_said_in_the_same_words() -> None:
    async with kalshi() as venue:
        shown = (await market(venue))["market"]
    captured = sample("rest_demo/markets__single.json")
    assert isinstance(shown, dict)
    assert isinstance(captured, dict)
    for name in SAID_ALIKE:
        assert shown[name] == captured["market"][name], name


async def test_a_market_with_strikes_has_the_shape_of_the_capture() -> None:
    async with kalshi() as venue:
        shown = (await venue.get("/markets", event_ticker="KXHIGHNY-26JUN15", key=None))["markets"]
    captured = sample("rest_demo/markets__high_temp.json")
    assert isinstance(captured, dict)
    assert differences(shown, captured["markets"], at("$[]", MARKET | {"subtitle": "deprecated and optional"})) == []


async def test_a_settled_event_has_the_shape_of_the_capture() -> None:
    async with kalshi() as venue:
        await quoted(venue)
        venue.exchange.resolve(MarketId(LEP), ONE)
        venue.clock.pass_(0.5)
        answer = await venue.get(f"/events/{TENNIS}", key=None)
    captured = sample("ws_gold15m/KXGOLD15M-26AUG101900.json")
    assert isinstance(captured, dict)
    assert isinstance(answer.body, dict)
    settled = {**answer.body, "markets": [each for each in answer["markets"] if each["status"] == "finalized"]}
    allowed = {
        "$.event.available_on_brokers": _REMOVED,
        "$.markets[].liquidity_dollars": _REMOVED,
        "$.markets[].settlement_bounds_type": _ADDED,
        "$.markets[].early_close_condition": _UNKNOWN,
        "$.markets[].floor_strike": _UNKNOWN,
        "$.markets[].custom_strike.round_digits": _UNKNOWN,
        "$.markets[].custom_strike.name": _UNKNOWN,
        "$.markets[].expiration_value": _UNKNOWN,
        "$.event.collateral_return_type": "the tennis event is exclusive, the gold event is not",
    }
    assert differences(settled, captured["response"], allowed) == []
