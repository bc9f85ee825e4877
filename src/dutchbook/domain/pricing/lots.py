"""In which steps of size an order that trades at once may be sent, so that its venue takes exactly what was asked."""

from collections.abc import Iterable
from math import gcd, lcm

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue, venue_of
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import Price, Size

_BUYS, _SELLS = 10_000, 100


def taking_lot(market: MarketId, side: Side, limit: Price) -> Size:
    """What the size of an order that trades at once at this limit has to be a multiple of.

    Polymarket takes such a purchase as dollars, of which it allows whole cents, and the dollars of such a sale with
    four decimals (protocol 1.3): so 0.53 dollars are bought in whole contracts, 0.50 in steps of 0.02. Kalshi counts
    hundredths of a contract at every price.
    """
    if venue_of(market) is not Venue.POLYMARKET:
        return LOT
    return dollars_lot(side, limit)


def dollars_lot(side: Side, unit: Price) -> Size:
    """Polymarket's step of size at a price, or at every multiple of one: whole cents bought for, or 0.0001 sold for.

    Dollars count price x size / 10**4 in base units: purchases need 10**4 of them, sales 10**2; sizes are 10**4.
    """
    wanted = _BUYS if side is Side.BUY else _SELLS
    return Size(LOT * (wanted // gcd(unit, wanted)))


def common_lot(lots: Iterable[Size]) -> Size:
    """The least size that is a multiple of each: what every leg of a basket can be sent in."""
    return Size(lcm(*lots))
