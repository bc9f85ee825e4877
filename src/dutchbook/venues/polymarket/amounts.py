"""What an order gives and wants, in base units (millionths of a dollar and of a share), exactly (protocol section 1.3).

How the desk's orders are encoded, and why:
- A resting order (GTC, GTD) asks for `takerAmount` shares exactly, and the ratio of its amounts is its limit.
- The venue takes a BUY with FOK or FAK as "spend `makerAmount` dollars, at this price or better". So the desk gives it
  shares x limit dollars for exactly that many shares, as for a resting order: **no more than that is spent, and no
  fewer shares come, but if part of it fills below the limit, the money that this saves buys more shares** (at most
  shares x limit / best price; users report 5.05 shares for 5 asked at 0.99 and filled at 0.98). Who needs an exact
  number of shares limits each order to the one price level at which it fills, or sends GTC and cancels.
- The venue refuses an FOK or FAK whose maker amount has more than two decimals or whose taker amount more than four.
  Nothing is rounded here to fit: `tradable_size` says which sizes have exact amounts, the drafter refuses others.
"""

from collections.abc import Mapping
from math import gcd

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.pricing.lots import dollars_lot
from dutchbook.domain.units import ONE, Price, Size

CENT = 10_000
"""The hundredth of a dollar or share, in base units: what sizes and immediate maker amounts are multiples of."""
TAKER_STEP = 100
"""Four decimals: the finest taker amount of an FOK or FAK, reported to be the same on all ticks."""

_AMOUNT_STEP: Mapping[int, int] = {1_000: 1_000, 100: 100, 50: 10, 25: 1, 10: 10, 1: 1}
"""By tick (ten-thousandths of a dollar): 10**(6 - decimals of the amount) of the venue's rounding table."""


class Amounts(msgspec.Struct, frozen=True):
    """What an order gives (`maker`) and wants (`taker`), in base units."""

    maker: int
    taker: int


def rests(tif: TimeInForce) -> bool:
    """Whether what does not trade at once stays in the book."""
    return tif is TimeInForce.GTC or tif is TimeInForce.GTD


def limit_amounts(side: Side, price: Price, size: Size) -> Amounts:
    """The amounts of a limit order; `size` beyond two decimals is cut off, as the venue's clients do.

    The dollars are exact: a price on any grid has at most four decimals, and four and two are six.
    """
    shares = size - size % CENT
    money = price * shares // ONE
    return Amounts(money, shares) if side is Side.BUY else Amounts(shares, money)


def market_amounts(side: Side, cap: Price, amount: int, tick: Price) -> Amounts:
    """The amounts of an FOK or FAK order with its worst price: `amount` is dollars for a BUY, shares for a SELL.

    `amount` beyond two decimals is cut off, the derived amount is rounded down to the decimals of the tick. Rounded
    down, a BUY's ratio lies at its cap or a little above: see `keeps_cap`. Raises ValueError for a tick that the
    venue's table does not know.
    """
    step = _AMOUNT_STEP.get(tick)
    if step is None:
        raise ValueError(f"{tick} ten-thousandths of a dollar is no tick size of Polymarket")
    given = amount - amount % CENT
    derived = given * ONE // cap if side is Side.BUY else given * cap // ONE
    return Amounts(given, derived - derived % step)


def keeps_cap(amounts: Amounts, cap: Price) -> bool:
    """Whether a BUY's ratio stays strictly below the next price of the finest grid, so that it cannot reach it."""
    return amounts.taker > 0 and amounts.maker * ONE < amounts.taker * (cap + 1)


def size_step(grid: PriceGrid, side: Side, tif: TimeInForce, limit: Price | None = None) -> Size:
    """What sizes must be multiples of: at one limit price, or (without one) at every price of the grid.

    0.01 shares for resting orders. Immediate ones need whole cents of dollars for a BUY (one share at a tick of 0.01,
    ten at 0.001), four decimals of dollars for a SELL (0.01 shares, 0.1 at a tick of 0.001).
    """
    if rests(tif):
        return Size(CENT)
    unit = limit if limit is not None else Price(gcd(*(gcd(band.start, band.step) for band in grid.bands)))
    return dollars_lot(side, unit)


def tradable_size(size: Size, grid: PriceGrid, side: Side, tif: TimeInForce, limit: Price | None = None) -> Size:
    """The largest size up to `size` that an order can ask for exactly; 0 if none. Minimums are not looked at."""
    return Size(size - size % size_step(grid, side, tif, limit))
