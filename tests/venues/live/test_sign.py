"""Kalshi's signatures: the reference's vectors, and what a strict server accepts."""

from base64 import b64decode
from hashlib import sha256

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.venues.kalshi.sign import KalshiSigner

ED25519 = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""
AT = "1763721000000"
VECTORS = [
    (
        "GET",
        "/trade-api/v2/portfolio/balance",
        "7b57dac32a91e67fbfc9198f2e18722cdd84805369149fa07b6dd782a15f01c2",
        "A2QL/o9GQGrPKBf+hlbsFxN+gFOUaMTtIX7gXs8aYEHvBeFtU0AtVh5ucdNaku4GZgmWQ0bHE4qVF7VHBSbtCQ==",
    ),
    (
        "POST",
        "/trade-api/v2/portfolio/events/orders",
        "f47384c10b253d4739d794467da3f7238d098bd4c35721c9b235e9c1670aa8b9",
        "Dtd3NQnXAO94RGTFQQuKaVgaGBQClUOZ+z9UY6DdUMWaXgyQQvMB1YsNMluhIFvUYgU5j+hjtpwRpOJIv+pgDw==",
    ),
    (
        "GET",
        "/trade-api/ws/v2",
        "9bd2f70facb424d094d76df83a25b90307532270b2dc925fede43a36a306ce82",
        "7KL4zbMvG8TnReKDMjAB89Nd79GdnIY9vFhxNsmogVljTzwr+mPfIfatKCw4L0op83vaLBOD9BhWuwGQLPKYBw==",
    ),
]


class At:
    """A clock that stands still at the vectors' time."""

    def now(self) -> Nanos:
        return Nanos(int(AT) * MILLISECOND)


def pem_of(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    form: PrivateFormat = PrivateFormat.PKCS8,
    encryption: KeySerializationEncryption | None = None,
) -> str:
    return key.private_bytes(Encoding.PEM, form, encryption or NoEncryption()).decode()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65_537, 2_048)


@pytest.mark.parametrize(("method", "path", "digest", "signature"), VECTORS)
def test_ed25519_signatures_are_those_of_the_reference(method: str, path: str, digest: str, signature: str) -> None:
    assert sha256(f"{AT}{method}{path}".encode()).hexdigest() == digest
    headers = KalshiSigner("key", ED25519, At()).headers(method, path)
    assert headers == {
        "KALSHI-ACCESS-KEY": "key",
        "KALSHI-ACCESS-TIMESTAMP": AT,
        "KALSHI-ACCESS-SIGNATURE": signature,
    }


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
def test_rsa_signatures_pass_a_server_that_insists_on_a_salt_of_32_bytes(
    rsa_key: rsa.RSAPrivateKey, form: PrivateFormat
) -> None:
    signer = KalshiSigner("key", pem_of(rsa_key, form), At())
    method, path, _, _ = VECTORS[0]
    first, second = (b64decode(signer.sign(AT, method, path), validate=True) for _ in range(2))
    assert first != second
    assert len(first) == len(second) == 256
    strict = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    for signature in (first, second):
        rsa_key.public_key().verify(signature, f"{AT}{method}{path}".encode(), strict, SHA256())


@pytest.mark.parametrize(
    "text",
    [
        f"{AT}GET/trade-api/v2/portfolio/balance?limit=1",
        f"{AT}GET/portfolio/balance",
        f"{AT}get/trade-api/v2/portfolio/balance",
        f"{AT[:-3]}GET/trade-api/v2/portfolio/balance",
    ],
)
def test_no_other_text_is_signed(rsa_key: rsa.RSAPrivateKey, text: str) -> None:
    signature = b64decode(KalshiSigner("key", pem_of(rsa_key), At()).sign(AT, *VECTORS[0][:2]))
    strict = padding.PSS(mgf=padding.MGF1(SHA256()), salt_length=32)
    with pytest.raises(InvalidSignature):
        rsa_key.public_key().verify(signature, text.encode(), strict, SHA256())


def test_a_key_that_cannot_be_used_is_refused_without_showing_any_of_it(rsa_key: rsa.RSAPrivateKey) -> None:
    secret = pem_of(rsa_key).splitlines()[3]
    bad = [
        "",
        secret,
        pem_of(rsa_key).replace(secret, secret[:-5]),
        pem_of(rsa_key, encryption=BestAvailableEncryption(b"word")),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(rsa.generate_private_key(65_537, 1_024)),  # noqa: S505 - that is what must be refused
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
    ]
    for text in bad:
        with pytest.raises(ConfigError, match="Kalshi private key") as caught:
            KalshiSigner("key", text, At())
        assert secret[:20] not in str(caught.value)
        assert "\n" not in str(caught.value)
        assert caught.value.__cause__ is None


def test_an_empty_key_id_is_refused() -> None:
    with pytest.raises(ConfigError, match="key id"):
        KalshiSigner(" ", ED25519, At())


def test_a_signer_shows_no_secret() -> None:
    assert repr(KalshiSigner("key", ED25519, At())) == "KalshiSigner('key')"
