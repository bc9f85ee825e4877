"""Who is let in: logins, API keys, signatures over the exact bytes."""

import json
from random import Random
from typing import Any

import pytest

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.polymarket.auth import PolymarketAuth
from dutchbook.exchange.servers.polymarket.clob_errors import Problem
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.wallets import SignatureType, deposit_wallet
from tests.conftest import protocol_samples
from tests.exchange.servers.polymarket.clob_stage import NOW_S, Clock, Desk, Trader

LOGIN_REFUSED = (401, "Invalid L1 Request headers")
KEY_REFUSED = (401, "Unauthorized/Invalid api key")


async def test_a_key_is_made_once_and_derived_ever_after() -> None:
    trader = Trader(1)
    async with Desk().served() as desk:
        missing = await desk.fails("GET", "/auth/derive-api-key", headers=trader.login())
        made = await desk.asks("POST", "/auth/api-key", headers=trader.login())
        again = await desk.fails("POST", "/auth/api-key", headers=trader.login())
        derived = await desk.asks("GET", "/auth/derive-api-key", headers=trader.login())
        other = await desk.asks("POST", "/auth/api-key", headers=trader.login(nonce=1))
    assert missing[0] == again[0] == 400
    assert list(made) == ["apiKey", "secret", "passphrase"]
    assert derived == made
    assert other["apiKey"] != made["apiKey"]


async def test_the_login_of_the_vector_is_taken() -> None:
    vector = json.loads(protocol_samples("polymarket/vectors/signing.json").read_text())["l1_clob_auth"]
    headers = {
        "POLY_ADDRESS": vector["message"]["address"],
        "POLY_SIGNATURE": vector["signature"],
        "POLY_TIMESTAMP": vector["message"]["timestamp"],
        "POLY_NONCE": str(vector["message"]["nonce"]),
    }
    async with Desk().served() as desk:
        made = await desk.asks("POST", "/auth/api-key", headers=headers)
    assert made["apiKey"]


@pytest.mark.parametrize(
    "change",
    [
        {"POLY_ADDRESS": "0x" + "11" * 20},
        {"POLY_ADDRESS": "nobody"},
        {"POLY_TIMESTAMP": str(NOW_S + 1)},
        {"POLY_TIMESTAMP": "soon"},
        {"POLY_NONCE": "1"},
        {"POLY_NONCE": "-1"},
        {"POLY_SIGNATURE": "0x00"},
        {"POLY_SIGNATURE": "0xzz"},
        {"POLY_SIGNATURE": "0x" + "ff" * 65},
    ],
)
async def test_a_login_that_was_not_signed_like_that_is_refused(change: dict[str, str]) -> None:
    async with Desk().served() as desk:
        for method, path in (("POST", "/auth/api-key"), ("GET", "/auth/derive-api-key")):
            assert await desk.fails(method, path, headers={**Trader(1).login(), **change}) == LOGIN_REFUSED


async def test_a_login_without_headers_is_refused() -> None:
    async with Desk().served() as desk:
        assert await desk.fails("POST", "/auth/api-key") == LOGIN_REFUSED


@pytest.mark.parametrize(
    "change",
    [
        {"POLY_API_KEY": "00000000-0000-4000-8000-000000000000"},
        {"POLY_PASSPHRASE": "wrong"},
        {"POLY_ADDRESS": "0x" + "11" * 20},
        {"POLY_ADDRESS": "me"},
        {"POLY_TIMESTAMP": str(NOW_S + 1)},
        {"POLY_TIMESTAMP": ""},
        {"POLY_SIGNATURE": "AAAA"},
        {"POLY_SIGNATURE": "schön"},
    ],
)
async def test_a_request_that_was_not_signed_like_that_is_refused(change: dict[str, str]) -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        headers = trader.headers("GET", "/data/orders")
        assert await desk.fails("GET", "/data/orders", headers={**headers, **change}) == KEY_REFUSED
        assert (await desk.asks("GET", "/data/orders", headers=headers))["data"] == []


async def test_the_signature_covers_method_path_and_the_exact_bytes_but_no_query() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        body = b'{"orderID":"0xabc"}'
        headers = trader.headers("DELETE", "/order", body)
        status, answer, _ = await desk.raw("DELETE", "/order", body=body, headers=headers)
        assert (status, answer["canceled"]) == (200, [])
        spaced = await desk.raw("DELETE", "/order", body=b'{"orderID": "0xabc"}', headers=headers)
        assert (spaced[0], spaced[1]["error"]) == KEY_REFUSED
        assert await desk.fails("GET", "/data/trades", headers=trader.headers("GET", "/data/orders")) == KEY_REFUSED
        assert await desk.asks("GET", "/data/orders?market=0x01", headers=trader.headers("GET", "/data/orders"))


