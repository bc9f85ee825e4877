"""The account that a desk trades with at a venue: the user's at the real one, a test account's in the sandbox."""

from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.accounts.kalshi import KalshiKeys, kalshi_keys
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.polymarket import PolymarketKeys, polymarket_keys
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.sandbox.accounts import SandboxAccounts, relayer_key, sandbox_accounts
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.storage.home import Home
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.hosts import PolymarketHosts

type Account = PolymarketKeys | KalshiKeys
type Hosts = PolymarketHosts | KalshiHosts

TESTER = "alice"
"""The sandbox's test account that is used when nobody asks for another."""
_PLACE = "sandbox accounts"


def account_in_the_world(venue: Venue, chain: KeyChain) -> Account:
    """The user's own account. Raises ConfigError if there are no keys of it, or they do not fit together."""
    account = polymarket_keys(chain) if venue is Venue.POLYMARKET else kalshi_keys(chain)
    if account is None:
        first = KeyName.POLYMARKET_PRIVATE_KEY if venue is Venue.POLYMARKET else KeyName.KALSHI_API_KEY_ID
        raise ConfigError(f"{venue}: there are no keys of an account, {first} is not set - run `dutchbook init`")
    return account


def venues_with_keys(chain: KeyChain) -> tuple[Venue, ...]:
    """The venues at which the user has an account. Raises ConfigError if there is none."""
    found = {Venue.POLYMARKET: polymarket_keys(chain), Venue.KALSHI: kalshi_keys(chain)}
    venues = tuple(venue for venue, keys in found.items() if keys is not None)
    if not venues:
        raise ConfigError("there are no keys of any account - run `dutchbook init`")
    return venues


def account_in_sandbox(venue: Venue, accounts: SandboxAccounts, name: str = TESTER) -> Account:
    """A test account of the sandbox. Raises ConfigError if it has none of that name."""
    if venue is Venue.POLYMARKET:
        wallet = next((one for one in accounts.polymarket if one.name == name), None)
        if wallet is not None:
            account = polymarket_account(
                address=wallet.address,
                salt_seed=wallet.address.lower(),
                funder=wallet.funder,
                signature_type=wallet.signature_type,
            )
            places = {KeyName.POLYMARKET_PRIVATE_KEY: _PLACE}
            relayer = Secret(relayer_key(wallet))
            secret = Secret(wallet.private_key)
            return PolymarketKeys(private_key=secret, account=account, relayer=relayer, places=places)
    key = next((one for one in accounts.kalshi if one.name == name), None)
    if venue is Venue.POLYMARKET or key is None:
        raise ConfigError(f"sandbox: {venue} has no test account {name!r} - `dutchbook sandbox accounts` lists them")
    return KalshiKeys(key_id=key.key_id, pem=Secret(key.private_key), places={KeyName.KALSHI_PRIVATE_KEY: _PLACE})


def is_test_account(account: Account, accounts: SandboxAccounts) -> bool:
    """Whether an account's key is one of the sandbox's."""
    if isinstance(account, PolymarketKeys):
        addresses = {wallet.address.lower() for wallet in accounts.polymarket}
        return account.account.address.lower() in addresses
    return account.key_id in {key.key_id for key in accounts.kalshi}


def known_test_accounts(home: Path) -> SandboxAccounts:
    """The sandbox's accounts of a home folder, none if it never ran there."""
    if not Home(home).sandbox_accounts.exists():
        return SandboxAccounts((), ())
    return sandbox_accounts(home)


def addresses_of(hosts: Hosts) -> tuple[str, ...]:
    """All addresses that a venue's clients connect to."""
    if isinstance(hosts, PolymarketHosts):
        return (hosts.clob, hosts.gamma, hosts.data, hosts.ws, hosts.relayer, hosts.chain)
    return (hosts.rest, hosts.ws)


def is_loopback(address: str) -> bool:
    """Whether an address names this machine, by number. Names, `localhost` too, can be made to mean another one."""
    try:
        return ip_address(urlsplit(address).hostname or "").is_loopback
    except ValueError:
        return False
