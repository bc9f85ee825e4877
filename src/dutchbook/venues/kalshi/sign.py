"""Kalshi's request signatures: RSA-PSS or Ed25519, by what the key is and not by what its file says (protocol 1.2)."""

from base64 import b64encode
from collections.abc import Mapping

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import MGF1, PSS
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND

_PADDING = PSS(mgf=MGF1(SHA256()), salt_length=PSS.DIGEST_LENGTH)
_SMALLEST_RSA = 2048


class KalshiSigner:
    """Signs with one key. Its text form never shows in errors or representations."""

    def __init__(self, key_id: str, pem: str, clock: Clock) -> None:
        """Raises ConfigError if `pem` is no unencrypted private key that Kalshi takes, or `key_id` is none."""
        if not key_id.strip():
            raise ConfigError("Kalshi key id: it is empty - copy it from the page that shows your API keys")
        if not key_id.strip().isascii() or not key_id.strip().isprintable():  # it will be a header
            raise ConfigError("Kalshi key id: it has characters that no id has - copy it once more, by itself")
        self._key_id = key_id.strip()
        self._key = _private_key(pem)
        self._clock = clock

    def __repr__(self) -> str:
        return f"KalshiSigner({self._key_id!r})"

    def sign(self, timestamp: str, method: str, path: str) -> str:
        """The signature, base64, of milliseconds, upper-case method and path with its prefix and without its query."""
        text = f"{timestamp}{method}{path}".encode()
        if isinstance(self._key, Ed25519PrivateKey):
            return b64encode(self._key.sign(text)).decode()
        return b64encode(self._key.sign(text, _PADDING, SHA256())).decode()

    def headers(self, method: str, path: str) -> Mapping[str, str]:
        """The three headers of a request that leaves now."""
        return self.headers_at(str(self._clock.now() // MILLISECOND), method, path)

    def headers_at(self, timestamp: str, method: str, path: str) -> Mapping[str, str]:
        """The three headers of a request that is signed as of some millisecond: for those that are signed ahead."""
        return {
            "KALSHI-ACCESS-KEY": self._key_id,
            "KALSHI-ACCESS-TIMESTAMP": timestamp,
            "KALSHI-ACCESS-SIGNATURE": self.sign(timestamp, method, path),
        }


def _private_key(pem: str) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        key = load_pem_private_key(pem.strip().encode(), password=None)
    except TypeError:
        raise ConfigError("Kalshi private key: it is encrypted - store it decrypted, readable by you only") from None
    except (ValueError, UnsupportedAlgorithm):
        # Not chained: what a parser says of a key may hold parts of it.
        raise ConfigError(
            "Kalshi private key: this is no PEM text of a private key - give all of it, with its BEGIN and END lines"
        ) from None
    if isinstance(key, Ed25519PrivateKey):
        return key
    if isinstance(key, RSAPrivateKey) and key.key_size >= _SMALLEST_RSA:
        return key
    raise ConfigError("Kalshi private key: neither RSA of 2048 bits or more nor Ed25519 - make a new key at Kalshi")
