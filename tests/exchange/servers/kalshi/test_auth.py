"""Signatures are checked strictly: the vectors of the protocol, what must fail, the four 401 bodies, scopes."""

import base64

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.kalshi.auth import AuthRefused, BadKey, KalshiAuth, verifies
from tests.exchange.servers.kalshi.venue import BASE, KEY, START, kalshi, pem, signed

VECTORS = {
    "1763721000000GET/trade-api/v2/portfolio/balance": (
        "A2QL/o9GQGrPKBf+hlbsFxN+gFOUaMTtIX7gXs8aYEHvBeFtU0AtVh5ucdNaku4GZgmWQ0bHE4qVF7VHBSbtCQ=="
    ),
    "1763721000000POST/trade-api/v2/portfolio/events/orders": (
        "Dtd3NQnXAO94RGTFQQuKaVgaGBQClUOZ+z9UY6DdUMWaXgyQQvMB1YsNMluhIFvUYgU5j+hjtpwRpOJIv+pgDw=="
    ),
    "1763721000000GET/trade-api/ws/v2": (
        "7KL4zbMvG8TnReKDMjAB89Nd79GdnIY9vFhxNsmogVljTzwr+mPfIfatKCw4L0op83vaLBOD9BhWuwGQLPKYBw=="
    ),
}
PATH = "/trade-api/v2/portfolio/balance"
RSA = rsa.generate_private_key(65_537, 2_048)


def auth_at(now: Nanos = START) -> KalshiAuth:
    auth = KalshiAuth(lambda: now)
    auth.add_key("k", pem(), "ann")
    auth.add_key("r", RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode(), "bob")
    return auth


def headers(key: str, stamp: str, signature: bytes) -> dict[str, str]:
    return {
        "KALSHI-ACCESS-KEY": key,
        "KALSHI-ACCESS-TIMESTAMP": stamp,
        "KALSHI-ACCESS-SIGNATURE": base64.b64encode(signature).decode(),
    }


@pytest.mark.parametrize("text", VECTORS)
def test_the_published_ed25519_vectors_verify_and_belong_to_their_text_alone(text: str) -> None:
    assert verifies(KEY.public_key(), VECTORS[text], text.encode())
    assert not verifies(KEY.public_key(), VECTORS[text], (text + " ").encode())


def test_a_socket_handshake_with_lower_case_headers_is_known() -> None:
    signature = VECTORS["1763721000000GET/trade-api/ws/v2"]
    given = {
        "kalshi-access-key": "k",
        "kalshi-access-timestamp": "1763721000000",
        "kalshi-access-signature": signature,
    }
    assert auth_at().check("GET", "/trade-api/ws/v2", given) == "ann"


def rsa_signature(text: str, salt: int) -> bytes:
    return RSA.sign(text.encode(), padding.PSS(padding.MGF1(hashes.SHA256()), salt), hashes.SHA256())


def test_rsa_pss_is_taken_with_a_salt_of_32_bytes_and_no_other() -> None:
    text = f"1763721000000GET{PATH}"
    right = rsa_signature(text, 32)
    assert auth_at().check("GET", PATH, headers("r", "1763721000000", right)) == "bob"
    for salt in (0, 20, 64, padding.calculate_max_pss_salt_length(RSA, hashes.SHA256())):
        with pytest.raises(AuthRefused) as refused:
            auth_at().check("GET", PATH, headers("r", "1763721000000", rsa_signature(text, salt)))
        assert b"INCORRECT_API_KEY_SIGNATURE" in refused.value.body


@pytest.mark.parametrize(
    "text",
    [
        f"1763721000000GET{PATH}?limit=1",
        "1763721000000GET/portfolio/balance",
        f"1763721000000get{PATH}",
        f"1763721000GET{PATH}",
        f"1763721000000GET{PATH}{{}}",
    ],
)
def test_signing_another_text_than_the_venues_fails(text: str) -> None:
    with pytest.raises(AuthRefused) as refused:
        auth_at().check("GET", PATH, headers("k", "1763721000000", KEY.sign(text.encode())))
    assert refused.value.status == 401


def test_seconds_instead_of_milliseconds_are_an_expired_timestamp() -> None:
    with pytest.raises(AuthRefused, match="header timestamp expired"):
        auth_at().check("GET", PATH, headers("k", "1763721000", KEY.sign(f"1763721000GET{PATH}".encode())))


@pytest.mark.parametrize(
    ("seconds", "good"), [(-300, False), (-30, False), (-5, True), (5, True), (30, True), (300, False)]
)
def test_the_clock_may_lag_ten_seconds_and_lead_a_minute(seconds: int, *, good: bool) -> None:
    given = signed("GET", PATH, "k", Nanos(START + seconds * SECOND))
    if good:
        assert auth_at().check("GET", PATH, given) == "ann"
    else:
        with pytest.raises(AuthRefused, match="expired"):
            auth_at().check("GET", PATH, given)


@pytest.mark.parametrize("stamp", ["", "abc", "-1", "1e12", "١٧٦٣٧٢١٠٠٠٠٠٠", "9" * 40])
def test_an_unreadable_timestamp_is_an_expired_one(stamp: str) -> None:
    with pytest.raises(AuthRefused, match="expired"):
        auth_at().check("GET", PATH, headers("k", stamp, KEY.sign(b"")))


