"""Orders that are refused, each in the venue's words."""

import json
from io import BytesIO
from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import CONTRACT, DOLLAR, ONE, Money, Price, Size
from dutchbook.exchange.servers.polymarket.auth import Restriction
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.contracts import CHAIN, STANDARD_EXCHANGE
from dutchbook.exchange.servers.polymarket.order_wire import read_order, signed
from dutchbook.exchange.servers.polymarket.signing import exchange_separator, order_struct, typed_digest
from dutchbook.exchange.servers.polymarket.wallets import (
    SignatureType,
    checksummed,
    deposit_wallet,
    proxy_wallet,
    safe_wallet,
)
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.clob_stage import (
    FINE_YES,
    NEG_YES,
    NO,
    NOW_S,
    PLAIN,
    V3_YES,
    YES,
    Desk,
    Trader,
)


def altered(order: dict[str, Any], **change: Any) -> dict[str, Any]:
    """The order with fields that were changed after it was signed."""
    return {**order, "order": {**order["order"], **change}}


def id_of(order: dict[str, Any]) -> str:
    wire = signed(read_order(json.dumps(order).encode()).order)
    return "0x" + typed_digest(exchange_separator(2, STANDARD_EXCHANGE, CHAIN), order_struct(wire)).hex()


@pytest.mark.parametrize(
    ("kind", "wallet"),
    [
        (SignatureType.EOA, None),
        (SignatureType.PROXY, proxy_wallet),
        (SignatureType.SAFE, safe_wallet),
        (SignatureType.DEPOSIT_WALLET, deposit_wallet),
    ],
)
@pytest.mark.parametrize(
    ("token", "settings"),
    [(YES, {}), (NEG_YES, {"neg_risk": True}), (V3_YES, {"generation": 3})],
)
async def test_every_kind_of_wallet_trades_on_every_exchange(
    kind: SignatureType, wallet: Any, token: str, settings: dict[str, Any]
) -> None:
    async with Desk().served() as desk:
        trader = await desk.trader(1, wallet(Trader(1).address) if wallet else None, kind)
        order = trader.limit("BUY", 50, 10, token=token, **settings)
        answer = await desk.posts(trader, order)
        assert answer["status"] == "live"
        [row] = (await desk.gets(trader, "/data/orders"))["data"]
        assert (row["id"], row["maker_address"]) == (answer["orderID"], checksummed(trader.wallet))


@pytest.mark.parametrize("letter", ["A", "G", "E"])
async def test_the_orders_of_the_vectors_are_taken_under_their_ids(letter: str) -> None:
    vectors = json.loads(protocol_samples("polymarket/vectors/signing.json").read_text())["orders"]
    vector = next(each for each in vectors if each["name"].startswith(letter))
    wallet = vector["wire"]["order"]["maker"]
    kind = SignatureType(vector["wire"]["order"]["signatureType"])
    async with Desk().served() as desk:
        trader = await desk.trader(1, wallet, kind)
        desk.crowd(Side.SELL, 57, 1_000)
        answer = await desk.posts(trader, {**vector["wire"], "owner": trader.api_key})
    assert answer["orderID"] == vector["order_hash"]
    assert answer["status"] == ("matched" if letter == "G" else "live")


async def test_an_order_of_the_first_generation_is_a_version_mismatch() -> None:
    vectors = json.loads(protocol_samples("polymarket/vectors/signing.json").read_text())["orders"]
    old = next(each for each in vectors if each["name"].startswith("V1"))
    order = {**old["message"], "salt": 479249096354, "side": "BUY", "signatureType": 0, "signature": old["signature"]}
    async with Desk().served() as desk:
        trader = await desk.trader()
        body = {"order": order, "owner": trader.api_key, "orderType": "GTC"}
        assert await desk.refused(trader, body) == "order_version_mismatch"


