"""One market, one book: where an order or a level of either outcome stands in the book of YES."""

from typing import NamedTuple

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import Price, complement


class Place(NamedTuple):
    """A level, or the place of an order, in terms of YES: NO bought at q is YES sold at 1 - q."""

    yes: OutcomeId
    side: Side
    price: Price


def place(market: Market, outcome: OutcomeId, side: Side, price: Price) -> Place:
    """Where `side` at `price` of `outcome` stands in the book of the market's YES."""
    if outcome == market.yes:
        return Place(market.yes, side, price)
    return Place(market.yes, side.opposite, complement(price))


def price_in(market: Market, outcome: OutcomeId, price_of_yes: Price) -> Price:
    """A price of YES as the price of `outcome`."""
    return price_of_yes if outcome == market.yes else complement(price_of_yes)


def at_least_as_good(side: Side, price: Price, limit: Price) -> bool:
    """Whether an order of `side` with this limit may trade at `price`."""
    return price <= limit if side is Side.BUY else price >= limit
