"""Which venues to connect to and how: hosts, keys, what to ask for."""

import asyncio
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random

import aiohttp
import msgspec

from dutchbook.app.live.feeds import Link, LiveFeeds
from dutchbook.app.live.source import Connect, Label
from dutchbook.app.sandbox.accounts import sandbox_accounts
from dutchbook.app.sandbox.addresses import SandboxAddresses
from dutchbook.config.settings import VenueSettings
from dutchbook.domain.errors import ConfigError
from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.live import LivePolymarket
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings

KEY_ID, KEY_FILE = "KALSHI_API_KEY_ID", "KALSHI_PRIVATE_KEY_PATH"


class KalshiKey(msgspec.Struct, frozen=True):
    """An API key: its id and its private half as PEM text."""

    id: str
    pem: str

    def __repr__(self) -> str:
        return f"KalshiKey({self.id!r})"


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """Hosts and keys of the venues to read. A venue whose hosts are absent is not read."""

    polymarket: PolymarketHosts | None = None
    kalshi: KalshiHosts | None = None
    key: KalshiKey | None = None
    sandbox: bool = False

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
            return Label(f"sandbox: {names}", f"sandbox:{names}", notice, self.venues[0])
        notice = f"live public data of {names}; every fill is simulated"
        return Label(names, f"live:{names}", notice, self.venues[0])


def in_sandbox(addresses: SandboxAddresses, home: Path) -> Where:
    """Both venues of a running sandbox, with a test account's key."""
    polymarket, kalshi = addresses.polymarket, addresses.kalshi
    account = sandbox_accounts(home).kalshi[0]
    return Where(
        polymarket=PolymarketHosts(
            clob=polymarket.clob, gamma=polymarket.gamma, data=polymarket.data, ws=polymarket.ws
        ),
        kalshi=KalshiHosts(rest=kalshi.rest, ws=kalshi.ws),
        key=KalshiKey(account.key_id, account.private_key),
        sandbox=True,
    )


def in_the_world(venues: Sequence[Venue], environ: Mapping[str, str]) -> Where:
    """The real hosts. Raises ConfigError if Kalshi is wanted and no key is there."""
    return Where(
        polymarket=PolymarketHosts() if Venue.POLYMARKET in venues else None,
        kalshi=KalshiHosts() if Venue.KALSHI in venues else None,
        key=_kalshi_key(environ) if Venue.KALSHI in venues else None,
    )


def live_polymarket(hosts: PolymarketHosts, session: aiohttp.ClientSession, around: Surroundings) -> LivePolymarket:
    """A client of Polymarket."""
    return LivePolymarket(session, around, hosts)


def live_kalshi(
    hosts: KalshiHosts, key: KalshiKey | None, session: aiohttp.ClientSession, around: Surroundings
) -> LiveKalshi:
    """A client of Kalshi. Raises ConfigError without a usable key."""
    if key is None:
        raise ConfigError("kalshi: its socket wants a signed handshake, and there is no key - name one")
    return LiveKalshi(session, around, hosts, signer=KalshiSigner(key.id, key.pem, around.clock))


def surroundings(clock: Clock) -> Surroundings:
    """The real world, for live clients."""
    # Jitter of reconnections: chance that nobody needs to repeat.
    return Surroundings(clock, Random(), asyncio.sleep, connect)  # noqa: S311


def connecting(where: Where, settings: VenueSettings, clock: Clock) -> Connect:
    """How to connect there, once there is a session and its event loop runs."""

    def to_venues(session: aiohttp.ClientSession) -> LiveFeeds:
        around = surroundings(clock)
        links = []
        if where.polymarket is not None:
            polymarket = live_polymarket(where.polymarket, session, around)
            listed = PolymarketWanted(most_events=settings.polymarket.max_events)
            links.append(Link(Venue.POLYMARKET, polymarket, partial(polymarket.discover, listed)))
        if where.kalshi is not None:
            kalshi = live_kalshi(where.kalshi, where.key, session, around)
            wanted = KalshiWanted(most_events=settings.kalshi.max_events)
            links.append(Link(Venue.KALSHI, kalshi, partial(kalshi.discover, wanted)))
        return LiveFeeds(links, clock, settings.look_again)

    return to_venues


def _kalshi_key(environ: Mapping[str, str]) -> KalshiKey:
    key_id, path = environ.get(KEY_ID, ""), environ.get(KEY_FILE, "")
    if not key_id or not path:
        missing = KEY_FILE if key_id else KEY_ID
        raise ConfigError(
            f"kalshi: its socket wants a signed handshake even for public data, and {missing} is not set - "
            f"make a read-only key at Kalshi, then set {KEY_ID} and {KEY_FILE}"
        )
    try:
        return KalshiKey(key_id, Path(path).read_text())
    except OSError as error:
        raise ConfigError(f"{KEY_FILE}: {path} cannot be read ({error.strerror}) - name the file of the key") from error
