"""EIP-712 as Polymarket uses it: domains, the digests of orders and of the login (protocol sections 1.2, 1.5)."""

import struct
from functools import lru_cache

import msgspec

from dutchbook.venues.polymarket.contracts import Exchange
from dutchbook.venues.polymarket.keccak import keccak

ORDER_TYPE = (
    b"Order(uint256 salt,address maker,address signer,uint256 tokenId,uint256 makerAmount,uint256 takerAmount,"
    b"uint8 side,uint8 signatureType,uint256 timestamp,bytes32 metadata,bytes32 builder)"
)
ORDER_TYPE_HASH = keccak(ORDER_TYPE)
NO_METADATA = bytes(32)

_NESTED_TYPE_HASH = keccak(
    b"TypedDataSign(Order contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)"
    + ORDER_TYPE
)
_NESTED_TAIL = ORDER_TYPE + len(ORDER_TYPE).to_bytes(2, "big")
_WALLET_NAME, _WALLET_VERSION = keccak(b"DepositWallet"), keccak(b"1")

_EXCHANGE_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)")
_EXCHANGE_NAME = keccak(b"Polymarket CTF Exchange")

_LOGIN_DOMAIN = keccak(b"EIP712Domain(string name,string version,uint256 chainId)")
_LOGIN_TYPE_HASH = keccak(b"ClobAuth(address address,string timestamp,uint256 nonce,string message)")
_LOGIN_TEXT = keccak(b"This message attests that I control the given wallet")

ORDER_WORDS = struct.Struct(">32s24xQ64s32s24xQ24xQ31xB31xB24xQ64s")
"""hashStruct's preimage: type hash, salt, maker and signer, token, both amounts, side, signature type, timestamp,
metadata and builder; 12 words of 32 bytes. Amounts and timestamp have 64 bits, which no real one exceeds."""


class OrderHashes(msgspec.Struct, frozen=True):
    """What an order is signed by. The digest is the order's id at the venue, for all signature types."""

    separator: bytes
    contents: bytes
    """hashStruct(Order)."""
    digest: bytes


def word(value: int) -> bytes:
    """A number as the 32 bytes of the ABI."""
    return value.to_bytes(32, "big")


def address_word(address: str) -> bytes:
    """An address as the 32 bytes of the ABI."""
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def exchange_separator(exchange: Exchange, chain: int) -> bytes:
    """The domain separator of an exchange."""
    version = keccak(exchange.version.encode())
    return keccak(_EXCHANGE_DOMAIN + _EXCHANGE_NAME + version + word(chain) + address_word(exchange.address))


def typed_digest(separator: bytes, contents: bytes) -> bytes:
    """What is signed: of a domain, and of the hash of a struct."""
    return keccak(b"\x19\x01" + separator + contents)


def order_hashes(words: bytes, separator: bytes) -> OrderHashes:
    """The hashes of an order, from its 384 bytes of words and its exchange's domain."""
    contents = keccak(words)
    return OrderHashes(separator, contents, keccak(b"\x19\x01" + separator + contents))


def nested_digest(hashes: OrderHashes, wallet: str, chain: int) -> bytes:
    """What the owner of a deposit wallet signs: ERC-7739's `TypedDataSign` around the order."""
    return typed_digest(hashes.separator, keccak(_NESTED_TYPE_HASH + hashes.contents + _wallet_words(wallet, chain)))


def nested_signature(signature: bytes, hashes: OrderHashes) -> bytes:
    """The 317 bytes of a deposit wallet's signature around the owner's 65."""
    return signature + hashes.separator + hashes.contents + _NESTED_TAIL


def login_digest(address: str, timestamp: int, nonce: int, chain: int) -> bytes:
    """What level 1 signs: `timestamp` is in unix seconds."""
    separator = keccak(_LOGIN_DOMAIN + keccak(b"ClobAuthDomain") + keccak(b"1") + word(chain))
    said = keccak(str(timestamp).encode())
    return typed_digest(separator, keccak(_LOGIN_TYPE_HASH + address_word(address) + said + word(nonce) + _LOGIN_TEXT))


@lru_cache(maxsize=64)
def _wallet_words(wallet: str, chain: int) -> bytes:
    return _WALLET_NAME + _WALLET_VERSION + word(chain) + address_word(wallet) + word(0)
