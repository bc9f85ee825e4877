"""How many sets of a bundle pay: all legs' depth is walked together while the next set still earns its cost and fees.

Prices a contract are in pico-dollars (1e-12), so what a walk earns is exact in atto-dollars (1e-18: a millionth of a
contract times a pico-dollar).
"""

import heapq
from collections.abc import Iterator, Sequence

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleLeg
from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import FeeSchedule, NoFees, PriceGrid
from dutchbook.domain.pricing.fees import marginal_fee
from dutchbook.domain.units import Money, Price, Size

MAX_SIZE = Size(10**14)
"""No walk goes further: a hundred million contracts."""
LOT = Size(10_000)
"""Both venues take orders in hundredths of a contract."""
PICO_PER_PRICE = 10**8
ATTO_PER_MICRO = 10**12


class LegDepth(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a set and what an order of its side could take, best first. Without a grid any price may be sent."""

    side: Side
    levels: Sequence[Level]
    fees: FeeSchedule = NoFees()
    grid: PriceGrid | None = None
    min_size: Size = Size(0)
    min_notional: Money = Money(0)
    market: MarketId | None = None
    """Whose venue takes the order; None for none, which takes any size."""

    @classmethod
    def of(cls, leg: BundleLeg, levels: Sequence[Level]) -> "LegDepth":
        """The depth of a bundle's leg."""
        return cls(
            side=leg.side,
            levels=levels,
            fees=leg.fees,
            grid=leg.grid,
            min_size=leg.min_size,
            min_notional=leg.min_notional,
            market=leg.market,
        )


def effective_price(side: Side, fees: FeeSchedule, price: Price) -> int:
    """What one contract at `price` takes from a set's profit, fee included, in pico-dollars; negative for a sale."""
    gross = price * PICO_PER_PRICE
    return marginal_fee(fees, price) + (gross if side is Side.BUY else -gross)


def net_payoff(payoff: Price, conversion_ppm: int) -> int:
    """A set's payoff less the conversion fee, in pico-dollars; a negative payoff is a price paid up front."""
    return payoff * PICO_PER_PRICE - abs(payoff) * conversion_ppm * (PICO_PER_PRICE // 10**6)


def merge(legs: Sequence[LegDepth], payoff: int, limit: int, cash: int | None) -> tuple[int, int]:
    """Size in millionths of a set, in whole lots, and exact profit in atto-dollars of buying sets until one more costs.

    `payoff` as `net_payoff` gives it, `limit` a size, `cash` what may be bound before anything comes back, in
    atto-dollars. Greedy is optimal while a level's price with fee is never better than that of the level before it,
    which holds for every fee rate below 1.
    """
    if cash is not None:
        cash = max(cash, 0)
    size, profit = _merge(legs, payoff, min(limit, MAX_SIZE), cash)
    if rest := size % LOT:
        return _merge(legs, payoff, size - rest, cash)
    return size, profit


def _merge(legs: Sequence[LegDepth], payoff: int, limit: int, cash: int | None) -> tuple[int, int]:
    margin, outlay = payoff, max(-payoff, 0)
    ladders: list[Iterator[Level]] = []
    prices: list[int] = []
    ends: list[tuple[int, int]] = []  # a heap of (size of a set at which the leg's level is used up, leg)
    for index, leg in enumerate(legs):
        ladder = iter(leg.levels)
        level = next(ladder, None)
        if level is None:
            return 0, 0
        price = effective_price(leg.side, leg.fees, level.price)
        ladders.append(ladder)
        prices.append(price)
        ends.append((level.size, index))
        margin -= price
        if leg.side is Side.BUY:
            outlay += price
    heapq.heapify(ends)
    size = profit = 0
    while margin > 0 and size < limit and ends:
        step = min(ends[0][0], limit) - size
        if cash is not None:
            if step * outlay > cash:
                step = cash // outlay
                return size + step, profit + step * margin
            cash -= step * outlay
        size += step
        profit += step * margin
        while ends[0][0] == size:
            index = ends[0][1]
            level = next(ladders[index], None)
            if level is None:
                return size, profit
            leg = legs[index]
            price = effective_price(leg.side, leg.fees, level.price)
            margin -= price - prices[index]
            if leg.side is Side.BUY:
                outlay += price - prices[index]
            prices[index] = price
            heapq.heapreplace(ends, (size + level.size, index))
    return size, profit