@pytest.mark.parametrize("signature", ["A2QL", "not base64!", "ä", "=" * 8])
def test_garbage_is_no_signature(signature: str) -> None:
    given = {"KALSHI-ACCESS-KEY": "k", "KALSHI-ACCESS-TIMESTAMP": "1763721000000", "KALSHI-ACCESS-SIGNATURE": signature}
    with pytest.raises(AuthRefused, match="INCORRECT_API_KEY_SIGNATURE"):
        auth_at().check("GET", PATH, given)


@pytest.mark.parametrize("text", ["", "-----BEGIN PUBLIC KEY-----\nabc\n-----END PUBLIC KEY-----"])
def test_what_is_no_public_key_is_not_registered(text: str) -> None:
    with pytest.raises(BadKey):
        auth_at().add_key("x", text, "ann")


async def test_the_four_refusals_over_the_wire() -> None:
    async with kalshi() as venue:
        good = dict(signed("GET", BASE + "/portfolio/balance", "key-ann", venue.clock.now()))
        cases = {
            "KALSHI-ACCESS-SIGNATURE": (
                {**good, "KALSHI-ACCESS-SIGNATURE": ""},
                {"code": "signature_is_missing_from_headers", "message": "signature is missing from headers"},
            ),
            "key": (
                {**good, "KALSHI-ACCESS-KEY": "nobody"},
                {"code": "authentication_error", "message": "authentication_error", "details": "NOT_FOUND"},
            ),
            "time": (
                dict(signed("GET", BASE + "/portfolio/balance", "key-ann", Nanos(START - 300 * SECOND))),
                {"code": "header_timestamp_expired", "message": "header timestamp expired"},
            ),
            "text": (
                dict(signed("GET", "/portfolio/balance", "key-ann", venue.clock.now())),
                {
                    "code": "authentication_error",
                    "message": "authentication_error",
                    "details": "INCORRECT_API_KEY_SIGNATURE",
                },
            ),
        }
        for given, error in cases.values():
            answer = await venue.get("/portfolio/balance", key=None, headers=given)
            assert (answer.status, answer.body) == (401, {"error": error})
        assert (await venue.get("/portfolio/balance?subaccount=0")).status == 200


async def test_percent_encoding_is_signed_as_it_was_sent() -> None:
    async with kalshi() as venue:
        answer = await venue.get("/portfolio/orders/a%2Fb")
        assert answer["error"]["code"] == "not_found"


async def test_public_data_needs_no_key_but_a_wrong_signature_is_told() -> None:
    async with kalshi() as venue:
        assert (await venue.get("/markets", key=None)).status == 200
        assert (await venue.get("/markets", key="nobody")).status == 401


async def test_a_key_does_what_its_scopes_allow() -> None:
    async with kalshi() as venue:
        venue.rest.auth.add_key("reader", pem(), "ann", scopes=("read",))
        venue.rest.auth.add_key("trader", pem(), "ann", scopes=("write::trade",))
        assert (await venue.get("/portfolio/balance", key="reader")).status == 200
        assert (await venue.create(key="reader")).status == 403
        assert (await venue.create(key="trader")).status == 201
        assert (await venue.get("/portfolio/balance", key="trader")).status == 403


async def test_a_key_that_is_locked_to_a_subaccount_sees_no_other() -> None:
    async with kalshi() as venue:
        await venue.send("POST", "/portfolio/subaccounts")
        venue.rest.auth.add_key("locked", pem(), "ann", subaccount=1)
        balance = await venue.get("/portfolio/balance", key="locked")
        assert balance["balance"] == 0
        assert "balance_breakdown" not in balance.body
        assert (await venue.get("/portfolio/balance", key="locked", subaccount=0)).status == 403


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
async def test_a_generated_key_works_and_can_be_deleted(kind: str) -> None:
    async with kalshi() as venue:
        made = await venue.send("POST", "/api_keys/generate", json={"name": "n", "key_type": kind})
        text = str(made["private_key"])
        assert text.startswith("-----BEGIN RSA PRIVATE KEY-----" if kind == "rsa" else "-----BEGIN PRIVATE KEY-----")
        private = load_pem_private_key(text.encode(), None)
        message = f"1763721000000GET{PATH}".encode()
        if isinstance(private, Ed25519PrivateKey):
            signature = private.sign(message)
        else:
            assert isinstance(private, rsa.RSAPrivateKey)
            signature = private.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), 32), hashes.SHA256())
        given = headers(str(made["api_key_id"]), "1763721000000", signature)
        assert (await venue.get("/portfolio/balance", key=None, headers=given)).status == 200
        listed = (await venue.get("/api_keys"))["api_keys"]
        assert {"api_key_id": made["api_key_id"], "name": "n", "scopes": ["read", "write"]} in listed
        assert (await venue.send("DELETE", f"/api_keys/{made['api_key_id']}")).status == 204
        assert (await venue.get("/portfolio/balance", key=None, headers=given)).status == 401


async def test_an_uploaded_public_key_works() -> None:
    async with kalshi() as venue:
        made = await venue.send("POST", "/api_keys", json={"name": "mine", "public_key": pem()})
        assert made.status == 201
        assert (await venue.get("/portfolio/balance", key=str(made["api_key_id"]))).status == 200
        bad = await venue.send("POST", "/api_keys", json={"name": "mine", "public_key": "x"})
        assert bad.status == 400