async def test_an_order_for_the_other_living_generation_is_a_version_mismatch() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        for order in (trader.limit("BUY", 50, 10, generation=3), trader.limit("BUY", 50, 10, token=V3_YES)):
            assert await desk.refused(trader, order) == "order_version_mismatch"


async def test_a_signature_for_the_wrong_contract_wallet_or_text_is_invalid() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        wrong = (
            trader.limit("BUY", 50, 10, neg_risk=True),
            trader.limit("BUY", 50, 10, token=NEG_YES),
            altered(trader.limit("BUY", 50, 10), makerAmount="5000001"),
            altered(trader.limit("BUY", 50, 10), side="SELL"),
            altered(trader.limit("BUY", 50, 10), salt=99),
            altered(trader.limit("BUY", 50, 10), signature="0x"),
            altered(trader.limit("BUY", 50, 10), signature="0x" + "11" * 65),
            altered(trader.limit("BUY", 50, 10), signatureType=1),
            altered(trader.limit("BUY", 50, 10), maker="0x" + "11" * 20),
        )
        for order in wrong:
            assert await desk.refused(trader, order) == "invalid signature"


async def test_owner_and_signer_must_be_those_of_the_key() -> None:
    async with Desk().served() as desk:
        trader, other = await desk.trader(1), await desk.trader(2)
        stolen = {**trader.limit("BUY", 50, 10), "owner": other.api_key}
        assert await desk.refused(trader, stolen) == "the order owner has to be the owner of the API KEY"
        foreign = {**other.limit("BUY", 50, 10), "owner": trader.api_key}
        text = "the order signer address has to be the address of the API KEY"
        assert await desk.refused(trader, foreign) == text
        stranger = Trader(1, "0x" + "11" * 20, SignatureType.DEPOSIT_WALLET)
        stranger.api_key = trader.api_key
        assert await desk.refused(trader, stranger.limit("BUY", 50, 10)) == text


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "1"},
        {"salt": 1 << 256},
        {"salt": -1},
        {"salt": 1.5},
        {"maker": "0x12"},
        {"maker": 12},
        {"signer": "0x" + "zz" * 20},
        {"tokenId": "0x10"},
        {"tokenId": str(1 << 256)},
        {"makerAmount": 5_000_000},
        {"makerAmount": "5e6"},
        {"makerAmount": "-5"},
        {"takerAmount": ""},
        {"side": "buy"},
        {"side": 0},
        {"signatureType": 4},
        {"signatureType": "0"},
        {"timestamp": "now"},
        {"timestamp": None},
        {"metadata": "0x00"},
        {"builder": "none"},
        {"signature": "deadbeef"},
        {"signature": "0xabc"},
    ],
)
async def test_a_malformed_order_is_an_invalid_payload(change: dict[str, Any]) -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        assert await desk.refused(trader, altered(trader.limit("BUY", 50, 10), **change)) == "Invalid order payload"


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'"x"', b"{}", b'{"order":{}}', b"\xff\xfe", b"[" * 5_000, b'{"x":' + b"[" * 200_000],
)
async def test_what_is_no_order_at_all_is_an_invalid_payload(body: bytes) -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        for path in ("/order", "/orders"):
            status, answer, _ = await desk.raw("POST", path, body=body, headers=trader.headers("POST", path, body))
            assert (status, answer) == (400, {"error": "Invalid order payload"})


async def test_a_body_above_the_limit_is_refused() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        body = b" " * (5 << 20)
        headers = trader.headers("POST", "/order", body)
        status, answer, _ = await desk.raw("POST", "/order", body=BytesIO(body), headers=headers)
        assert (status, answer) == (400, {"error": "Payload exceeds the limit"})


