"""Who signed: EIP-712 digests of orders and logins, and the key behind a signature (sections 1.2, 1.5)."""

from functools import lru_cache

import msgspec
from coincurve import PublicKey
from Crypto.Hash import keccak as _keccak

from dutchbook.domain.errors import DutchbookError

ORDER_TYPE = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    b"uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
_NESTED_TYPE = (
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + ORDER_TYPE
)
_LOGIN_TYPE = b"ClobAuth(address address,string timestamp,uint256 nonce,string message)"
_LOGIN_TEXT = b"This message attests that I control the given wallet"
_SESSION_MAGIC = bytes.fromhex("6492" * 16)
_UINT256 = 1 << 256
_LONGEST_SIGNATURE = 2_048


class BadSignature(DutchbookError):
    """A signature that is no signature, or that nobody can have made over this text: refuse what it signs."""


class SignedOrder(msgspec.Struct, frozen=True, kw_only=True):
    """The twelve fields of an order that are signed or belong to the signature, as numbers and bytes (section 1.2).

    Amounts are base units (millionths); `timestamp` is in milliseconds; addresses are in lower case.
    """

    salt: int
    maker: str
    signer: str
    token: int
    maker_amount: int
    taker_amount: int
    buys: bool
    signature_type: int
    timestamp: int
    metadata: bytes
    builder: bytes
    signature: bytes


def keccak(data: bytes) -> bytes:
    """Keccak-256, Ethereum's hash: not SHA3-256."""
    return _keccak.new(digest_bits=256, data=data).digest()


def word(value: int) -> bytes:
    """A number as the 32 bytes of the ABI."""
    return value.to_bytes(32, "big")


_ORDER_HASH = keccak(ORDER_TYPE)
_NESTED_HASH = keccak(_NESTED_TYPE)
_LOGIN_HASH = keccak(_LOGIN_TYPE)
_EXCHANGE_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_LOGIN_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
_NESTED_NAME, _NESTED_VERSION = keccak(b"DepositWallet"), keccak(b"1")


@lru_cache(maxsize=64)
def exchange_separator(version: int, exchange: str, chain: int) -> bytes:
    """The domain separator of an exchange contract: `version` is 2 or 3 (section 1.1)."""
    name, number = keccak(b"Polymarket CTF Exchange"), keccak(str(version).encode())
    return keccak(_EXCHANGE_DOMAIN + name + number + word(chain) + word(int(exchange, 16)))


@lru_cache(maxsize=8)
def _login_separator(chain: int) -> bytes:
    return keccak(_LOGIN_DOMAIN + keccak(b"ClobAuthDomain") + keccak(b"1") + word(chain))


# An order is hashed for its signer, and again for its id: Keccak takes a third of what checking an order takes.
@lru_cache(maxsize=8)
def order_struct(order: SignedOrder) -> bytes:
    """hashStruct(Order). All numbers must be below 2**256 and addresses 20 bytes, which the wire check has ensured."""
    return keccak(
        _ORDER_HASH
        + word(order.salt)
        + word(int(order.maker, 16))
        + word(int(order.signer, 16))
        + word(order.token)
        + word(order.maker_amount)
        + word(order.taker_amount)
        + word(0 if order.buys else 1)
        + word(order.signature_type)
        + word(order.timestamp)
        + order.metadata
        + order.builder
    )


@lru_cache(maxsize=8)
def typed_digest(separator: bytes, struct: bytes) -> bytes:
    """The EIP-712 digest; of an order, it is the order id."""
    return keccak(b"\x19\x01" + separator + struct)


def nested_digest(separator: bytes, struct: bytes, wallet: str, chain: int) -> bytes:
    """What the owner of a deposit wallet signs: ERC-7739 `TypedDataSign` around the order."""
    nested = keccak(
        _NESTED_HASH + struct + _NESTED_NAME + _NESTED_VERSION + word(chain) + word(int(wallet, 16)) + word(0)
    )
    return typed_digest(separator, nested)


def login_digest(address: str, timestamp: str, nonce: int, chain: int) -> bytes:
    """What level 1 signs (section 1.5). `address` is 0x and 40 hex digits."""
    struct = keccak(
        _LOGIN_HASH + word(int(address, 16)) + keccak(timestamp.encode()) + word(nonce) + keccak(_LOGIN_TEXT)
    )
    return typed_digest(_login_separator(chain), struct)


def recover(digest: bytes, signature: bytes) -> str:
    """The address, in lower case, whose key made a 65-byte signature over a digest. Raises BadSignature."""
    if len(signature) != 65:
        raise BadSignature(f"a signature has 65 bytes, not {len(signature)}")
    recovery = signature[64] - 27 if signature[64] >= 27 else signature[64]
    try:
        key = PublicKey.from_signature_and_message(signature[:64] + bytes([recovery]), digest, hasher=None)
    except Exception as e:  # coincurve raises plain Exception when no point fits
        raise BadSignature(f"no key made this signature: {e}") from e
    return _address_of_key(key.format(compressed=False))


@lru_cache(maxsize=1_024)
def _address_of_key(key: bytes) -> str:
    return "0x" + keccak(key[1:])[12:].hex()


def signer_of_order(order: SignedOrder, separator: bytes, chain: int) -> str:
    """The key that signed an order for the exchange behind `separator`. Raises BadSignature.

    Types 0 to 2 sign the order itself, type 3 the nested text; a session key wraps that again (section 1.2).
    """
    struct = order_struct(order)
    if order.signature_type != 3:
        return recover(typed_digest(separator, struct), order.signature)
    return recover(nested_digest(separator, struct, order.maker, chain), _nested_signature(order, separator, struct))


def _nested_signature(order: SignedOrder, separator: bytes, struct: bytes) -> bytes:
    """The 65 bytes inside a deposit wallet's signature, once what surrounds them is what it must be."""
    inner = _unwrapped(order.signature)
    tail = separator + struct + ORDER_TYPE + len(ORDER_TYPE).to_bytes(2, "big")
    if inner[65:] != tail:
        raise BadSignature("the nested signature names another exchange, order or type")
    return inner[:65]


def _unwrapped(signature: bytes) -> bytes:
    """A session key's `abi.encode(bytes32, bytes32, bytes)` and magic taken off; anything else as it is."""
    if len(signature) > _LONGEST_SIGNATURE:
        raise BadSignature(f"a signature of {len(signature)} bytes")
    if not signature.endswith(_SESSION_MAGIC):
        return signature
    body = signature[: -len(_SESSION_MAGIC)]
    start = int.from_bytes(body[64:96], "big")
    length = int.from_bytes(body[start : start + 32], "big")
    if start != 96 or length > len(body) - 128:
        raise BadSignature("a session signature that is not ABI-encoded")
    return body[128 : 128 + length]


def uint256(text: str) -> int:
    """A decimal number of up to 256 bits. Raises ValueError."""
    if not (text.isascii() and text.isdigit()) or len(text) > 78 or int(text) >= _UINT256:
        raise ValueError(f"{text[:100]!r} is no uint256")
    return int(text)


def address_of(text: str) -> str:
    """An address, in lower case. Raises ValueError unless it is 0x and 40 hex digits."""
    raw = bytes.fromhex(text[2:])
    if len(text) != 42 or not text.startswith("0x") or len(raw) != 20:
        raise ValueError(f"{text[:100]!r} is no address")
    return "0x" + raw.hex()
