"""When markets changed and settled, and the two vocabularies of their status (protocol section 3.5)."""

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import ExchangeEvent, GridMoved, ListingAdded, Resolved, StatusMoved

STATUS_WORDS = {
    MarketStatus.UNOPENED: "initialized",
    MarketStatus.OPEN: "active",
    MarketStatus.PAUSED: "inactive",
    MarketStatus.CLOSED: "closed",
    MarketStatus.RESOLVED: "finalized",
}
"""In bodies, as long as nothing is ruled."""
FILTER_WORDS = {
    "unopened": MarketStatus.UNOPENED,
    "open": MarketStatus.OPEN,
    "paused": MarketStatus.PAUSED,
    "closed": MarketStatus.CLOSED,
    "settled": MarketStatus.RESOLVED,
}
"""In the `status` filter."""


def status_word(listing: Listing) -> str:
    """`status` of a market. What a dispute changed is settled without having been called `amended`."""
    if listing.ruling is None or listing.market.status is MarketStatus.RESOLVED:
        return STATUS_WORDS[listing.market.status]
    return "disputed" if listing.ruling.disputed else "determined"


class MarketTimes:
    """Remembers of each market when it last changed, and when it settled."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._updated: dict[MarketId, Nanos] = {}
        self._settled: dict[MarketId, Nanos] = {}
        exchange.listen(self._heard, ListingAdded, StatusMoved, GridMoved, Resolved)

    def updated(self, market: MarketId) -> Nanos:
        """The last change of its facts; its creation if there was none."""
        return self._updated.get(market) or self._exchange.listings[market].created

    def settled(self, market: MarketId) -> Nanos | None:
        """When it was decided and paid. For a market that was resolved before we listened: its close."""
        known = self._settled.get(market)
        if known is None:
            listed = self._exchange.listings[market].market
            return listed.closes if listed.status is MarketStatus.RESOLVED else None
        return known

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, ListingAdded | StatusMoved | GridMoved | Resolved):
            self._updated[event.market] = event.at
            if isinstance(event, Resolved):
                self._settled[event.market] = event.at
