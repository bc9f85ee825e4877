"""What a venue refuses before it looks at its book, and in which words."""

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market, MarketStatus
from dutchbook.domain.orders import Leg, Order, TimeInForce
from dutchbook.domain.units import CONTRACT, Money, Nanos, decimal_text, dollars, notional_down

RESTING = frozenset({TimeInForce.GTC, TimeInForce.GTD})


def refusal(order: Order, market: Market, *, marketable: bool, now: Nanos) -> str | None:
    """Why the venue refuses the order, in its words, or None.

    Polymarket: protocol sections 2.3 and 3.2, checked in the order of section 11. Kalshi: its table of errors.
    Lot sizes are not checked (no market says its own): that errs in our favour by less than a hundredth of a contract.
    """
    if market.venue is Venue.KALSHI:
        return _kalshi(order.leg, market, now)
    return _polymarket(order, market, marketable=marketable)


def killed(market: Market, tif: TimeInForce) -> str:
    """What the venue says of an order that may not rest and finds too little."""
    if market.venue is Venue.KALSHI:
        kind = "fill_or_kill" if tif is TimeInForce.FOK else "immediate_or_cancel"
        return f"{kind}_insufficient_resting_volume"
    if tif is TimeInForce.FOK:
        return "order couldn't be fully filled. FOK orders are fully filled or killed."
    return "no orders found to match with FAK order. FAK orders are partially filled or killed if no match is found."


def _polymarket(order: Order, market: Market, *, marketable: bool) -> str | None:
    leg = order.leg
    if market.status in (MarketStatus.CLOSED, MarketStatus.RESOLVED):
        return "No orderbook exists for the requested token id"
    if market.status is not MarketStatus.OPEN:
        return "the market is not yet ready to process new orders"
    if not market.grid.contains(leg.limit):
        tick = decimal_text(market.grid.finest(), 4)
        return (
            f"order {order.id} is invalid. Price ({decimal_text(leg.limit, 4)}) breaks minimum tick size rule: {tick}"
        )
    if leg.tif in RESTING and leg.size < market.min_size:
        size, least = decimal_text(leg.size, 6), decimal_text(market.min_size, 6)
        return f"order {order.id} is invalid. Size ({size}) lower than the minimum: {least}"
    amount = notional_down(leg.limit, leg.size)
    if marketable and amount < market.min_notional:
        return _too_little(leg, amount, market.min_notional)
    return "invalid expiration" if leg.tif is TimeInForce.GTD else None


def _too_little(leg: Leg, amount: Money, least: Money) -> str:
    side = leg.side.upper()
    return f"invalid amount for a marketable {side} order (${dollars(amount)}), min size: ${dollars(least)}"


def _kalshi(leg: Leg, market: Market, now: Nanos) -> str | None:
    if market.status is MarketStatus.PAUSED:
        return "trading_is_paused"
    if market.status is not MarketStatus.OPEN or (market.closes is not None and market.closes <= now):
        return "MARKET_INACTIVE"
    if not market.grid.contains(leg.limit):
        return "invalid_price"
    if leg.size < max(market.min_size, CONTRACT // 100):
        return "invalid_order_size"
    return "invalid_order: no expiration given" if leg.tif is TimeInForce.GTD else None