async def test_keys_are_listed_and_end() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        assert await desk.gets(trader, "/auth/api-keys") == {"apiKeys": [trader.api_key]}
        assert await desk.signed(trader, "DELETE", "/auth/api-key") == (200, "OK")
        assert (await desk.signed(trader, "GET", "/auth/api-keys"))[0] == 401
        made = await desk.asks("POST", "/auth/api-key", headers=trader.login())
    assert made["apiKey"] == trader.api_key


async def test_a_readonly_key_reads_and_does_nothing_else() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        await desk.posts(trader, trader.limit("BUY", 50, 10))
        _, made = await desk.signed(trader, "POST", "/auth/readonly-api-key")
        reader = Trader(1)
        reader.api_key, reader.secret, reader.passphrase = made["apiKey"], made["secret"], made["passphrase"]
        assert len((await desk.gets(reader, "/data/orders"))["data"]) == 1
        assert await desk.gets(reader, "/auth/readonly-api-keys") == {"readonlyApiKeys": [reader.api_key]}
        for method, path, body in (
            ("POST", "/order", reader.limit("BUY", 50, 10)),
            ("DELETE", "/cancel-all", None),
            ("POST", "/auth/readonly-api-key", None),
        ):
            status, answer = await desk.signed(reader, method, path, body)
            assert (status, answer["error"]) == KEY_REFUSED
        assert await desk.signed(trader, "DELETE", "/auth/readonly-api-key", {"key": reader.api_key}) == (200, "OK")
        assert (await desk.signed(reader, "GET", "/data/orders"))[0] == 401


async def test_builder_keys_are_made_listed_and_revoked_with_their_own_signature() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader()
        _, made = await desk.signed(trader, "POST", "/auth/builder-api-key")
        assert list(made) == ["key", "secret", "passphrase"]
        assert (await desk.gets(trader, "/auth/builder-api-key"))[0] == {
            "key": made["key"],
            "createdAt": "2026-01-01T00:00:00Z",
            "revokedAt": None,
        }
        builder = Trader(1)
        builder.api_key, builder.secret, builder.passphrase = made["key"], made["secret"], made["passphrase"]
        own = builder.headers("DELETE", "/auth/builder-api-key")
        assert await desk.fails("GET", "/data/orders", headers=builder.headers("GET", "/data/orders")) == KEY_REFUSED
        headers = {name.replace("POLY_", "POLY_BUILDER_"): value for name, value in own.items()}
        assert await desk.asks("DELETE", "/auth/builder-api-key", headers=headers) == "OK"
        assert (await desk.gets(trader, "/auth/builder-api-key"))[0]["revokedAt"] == "2026-01-01T00:00:00Z"


async def test_the_user_channel_is_told_which_account_a_key_speaks_for() -> None:
    async with Desk().served() as desk:
        trader = await desk.trader(3, "0x" + "33" * 20, SignatureType.PROXY)
        auth = desk.clob.auth
        assert auth.account_of_key(trader.api_key, trader.secret, trader.passphrase) == "0x" + "33" * 20
        assert auth.account_of_key(trader.api_key, trader.secret, "wrong") is None
        assert auth.account_of_key(trader.api_key, "wrong", trader.passphrase) is None
        assert auth.account_of_key("unknown", trader.secret, trader.passphrase) is None


async def test_without_registration_a_key_speaks_for_the_wallet_that_has_an_account() -> None:
    async with Desk().served() as desk:
        trader = Trader(1)
        made = await desk.asks("POST", "/auth/api-key", headers=trader.login())
        account_of_key = desk.clob.auth.account_of_key
        assert account_of_key(*made.values()) == trader.address
        desk.exchange.open_account(deposit_wallet(trader.address))
        assert account_of_key(*made.values()) == deposit_wallet(trader.address)


@pytest.mark.parametrize(("off", "taken"), [(0, True), (30, True), (-30, True), (31, False), (-31, False)])
def test_an_old_timestamp_is_refused_where_that_is_asked_for(off: int, *, taken: bool) -> None:
    clock = Clock()
    auth = PolymarketAuth(clock, Random(1), ClobOptions(timestamp_tolerance=Nanos(30 * SECOND)))
    clock.later(off)
    trader: Any = Trader(1)
    if taken:
        assert auth.login(trader.login()) == (trader.address, 0)
    else:
        with pytest.raises(Problem, match="Invalid L1"):
            auth.login(trader.login())
