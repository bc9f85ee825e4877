"""An account at Polymarket, its public side: whose money, who signs, and how."""

import msgspec

from dutchbook.domain.errors import ConfigError
from dutchbook.venues.polymarket.contracts import CHAIN, NO_BUILDER
from dutchbook.venues.polymarket.wallets import SignatureType, checksummed, kind_of_wallet, proxy_wallet, safe_wallet


class PolymarketAccount(msgspec.Struct, frozen=True, kw_only=True):
    """What orders say of their account. Make one with `polymarket_account`, which checks it.

    `address` is the key's own and owns the API key, `funder` holds the money; both with EIP-55 capitals. `owner` is the
    API key's id. Orders get their salts from `salt_seed` and their own ids: keep one seed for an account's life.
    """

    address: str
    funder: str
    signature_type: SignatureType
    salt_seed: str
    owner: str = ""
    chain: int = CHAIN
    builder: str = NO_BUILDER

    @property
    def order_signer(self) -> str:
        """The order's `signer`: a deposit wallet signs as itself, for all others the key's own address does."""
        return self.funder if self.signature_type is SignatureType.DEPOSIT_WALLET else self.address


def polymarket_account(
    *,
    address: str,
    salt_seed: str,
    funder: str = "",
    signature_type: int | None = None,
    owner: str = "",
    chain: int = CHAIN,
    builder: str = NO_BUILDER,
) -> PolymarketAccount:
    """An account, from what a user knows of it.

    Without a funder it is the wallet that the signature type gives to the address; without a signature type, it follows
    from the funder. Raises ConfigError for what cannot be: another chain, a funder that needs another signature type, a
    deposit wallet that is not named, a builder code that is none.
    """
    if chain != CHAIN:
        raise ConfigError(f"Polymarket: chain {chain} is not served - its exchanges are on Polygon, chain {CHAIN}")
    address = checksummed(address)
    kind = None if signature_type is None else _kind(signature_type)
    wallet = checksummed(funder) if funder else _wallet(address, kind)
    return PolymarketAccount(
        address=address,
        funder=wallet,
        signature_type=_agreed(address, wallet, kind),
        salt_seed=salt_seed,
        owner=owner,
        chain=chain,
        builder=_builder(builder),
    )


def _kind(number: int) -> SignatureType:
    try:
        return SignatureType(number)
    except ValueError:
        raise ConfigError(
            f"Polymarket: {number} is no signature type - 0 own address, 1 proxy, 2 Safe, 3 deposit wallet"
        ) from None


def _wallet(address: str, kind: SignatureType | None) -> str:
    match kind:
        case SignatureType.PROXY:
            return proxy_wallet(address)
        case SignatureType.SAFE:
            return safe_wallet(address)
        case SignatureType.DEPOSIT_WALLET:
            raise ConfigError(
                "Polymarket: an account with a deposit wallet needs its address - set POLYMARKET_FUNDER to the one"
                " that polymarket.com shows for deposits"
            )
        case _:
            return address


def _agreed(address: str, wallet: str, kind: SignatureType | None) -> SignatureType:
    """The signature type of a wallet. One that no factory gives to the address is taken as the user says."""
    derived = kind_of_wallet(address, wallet)
    if kind is None:
        if derived is None:
            raise ConfigError(
                f"Polymarket: {wallet} is no wallet of {address} - check key and funder, or name the signature type"
            )
        return derived
    if derived is not None and derived is not kind:
        raise ConfigError(
            f"Polymarket: {wallet} is the {derived.name} wallet of {address} - its signature type is"
            f" {derived.value}, not {kind.value}"
        )
    if derived is None and kind is SignatureType.EOA:
        raise ConfigError(
            f"Polymarket: with signature type 0 the funder is the key's own address {address}, not {wallet}"
            " - check key and funder"
        )
    return kind


def _builder(code: str) -> str:
    plain = code.lower()
    if len(plain) != 66 or not plain.startswith("0x") or plain[2:].strip("0123456789abcdef"):
        raise ConfigError(f"Polymarket: {code[:80]!r} is no builder code - it has 0x and 64 hex digits")
    return plain
