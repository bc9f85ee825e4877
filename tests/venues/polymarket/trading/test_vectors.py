"""Every published vector of orders, amounts, login and requests comes out byte for byte."""

import json
from typing import Any

import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.units import ONE, SECOND, Nanos, Price, Size, exact
from dutchbook.venues.polymarket import wallets
from dutchbook.venues.polymarket.amounts import Amounts, limit_amounts, market_amounts
from dutchbook.venues.polymarket.contracts import CHAIN, Exchange
from dutchbook.venues.polymarket.credentials import Credentials, Login, RequestSigner
from dutchbook.venues.polymarket.order_body import order_body
from dutchbook.venues.polymarket.order_content import ORDER_TYPES, OrderContent, hashes_of, packed
from dutchbook.venues.polymarket.order_signing import PolymarketSigner
from dutchbook.venues.polymarket.typed_data import NO_METADATA, address_word, login_digest, nested_digest, word
from dutchbook.venues.trading import Prepared
from tests.conftest import protocol_samples
from tests.venues.polymarket.trading.orders import CAPS, KEY, account, market, order

VECTORS = protocol_samples("polymarket/vectors")
SIGNING = json.loads((VECTORS / "signing.json").read_bytes())
CURRENT = [vector for vector in SIGNING["orders"] if vector["domain"]["version"] != "1"]


def content_of(vector: dict[str, Any]) -> bytes:
    """The order of a vector as the desk packs it, its amounts worked out from the vector's price and size."""
    wire, said = vector["wire"]["order"], vector["input"]
    tick, price = Price(exact(said["tick"], 4)), Price(exact(str(said["price"]), 4))
    side = Side(wire["side"].lower())
    if said["amount"] is None:
        amounts = limit_amounts(side, price, Size(exact(str(said["size"]), 6)))
    else:
        amounts = market_amounts(side, price, exact(str(said["amount"]), 6), tick)
    exchange = next(e for e in Exchange if e.address == vector["domain"]["verifyingContract"])
    return packed(
        OrderContent(
            salt=wire["salt"],
            parties=address_word(wire["maker"]) + address_word(wire["signer"]),
            token=word(int(wire["tokenId"])),
            maker_amount=amounts.maker,
            taker_amount=amounts.taker,
            sells=side is Side.SELL,
            signature_type=wire["signatureType"],
            timestamp_ms=int(wire["timestamp"]),
            tail=NO_METADATA + bytes.fromhex(wire["builder"][2:]),
            exchange=exchange,
            order_type=ORDER_TYPES.index(vector["wire"]["orderType"]),
            post_only=False,
            expiration=int(wire["expiration"]),
        )
    )


@pytest.mark.parametrize("vector", CURRENT, ids=lambda v: v["name"])
def test_an_order_is_named_signed_and_written_as_the_official_client_does(vector: dict[str, Any]) -> None:
    wire = vector["wire"]["order"]
    content = content_of(vector)
    hashes = hashes_of(content, CHAIN)
    assert "0x" + hashes.digest.hex() == vector["order_hash"]
    if wire["signatureType"] == 3:
        assert "0x" + nested_digest(hashes, wire["maker"], CHAIN).hex() == vector["typed_data_sign_digest"]
    mine = account(funder=wire["maker"], signature_type=wire["signatureType"])
    prepared = Prepared(order(), market(), vector["order_hash"], content)
    signature = PolymarketSigner(KEY, mine, CAPS).sign(prepared)
    assert "0x" + signature.hex() == wire["signature"]
    body = order_body(content, signature, vector["wire"]["owner"])
    assert body == json.dumps(vector["wire"], separators=(",", ":")).encode()


def test_the_vectors_are_all_there() -> None:
    assert len(CURRENT) == 3
    assert len(json.loads((VECTORS / "amounts.json").read_bytes())) == 7


@pytest.mark.parametrize("row", json.loads((VECTORS / "amounts.json").read_bytes()), ids=str)
def test_amounts_are_the_published_ones(row: dict[str, Any]) -> None:
    side, price = Side(row["side"].lower()), Price(exact(row["price"], 4))
    quantity = exact(row["size_or_amount"], 6)
    if row["kind"] == "limit":
        found = limit_amounts(side, price, Size(quantity))
    else:
        found = market_amounts(side, price, quantity, Price(exact(row["tick"], 4)))
    assert found == Amounts(row["makerAmount"], row["takerAmount"])
    assert price < ONE


def test_the_login_is_the_published_one() -> None:
    vector = SIGNING["l1_clob_auth"]
    message = vector["message"]
    digest = login_digest(message["address"], int(message["timestamp"]), message["nonce"], CHAIN)
    assert "0x" + digest.hex() == vector["digest"]
    headers = Login(KEY).headers(Nanos(int(message["timestamp"]) * SECOND + 999))
    assert headers == {
        "POLY_ADDRESS": message["address"],
        "POLY_SIGNATURE": vector["signature"],
        "POLY_TIMESTAMP": message["timestamp"],
        "POLY_NONCE": "0",
    }


@pytest.mark.parametrize("case", SIGNING["l2_hmac"]["cases"], ids=lambda c: c["method"] + c["path"])
def test_a_request_is_signed_as_published(case: dict[str, Any]) -> None:
    hmac = SIGNING["l2_hmac"]
    credentials = Credentials(key="id", secret=hmac["secret"], passphrase="pass")  # noqa: S106 - not one
    requests = RequestSigner(SIGNING["common"]["address"], credentials, "localhost")
    body, now = (case["body"] or "").encode(), Nanos(hmac["timestamp"] * SECOND)
    headers = requests.headers(case["method"], case["path"], body, now)
    assert headers["POLY_SIGNATURE"] == case["signature"]
    request = requests.request(case["method"], case["path"] + "?page=2", body, now)
    head, _, sent = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == f"{case['method']} {case['path']}?page=2 HTTP/1.1"
    assert sent == body
    said = dict(line.split(": ", 1) for line in lines[1:])
    assert {name: said[name] for name in headers} == headers
    assert (said["Host"], said["Content-Length"]) == ("localhost", str(len(body)))


def test_derived_wallets_are_the_published_ones() -> None:
    said = SIGNING["derived_wallets"]
    owner = said["owner"]
    assert wallets.proxy_wallet(owner) == said["POLY_PROXY"]
    assert wallets.safe_wallet(owner) == said["GNOSIS_SAFE"]
    assert wallets.deposit_wallet(owner, beacon=False) == said["DEPOSIT_WALLET_uups"]
    assert wallets.deposit_wallet(owner, beacon=True) == said["DEPOSIT_WALLET_beacon"]


def test_a_published_order_of_the_first_generation_is_no_order_of_ours() -> None:
    [legacy] = [vector for vector in SIGNING["orders"] if vector["domain"]["version"] == "1"]
    assert legacy["domain"]["verifyingContract"] not in {exchange.address for exchange in Exchange}
