"""Who asks: login by wallet signature (level 1), API keys and their HMAC over the exact bytes (level 2)."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as BadBase64
from collections.abc import Container, Mapping
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest, digest
from random import Random
from uuid import NAMESPACE_DNS, UUID, uuid5

import msgspec

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.servers.polymarket.clob_errors import BAD_LOGIN, UNAUTHORISED, Problem
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.contracts import CHAIN
from dutchbook.exchange.servers.polymarket.signing import BadSignature, address_of, login_digest, recover, uint256
from dutchbook.exchange.servers.polymarket.wallets import SignatureType, Wallets

_NAMES = uuid5(NAMESPACE_DNS, "clob.polymarket.com")


class Rights(StrEnum):
    """What a key may do."""

    TRADE = "trade"
    READ = "read"
    BUILDER = "builder"


class Restriction(StrEnum):
    """What the venue holds against an address."""

    BANNED = "banned"
    CLOSED_ONLY = "closed_only"


class ApiKey(msgspec.Struct, frozen=True):
    """An API key of the key pair behind `address`. `secret` is url-safe base64 of 32 bytes."""

    id: str
    secret: str
    passphrase: str
    address: str
    rights: Rights
    created: Nanos


class PolymarketAuth:
    """All API keys of one venue, and which wallets belong to whom."""

    def __init__(
        self,
        clock: Clock,
        rng: Random,
        options: ClobOptions | None = None,
        accounts: Container[str] = frozenset(),
    ) -> None:
        """`accounts` are those that exist: of several wallets of one owner, one of them is meant."""
        self.wallets = Wallets()
        self._accounts = accounts
        self.restrictions: dict[str, Restriction] = {}
        """By address, in lower case: of the key's owner or of a wallet."""
        self._clock = clock
        self._options = options or ClobOptions()
        self._seed = rng.randbytes(32)
        self._keys: dict[str, ApiKey] = {}
        self._logins: dict[tuple[str, int], str] = {}
        self._revoked: dict[str, tuple[ApiKey, Nanos]] = {}
        self._made = 0
        self._order_keys: dict[str, str] = {}

    # accounts

    def register(self, owner: str, wallet: str | None = None, kind: SignatureType = SignatureType.EOA) -> str:
        """Make known that `owner` (the address of a key pair) trades from `wallet`; returns the account's name."""
        account = (wallet or owner).lower()
        if account != owner.lower():
            self.wallets.register(owner, account, kind)
        self.wallets.claim(owner.lower())
        return account

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None:
        """The account whose events a socket with these credentials may hear, or None if they are not right."""
        key = self._keys.get(api_key)
        if key is None or key.rights is Rights.BUILDER or not _same(key.secret, secret):
            return None
        return self.primary(key.address) if _same(key.passphrase, passphrase) else None

    def primary(self, owner: str) -> str:
        """The wallet that an owner trades from: registered first, or one that has an account, or his own address."""
        mine = self.wallets.of(owner)
        return next((wallet for wallet in mine if wallet in self._accounts), owner)

    def accounts_of(self, key: ApiKey) -> tuple[str, ...]:
        """Every wallet that a key's owner may trade from."""
        return self.wallets.of(key.address)

    def key_of_account(self, account: str) -> str:
        """The API key that speaks for an account: its owner's oldest, or a made-up id for those that have none."""
        owner = self.wallets.owner(account) or account
        found = next((k.id for k in self._keys.values() if k.address == owner and k.rights is Rights.TRADE), None)
        return found or str(uuid5(_NAMES, f"owner/{account}"))

    def has_key(self, account: str) -> bool:
        """Whether an account belongs to somebody who may ask through this server."""
        return self.wallets.owner(account) is not None

    def took_order(self, order_id: str, key: ApiKey) -> None:
        """Remember whose key sent an order: it is told as the order's `owner`."""
        self._order_keys[order_id] = key.id

    def forget_order(self, order_id: str) -> None:
        """The engine refused an order that was noted before."""
        self._order_keys.pop(order_id, None)

    def owner_of_order(self, order_id: str, account: str) -> str:
        """The API key that sent an order, or that would speak for its account."""
        return self._order_keys.get(order_id) or self.key_of_account(account)

    # level 1

    def login(self, headers: Mapping[str, str]) -> tuple[str, int]:
        """The address and nonce of a level-1 request. Raises Problem (401) unless that address signed it."""
        try:
            address = address_of(headers["POLY_ADDRESS"])
            timestamp, nonce = headers["POLY_TIMESTAMP"], uint256(headers.get("POLY_NONCE", "0"))
            signature = bytes.fromhex(headers["POLY_SIGNATURE"].removeprefix("0x"))
            self._check_time(timestamp)
            signer = recover(login_digest(address, timestamp, nonce, CHAIN), signature)
        except (KeyError, ValueError, BadSignature) as e:
            raise Problem(401, BAD_LOGIN) from e
        if signer != address:
            raise Problem(401, BAD_LOGIN)
        return address, nonce

    def create(self, address: str, nonce: int = 0) -> ApiKey:
        """The key of an address and nonce. Raises Problem (400) if there is one: derive it then."""
        if (address, nonce) in self._logins:
            raise Problem(400, "Could not create api key")
        key = self._make(address, Rights.TRADE, f"login/{nonce}")
        self._logins[address, nonce] = key.id
        return key

    def derive(self, address: str, nonce: int = 0) -> ApiKey:
        """The key made before with that nonce. Raises Problem (400) if there is none."""
        key = self._keys.get(self._logins.get((address, nonce), ""))
        if key is None:
            raise Problem(400, "Could not derive api key!")
        return key

    # level 2

    def check(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> ApiKey:
        """The key that signed a request. `path` has no query; `body` is what was received, byte for byte.

        Raises Problem (401).
        """
        key = self._keys.get(headers.get("POLY_API_KEY", ""))
        if key is None or key.rights is Rights.BUILDER:
            raise Problem(401, UNAUTHORISED)
        try:
            matches = key.address == address_of(headers["POLY_ADDRESS"])
            self._verify(key, "POLY_", method, path, headers, body)
        except (KeyError, ValueError) as e:
            raise Problem(401, UNAUTHORISED) from e
        if not matches:
            raise Problem(401, UNAUTHORISED)
        return key

    def check_builder(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> ApiKey:
        """The builder key that signed a request with `POLY_BUILDER_` headers. Raises Problem (401)."""
        key = self._keys.get(headers.get("POLY_BUILDER_API_KEY", ""))
        if key is None or key.rights is not Rights.BUILDER:
            raise Problem(401, UNAUTHORISED)
        try:
            self._verify(key, "POLY_BUILDER_", method, path, headers, body)
        except (KeyError, ValueError) as e:
            raise Problem(401, UNAUTHORISED) from e
        return key

    def add(self, address: str, rights: Rights) -> ApiKey:
        """One more key of an address: for reading, or for a builder."""
        self._made += 1
        return self._make(address, rights, f"{rights}/{self._made}")

    def keys_of(self, address: str, rights: Rights) -> list[ApiKey]:
        """Living keys of an address, oldest first."""
        return [key for key in self._keys.values() if key.address == address and key.rights is rights]

    def revoked_of(self, address: str, rights: Rights) -> list[tuple[ApiKey, Nanos]]:
        """Keys that were deleted, and when."""
        return [(k, at) for k, at in self._revoked.values() if k.address == address and k.rights is rights]

    def delete(self, key: ApiKey) -> None:
        """A key ends; it can be made again with the same nonce."""
        del self._keys[key.id]
        self._revoked[key.id] = (key, self._clock.now())
        self._logins = {login: id_ for login, id_ in self._logins.items() if id_ != key.id}

    def _make(self, address: str, rights: Rights, purpose: str) -> ApiKey:
        drawn = sha256(self._seed + f"{address}/{purpose}".encode()).digest()
        more = sha256(drawn).digest()
        key = ApiKey(
            str(UUID(bytes=drawn[:16], version=4)),
            urlsafe_b64encode(more).decode(),
            sha256(more).hexdigest(),
            address,
            rights,
            self._clock.now(),
        )
        self._keys[key.id] = key
        self.wallets.claim(address)
        return key

    def _verify(
        self, key: ApiKey, prefix: str, method: str, path: str, headers: Mapping[str, str], body: bytes
    ) -> None:
        timestamp = headers[prefix + "TIMESTAMP"]
        self._check_time(timestamp)
        signature = l2_signature(key.secret, timestamp, method, path, body)
        if not _same(signature, headers[prefix + "SIGNATURE"]) or not _same(
            key.passphrase, headers[prefix + "PASSPHRASE"]
        ):
            raise Problem(401, UNAUTHORISED)

    def _check_time(self, timestamp: str) -> None:
        seconds = uint256(timestamp)
        tolerance = self._options.timestamp_tolerance
        if tolerance is not None and abs(seconds * SECOND - self._clock.now()) > tolerance:
            raise ValueError(f"{timestamp} is too far from the venue's time")


def l2_signature(secret: str, timestamp: str, method: str, path: str, body: bytes) -> str:
    """Url-safe base64 of the HMAC-SHA256 over timestamp, method, path and body. Raises ValueError for a bad secret."""
    try:
        key = urlsafe_b64decode(secret)
    except BadBase64 as e:
        raise ValueError("the secret is no url-safe base64") from e
    return urlsafe_b64encode(digest(key, f"{timestamp}{method}{path}".encode() + body, "sha256")).decode()


def _same(left: str, right: str) -> bool:
    return compare_digest(left.encode(), right.encode())
