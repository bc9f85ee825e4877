"""Which shard a request means, and which shards there are (protocol section 12)."""

from collections.abc import Sequence

from dutchbook.domain.identity import MarketId
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import ExchangeEvent, ListingAdded
from dutchbook.exchange.servers.kalshi.errors import market_not_found

BY_TICKER = -1


class Shards:
    """The shards of one exchange."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._all: tuple[int, ...] = tuple(sorted({0, *(each.shard for each in exchange.listings.values())}))
        exchange.listen(self._heard, ListingAdded)

    @property
    def all(self) -> Sequence[int]:
        """Those in use, in order; 0 always is."""
        return self._all

    def market(self, ticker: str, shard: object = None) -> MarketId:
        """The market, if it is on the shard that the request names (None and -1: wherever its ticker leads).

        Raises ApiError 404: that a market is unknown on a shard that is not its own is an assumption.
        """
        listing = self._exchange.listings.get(MarketId(ticker))
        if listing is None or shard not in (None, BY_TICKER, listing.shard):
            raise market_not_found()
        return listing.id

    def reaches(self, market: MarketId, ticker: str, shard: int | None) -> bool:
        """Whether a request about an order of `market` gets to its shard: by number, by ticker, or because it is 0."""
        home = self._exchange.listings[market].shard
        if shard is not None and shard != BY_TICKER:
            return shard == home
        return ticker == market if ticker else home == 0

    def billed(self, shard: object) -> Sequence[int]:
        """Whose write buckets pay: the named one from 1 on; calls that are routed for us are billed to every shard."""
        return (shard,) if isinstance(shard, int) and shard >= 1 else self._all

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, ListingAdded):
            shard = self._exchange.listings[event.market].shard
            if shard not in self._all:
                self._all = tuple(sorted({*self._all, shard}))
