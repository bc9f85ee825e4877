"""Kalshi as the desk reads it, live: discovery, REST and the socket behind one constructor."""

from collections.abc import Iterable, Sequence

import aiohttp

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.venues.budget import Budget
from dutchbook.venues.feed import Discovered, FrameSink, NoticeSink
from dutchbook.venues.http import HttpReader
from dutchbook.venues.kalshi.channel import Watch
from dutchbook.venues.kalshi.discovery import KalshiDiscovery, KalshiWanted
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.incentives import KalshiIncentives
from dutchbook.venues.kalshi.limits import LIMITS
from dutchbook.venues.kalshi.rest import KalshiRest
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.kalshi.stream import KalshiStream
from dutchbook.venues.surroundings import Surroundings


class LiveKalshi:
    """Public data of Kalshi. Reading REST needs no key, `run` does. A `LiveFeed`, and what else can be read.

    The session is the caller's to close. Make a new one for each run.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        surroundings: Surroundings,
        hosts: KalshiHosts = KalshiHosts(),  # noqa: B008 - a frozen value
        *,
        signer: KalshiSigner | None = None,
        watch: Watch = Watch(),  # noqa: B008 - a frozen value
    ) -> None:
        self.hosts = hosts
        budget = Budget(LIMITS, surroundings.clock, surroundings.sleep)
        reader = HttpReader(hosts.rest, session, budget, surroundings)
        self.rest = KalshiRest(reader, surroundings.clock)
        self.rewards = KalshiIncentives(reader, surroundings.clock)
        self._discovery = KalshiDiscovery(reader)
        self._stream = KalshiStream(hosts.ws, signer, self.rest, surroundings, watch)

    async def discover(self, wanted: KalshiWanted) -> Discovered:
        """Questions and markets. Raises VenueError or WireError."""
        return await self._discovery.find(wanted)

    async def markets(self, ids: Sequence[MarketId]) -> Discovered:
        """The events of single markets, whole: their fees are those of a series. Raises like `discover`."""
        listings = [await self.rest.market(market) for market in ids]
        events = dict.fromkeys(market.question for listing in listings for market in listing.markets)
        return await self._discovery.find(KalshiWanted(events=tuple(events))) if events else Discovered()

    async def read(self, ids: Sequence[MarketId]) -> Sequence[Market]:
        """Single markets as they are now, whatever their state; their fees are not those of their series."""
        return [market for id_ in ids for market in (await self.rest.market(id_)).markets]

    async def run(self, markets: Sequence[Market], frames: FrameSink, notices: NoticeSink) -> None:
        """See `LiveFeed.run`."""
        await self._stream.run(markets, frames, notices)

    def watch(self, markets: Iterable[Market]) -> None:
        """See `LiveFeed.watch`."""
        self._stream.watch(markets)

    def drop(self, markets: Iterable[Market]) -> None:
        """See `LiveFeed.drop`."""
        self._stream.drop(markets)

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """See `LiveFeed.resync`."""
        self._stream.resync(outcomes)
