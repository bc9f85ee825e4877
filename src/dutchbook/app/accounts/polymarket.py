"""An account at Polymarket as the sources of keys describe it: checked, its address derived, nothing sent."""

from collections.abc import Mapping

import msgspec

from dutchbook.app.accounts.chain import Found, KeyChain
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.secret import Secret
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.venues.polymarket.account import PolymarketAccount, polymarket_account
from dutchbook.venues.polymarket.contracts import CHAIN
from dutchbook.venues.polymarket.secret_key import SecretKey
from dutchbook.venues.polymarket.wallets import checksummed


class ApiSecrets(msgspec.Struct, frozen=True):
    """An API key of Polymarket: its id, its secret, its passphrase."""

    id: str
    secret: Secret
    passphrase: Secret


class PolymarketKeys(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that opens an account. Without `api`, the API key is derived from the private key.

    `private_key` is 64 hex digits, with or without 0x. `places` tells where each value was found.
    """

    private_key: Secret
    account: PolymarketAccount
    api: ApiSecrets | None = None
    relayer: Secret | None = None
    """A relayer's key: without it a wallet's tokens cannot be split, merged, converted or redeemed from here."""
    node: Secret | None = None
    """The address of a node of Polygon; it may hold a key."""
    places: Mapping[KeyName, str] = msgspec.field(default_factory=dict)

    @property
    def venue(self) -> Venue:
        """Where the account is."""
        return Venue.POLYMARKET

    @property
    def name(self) -> str:
        """What the account is called: the address that holds the money."""
        return self.account.funder


def polymarket_keys(chain: KeyChain) -> PolymarketKeys | None:
    """The account that the sources describe, None if there is no private key.

    Raises ConfigError in one line for a key that is none, a funder of somebody else, a signature type that does not
    fit, another chain, half an API key.
    """
    found = {name: one for name in KeyName if name.venue is Venue.POLYMARKET and (one := chain.find(name)) is not None}
    if (key := found.get(KeyName.POLYMARKET_PRIVATE_KEY)) is None:
        return None
    secret = Secret(key.text)
    address = address_of(secret, key.place)
    account = polymarket_account(
        address=address,
        salt_seed=address.lower(),
        funder=_funder(found.get(KeyName.POLYMARKET_FUNDER)),
        signature_type=_number(found.get(KeyName.POLYMARKET_SIGNATURE_TYPE)),
        owner=_text(found, KeyName.POLYMARKET_API_KEY),
        chain=_number(found.get(KeyName.POLYMARKET_CHAIN_ID)) or CHAIN,
    )
    places = {name: one.place for name, one in found.items()}
    return PolymarketKeys(
        private_key=secret,
        account=account,
        api=_api(found),
        relayer=_secret(found, KeyName.POLYMARKET_RELAYER_API_KEY),
        node=_secret(found, KeyName.POLYMARKET_RPC_URL),
        places=places,
    )


def address_of(private_key: Secret, place: str) -> str:
    """The address of a private key, with EIP-55 capitals. Raises ConfigError, without anything of it, if it is none."""
    try:
        return SecretKey(private_key.reveal()).address
    except ConfigError:
        raise ConfigError(
            f"{KeyName.POLYMARKET_PRIVATE_KEY} ({place}): no private key - it has 64 hex digits, with or without 0x: "
            "export it from your wallet, or from polymarket.com"
        ) from None


def _api(found: Mapping[KeyName, Found]) -> ApiSecrets | None:
    names = (KeyName.POLYMARKET_API_KEY, KeyName.POLYMARKET_API_SECRET, KeyName.POLYMARKET_PASSPHRASE)
    there = [name for name in names if name in found]
    if not there:
        return None
    if missing := [name for name in names if name not in found]:
        raise ConfigError(
            f"{', '.join(there)} set, {' and '.join(missing)} not: an API key has all three - set them, or none: it is "
            "then made from the private key"
        )
    key, secret, passphrase = (found[name].text for name in names)
    return ApiSecrets(key, Secret(secret), Secret(passphrase))


def _secret(found: Mapping[KeyName, Found], name: KeyName) -> Secret | None:
    return Secret(found[name].text) if name in found else None


def _funder(found: Found | None) -> str:
    if found is None:
        return ""
    try:
        return checksummed(found.text)
    except ConfigError as error:
        raise ConfigError(f"{found.name} ({found.place}): {error}") from None


def _text(found: Mapping[KeyName, Found], name: KeyName) -> str:
    return found[name].text if name in found else ""


def _number(found: Found | None) -> int | None:
    if found is None:
        return None
    if not (found.text.isascii() and found.text.isdigit() and len(found.text) < 10):
        raise ConfigError(f"{found.name} ({found.place}): no number - {found.name.meaning}")
    return int(found.text)
