"""The signer signs orders of its account within its caps, and nothing else; nothing that it holds shows."""

import copy
import json
import logging
import pickle
from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from dutchbook.domain.book import Side
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import DOLLAR, Money, Price
from dutchbook.exchange.servers.polymarket.order_wire import read_order, signed
from dutchbook.exchange.servers.polymarket.signing import exchange_separator, signer_of_order
from dutchbook.venues.polymarket.contracts import CHAIN, Exchange
from dutchbook.venues.polymarket.credentials import Credentials, Login, RequestSigner
from dutchbook.venues.polymarket.order_body import order_body, orders_body
from dutchbook.venues.polymarket.order_content import packed, unpacked
from dutchbook.venues.polymarket.order_signing import PolymarketSigner, SigningCaps
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.trading import OrderDenied, Prepared
from tests.venues.polymarket.trading.orders import (
    ADDRESS,
    CAPS,
    KEY,
    NOW,
    V3_TOKEN,
    account,
    drafter,
    leg,
    market,
    order,
    signer,
)

CANARY = "canary"
SECRET = "ab" * 32  # the canary: not one of its digits may be seen
PROXY, SAFE = "0x909dEdA326ED2aE677F5F8c2527E32977c9838c3", "0x51b7C68A71dCcBc0b7FA4400934a293D8f4d3Ba8"
DEPOSIT = "0x73310C2E333fB7fb177Dcb43e164958a9D443d6f"


def forged(**changed: Any) -> bytes:
    """The content of an order with some fields exchanged."""
    content = unpacked(drafter().draft(order(), market(), NOW).content)
    return packed(msgspec.structs.replace(content, **changed))


@pytest.mark.parametrize(("funder", "kind"), [("", 0), (PROXY, 1), (SAFE, 2), (DEPOSIT, 3)])
@pytest.mark.parametrize("outcome", [leg().outcome, V3_TOKEN])
def test_the_venue_recognises_the_owner_of_every_kind_of_wallet(funder: str, kind: int, outcome: Any) -> None:
    prepared = drafter(funder=funder).draft(order(outcome=outcome), market(yes=outcome), NOW)
    body = OrderWriter(signer(funder=funder), "key-id").body(prepared)
    sent = signed(read_order(body).order)
    assert sent.signature_type == kind
    exchange = unpacked(prepared.content).exchange
    separator = exchange_separator(int(exchange.version), exchange.address, CHAIN)
    assert signer_of_order(sent, separator, CHAIN) == ADDRESS.lower()


def test_a_body_says_everything_that_was_asked() -> None:
    prepared = drafter().draft(order(side=Side.SELL, post_only=True), market(), NOW)
    body = json.loads(OrderWriter(signer(), "key-id").body(prepared))
    assert body["postOnly"] is True
    assert (body["orderType"], body["owner"], body["order"]["side"]) == ("GTC", "key-id", "SELL")
    fok = drafter().draft(order(tif=TimeInForce.FOK), market(), NOW)
    both = orders_body([OrderWriter(signer(), "key-id").body(one) for one in (prepared, fok)])
    assert [one["orderType"] for one in json.loads(both)] == ["GTC", "FOK"]
    with pytest.raises(ValueError, match="1 to 15"):
        orders_body([])
    with pytest.raises(ValueError, match="1 to 15"):
        orders_body([b"{}"] * 16)


@pytest.mark.parametrize(
    ("caps", "why"),
    [
        ({"max_notional": Money(53 * DOLLAR - 1)}, "above the signer's cap of 52.999999"),
        ({"lowest": Price(5_301)}, "outside the signer's prices"),
        ({"highest": Price(5_299)}, "outside the signer's prices"),
        ({"exchanges": frozenset({Exchange.V3, Exchange.NEG_RISK})}, "do not allow orders for"),
    ],
)
def test_nothing_above_a_cap_is_signed(caps: dict[str, Any], why: str) -> None:
    tight = SigningCaps(**{"max_notional": Money(53 * DOLLAR), **caps})
    for side in Side:
        prepared = drafter().draft(order(side=side), market(), NOW)
        with pytest.raises(OrderDenied, match=why):
            signer(tight).sign(prepared)
        with pytest.raises(OrderDenied, match=why):
            OrderWriter(signer(tight), "key").ahead(prepared.content)
    at_cap = SigningCaps(max_notional=Money(53 * DOLLAR), lowest=Price(5_300), highest=Price(5_300))
    assert len(signer(at_cap).sign(drafter().draft(order(), market(), NOW))) == 65


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (forged(parties=bytes(12) + b"\x11" * 20 + bytes(12) + b"\x11" * 20), "another maker or signer"),
        (forged(signature_type=3), "another maker or signer"),
        (forged(tail=bytes(32) + b"\x01" * 32), "builder or metadata"),
        (forged(tail=b"\x01" * 32 + bytes(32)), "builder or metadata"),
        (forged(taker_amount=0), "outside the signer's prices"),
        (forged(maker_amount=(1 << 64) - 1), "above the signer's cap"),
        (b"", "orders alone"),
        (b"\x19\x01" + bytes(64), "orders alone"),
        (b"\x00" * 395, "orders alone"),
        (forged()[:-1], "orders alone"),
        (forged() + b"\x00", "orders alone"),
        # A larger amount hidden in the bytes of its word that our numbers do not reach.
        (forged()[:160] + b"\x01" + forged()[161:], "more in these bytes"),
        (forged()[:-9] + b"\x02" + forged()[-8:], "more in these bytes"),
    ],
)
def test_what_is_no_order_of_the_account_is_not_signed(content: bytes, why: str) -> None:
    with pytest.raises(OrderDenied, match=why):
        signer().sign_content(content)


