"""Every host beyond this machine that the program may call, and when it does. There is no other, and no telemetry.

The addresses stand where they are used; this is the list of them, which tests compare with the source and with what a
desk really connects to. Hosts that only a user names (alert channels, a database, Sentry) are none of it.
"""

from urllib.parse import urlsplit

import msgspec
from msgspec.structs import astuple

from dutchbook.app.accounts.at_polymarket import WEBSITE
from dutchbook.interfaces.telegram.bot_api import WORLD
from dutchbook.venues.kalshi.hosts import DEMO, KalshiHosts
from dutchbook.venues.polymarket.hosts import PolymarketHosts


class Outbound(msgspec.Struct, frozen=True):
    """A host that is called, and by what choice of the user."""

    host: str
    when: str


def _of(hosts: msgspec.Struct, when: str) -> tuple[Outbound, ...]:
    return tuple(Outbound(urlsplit(address).hostname or address, when) for address in astuple(hosts))


OUTBOUND: tuple[Outbound, ...] = (
    *_of(PolymarketHosts(), "Polymarket is chosen: --venue polymarket, --live"),
    Outbound(urlsplit(WEBSITE).hostname or WEBSITE, "an account there is set up or examined: init, doctor, --live"),
    *_of(KalshiHosts(), "Kalshi is chosen: --venue kalshi, --live"),
    *_of(DEMO, "never by a command: for programs of yours that use the client"),
    Outbound(urlsplit(WORLD).hostname or WORLD, "TELEGRAM_BOT_TOKEN is set"),
)
