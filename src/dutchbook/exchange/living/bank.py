"""The accounts of the living market's traders, opened when somebody first needs them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from random import Random

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.living.wallet import OrderIds, Wallet

FIRM_CASH = Money(50_000_000 * DOLLAR)
"""What a firm starts with: enough that it never has to stop quoting for want of cash."""
_INFORMED = 12
_INFORMED_CASH = Money(2_000_000 * DOLLAR)
_SMALL_CASH = Money(20_000 * DOLLAR)


class Bank:
    """Opens accounts. At Polymarket an account is a wallet address, at Kalshi a member's UUID."""

    def __init__(self, exchanges: Mapping[Venue, Exchange], rng: Random, shards: Iterable[int] = ()) -> None:
        """`shards` are those of Kalshi on which something is traded."""
        self._exchanges = exchanges
        self._shards = sorted(set(shards) - {0})
        self._ids = OrderIds(rng)
        self._wallets: dict[tuple[Venue, str], Wallet] = {}
        self._groups: dict[tuple[Venue, str, int], Sequence[Wallet]] = {}
        """The same lists for all markets: a large world has thousands of those."""

    def wallet(self, venue: Venue, name: str, cash: Money = FIRM_CASH, *, account: str | None = None) -> Wallet:
        """The account of a trader, opened at the first call; `account` is its id if that is given from outside."""
        key = (venue, name)
        if key not in self._wallets:
            id_ = account or account_id(venue, name)
            shards = self._shards if venue is Venue.KALSHI else ()
            self._wallets[key] = Wallet(self._exchanges[venue], venue, id_, cash, self._ids, shards)
        return self._wallets[key]

    def informed(self, venue: Venue) -> Sequence[Wallet]:
        return self._group(venue, "informed", _INFORMED, _INFORMED_CASH)

    def small(self, venue: Venue, count: int) -> Sequence[Wallet]:
        return self._group(venue, "small", count, _SMALL_CASH)

    def _group(self, venue: Venue, name: str, count: int, cash: Money) -> Sequence[Wallet]:
        found = self._groups.get((venue, name, count))
        if found is None:
            found = [self.wallet(venue, f"{name}-{number}", cash) for number in range(count)]
            self._groups[venue, name, count] = found
        return found

    def wallets(self, venue: Venue) -> Iterator[Wallet]:
        """All accounts of a venue so far."""
        return (wallet for (at, _), wallet in self._wallets.items() if at is venue)


def account_id(venue: Venue, name: str) -> str:
    """The id of an invented trader's account: made from its name, so equal in every run."""
    digest = sha256(f"living/{venue}/{name}".encode()).hexdigest()
    if venue is Venue.POLYMARKET:
        return "0x" + digest[:40]
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"
