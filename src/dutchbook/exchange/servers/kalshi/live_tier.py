"""What has left the live endpoints for the historical ones (protocol section 4.6)."""

from dutchbook.domain.units import Nanos
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.kalshi.lifecycle import MarketTimes
from dutchbook.exchange.servers.kalshi.options import KalshiOptions


class Tier:
    """Where the live endpoints end, at a given time."""

    def __init__(self, times: MarketTimes, options: KalshiOptions) -> None:
        self._times = times
        self._options = options

    def cutoff(self, now: Nanos) -> Nanos:
        """Settled markets, trades, fills and positions older than this are historical."""
        return Nanos(max(0, now - self._options.live_window))

    def orders_cutoff(self, now: Nanos) -> Nanos:
        """Terminal orders last updated before this are historical."""
        return Nanos(max(0, now - self._options.live_orders_window))

    def is_live(self, listing: Listing, now: Nanos) -> bool:
        """Whether a market is on the live endpoints."""
        settled = self._times.settled(listing.id)
        return settled is None or settled >= self.cutoff(now)
