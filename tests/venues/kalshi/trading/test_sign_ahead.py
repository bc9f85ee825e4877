"""Heads signed ahead: the documented signatures, never one that is too old."""

import asyncio
from base64 import b64decode

import pytest
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.kalshi.sign_ahead import OLDEST, RENEW_S, SignedAhead
from tests.venues.live.test_sign import ED25519

BASE = "https://external-api.kalshi.com/trade-api/v2"
ORDERS = "/portfolio/events/orders"
AT = Nanos(1_763_721_000_000 * MILLISECOND)
DOCUMENTED = "Dtd3NQnXAO94RGTFQQuKaVgaGBQClUOZ+z9UY6DdUMWaXgyQQvMB1YsNMluhIFvUYgU5j+hjtpwRpOJIv+pgDw=="
BALANCE = "A2QL/o9GQGrPKBf+hlbsFxN+gFOUaMTtIX7gXs8aYEHvBeFtU0AtVh5ucdNaku4GZgmWQ0bHE4qVF7VHBSbtCQ=="


class Clock:
    def __init__(self) -> None:
        self.at = AT

    def now(self) -> Nanos:
        return self.at


def ahead(clock: Clock, pem: str = ED25519) -> SignedAhead:
    made = SignedAhead(BASE, KalshiSigner("key", pem, clock), clock)
    made.keep("POST", ORDERS)
    return made


def header(request: bytes, name: str) -> str:
    line = next(line for line in request.split(b"\r\n") if line.lower().startswith(name.lower().encode() + b":"))
    return line.partition(b":")[2].strip().decode()


def signed_at(request: bytes) -> Nanos:
    return Nanos(int(header(request, "KALSHI-ACCESS-TIMESTAMP")) * MILLISECOND)


def test_signatures_are_the_documented_ones() -> None:
    signed = ahead(Clock())
    assert header(signed.request("POST", ORDERS, b"{}"), "KALSHI-ACCESS-SIGNATURE") == DOCUMENTED
    assert header(signed.request("GET", "/portfolio/balance", b""), "KALSHI-ACCESS-SIGNATURE") == BALANCE


def test_a_request_is_whole() -> None:
    request = ahead(Clock()).request("POST", ORDERS, b'{"a":1}')
    head, _, body = request.partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /trade-api/v2/portfolio/events/orders HTTP/1.1"
    assert header(request, "Host") == "external-api.kalshi.com"
    assert header(request, "Content-Length") == "7"
    assert header(request, "Content-Type") == "application/json"
    assert header(request, "KALSHI-ACCESS-KEY") == "key"
    assert body == b'{"a":1}'


def test_rsa_signatures_verify_with_a_salt_as_long_as_the_digest() -> None:
    key = generate_private_key(65_537, 2_048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()
    request = ahead(Clock(), pem).request("POST", ORDERS, b"{}")
    text = f"{header(request, 'KALSHI-ACCESS-TIMESTAMP')}POST/trade-api/v2{ORDERS}".encode()
    signature = b64decode(header(request, "KALSHI-ACCESS-SIGNATURE"), validate=True)
    key.public_key().verify(signature, text, PSS(MGF1(SHA256()), 32), SHA256())


def test_where_nothing_is_to_be_signed_ahead_each_head_is_signed_as_it_leaves() -> None:
    clock = Clock()
    signed = SignedAhead(BASE, KalshiSigner("key", ED25519, clock), clock, ahead=False)
    signed.keep("POST", ORDERS)
    signed.renew()
    clock.at = Nanos(AT + SECOND)
    assert signed_at(signed.request("POST", ORDERS, b"{}")) == clock.at
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        if len(slept) == 3:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(signed.run(sleep))
    assert slept == [RENEW_S] * 3


def test_a_kept_head_is_signed_once_and_then_used() -> None:
    clock = Clock()
    signed = ahead(clock)
    signed.renew()
    clock.at = Nanos(AT + SECOND)
    assert signed_at(signed.request("POST", ORDERS, b"{}")) == AT
    assert signed_at(signed.request("POST", "/another", b"{}")) == clock.at


@given(st.lists(st.tuples(st.sampled_from(["renew", "send"]), st.integers(-120, 120)), max_size=30))
def test_no_head_is_ever_older_than_it_may_be_nor_from_the_future(steps: list[tuple[str, int]]) -> None:
    """Whatever the timer does, and whichever way the clock is set."""
    clock = Clock()
    signed = ahead(clock)
    for what, seconds in steps:
        clock.at = Nanos(clock.at + seconds * SECOND // 10)
        if what == "renew":
            signed.renew()
        else:
            at = signed_at(signed.request("POST", ORDERS, b"{}"))
            assert 0 <= clock.at - at <= OLDEST


async def test_renewal_comes_before_heads_grow_too_old() -> None:
    clock = Clock()
    signed = ahead(clock)
    for number in range(4):
        signed.keep("DELETE", f"/other/{number}")
    oldest = 0

    async def sleep(seconds: float) -> None:
        nonlocal oldest
        clock.at = Nanos(clock.at + round(seconds * SECOND))
        oldest = max(oldest, clock.at - signed_at(signed.request("POST", ORDERS, b"{}")))
        if clock.at > AT + 60 * SECOND:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        await signed.run(sleep)
    assert oldest <= RENEW_S * SECOND < OLDEST
