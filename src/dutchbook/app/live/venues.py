"""Which venues to connect to and how: hosts, keys, what to ask for."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

import aiohttp
import msgspec

from dutchbook.app.accounts.chain import KeyChain
from dutchbook.app.accounts.kalshi import KalshiKeys, kalshi_keys
from dutchbook.app.accounts.names import KeyName
from dutchbook.app.accounts.secret import Secret
from dutchbook.app.live.feeds import Link, LiveFeeds
from dutchbook.app.live.named import named_at, with_named
from dutchbook.app.live.rewards import RewardScan
from dutchbook.app.live.source import Connect, Label
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.addresses import SandboxAddresses
from dutchbook.app.trading import Trading
from dutchbook.catalogue.reward_settings import RewardFilters
from dutchbook.config.settings import VenueSettings
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.domain.pairs import PairedMarket
from dutchbook.domain.ports import Clock
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.live import LivePolymarket
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings

type Seats = Callable[[aiohttp.ClientSession, Surroundings], Awaitable[Trading]]
"""Takes the seats of accounts at their venues. Raises VenueError if a venue does not know one."""


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts and keys of the venues to read. A venue whose hosts are absent is not read."""

    polymarket: PolymarketHosts | None = None
    kalshi: KalshiHosts | None = None
    key: KalshiKeys | None = None
    """Whose signature opens Kalshi's socket."""
    sandbox: bool = False
    world: str = ""
    """Which sandbox: accounts, orders and positions there end with it."""

    @property
    def venues(self) -> tuple[Venue, ...]:
        """The venues that are read."""
        pairs = ((Venue.POLYMARKET, self.polymarket), (Venue.KALSHI, self.kalshi))
        return tuple(venue for venue, hosts in pairs if hosts is not None)

    @property
    def label(self) -> Label:
        """What a desk that reads there calls it."""
        names = " and ".join(self.venues)
        if self.sandbox:
            notice = "the exchange in a box: a simulated market with simulated traders, no real prices"
            return Label(f"sandbox: {names}", f"sandbox:{names}:{self.world}", notice, self.venues[0])
        notice = f"live public data of {names}; every fill is simulated"
        return Label(names, f"live:{names}", notice, self.venues[0])


def in_sandbox(addresses: SandboxAddresses, home: Path) -> Where:
    """Both venues of a running sandbox, with a test account's key."""
    polymarket, kalshi = addresses.polymarket, addresses.kalshi
    account = sandbox_accounts(home).kalshi[0]
    return Where(
        polymarket=PolymarketHosts(
            clob=polymarket.clob,
            gamma=polymarket.gamma,
            data=polymarket.data,
            ws=polymarket.ws,
            relayer=polymarket.relayer,
            chain=polymarket.chain,
        ),
        kalshi=KalshiHosts(rest=kalshi.rest, ws=kalshi.ws),
        key=KalshiKeys(key_id=account.key_id, pem=Secret(account.private_key)),
        sandbox=True,
        world=addresses.world,
    )


def in_the_world(venues: Sequence[Venue], keys: KeyChain) -> Where:
    """The real hosts. Raises ConfigError if Kalshi is wanted and no key of it is there."""
    return Where(
        polymarket=PolymarketHosts() if Venue.POLYMARKET in venues else None,
        kalshi=KalshiHosts() if Venue.KALSHI in venues else None,
        key=_kalshi_key(keys) if Venue.KALSHI in venues else None,
    )


def live_polymarket(hosts: PolymarketHosts, session: aiohttp.ClientSession, around: Surroundings) -> LivePolymarket:
    """A client of Polymarket."""
    return LivePolymarket(session, around, hosts)


def live_kalshi(
    hosts: KalshiHosts, key: KalshiKeys | None, session: aiohttp.ClientSession, around: Surroundings
) -> LiveKalshi:
    """A client of Kalshi. Raises ConfigError without a usable key."""
    if key is None:
        raise ConfigError("kalshi: its socket wants a signed handshake, and there is no key - name one")
    return LiveKalshi(session, around, hosts, signer=key.signer(around.clock))


def surroundings(clock: Clock) -> Surroundings:
    """The real world, for live clients."""
    # Jitter of reconnections: chance that nobody needs to repeat.
    return Surroundings(clock, Random(), asyncio.sleep, connect)  # noqa: S311


def connecting(
    where: Where,
    settings: VenueSettings,
    clock: Clock,
    named: Sequence[PairedMarket] = (),
    seats: Seats | None = None,
    around: Surroundings | None = None,
    rewards: RewardFilters | None = None,
) -> Connect:
    """How to connect there, once there is a session and its event loop runs.

    `named` markets are read in any case. With `seats` the desk trades there. `around` is the real world by default.
    With `rewards` the venues are asked what they pay for quotes, and markets whose terms pass are read too.
    """
    about = surroundings(clock) if around is None else around

    def to_venues(session: aiohttp.ClientSession) -> LiveFeeds:
        links = []
        if where.polymarket is not None:
            polymarket = live_polymarket(where.polymarket, session, about)
            listed = PolymarketWanted(most_events=settings.polymarket.max_events)
            ids = named_at(Venue.POLYMARKET, named)
            discover = with_named(partial(polymarket.discover, listed), polymarket.markets, ids)
            scan = _scan(Venue.POLYMARKET, polymarket, rewards, clock)
            links.append(Link(Venue.POLYMARKET, polymarket, discover, polymarket.read, scan))
        if where.kalshi is not None:
            kalshi = live_kalshi(where.kalshi, where.key, session, about)
            wanted = KalshiWanted(most_events=settings.kalshi.max_events)
            ids = named_at(Venue.KALSHI, named)
            found = with_named(partial(kalshi.discover, wanted), kalshi.markets, ids)
            scan = _scan(Venue.KALSHI, kalshi, rewards, clock)
            links.append(Link(Venue.KALSHI, kalshi, found, kalshi.read, scan))
        return LiveFeeds(links, clock, settings.look_again, None if seats is None else partial(seats, session, about))

    return to_venues


def _scan(
    venue: Venue, client: LivePolymarket | LiveKalshi, filters: RewardFilters | None, clock: Clock
) -> RewardScan | None:
    return None if filters is None else RewardScan(venue, client.rewards, client.markets, filters, clock)


def _kalshi_key(keys: KeyChain) -> KalshiKeys:
    found = kalshi_keys(keys)
    if found is None:
        raise ConfigError(
            f"kalshi: its socket wants a signed handshake even for public data, and {KeyName.KALSHI_API_KEY_ID} is not "
            "set - make a read-only key at Kalshi, then run `dutchbook init` or set it and "
            f"{KeyName.KALSHI_PRIVATE_KEY_PATH}"
        )
    return found
