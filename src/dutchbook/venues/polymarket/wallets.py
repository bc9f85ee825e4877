"""Which wallets belong to a key: the addresses that Polymarket's factories give to an owner (protocol section 1.4).

Every wallet contract is made by a factory with CREATE2, so that its address follows from its owner's.
"""

from enum import IntEnum

from dutchbook.domain.errors import ConfigError
from dutchbook.venues.polymarket.contracts import (
    DEPOSIT_WALLET_BEACON,
    DEPOSIT_WALLET_FACTORY,
    DEPOSIT_WALLET_IMPLEMENTATION,
    PROXY_FACTORY,
    PROXY_IMPLEMENTATION,
    SAFE_FACTORY,
    SAFE_INIT_CODE_HASH,
)
from dutchbook.venues.polymarket.keccak import keccak

# Creation codes of the factories: a minimal proxy with a constructor call, and two forms of an ERC-1967 proxy.
_PROXY_HEAD = "3d3d606380380380913d393d73"
_PROXY_MIDDLE = "5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73"
_PROXY_TAIL = "5af43d82803e903d91602b57fd5bf3" + "52e831dd" + f"{32:064x}" + f"{0:064x}"
_UUPS_HEAD = 0x61003D3D8160233D3973
_UUPS_TAIL = bytes.fromhex(
    "60095155f3363d3d373d3d363d7f360894a13ba1a3210667c828492db98dca3e2076"
    "cc3735a920a3ca505d382bbc545af43d6000803e6038573d6000fd5b3d6000f3"
)
_BEACON_HEAD = 0x6100523D8160233D3973
_BEACON_TAIL = bytes.fromhex(
    "60195155f3363d3d373d3d363d602036600436635c60da1b60e01b36527fa3f0ad74e5423aebfd80d3ef4346578335a9a72aeaee59ff6c"
    "b3582b35133d50545afa5036515af43d6000803e604d573d6000fd5b3d6000f3"
)


class SignatureType(IntEnum):
    """How orders are signed, which follows from where the money is (protocol section 1.2)."""

    EOA = 0
    """The key's own address."""
    PROXY = 1
    """The proxy wallet of an e-mail account."""
    SAFE = 2
    """The Gnosis Safe of a browser account."""
    DEPOSIT_WALLET = 3
    """The deposit wallet of accounts made since spring 2026: ERC-7739 signatures."""


def checksummed(address: str) -> str:
    """An address with the capitals of EIP-55. Raises ConfigError unless it is 0x and 40 hex digits."""
    plain = address[2:].lower()
    if len(address) != 42 or not address.startswith(("0x", "0X")) or plain.strip("0123456789abcdef"):
        raise ConfigError(f"{address[:80]!r} is no Ethereum address - it has 0x and 40 hex digits")
    nibbles = keccak(plain.encode()).hex()
    return "0x" + "".join(c.upper() if int(n, 16) >= 8 else c for c, n in zip(plain, nibbles[:40], strict=True))


def proxy_wallet(owner: str) -> str:
    """The proxy wallet of an owner."""
    code = _PROXY_HEAD + PROXY_FACTORY[2:] + _PROXY_MIDDLE + PROXY_IMPLEMENTATION[2:] + _PROXY_TAIL
    return _create2(PROXY_FACTORY, keccak(bytes.fromhex(owner[2:])), keccak(bytes.fromhex(code)))


def safe_wallet(owner: str) -> str:
    """The Safe of an owner."""
    return _create2(SAFE_FACTORY, keccak(_padded(owner)), bytes.fromhex(SAFE_INIT_CODE_HASH[2:]))


def deposit_wallet(owner: str, *, beacon: bool) -> str:
    """The deposit wallet of an owner, in one of its two forms: which one applies, the factory says on chain."""
    arguments = _padded(DEPOSIT_WALLET_FACTORY) + _padded(owner)
    head, behind, tail = (
        (_BEACON_HEAD, DEPOSIT_WALLET_BEACON, _BEACON_TAIL)
        if beacon
        else (_UUPS_HEAD, DEPOSIT_WALLET_IMPLEMENTATION, _UUPS_TAIL)
    )
    prefix = (head + (len(arguments) << 56)).to_bytes(10, "big")
    code = prefix + bytes.fromhex(behind[2:]) + tail + arguments
    return _create2(DEPOSIT_WALLET_FACTORY, keccak(arguments), keccak(code))


def kind_of_wallet(owner: str, wallet: str) -> SignatureType | None:
    """How orders of `wallet` are signed by `owner`; None if no factory gives it to him. Both with EIP-55 capitals."""
    derived = {
        owner: SignatureType.EOA,
        proxy_wallet(owner): SignatureType.PROXY,
        safe_wallet(owner): SignatureType.SAFE,
        deposit_wallet(owner, beacon=False): SignatureType.DEPOSIT_WALLET,
        deposit_wallet(owner, beacon=True): SignatureType.DEPOSIT_WALLET,
    }
    return derived.get(wallet)


def _padded(address: str) -> bytes:
    return bytes.fromhex(address[2:]).rjust(32, b"\0")


def _create2(factory: str, salt: bytes, code_hash: bytes) -> str:
    made = keccak(b"\xff" + bytes.fromhex(factory[2:]) + salt + code_hash)
    return checksummed("0x" + made[12:].hex())
