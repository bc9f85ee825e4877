"""The market channel over as many sockets as it takes, each carrying both outcomes of its markets."""

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec

from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.venues.budget import Budget
from dutchbook.venues.connection import KeptConnection, Reached, first_of
from dutchbook.venues.feed import FeedState, FrameSink, NoticeSink
from dutchbook.venues.polymarket.limits import CONNECTIONS
from dutchbook.venues.polymarket.rest import PolymarketRest
from dutchbook.venues.polymarket.shard import MarketShard, Watch
from dutchbook.venues.surroundings import Surroundings

PATH = "/ws/market"


class StreamTerms(msgspec.Struct, frozen=True):
    """How the sockets are used. Beyond 500 outcomes on one, snapshots were seen missing (protocol section 4.1)."""

    outcomes_per_socket: int = 200
    watch: Watch = Watch()


class PolymarketStream:
    """Live books and prints of markets: a `LiveFeed`. Runs once."""

    def __init__(
        self,
        ws: str,
        rest: PolymarketRest,
        budget: Budget,
        surroundings: Surroundings,
        terms: StreamTerms = StreamTerms(),  # noqa: B008 - a frozen value
    ) -> None:
        self._url = ws.rstrip("/") + PATH
        self._rest = rest
        self._budget = budget
        self._around = surroundings
        self._terms = terms
        self._shards: list[MarketShard] = []
        self._home: dict[OutcomeId, MarketShard] = {}
        self._reached = Reached()
        self._group: asyncio.TaskGroup | None = None
        self._frames: FrameSink = _nobody
        self._notices: NoticeSink = _nobody

    async def run(self, markets: Sequence[Market], frames: FrameSink, notices: NoticeSink) -> None:
        """See `LiveFeed.run`."""
        self._frames, self._notices = frames, notices
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                self.watch(markets)
                # Without markets, or once all are over, the feed waits for new ones.
                await asyncio.get_running_loop().create_future()
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None
        finally:
            self._group = None

    def watch(self, markets: Iterable[Market]) -> None:
        """See `LiveFeed.watch`. Only while it runs."""
        room = max(2, self._terms.outcomes_per_socket)
        fresh = [market for market in markets if market.yes not in self._home]
        for shard in self._shards:
            free = (room - len(shard)) // 2
            if free > 0 and fresh:
                self._put(shard, fresh[:free])
                fresh = fresh[free:]
        while fresh:
            self._put(self._new_shard(), fresh[: room // 2])
            fresh = fresh[room // 2 :]

    def drop(self, markets: Iterable[Market]) -> None:
        """See `LiveFeed.drop`."""
        for market in markets:
            shard = self._home.pop(market.yes, None)
            self._home.pop(market.no, None)
            if shard is not None:
                shard.remove([market])

    def resync(self, outcomes: Iterable[OutcomeId]) -> None:
        """See `LiveFeed.resync`."""
        wanted: dict[MarketShard, list[OutcomeId]] = {}
        for outcome in outcomes:
            shard = self._home.get(outcome)
            if shard is not None:
                wanted.setdefault(shard, []).append(outcome)
        for shard, some in wanted.items():
            shard.resync(some)

    def _put(self, shard: MarketShard, markets: Sequence[Market]) -> None:
        for market in markets:
            self._home[market.yes] = self._home[market.no] = shard
        shard.add(markets)

    def _new_shard(self) -> MarketShard:
        if self._group is None:
            raise RuntimeError("a stream carries markets while it runs")
        shard = MarketShard(self._url, self._rest, self._around, self._frames, self._terms.watch)
        self._shards.append(shard)
        connection = KeptConnection(
            Venue.POLYMARKET, len(self._shards), shard, self._around, self._notices, self._reached
        )
        shard.tell_lost(partial(connection.say, FeedState.LOST))
        self._group.create_task(self._keep(connection))
        return shard

    async def _keep(self, connection: KeptConnection) -> None:
        await self._budget.spend((CONNECTIONS,))
        await connection.keep()


def _nobody(_: object) -> None:
    """Hears nothing: before a run there is nothing to hear."""