async def test_banned_and_closing_accounts_are_told_so() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.clob.auth.restrictions[trader.address] = Restriction.BANNED
        assert (
            await desk.refused(trader, trader.limit("BUY", 50, 10)) == f"'{checksummed(trader.address)}' address banned"
        )
        desk.clob.auth.restrictions[trader.address] = Restriction.CLOSED_ONLY
        text = f"'{checksummed(trader.address)}' address in closed only mode"
        assert await desk.refused(trader, trader.limit("BUY", 50, 10)) == text
        assert await desk.gets(trader, "/auth/ban-status/closed-only") == {"closed_only": True}
        desk.exchange.split(trader.wallet, PLAIN, Size(10 * CONTRACT))
        assert (await desk.posts(trader, trader.limit("SELL", 50, 10)))["status"] == "live"


async def test_prices_off_the_grid_name_price_and_tick() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        order = trader.order("BUY", 5_550_000, 10_000_000)
        text = f"order {id_of(order)} is invalid. Price (0.555) breaks minimum tick size rule: 0.01"
        assert await desk.refused(trader, order) == text
        for maker, taker in ((10_000_000, 10_000_000), (3_333_333, 10_000_000), (1, 10_000_000)):
            assert "breaks minimum tick size rule: 0.01" in await desk.refused(
                trader, trader.order("BUY", maker, taker)
            )
        assert (await desk.posts(trader, trader.order("BUY", 5_550_000, 10_000_000, token=FINE_YES)))[
            "status"
        ] == "live"


async def test_sizes_too_small_or_too_precise_are_refused() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        small = trader.limit("BUY", 50, 4.99)
        text = f"order {id_of(small)} is invalid. Size (4.99) lower than the minimum: 5"
        assert await desk.refused(trader, small) == text
        assert "Maximum lot size is 2" in await desk.refused(trader, trader.limit("BUY", 50, 10.004))
        assert await desk.refused(trader, trader.order("BUY", 0, 10_000_000)) == "Invalid order payload"


async def test_market_orders_have_a_least_amount_and_a_precision() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 50, 100)
        cheap = trader.order("BUY", 840_000, 1_680_000, order_type="FOK")
        assert await desk.refused(trader, cheap) == "invalid amount for a marketable BUY order ($0.84), min size: $1"
        text = (
            "invalid amounts, the market buy orders maker amount supports a max accuracy of 2 decimals, "
            "taker amount a max of 4 decimals"
        )
        for maker, taker in ((1_234_500, 2_469_000), (2_000_000, 3_999_990)):
            assert await desk.refused(trader, trader.order("BUY", maker, taker, order_type="FAK")) == text
        desk.exchange.split(trader.wallet, PLAIN, Size(10 * CONTRACT))
        fine_sale = trader.order("SELL", 4_004_000, 2_002_000, order_type="FOK")
        assert "the market sell orders maker amount supports a max accuracy of 2" in await desk.refused(
            trader, fine_sale
        )


@pytest.mark.parametrize(("fine", "taken"), [(True, True), (False, False)])
async def test_finer_ticks_allow_finer_shares_unless_told_otherwise(*, fine: bool, taken: bool) -> None:
    async with Desk(ClobOptions(fine_tick_decimals=fine)).served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 33, 100, token=FINE_YES)
        order = trader.order("BUY", 10_500_000, 31_531_530, token=FINE_YES, order_type="FOK")
        status, answer = await desk.signed(trader, "POST", "/order", order)
        assert (status == 200) is taken, answer


async def test_the_same_order_twice_is_a_duplicate() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        order = trader.limit("BUY", 50, 10)
        order_id = (await desk.posts(trader, order))["orderID"]
        assert await desk.refused(trader, order) == f"order {order_id} is invalid. Duplicated."


async def test_expirations_must_fit_the_type_and_lie_a_minute_ahead() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        for kind, expiration in (("GTC", NOW_S + 600), ("GTD", 0), ("GTD", NOW_S + 60), ("GTD", NOW_S - 1)):
            order = trader.limit("BUY", 50, 10, order_type=kind, expiration=expiration)
            assert await desk.refused(trader, order) == "invalid expiration"
        assert (await desk.posts(trader, trader.limit("BUY", 50, 10, order_type="GTD", expiration=NOW_S + 61)))[
            "orderID"
        ]


