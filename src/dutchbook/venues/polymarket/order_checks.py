"""What the venue would refuse as it stands, refused before it is named, signed or sent (protocol sections 1.3, 3)."""

from math import gcd

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import Leg, TimeInForce
from dutchbook.domain.units import SECOND, Nanos, Price, decimal_text, dollars, notional_down
from dutchbook.venues.polymarket.amounts import (
    TAKER_STEP,
    Amounts,
    keeps_cap,
    limit_amounts,
    market_amounts,
    rests,
    size_step,
    tradable_size,
)
from dutchbook.venues.trading import OrderDenied

GTD_EARLY = Nanos(60 * SECOND)
"""The engine expires an order one minute before the time that it states."""
GTD_AHEAD = Nanos(180 * SECOND)
"""A stated expiration must be this far ahead: the official client insists on it."""


def market_takes(leg: Leg, market: Market) -> None:
    """Raises OrderDenied if the market is not this leg's, takes no orders now, or not at this price."""
    if leg.market != market.id or market.venue is not Venue.POLYMARKET or leg.outcome not in (market.yes, market.no):
        raise OrderDenied(f"{leg.outcome}: no outcome of {market.id} at Polymarket - read the catalogue again")
    if market.status is not MarketStatus.OPEN:
        raise OrderDenied(f"{market.id}: the market is {market.status} and takes no orders - wait, or leave it")
    if not market.grid.contains(leg.limit):
        price, tick = decimal_text(leg.limit, 4), decimal_text(market.grid.finest(), 4)
        raise OrderDenied(f"{market.id}: {price} is not on the price grid of {tick} - price it on the current grid")
    if leg.post_only and not rests(leg.tif):
        raise OrderDenied(f"{market.id}: post-only goes with orders that rest, not with {leg.tif} - use GTC or GTD")


def amounts_of(leg: Leg, market: Market) -> Amounts:
    """The exact amounts of a leg. Raises OrderDenied if the size is too small or has no exact amounts."""
    if leg.size <= 0 or tradable_size(leg.size, market.grid, leg.side, leg.tif, leg.limit) != leg.size:
        step = decimal_text(size_step(market.grid, leg.side, leg.tif, leg.limit), 6)
        raise OrderDenied(
            f"{market.id}: {decimal_text(leg.size, 6)} contracts cannot be asked for exactly with {leg.tif} at"
            f" {decimal_text(leg.limit, 4)} - use a multiple of {step}"
        )
    if rests(leg.tif):
        if leg.size < market.min_size:
            least = decimal_text(market.min_size, 6)
            raise OrderDenied(f"{market.id}: {decimal_text(leg.size, 6)} contracts are below the minimum of {least}")
        return limit_amounts(leg.side, leg.limit, leg.size)
    return _immediate(leg, market)


def _immediate(leg: Leg, market: Market) -> Amounts:
    money = notional_down(leg.limit, leg.size)
    if money < market.min_notional:
        least = dollars(market.min_notional)
        raise OrderDenied(f"{market.id}: an order of {dollars(money)} dollars is below the minimum of {least} dollars")
    try:
        given = money if leg.side is Side.BUY else leg.size
        amounts = market_amounts(leg.side, leg.limit, given, _tick(market))
    except ValueError as error:
        raise OrderDenied(f"{market.id}: {error} - dutchbook needs an update") from None
    if amounts != limit_amounts(leg.side, leg.limit, leg.size) or amounts.taker % TAKER_STEP:
        raise OrderDenied(f"{market.id}: {decimal_text(leg.size, 6)} contracts have no exact amounts for {leg.tif}")
    if leg.side is Side.BUY and not keeps_cap(amounts, leg.limit):
        raise OrderDenied(f"{market.id}: these amounts could reach a price above {decimal_text(leg.limit, 4)}")
    return amounts


def _tick(market: Market) -> Price:
    return Price(gcd(*(gcd(band.start, band.step) for band in market.grid.bands)))


def expiration_of(leg: Leg, now: Nanos) -> int:
    """The expiration to state, in unix seconds: one minute after the leg's own, never later. 0 for all but GTD.

    Raises OrderDenied if GTD and an expiration do not go together, or it is too near.
    """
    if leg.tif is not TimeInForce.GTD:
        if leg.expires is not None:
            raise OrderDenied(f"{leg.market}: {leg.tif} has no expiration - use GTD, or leave it out")
        return 0
    if leg.expires is None:
        raise OrderDenied(f"{leg.market}: GTD needs a time to expire at")
    stated = (leg.expires + GTD_EARLY) // SECOND
    if stated * SECOND < now + GTD_AHEAD:
        least = (GTD_AHEAD - GTD_EARLY) // SECOND
        raise OrderDenied(f"{leg.market}: a GTD order must live {least} seconds at least - let it expire later")
    return stated
