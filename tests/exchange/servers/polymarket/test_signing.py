"""The published vectors: order digests, signers, wallets, the login message, the HMAC."""

import json
from typing import Any

import pytest

from dutchbook.exchange.servers.polymarket.auth import l2_signature
from dutchbook.exchange.servers.polymarket.contracts import CHAIN, NEG_RISK_EXCHANGE, STANDARD_EXCHANGE
from dutchbook.exchange.servers.polymarket.order_wire import read_order, signed
from dutchbook.exchange.servers.polymarket.signing import (
    BadSignature,
    exchange_separator,
    login_digest,
    nested_digest,
    order_struct,
    recover,
    signer_of_order,
    typed_digest,
)
from dutchbook.exchange.servers.polymarket.wallets import (
    checksummed,
    deposit_wallet,
    proxy_wallet,
    safe_wallet,
)
from tests.conftest import protocol_samples

VECTORS: dict[str, Any] = json.loads(protocol_samples("polymarket/vectors/signing.json").read_text())
OWNER = VECTORS["common"]["address"].lower()
SECOND_GENERATION = [order for order in VECTORS["orders"] if order["domain"]["version"] == "2"]
SEPARATOR = exchange_separator(2, STANDARD_EXCHANGE, CHAIN)


@pytest.mark.parametrize("vector", SECOND_GENERATION, ids=lambda vector: vector["name"][:1])
def test_an_orders_id_and_its_signer_are_those_of_the_vectors(vector: dict[str, Any]) -> None:
    order = signed(read_order(json.dumps(vector["wire"]).encode()).order)
    assert "0x" + typed_digest(SEPARATOR, order_struct(order)).hex() == vector["order_hash"]
    assert signer_of_order(order, SEPARATOR, CHAIN) == OWNER


def test_all_three_orders_of_the_second_generation_were_tried() -> None:
    assert [vector["name"][:1] for vector in SECOND_GENERATION] == ["A", "G", "E"]


def test_the_nested_digest_of_a_deposit_wallet_is_that_of_the_vector() -> None:
    vector = SECOND_GENERATION[2]
    order = signed(read_order(json.dumps(vector["wire"]).encode()).order)
    digest = nested_digest(SEPARATOR, order_struct(order), order.maker, CHAIN)
    assert "0x" + digest.hex() == vector["typed_data_sign_digest"]


def test_a_session_keys_wrapping_is_taken_off() -> None:
    vector = json.loads(json.dumps(SECOND_GENERATION[2]))
    inner = bytes.fromhex(vector["wire"]["order"]["signature"][2:])
    padded = inner + bytes(-len(inner) % 32)
    words = [int(OWNER, 16), 0, 96, len(inner)]
    wrapped = b"".join(word.to_bytes(32, "big") for word in words) + padded + bytes.fromhex("6492" * 16)
    vector["wire"]["order"]["signature"] = "0x" + wrapped.hex()
    order = signed(read_order(json.dumps(vector["wire"]).encode()).order)
    assert signer_of_order(order, SEPARATOR, CHAIN) == OWNER


def test_another_exchange_makes_another_signer_or_none() -> None:
    for vector in SECOND_GENERATION:
        order = signed(read_order(json.dumps(vector["wire"]).encode()).order)
        try:
            signer = signer_of_order(order, exchange_separator(2, NEG_RISK_EXCHANGE, CHAIN), CHAIN)
        except BadSignature:
            continue
        assert signer != OWNER


@pytest.mark.parametrize("signature", [b"", bytes(64), bytes(65), b"\xff" * 65, bytes(64) + b"\x1b", bytes(66)])
def test_what_is_no_signature_is_refused(signature: bytes) -> None:
    with pytest.raises(BadSignature):
        recover(bytes(32), signature)


def test_wallets_are_where_their_factories_put_them() -> None:
    wallets = VECTORS["derived_wallets"]
    assert checksummed(OWNER) == wallets["owner"]
    assert checksummed(proxy_wallet(OWNER)) == wallets["POLY_PROXY"]
    assert checksummed(safe_wallet(OWNER)) == wallets["GNOSIS_SAFE"]
    assert checksummed(deposit_wallet(OWNER)) == wallets["DEPOSIT_WALLET_uups"]
    assert checksummed(deposit_wallet(OWNER, beacon=True)) == wallets["DEPOSIT_WALLET_beacon"]


def test_the_login_is_that_of_the_vector() -> None:
    vector = VECTORS["l1_clob_auth"]
    digest = login_digest(OWNER, vector["message"]["timestamp"], vector["message"]["nonce"], CHAIN)
    assert "0x" + digest.hex() == vector["digest"]
    assert recover(digest, bytes.fromhex(vector["signature"][2:])) == OWNER


@pytest.mark.parametrize("case", VECTORS["l2_hmac"]["cases"], ids=lambda case: f"{case['method']} {case['path']}")
def test_the_hmac_is_that_of_the_vector(case: dict[str, Any]) -> None:
    hmac, body = VECTORS["l2_hmac"], (case["body"] or "").encode()
    assert l2_signature(hmac["secret"], str(hmac["timestamp"]), case["method"], case["path"], body) == case["signature"]