def test_an_order_under_another_name_is_not_signed() -> None:
    prepared = drafter().draft(order(), market(), NOW)
    with pytest.raises(OrderDenied, match="not the order that was named"):
        signer().sign(Prepared(prepared.order, prepared.market, "0x" + "00" * 32, prepared.content))


def test_a_key_of_somebody_else_is_refused_at_once() -> None:
    with pytest.raises(ConfigError, match="give the key of the account's own address"):
        PolymarketSigner("0x" + "02" * 32, account(), CAPS)
    with pytest.raises(ConfigError, match="only Polygon"):
        PolymarketSigner(KEY, msgspec.structs.replace(account(), chain=80_002), CAPS)


def test_orders_signed_ahead_are_the_same_bytes_and_are_used_once() -> None:
    mine, writer, listed = drafter(), OrderWriter(signer(), "key"), market()
    content = mine.draft_ahead(order(), listed, NOW).content
    writer.ahead(content)
    prepared = mine.draft(order(), listed, NOW)
    body = writer.body(prepared)
    assert body == order_body(prepared.content, signer().sign(prepared), "key")
    assert writer.body(prepared) == body


def holders() -> list[object]:
    key = SecretKey(SECRET)
    credentials = Credentials(key="id", secret="cde0" * 11, passphrase="cde0" * 8)
    mine = account(address=key.address)
    return [key, PolymarketSigner(key, mine, CAPS), Login(key), RequestSigner(key.address, credentials, "h")]


@pytest.mark.parametrize("holder", holders(), ids=lambda h: type(h).__name__)
@pytest.mark.parametrize("leave", [pickle.dumps, copy.copy, copy.deepcopy])
def test_keys_do_not_leave_their_holder(holder: object, leave: Callable[[object], object]) -> None:
    with pytest.raises(TypeError, match="is not copied, pickled or sent anywhere"):
        leave(holder)


@pytest.mark.parametrize("holder", holders(), ids=lambda h: type(h).__name__)
def test_keys_do_not_show(holder: object, caplog: pytest.LogCaptureFixture) -> None:
    logging.getLogger("test").warning("%s %r %s", holder, holder, [holder])
    seen = f"{holder} {holder!r} {holder:}" + caplog.text
    assert "abab" not in seen
    assert "cde0" not in seen
    assert not hasattr(holder, "__dict__")


def test_credentials_show_their_id_alone() -> None:
    credentials = Credentials(key="id", secret=CANARY, passphrase=CANARY)
    assert repr(credentials) == "Credentials('id')"
    assert "canary" not in f"{credentials} {[credentials]}"


@pytest.mark.parametrize("text", ["", "0x", "ab" * 31, "ab" * 33, "zz" * 32, "00" * 32, "ff" * 32, "ab cd" * 16])
def test_what_is_no_key_is_refused_without_being_shown(text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        SecretKey(text)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
    assert not text[2:] or text[2:] not in str(caught.value)


def test_api_secrets_that_cannot_be_used_are_refused_without_being_shown() -> None:
    with pytest.raises(ConfigError, match="no url-safe base64") as caught:
        RequestSigner(ADDRESS, Credentials(key="id", secret=CANARY + "!yAA", passphrase=CANARY), "h")
    assert "canary" not in str(caught.value)
    with pytest.raises(ConfigError, match="no header can carry") as caught:
        RequestSigner(ADDRESS, Credentials(key="id", secret="AAAA" * 9, passphrase=CANARY + "\r\nX: y"), "h")
    assert "canary" not in str(caught.value)
