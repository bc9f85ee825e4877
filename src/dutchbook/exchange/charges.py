"""What one fill costs its parties beside its price, and the most that an open order may cost."""

from dutchbook.domain.book import Side
from dutchbook.domain.markets import KalshiFees, PolymarketFees
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.pricing.kalshi_fees import KalshiOrderFees
from dutchbook.domain.pricing.polymarket_fees import FeeRounding, polymarket_fee
from dutchbook.domain.units import ONE, Money, Price, Size, complement
from dutchbook.exchange.orders import Entry

_NOTHING = Money(0)


def fill_fee(order: Entry, price: Price, size: Size, rounding: FeeRounding, *, taker: bool) -> Money:
    """The fee of a fill at the price of the outcome traded; moves the order's accumulator (Kalshi) on."""
    fees = order.market.fees
    if isinstance(fees, PolymarketFees):
        return polymarket_fee(fees, price, size, rounding) if taker or not fees.taker_only else _NOTHING
    if isinstance(fees, KalshiFees):
        state = order.accumulator or KalshiOrderFees(fees.unit)
        charge, order.accumulator = state.charge(
            fees.taker_ppm if taker else fees.maker_ppm, order.new.side, price, size
        )
        return charge.fee
    return _NOTHING


def worst_cost(order: Entry, size: Size, *, taking: bool) -> Money:
    """The most that buying `size` more contracts at the order's limit takes, worst fee included, rounded up.

    The limit is the worst case although fees are higher near one half: price plus fee rises with the price at all rates
    below one. A resting order's estimate can be exceeded by Kalshi's rounding of many small fills.
    """
    if not size:
        return _NOTHING
    fees, price = order.market.fees, order.price if order.bid else complement(order.price)
    cost = -(-price * size // ONE)
    if isinstance(fees, PolymarketFees):
        if taking or not fees.taker_only:
            cost += polymarket_fee(fees, price, size)
    elif isinstance(fees, KalshiFees):
        return _to_unit(fees, price, size, fees.taker_ppm if taking else fees.maker_ppm)
    return Money(cost)


def _to_unit(fees: KalshiFees, price: Price, size: Size, rate_ppm: int) -> Money:
    """Price and fee of a first fill: the trade fee up to a micro-dollar, the sum up to the account's unit (9.2)."""
    fee = -(-rate_ppm * size * price * (ONE - price) // 10**14)
    exact = price * size + fee * ONE
    return Money(-(-exact // (ONE * fees.unit)) * fees.unit)


def worst_spend(order: Entry, spend: Money) -> Money:
    """What an order bounded by dollars takes if it trades at its limit, with its fee, rounded up."""
    size = Size(-(-spend * ONE // order.new.price))
    return Money(spend + taker_fee(order.market.fees, order.new.price, size, Side.BUY))
