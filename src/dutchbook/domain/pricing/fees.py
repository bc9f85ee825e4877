"""What a trade costs beside its price, whatever the venue. Estimates are rounded against ourselves."""

from collections.abc import Iterable

from dutchbook.domain.book import Side
from dutchbook.domain.markets import FeeSchedule, KalshiFees, PolymarketFees
from dutchbook.domain.pricing.kalshi_fees import PICO_PER_MICRO, KalshiOrderFees
from dutchbook.domain.pricing.polymarket_fees import polymarket_fee
from dutchbook.domain.units import ONE, Money, Price, Size


def marginal_fee(fees: FeeSchedule, price: Price) -> int:
    """The taker fee of one more contract at `price`, in pico-dollars (1e-12 dollars), rounded up.

    The model fee alone: what the venue adds by rounding belongs to a whole order, see `order_fee`.
    """
    if isinstance(fees, PolymarketFees):
        if fees.exponent == 1:
            return -(-fees.rate_ppm * price * (ONE - price) // 100)
        power: int = (price * (ONE - price)) ** fees.exponent
        scale: int = 10 ** (8 * fees.exponent)
        return -(-fees.rate_ppm * power * PICO_PER_MICRO // scale)
    if isinstance(fees, KalshiFees):
        return -(-fees.taker_ppm * price * (ONE - price) // 100)
    return 0


def taker_fee(fees: FeeSchedule, price: Price, size: Size, side: Side | None = None) -> Money:
    """The fee for taking `size` at `price` with one fill, in micro-dollars, rounded up.

    Kalshi's rounding depends on the side by less than a unit of the account; without a side the dearer one is charged.
    """
    if isinstance(fees, PolymarketFees):
        return polymarket_fee(fees, price, size)
    if isinstance(fees, KalshiFees):
        return _kalshi_fee(fees.taker_ppm, fees.unit, price, size, side)
    return Money(0)


def maker_fee(fees: FeeSchedule, price: Price, size: Size, side: Side | None = None) -> Money:
    """The fee of a resting order's fill, in micro-dollars, rounded up, before any rebate.

    Not always zero where makers pay nothing: Kalshi still rounds the balance against the account.
    """
    if isinstance(fees, PolymarketFees):
        return Money(0) if fees.taker_only else polymarket_fee(fees, price, size)
    if isinstance(fees, KalshiFees):
        return _kalshi_fee(fees.maker_ppm, fees.unit, price, size, side)
    return Money(0)


def order_fee(fees: FeeSchedule, side: Side, fills: Iterable[tuple[Price, Size]]) -> Money:
    """The taker fee of one order that trades at these prices, each one fill, in micro-dollars, rounded up.

    Errs upwards on Polymarket and within a unit of the account on Kalshi, where a level may be several fills.
    """
    if isinstance(fees, PolymarketFees):
        return Money(sum(polymarket_fee(fees, price, size) for price, size in fills))
    if isinstance(fees, KalshiFees):
        state, total = KalshiOrderFees(fees.unit), 0
        for price, size in fills:
            charge, state = state.charge(fees.taker_ppm, side, price, size)
            total += charge.net
        return Money(-(-total // PICO_PER_MICRO))
    return Money(0)


def _kalshi_fee(rate_ppm: int, unit: Money, price: Price, size: Size, side: Side | None) -> Money:
    sides = tuple(Side) if side is None else (side,)
    order = KalshiOrderFees(unit)
    return max(order.charge(rate_ppm, each, price, size)[0].fee for each in sides)
