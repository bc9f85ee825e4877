"""The books that a desk should know: what screens count as known is counted of these."""

from dutchbook.domain.book import BookView
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.units import Nanos
from dutchbook.engine.desk import Desk


def market_books(desk: Desk) -> list[tuple[Market, BookView]]:
    """The YES books of all markets that are not over, but those that no venue has: of a market that trades no more."""
    return [
        (market, view)
        for market in desk.catalogue.markets()
        if market.payout is None
        and (view := desk.book(market.yes)) is not None
        and (view.usable or _trades(market, desk.now))
    ]


def _trades(market: Market, now: Nanos) -> bool:
    ends = market.closes if market.closes is not None else market.settles  # Polymarket names one date for both
    return market.status is MarketStatus.OPEN and (ends is None or now < ends)
