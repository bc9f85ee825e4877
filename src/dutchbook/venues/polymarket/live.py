"""Polymarket as the desk reads it, live: discovery, REST and the market channel behind one constructor."""

from collections.abc import Iterable, Sequence

import aiohttp

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.venues.budget import Budget
from dutchbook.venues.feed import Discovered, FrameSink, NoticeSink
from dutchbook.venues.http import HttpReader
from dutchbook.venues.polymarket.discovery import PolymarketDiscovery, PolymarketWanted
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.limits import LIMITS
from dutchbook.venues.polymarket.rest import PolymarketRest
from dutchbook.venues.polymarket.rewards import PolymarketRewards
from dutchbook.venues.polymarket.stream import PolymarketStream, StreamTerms
from dutchbook.venues.surroundings import Surroundings


class LivePolymarket:
    """Public data of Polymarket, without keys. A `LiveFeed`, and what else can be read.

    The session is the caller's to close. Make a new one for each run.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        surroundings: Surroundings,
        hosts: PolymarketHosts = PolymarketHosts(),  # noqa: B008 - a frozen value
        terms: StreamTerms = StreamTerms(),  # noqa: B008 - a frozen value
    ) -> None:
        self.hosts = hosts
        budget = Budget(LIMITS, surroundings.clock, surroundings.sleep)
        clob = HttpReader(hosts.clob, session, budget, surroundings)
        gamma = HttpReader(hosts.gamma, session, budget, surroundings)
        self.rest = PolymarketRest(clob, surroundings.clock)
        self.rewards = PolymarketRewards(clob, gamma)
        self._discovery = PolymarketDiscovery(gamma)
        self._stream = PolymarketStream(hosts.ws, self.rest, budget, surroundings, terms)

    async def discover(self, wanted: PolymarketWanted) -> Discovered:
        """Questions and markets. Raises VenueError or WireError."""
        return await self._discovery.find(wanted)

    async def markets(self, ids: Sequence[MarketId]) -> Discovered:
        """Single markets, whatever their state, without what their groups promise. Raises like `discover`."""
        return await self._discovery.markets(tuple(ids))

    async def read(self, ids: Sequence[MarketId]) -> Sequence[Market]:
        """Single markets as they are now, whatever their state. Raises like `discover`."""
        return (await self.markets(ids)).markets

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
