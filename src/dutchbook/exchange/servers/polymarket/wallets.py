"""Which wallet belongs to which key: the deterministic addresses of proxies, Safes and deposit wallets (section 1.4).

Every wallet contract is made by a factory with CREATE2, so its address follows from its owner's. Checked against the
published vectors for the key 1.
"""

from collections.abc import Container
from enum import IntEnum
from functools import lru_cache

from dutchbook.exchange.servers.polymarket.contracts import (
    DEPOSIT_WALLET_BEACON,
    DEPOSIT_WALLET_FACTORY,
    DEPOSIT_WALLET_IMPLEMENTATION,
    PROXY_FACTORY,
    PROXY_IMPLEMENTATION,
    SAFE_FACTORY,
    SAFE_INIT_CODE_HASH,
)
from dutchbook.exchange.servers.polymarket.signing import keccak, word

# Creation codes of the three factories: a minimal proxy with a constructor call, and Solady's ERC-1967 proxies.
_PROXY_HEAD, _PROXY_MIDDLE = (
    "3d3d606380380380913d393d73",
    "5af4602a57600080fd5b602d8060366000396000f3363d3d373d3d3d363d73",
)
_PROXY_TAIL = "5af43d82803e903d91602b57fd5bf3" + "52e831dd" + word(32).hex() + word(0).hex()
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
    """How an order is signed, and by that whose funds it moves (protocol section 1.2)."""

    EOA = 0
    PROXY = 1
    SAFE = 2
    DEPOSIT_WALLET = 3


def proxy_wallet(owner: str) -> str:
    """The proxy of an e-mail account, in lower case like every address here."""
    code = _PROXY_HEAD + PROXY_FACTORY[2:] + _PROXY_MIDDLE + PROXY_IMPLEMENTATION[2:] + _PROXY_TAIL
    return _create2(PROXY_FACTORY, keccak(bytes.fromhex(owner[2:])), keccak(bytes.fromhex(code)))


def safe_wallet(owner: str) -> str:
    """The Gnosis Safe of a browser account."""
    return _create2(SAFE_FACTORY, keccak(word(int(owner, 16))), bytes.fromhex(SAFE_INIT_CODE_HASH[2:]))


def deposit_wallet(owner: str, *, beacon: bool = False) -> str:
    """The deposit wallet of an account made since spring 2026; which form applies, the factory says on chain."""
    arguments = word(int(DEPOSIT_WALLET_FACTORY, 16)) + word(int(owner, 16))
    head, behind, tail = (
        (_BEACON_HEAD, DEPOSIT_WALLET_BEACON, _BEACON_TAIL)
        if beacon
        else (_UUPS_HEAD, DEPOSIT_WALLET_IMPLEMENTATION, _UUPS_TAIL)
    )
    prefix = (head + (len(arguments) << 56)).to_bytes(10, "big")
    code = prefix + bytes.fromhex(behind[2:]) + tail + arguments
    return _create2(DEPOSIT_WALLET_FACTORY, keccak(arguments), keccak(code))


@lru_cache(maxsize=4_096)
def derived_wallets(owner: str) -> tuple[tuple[str, SignatureType], ...]:
    """All wallets that the factories give to one owner, its own address first. `owner` is in lower case."""
    return (
        (owner, SignatureType.EOA),
        (proxy_wallet(owner), SignatureType.PROXY),
        (safe_wallet(owner), SignatureType.SAFE),
        (deposit_wallet(owner), SignatureType.DEPOSIT_WALLET),
        (deposit_wallet(owner, beacon=True), SignatureType.DEPOSIT_WALLET),
    )


class Wallets:
    """Who may sign for which wallet: derived from addresses, and what was registered beyond that."""

    def __init__(self) -> None:
        self._registered: dict[str, dict[str, SignatureType]] = {}
        self._owners: dict[str, str] = {}

    def register(self, owner: str, wallet: str, kind: SignatureType) -> None:
        """Give `wallet` to `owner`: for wallets whose address does not follow from the owner's."""
        self._registered.setdefault(owner.lower(), {})[wallet.lower()] = kind
        self._owners[wallet.lower()] = owner.lower()

    def claim(self, owner: str) -> None:
        """Remember the wallets that the factories give to an owner, so that `owner` finds him from each."""
        for wallet, _ in derived_wallets(owner):
            self._owners.setdefault(wallet, owner)

    def kind(self, owner: str, wallet: str) -> SignatureType | None:
        """How orders of `wallet` are signed by `owner`, None if the wallet is not his. Both in lower case."""
        registered = self._registered.get(owner, {}).get(wallet)
        if registered is not None:
            return registered
        return next((kind for address, kind in derived_wallets(owner) if address == wallet), None)

    def of(self, owner: str) -> tuple[str, ...]:
        """Every wallet of an owner, registered ones first, then his own address and the derived ones."""
        return tuple(dict.fromkeys((*self._registered.get(owner, {}), *(a for a, _ in derived_wallets(owner)))))

    def of_kind(self, owner: str, kind: SignatureType, existing: Container[str] = ()) -> str:
        """The wallet that a signature type means for an owner; of several, one that is in `existing`."""
        mine = [wallet for wallet in self.of(owner) if self.kind(owner, wallet) is kind]
        return next((wallet for wallet in mine if wallet in existing), mine[0])

    def owner(self, wallet: str) -> str | None:
        """The owner of a wallet that was registered or claimed."""
        return self._owners.get(wallet)


@lru_cache(maxsize=16_384)
def checksummed(address: str) -> str:
    """An address with the capitals of EIP-55, as the CLOB writes it; a name that is no address stays as it is."""
    if len(address) != 42 or not address.startswith("0x"):
        return address
    plain = address[2:].lower()
    nibbles = keccak(plain.encode()).hex()
    return "0x" + "".join(c.upper() if int(n, 16) >= 8 else c for c, n in zip(plain, nibbles, strict=False))


def _create2(factory: str, salt: bytes, code_hash: bytes) -> str:
    return "0x" + keccak(b"\xff" + bytes.fromhex(factory[2:]) + salt + code_hash)[12:].hex()
