"""Finding out which of a key's wallets holds the money, and so how its orders are signed."""

from collections.abc import Mapping

import aiohttp
import msgspec

from dutchbook.app.accounts.at_polymarket import AtPolymarket
from dutchbook.app.accounts.polymarket import PolymarketKeys, address_of
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.live.event_loop import new_event_loop
from dutchbook.app.live.venues import surroundings
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import Money
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.wallets import SignatureType, deposit_wallet, proxy_wallet, safe_wallet


class SignIn(msgspec.Struct, frozen=True):
    """A kind of account as its owner knows it."""

    word: str
    kind: SignatureType
    meaning: str


SIGN_INS = (
    SignIn("own", SignatureType.EOA, "a wallet of your own that holds the dollars itself"),
    SignIn("email", SignatureType.PROXY, "polymarket.com, by e-mail or Google, before spring 2026"),
    SignIn("browser", SignatureType.SAFE, "polymarket.com, by a browser wallet such as MetaMask, before spring 2026"),
    SignIn("deposit", SignatureType.DEPOSIT_WALLET, "polymarket.com, since spring 2026, however you sign in"),
)


def wallets_of(address: str) -> Mapping[SignatureType, tuple[str, ...]]:
    """All wallets that Polymarket's factories give to a key's address, by the signature type of their orders."""
    return {
        SignatureType.EOA: (address,),
        SignatureType.PROXY: (proxy_wallet(address),),
        SignatureType.SAFE: (safe_wallet(address),),
        SignatureType.DEPOSIT_WALLET: (deposit_wallet(address, beacon=False), deposit_wallet(address, beacon=True)),
    }


def funded_wallets(private_key: Secret, hosts: PolymarketHosts, clock: Clock) -> Mapping[SignatureType, Money]:
    """Which kinds of wallets of a key have money, as the venue answers. Raises ConfigError, VenueError or WireError."""
    loop = new_event_loop()
    try:
        return loop.run_until_complete(_funded(private_key, hosts, clock))
    finally:
        loop.close()


async def _funded(private_key: Secret, hosts: PolymarketHosts, clock: Clock) -> Mapping[SignatureType, Money]:
    address = address_of(private_key, "the key given")
    account = polymarket_account(address=address, salt_seed=address.lower(), signature_type=SignatureType.EOA)
    keys = PolymarketKeys(private_key=private_key, account=account)
    async with aiohttp.ClientSession() as session:
        return await AtPolymarket(keys, hosts, session, surroundings(clock)).wallets_with_money()
