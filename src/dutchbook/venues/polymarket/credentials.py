"""Who asks: the login by the wallet's key (level 1), and API keys with their HMAC over each request (level 2)."""

import hashlib
from base64 import b64decode
from binascii import Error as BadBase64
from binascii import b2a_base64
from collections.abc import Mapping
from typing import NamedTuple, NoReturn

import msgspec

from dutchbook.domain.errors import ConfigError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.polymarket.contracts import CHAIN
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.polymarket.typed_data import login_digest

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_BLOCK = 64
"""Bytes of a block of SHA-256."""


class RequestOutline(NamedTuple):
    """A request but for its time and signature. `signed` is what the signature covers behind the time."""

    head: bytes
    signed: bytes
    rest: bytes


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """An API key of Polymarket. Its secret parts never show in a representation."""

    key: str
    secret: str
    passphrase: str

    def __repr__(self) -> str:
        return f"Credentials({self.key!r})"


class Login:
    """Signs the level-1 message that makes and derives API keys, and nothing else."""

    __slots__ = ("__key", "address")

    def __init__(self, private_key: SecretKey | str) -> None:
        """Raises ConfigError if the key is none."""
        self.__key = private_key if isinstance(private_key, SecretKey) else SecretKey(private_key)
        self.address = self.__key.address

    def headers(self, now: Nanos, nonce: int = 0) -> Mapping[str, str]:
        """The headers of a level-1 request; the same nonce derives the same key again."""
        seconds = now // SECOND
        signature = self.__key.sign(login_digest(self.address, seconds, nonce, CHAIN))
        return {
            "POLY_ADDRESS": self.address,
            "POLY_SIGNATURE": "0x" + signature.hex(),
            "POLY_TIMESTAMP": str(seconds),
            "POLY_NONCE": str(nonce),
        }

    def __repr__(self) -> str:
        return f"Login of {self.address}"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("a login key is not copied, pickled or sent anywhere")


class RequestSigner:
    """Level 2: the headers of private requests, and whole requests of the order line as bytes.

    `address` is the key's own, also where the money is in another wallet.
    """

    __slots__ = ("__inner", "__outer", "__passphrase", "_address", "_head", "key")

    def __init__(self, address: str, credentials: Credentials, host: str = "") -> None:
        """`host` is the value of the Host header. Raises ConfigError if the secret is no url-safe base64."""
        try:
            padding = "=" * (-len(credentials.secret) % 4)  # some places show secrets without it
            secret = b64decode(credentials.secret + padding, altchars=b"-_", validate=True)
        except (BadBase64, ValueError):
            raise ConfigError(
                "Polymarket API secret: it is no url-safe base64 - copy it whole, or derive the API key again"
            ) from None
        block = (secret if len(secret) <= _BLOCK else hashlib.sha256(secret).digest()).ljust(_BLOCK, b"\0")
        self.__inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self.__outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))
        self.__passphrase = credentials.passphrase
        self.key = credentials.key
        self._address = address
        self._head = _head(host, address, credentials)

    def signature(self, timestamp: str, method: str, path: str, body: bytes = b"") -> str:
        """Url-safe base64 of the HMAC-SHA256 over timestamp, method, path (without its query) and body."""
        return self._signature(f"{timestamp}{method}{path}".encode() + body).decode()

    def _signature(self, text: bytes) -> bytes:
        inner = self.__inner.copy()
        inner.update(text)
        outer = self.__outer.copy()
        outer.update(inner.digest())
        return b2a_base64(outer.digest(), newline=False).translate(_URL_SAFE)

    def headers(self, method: str, path: str, body: bytes, now: Nanos) -> Mapping[str, str]:
        """The five headers of a request that leaves now."""
        timestamp = str(now // SECOND)
        return {
            "POLY_ADDRESS": self._address,
            "POLY_SIGNATURE": self.signature(timestamp, method, path, body),
            "POLY_TIMESTAMP": timestamp,
            "POLY_API_KEY": self.key,
            "POLY_PASSPHRASE": self.__passphrase,
        }

    def request(self, method: str, path: str, body: bytes, now: Nanos) -> bytes:
        """A whole HTTP/1.1 request: `path` may carry a query, which is not signed."""
        return self.stamped(self.outline(method, path, body), now)

    def outline(self, method: str, path: str, body: bytes) -> RequestOutline:
        """All of a `request` that is known before it leaves."""
        signed = f"{method}{path.partition('?')[0]}".encode() + body
        head = f"{method} {path} HTTP/1.1\r\n{self._head}POLY_TIMESTAMP: ".encode()
        return RequestOutline(head, signed, b"\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))

    def stamped(self, outline: RequestOutline, now: Nanos) -> bytes:
        """The request that leaves now."""
        head, signed, rest = outline
        timestamp = b"%d" % (now // SECOND)
        return b"".join((head, timestamp, b"\r\nPOLY_SIGNATURE: ", self._signature(timestamp + signed), rest))

    def __repr__(self) -> str:
        return f"RequestSigner({self.key!r})"

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("an API secret is not copied, pickled or sent anywhere")


def _head(host: str, address: str, credentials: Credentials) -> str:
    """The headers that no request changes. Raises ConfigError if a value would end its line."""
    values = {
        "Host": host,
        "User-Agent": USER_AGENT,
        "Accept": "application/json",
        "Content-Type": "application/json",
        "POLY_ADDRESS": address,
        "POLY_API_KEY": credentials.key,
        "POLY_PASSPHRASE": credentials.passphrase,
    }
    for name, value in values.items():
        if not value.isascii() or not value.isprintable():
            raise ConfigError(f"Polymarket {name}: it has signs that no header can carry - copy it again")
    return "".join(f"{name}: {value}\r\n" for name, value in values.items())
