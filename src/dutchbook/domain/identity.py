"""Names of things: venues, questions, markets, outcomes. All are the venue's own words, so that they can be pasted."""

from enum import StrEnum
from typing import NewType

QuestionId = NewType("QuestionId", str)
"""A group of markets: Polymarket's event slug or negRisk market id, Kalshi's event ticker."""
MarketId = NewType("MarketId", str)
"""One yes/no proposition: Polymarket's condition id (0x...), Kalshi's market ticker."""
OutcomeId = NewType("OutcomeId", str)
"""What one holds: Polymarket's token id (up to 78 digits), or `<ticker>/yes` and `<ticker>/no` on Kalshi."""


class Venue(StrEnum):
    """An exchange. The sandbox is the same two venues at other hosts."""

    POLYMARKET = "polymarket"
    KALSHI = "kalshi"


def venue_of(market: MarketId) -> Venue:
    """The venue of a market, by the form of its name: Polymarket's are condition ids, Kalshi's have no such prefix."""
    return Venue.POLYMARKET if market.startswith("0x") else Venue.KALSHI


def kalshi_yes(ticker: str) -> OutcomeId:
    """The YES outcome of a Kalshi market."""
    return OutcomeId(ticker + "/yes")


def kalshi_no(ticker: str) -> OutcomeId:
    """The NO outcome of a Kalshi market."""
    return OutcomeId(ticker + "/no")
