"""From a leg to the body of a V2 order: checked here, so that what the venue would refuse never leaves (protocol 6.1).

Kalshi quotes the YES leg alone: who buys NO at q asks for YES at 1 - q, who sells NO at q bids there.
"""

import re

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import Leg, Order, TimeInForce
from dutchbook.domain.units import SECOND, Nanos, Price, complement, decimal_text
from dutchbook.venues.kalshi.shards import Shards
from dutchbook.venues.kalshi.terms import MIN_SIZE
from dutchbook.venues.trading import OrderDenied, Prepared

_is_client_id = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII).fullmatch
_is_ticker = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}", re.ASCII).fullmatch
_TIMES = {
    TimeInForce.GTC: b"good_till_canceled",
    TimeInForce.GTD: b"good_till_canceled",
    TimeInForce.IOC: b"immediate_or_cancel",
    TimeInForce.FOK: b"fill_or_kill",
}
_WAITING = (TimeInForce.GTC, TimeInForce.GTD)
_WHOLE = 1_000_000
"""Sizes of one contract."""
_PRICE_DECIMALS, _SIZE_DECIMALS = 4, 6


class KalshiAccount(msgspec.Struct, frozen=True, kw_only=True):
    """The public side of an account: what shapes its orders. `cancel_on_pause` ends them when trading pauses."""

    subaccount: int = 0
    cancel_on_pause: bool = True


class KalshiDrafter:
    """A `Drafter`. `shards` says which shards have no money; without it the venue decides."""

    def __init__(
        self,
        account: KalshiAccount = KalshiAccount(),  # noqa: B008 - a frozen value
        shards: Shards | None = None,
    ) -> None:
        self.account = account
        self._shards = shards
        self._end = (
            b'","self_trade_prevention_type":"taker_at_cross"'
            + (b',"cancel_order_on_pause":true' if account.cancel_on_pause else b"")
            + (b',"subaccount":%d' % account.subaccount if account.subaccount else b"")
        )

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """See `Drafter.draft`. The name at the venue is the order's own id; the content is the body of a create."""
        leg = order.leg
        _check_names(order, market)
        bid, price = yes_leg(leg, market)
        _check_amounts(order, market, price)
        if leg.expires is not None or leg.post_only or leg.tif is TimeInForce.GTD:
            _check_waiting(order, now)
        if self._shards is not None:
            self._shards.check(order, market)
        content = (
            b'{"ticker":"%b","client_order_id":"%b","side":"%b","count":"%d.%02d","price":"0.%04d","time_in_force":"%b'
            % (
                market.id.encode(),
                order.id.encode(),
                b"bid" if bid else b"ask",
                leg.size // _WHOLE,
                leg.size % _WHOLE // MIN_SIZE,
                price,
                _TIMES[leg.tif],
            )
            + self._end
            + _optional(leg, market)
            + b"}"
        )
        return Prepared(order, market, order.id, content)


def yes_leg(leg: Leg, market: Market) -> tuple[bool, Price]:
    """Whether a leg is a bid on the YES leg, and at which price there."""
    bid = (leg.side is Side.BUY) == (leg.outcome == market.yes)
    return bid, leg.limit if leg.outcome == market.yes else complement(leg.limit)


def _optional(leg: Leg, market: Market) -> bytes:
    text = b"" if leg.expires is None else b',"expiration_time":%d' % (leg.expires // SECOND)
    if leg.post_only:
        text += b',"post_only":true'
    if market.shard is not None:
        text += b',"exchange_index":%d' % market.shard
    return text


def _check_names(order: Order, market: Market) -> None:
    leg = order.leg
    if market.venue is not Venue.KALSHI or leg.market != market.id or leg.outcome not in (market.yes, market.no):
        raise _denied(order, f"{leg.outcome} is no outcome of Kalshi's {market.id} - check which market it is for")
    if market.status is not MarketStatus.OPEN:
        raise _denied(order, f"{market.id} is {market.status} - wait until it is open, or leave it")
    if not _is_client_id(order.id):
        raise _denied(order, f"{order.id!r} is no id for Kalshi - 1 to 64 letters, digits and dashes")
    if not _is_ticker(market.id):
        raise _denied(order, f"{market.id!r} is no ticker")


def _check_amounts(order: Order, market: Market, price: Price) -> None:
    """`price` is that of the YES leg."""
    leg = order.leg
    if not market.grid.contains(price):
        said = decimal_text(leg.limit, _PRICE_DECIMALS)
        raise _denied(order, f"price {said} is not on the grid of {market.id} - round it to the market's ticks")
    if leg.size < market.min_size or leg.size % MIN_SIZE:
        least = decimal_text(market.min_size, _SIZE_DECIMALS)
        said = decimal_text(leg.size, _SIZE_DECIMALS)
        raise _denied(order, f"size {said} - at least {least} contracts, in hundredths of one")


def _check_waiting(order: Order, now: Nanos) -> None:
    """Terms that only orders that may wait can have. Expiry counts whole seconds, rounded down."""
    leg = order.leg
    if leg.post_only and leg.tif not in _WAITING:
        raise _denied(order, f"post-only and {leg.tif} contradict each other - let it wait, or let it take")
    if (leg.expires is None) is (leg.tif is TimeInForce.GTD):
        raise _denied(order, f"an expiry goes with GTD, and with it alone; this is {leg.tif}")
    if leg.expires is not None and leg.expires // SECOND <= now // SECOND:
        raise _denied(order, "it would expire before it arrives - let it wait a second or more")


def _denied(order: Order, why: str) -> OrderDenied:
    return OrderDenied(f"order {order.id}: {why}")
