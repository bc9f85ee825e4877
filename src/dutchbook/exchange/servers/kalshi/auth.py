"""Who signs a request: RSA-PSS and Ed25519 keys, strictly checked (protocol sections 1.2 to 1.6)."""

import base64
import binascii
from collections.abc import Callable, Iterable, Mapping

import msgspec
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.exchange.servers.kalshi.options import KalshiOptions

type PublicKey = rsa.RSAPublicKey | ed25519.Ed25519PublicKey

KEY = "KALSHI-ACCESS-KEY"
TIMESTAMP = "KALSHI-ACCESS-TIMESTAMP"
SIGNATURE = "KALSHI-ACCESS-SIGNATURE"
SCOPES = (
    "read",
    "write",
    "read::portfolio_balance",
    "read::block_trade_accept",
    "write::trade",
    "write::transfer",
    "write::block_trade_accept",
    "write::fcm_risk",
)
_EVERYTHING = ("read", "write")
_SALT = 32
"""RSASSA-PSS salt length: that of the digest, and no other."""


class AuthRefused(DutchbookError):
    """A request or handshake without a valid signature: answer with this status and body."""

    def __init__(self, status: int, body: bytes) -> None:
        super().__init__(f"Kalshi refuses the signature: {body.decode()}")
        self.status = status
        self.body = body


class BadKey(DutchbookError):
    """What was given is no public key that Kalshi takes."""


class ApiKey(msgspec.Struct, frozen=True):
    """A registered public key of a member's account."""

    id: str
    account: str
    public: PublicKey
    name: str = ""
    scopes: tuple[str, ...] = _EVERYTHING
    subaccount: int | None = None
    """The only subaccount that it may touch, if it is locked to one."""

    def allows(self, scope: str) -> bool:
        """Whether the key may do what `scope` names; "read" and "write" contain their narrower ones."""
        return scope in self.scopes or scope.partition("::")[0] in self.scopes


class KalshiAuth:
    """The keys of all members. `now` is the venue's own clock."""

    def __init__(self, now: Callable[[], Nanos], options: KalshiOptions | None = None) -> None:
        self._now = now
        self._options = options or KalshiOptions()
        self._keys: dict[str, ApiKey] = {}
        self._listeners: list[Callable[[str], None]] = []

    def add_key(
        self,
        key_id: str,
        public_key_pem: str,
        account: str,
        *,
        name: str = "",
        scopes: Iterable[str] = _EVERYTHING,
        subaccount: int | None = None,
    ) -> ApiKey:
        """Register a public key. Raises BadKey."""
        key = ApiKey(key_id, account, public_key(public_key_pem), name, tuple(scopes), subaccount)
        newcomer = not self.has_keys(account)
        self._keys[key_id] = key
        if newcomer:
            for listener in self._listeners:
                listener(account)
        return key

    def remove_key(self, key_id: str) -> None:
        self._keys.pop(key_id, None)

    def keys_of(self, account: str) -> list[ApiKey]:
        return [key for key in self._keys.values() if key.account == account]

    def has_keys(self, account: str) -> bool:
        return any(key.account == account for key in self._keys.values())

    def on_member(self, listener: Callable[[str], None]) -> None:
        """Told the account whenever a member gets the first key, and at once those who have one."""
        self._listeners.append(listener)
        for account in dict.fromkeys(key.account for key in self._keys.values()):
            listener(account)

    def check(self, method: str, path: str, headers: Mapping[str, str]) -> str:
        """The account that signed. Raises AuthRefused."""
        return self.identify(method, path, headers).account

    def identify(self, method: str, path: str, headers: Mapping[str, str]) -> ApiKey:
        """The key that signed `timestamp + method + path`; the path as sent, without its query. Raises AuthRefused.

        Which of two faults is told first was not captured; assumed: missing signature, key, timestamp, signature.
        """
        signature = _header(headers, SIGNATURE)
        if not signature:
            raise _refused("signature_is_missing_from_headers", "signature is missing from headers")
        key = self._keys.get(_header(headers, KEY))
        if key is None:
            raise _unauthentic("NOT_FOUND")
        stamp = _header(headers, TIMESTAMP)
        self._check_time(stamp)
        if not verifies(key.public, signature, f"{stamp}{method}{path}".encode()):
            raise _unauthentic("INCORRECT_API_KEY_SIGNATURE")
        return key

    def _check_time(self, stamp: str) -> None:
        # A missing or unreadable timestamp is answered like an old one: its own body was not captured.
        if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > 16:
            raise _refused("header_timestamp_expired", "header timestamp expired")
        age = self._now() - int(stamp) * MILLISECOND
        if age > self._options.clock_behind or -age > self._options.clock_ahead:
            raise _refused("header_timestamp_expired", "header timestamp expired")


def public_key(pem: str) -> PublicKey:
    """The public key of a PEM text. Raises BadKey."""
    try:
        key = load_pem_public_key(pem.encode())
    except (ValueError, UnsupportedAlgorithm) as e:
        raise BadKey(f"no PEM public key - {e} - send the text between and with its BEGIN and END lines") from e
    if not isinstance(key, rsa.RSAPublicKey | ed25519.Ed25519PublicKey):
        raise BadKey(f"a {type(key).__name__} is neither RSA nor Ed25519 - make one of these")
    return key


def verifies(key: PublicKey, signature: str, text: bytes) -> bool:
    """Whether a base64 signature (standard alphabet, padded) of `text` is the key's."""
    try:
        raw = base64.b64decode(signature, validate=True)
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(raw, text)
        else:
            key.verify(raw, text, padding.PSS(padding.MGF1(hashes.SHA256()), _SALT), hashes.SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def _header(headers: Mapping[str, str], name: str) -> str:
    # aiohttp's headers ignore case; a socket's handshake comes with lower-case names.
    return headers.get(name) or headers.get(name.lower()) or ""


def _unauthentic(details: str) -> AuthRefused:
    return _refused("authentication_error", "authentication_error", details)


def _refused(code: str, message: str, details: str = "") -> AuthRefused:
    error = {"code": code, "message": message}
    if details:
        error["details"] = details
    return AuthRefused(401, msgspec.json.encode({"error": error}))
