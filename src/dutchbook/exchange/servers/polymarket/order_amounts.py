"""What an order's two amounts mean: a limit order's price and size, a market order's dollars or shares."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.markets import Market, PriceGrid
from dutchbook.domain.units import Money, Price, Size
from dutchbook.exchange.polymarket_book import plain
from dutchbook.exchange.servers.polymarket.clob_errors import BAD_PAYLOAD, Problem
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.signing import SignedOrder

AMOUNT_DECIMALS: Mapping[int, int] = {1_000: 3, 100: 4, 50: 5, 25: 6, 10: 5, 1: 6}
"""Decimals of an order's dollars by tick, in ten-thousandths (the rounding table)."""
_CENT = 10_000
_CENT_OF_SHARE = 10_000
_MOST = 10**18
"""No amount of a trillion dollars or more is an order."""


class Terms(msgspec.Struct, frozen=True):
    """An order in the exchange's units. A market buy has `spend` and no size."""

    price: Price
    size: Size
    spend: Money | None = None


def terms_of(order: SignedOrder, order_id: str, market: Market, *, immediate: bool, options: ClobOptions) -> Terms:
    """Price and size, checked against tick, smallest size and precision in the order of section 11.

    `immediate` orders (FOK, FAK) are market orders: their BUY amount is dollars. Raises Problem (400).
    """
    maker, taker = order.maker_amount, order.taker_amount
    if not (0 < maker < _MOST and 0 < taker < _MOST):
        raise Problem(400, BAD_PAYLOAD)
    dollars, shares = (maker, taker) if order.buys else (taker, maker)
    price = _cap(dollars, shares, market.grid) if immediate and order.buys else _exact_price(dollars, shares)
    if price is None or not market.grid.contains(price):
        text, tick = _ratio(dollars, shares), plain(market.grid.finest(), 4)
        raise Problem(400, f"order {order_id} is invalid. Price ({text}) breaks minimum tick size rule: {tick}")
    if immediate:
        return _market_terms(order, price, market, options)
    return _limit_terms(order_id, price, shares, market)


def _exact_price(dollars: int, shares: int) -> Price | None:
    """The limit in ten-thousandths of a dollar, None where it lies between two of them."""
    price, rest = divmod(dollars * 10_000, shares)
    return None if rest else Price(price)


def _cap(dollars: int, shares: int, grid: PriceGrid) -> Price:
    """The cap of a market buy: its shares are rounded down, so the ratio of its amounts lies a little above.

    On the coarsest grid perhaps by more than a ten-thousandth: then it is the tick below, if this is its rounding.
    """
    price, tick = dollars * 10_000 // shares, grid.finest()
    below = price // tick * tick
    unit = 10 ** (6 - AMOUNT_DECIMALS.get(tick, 4))
    if below and dollars * 10_000 // below // unit * unit == shares:
        return Price(below)
    return Price(price)


def _limit_terms(order_id: str, price: Price, shares: int, market: Market) -> Terms:
    size = plain(shares, 6)
    if shares < market.min_size:
        smallest = plain(market.min_size, 6)
        raise Problem(400, f"order {order_id} is invalid. Size ({size}) lower than the minimum: {smallest}")
    if shares % _CENT_OF_SHARE:
        raise Problem(400, f"order {order_id} is invalid. Size ({size}) is too precise. Maximum lot size is 2 decimals")
    return Terms(price, Size(shares))


def _market_terms(order: SignedOrder, price: Price, market: Market, options: ClobOptions) -> Terms:
    side = "buy" if order.buys else "sell"
    decimals = AMOUNT_DECIMALS.get(market.grid.finest(), 4) if options.fine_tick_decimals else 4
    decimals = max(decimals, 4)
    if order.buys and order.maker_amount < market.min_notional:
        amount = plain(order.maker_amount // _CENT, 2)
        least = plain(market.min_notional, 6)
        raise Problem(400, f"invalid amount for a marketable BUY order (${amount}), min size: ${least}")
    if order.maker_amount % _CENT_OF_SHARE or order.taker_amount % 10 ** (6 - decimals):
        raise Problem(
            400,
            f"invalid amounts, the market {side} orders maker amount supports a max accuracy of 2 decimals, "
            f"taker amount a max of {decimals} decimals",
        )
    if order.buys:
        return Terms(price, Size(0), Money(order.maker_amount))
    return Terms(price, Size(order.maker_amount))


def _ratio(dollars: int, shares: int) -> str:
    """A price as far as its first six decimals."""
    return plain(dollars * 1_000_000 // shares, 6)