async def test_a_dated_order_ends_one_minute_early() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        await desk.posts(trader, trader.limit("BUY", 50, 10, order_type="GTD", expiration=NOW_S + 180))
        desk.later(119)
        assert len((await desk.gets(trader, "/data/orders"))["data"]) == 1
        desk.later(1)
        assert (await desk.gets(trader, "/data/orders"))["data"] == []


async def test_missing_funds_are_told_in_base_units() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader(cash=4)
        text = await desk.refused(trader, trader.limit("BUY", 50, 10))
        assert text == (
            "not enough balance / allowance: the balance is not enough -> balance: 4000000, order amount: 5000000"
        )
        text = await desk.refused(trader, trader.limit("SELL", 50, 10))
        assert text == "not enough balance / allowance: the balance is not enough -> balance: 0, order amount: 10000000"
        desk.exchange.approve(trader.wallet, collateral=Money(DOLLAR), tokens=True)
        text = await desk.refused(trader, trader.limit("BUY", 20, 10))
        assert text.startswith("not enough balance / allowance: the allowance is not enough -> spender: 0xE1111")


async def test_an_account_that_does_not_exist_has_no_funds() -> None:
    async with Desk().served() as desk:
        trader = Trader(9)
        made = await desk.asks("POST", "/auth/api-key", headers=trader.login())
        trader.api_key, trader.secret, trader.passphrase = made["apiKey"], made["secret"], made["passphrase"]
        assert "balance: 0, order amount: 5000000" in await desk.refused(trader, trader.limit("BUY", 50, 10))
        assert (await desk.gets(trader, "/data/orders"))["data"] == []
        assert (await desk.gets(trader, "/balance-allowance?asset_type=COLLATERAL"))["balance"] == "0"


async def test_post_only_orders_never_take() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        desk.crowd(Side.SELL, 55, 100)
        crossing = trader.limit("BUY", 55, 10, post_only=True)
        assert await desk.refused(trader, crossing) == "invalid post-only order: order crosses book"
        desk.exchange.split(trader.wallet, PLAIN, Size(10 * CONTRACT))
        mirrored = trader.limit("SELL", 45, 10, token=NO, post_only=True)
        assert await desk.refused(trader, mirrored) == "invalid post-only order: order crosses book"
        assert (await desk.posts(trader, trader.limit("BUY", 54, 10, post_only=True)))["status"] == "live"
        immediate = {**trader.order("BUY", 1_000_000, 2_000_000, order_type="FAK"), "postOnly": True}
        assert await desk.refused(trader, immediate) == "Invalid order payload"


async def test_what_cannot_be_filled_at_once_is_killed() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        nothing = trader.order("BUY", 5_000_000, 10_000_000, order_type="FAK")
        assert await desk.refused(trader, nothing) == (
            "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."
        )
        desk.crowd(Side.SELL, 50, 5)
        whole = trader.order("BUY", 5_000_000, 10_000_000, order_type="FOK")
        assert await desk.refused(trader, whole) == (
            "order couldn't be fully filled. FOK orders are fully filled or killed."
        )
        assert (await desk.posts(trader, trader.order("BUY", 5_000_000, 10_000_000, order_type="FAK")))[
            "takingAmount"
        ] == "5"


async def test_markets_that_do_not_trade_say_why() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        unknown = trader.limit("BUY", 50, 10, token=str(10**60))
        assert await desk.refused(trader, unknown) == "No orderbook exists for the requested token id"
        desk.exchange.set_status(PLAIN, MarketStatus.PAUSED)
        text = "the market is not yet ready to process new orders"
        assert await desk.refused(trader, trader.limit("BUY", 50, 10)) == text
        desk.exchange.set_status(PLAIN, MarketStatus.OPEN)
        desk.exchange.resolve(PLAIN, Price(ONE))
        text = "No orderbook exists for the requested token id"
        assert await desk.refused(trader, trader.limit("BUY", 50, 10)) == text
