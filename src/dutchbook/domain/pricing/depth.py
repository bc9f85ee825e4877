"""Orders against a book's depth: what a size costs, and how much of a bundle can be executed at a profit."""

from collections.abc import Callable, Sequence

import msgspec
from msgspec.structs import replace

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import FeeSchedule, NoFees, PriceGrid
from dutchbook.domain.pricing.fees import order_fee
from dutchbook.domain.pricing.lots import common_lot, taking_lot
from dutchbook.domain.pricing.merge import (
    ATTO_PER_MICRO,
    MAX_SIZE,
    LegDepth,
    effective_price,
    merge,
    net_payoff,
)
from dutchbook.domain.units import ONE, Money, Price, Size

__all__ = ["Execution", "LegDepth", "Walk", "executable_size", "order_price", "revalued", "settle", "walk"]

FREE = NoFees()


class Walk(msgspec.Struct, frozen=True):
    """What an order takes of a book: less than was asked where the book is thinner.

    `notional`, `fee` and `average` are rounded against ourselves; `average` and `worst` are None if nothing is there.
    """

    size: Size
    notional: Money
    fee: Money
    average: Price | None
    worst: Price | None


def walk(levels: Sequence[Level], size: Size, *, side: Side = Side.BUY, fees: FeeSchedule = FREE) -> Walk:
    """Take `size` of `levels`, best first, with an order of `side`, the fee charged level by level (formulas B1)."""
    fills: list[tuple[Price, Size]] = []
    taken = total = 0
    for level in levels:
        if taken == size:
            break
        price, step = level.price, min(level.size, size - taken)
        fills.append((price, Size(step)))
        taken += step
        total += step * price
    if not taken:
        return Walk(Size(0), Money(0), Money(0), None, None)
    fee = order_fee(fees, side, fills)
    if side is Side.BUY:
        return Walk(Size(taken), Money(-(-total // ONE)), fee, Price(-(-total // taken)), fills[-1][0])
    return Walk(Size(taken), Money(total // ONE), fee, Price(total // taken), fills[-1][0])


class Execution(msgspec.Struct, frozen=True):
    """A number of sets that can be executed now, and what they earn. Legs are in the order they were given.

    `cost` is what is paid before fees, `proceeds` what comes back (sales, and the payoff less conversion fee), `fees`
    the venues' charges with their rounding: profit = proceeds - cost - fees. `outlay` is the cash bound before anything
    comes back. `limits` are the worst prices to send, on each leg's grid, `expected` the average prices. `gain` is the
    profit before venues' rounding in atto-dollars (1e-18), `margin` that of the last set in pico-dollars.
    """

    size: Size
    cost: Money
    fees: Money
    proceeds: Money
    profit: Money
    outlay: Money
    limits: tuple[Price, ...]
    expected: tuple[Price, ...]
    gain: int
    margin: int


type Solver = Callable[[int, int | None], tuple[int, int]]
"""(size limit, cash in atto-dollars) -> (size, profit in atto-dollars), as `merge` gives it."""


def executable_size(
    legs: Sequence[LegDepth],
    payoff: Price,
    conversion_ppm: int = 0,
    limit: Size | None = None,
    cash: Money | None = None,
) -> Execution | None:
    """The most profitable number of sets of one contract of each leg, each set worth `payoff` (formulas B1, B9).

    `payoff` is negative where sets are paid for first and sold leg by leg. `conversion_ppm` is charged on the payoff,
    `limit` bounds the size, `cash` the money bound before anything comes back. None if nothing earns anything, or if
    the best size is below a leg's minimum: the marginal set is never bought at a loss to reach one.
    """
    net = net_payoff(payoff, conversion_ppm)
    return settle(lambda most, budget: merge(legs, net, most, budget), legs, net, limit, cash)


def revalued(execution: Execution, before: Price, payoff: Price, conversion_ppm: int = 0) -> Execution:
    """The same sets where each is worth `payoff` and not `before`: what `executable_size` finds for their number.

    Both are positive, and `payoff` is the greater: then no set that paid for itself stops doing so.
    """
    size = execution.size
    worth, was = net_payoff(payoff, conversion_ppm), net_payoff(before, conversion_ppm)
    more = worth * size // ATTO_PER_MICRO - was * size // ATTO_PER_MICRO
    return replace(
        execution,
        proceeds=Money(execution.proceeds + more),
        profit=Money(execution.profit + more),
        gain=execution.gain + (worth - was) * size,
        margin=execution.margin + worth - was,
    )


def settle(
    solve: Solver, legs: Sequence[LegDepth], payoff: int, limit: Size | None, cash: Money | None
) -> Execution | None:
    """The execution that a solver's size stands for, with every order one that its venue accepts.

    The size shrinks while a level lies beyond a leg's grid, while a venue would not take exactly as much as is asked,
    or while the venues' rounding would overdraw `cash`.
    """
    most: int = MAX_SIZE if limit is None else limit
    budget = None if cash is None else cash * ATTO_PER_MICRO
    smallest = max((leg.min_size for leg in legs), default=Size(0))
    while budget is None or budget > 0:
        size, gain = solve(most, budget)
        if not size or size < smallest:
            return None
        reach = min(_reach(leg, size) for leg in legs)
        if reach < size:
            most = reach
            continue
        execution = _execution(legs, payoff, Size(size), gain)
        if execution is not None and (odd := execution.size % _lot(legs, execution.limits)):
            most = execution.size - odd
            if most < smallest or not most:
                return None
            continue
        if execution is None or cash is None or budget is None or execution.outlay <= cash:
            return execution
        budget -= (execution.outlay - cash) * ATTO_PER_MICRO
    return None


def order_price(grid: PriceGrid | None, side: Side, worst: Price) -> Price | None:
    """The nearest price on the grid at which an order takes a level at `worst`; None if there is none.

    Levels may stand off the grid: a venue that changes its steps leaves resting orders where they are.
    """
    if grid is None or grid.contains(worst):
        return worst
    candidates = (_nearest(b.start, min(b.end, ONE), b.step, side, worst) for b in grid.bands)
    prices = [price for price in candidates if price is not None and 0 < price < ONE]
    if not prices:
        return None
    return Price(min(prices) if side is Side.BUY else max(prices))


def _nearest(start: int, end: int, step: int, side: Side, worst: int) -> int | None:
    """The grid point of one band nearest to `worst`, from above for a buy, from below for a sale, between 0 and 1."""
    low, high = start or step, end
    if side is Side.BUY:
        price = max(low, start - (start - worst) // step * step)
        return price if price <= high else None
    price = start + (min(worst, high) - start) // step * step
    if price == ONE:
        price -= step
    return price if price >= low else None


def _lot(legs: Sequence[LegDepth], limits: Sequence[Price]) -> Size:
    """What all legs can be sent in at these limits; legs without a market stand for no venue."""
    return common_lot(
        taking_lot(leg.market, leg.side, limit)
        for leg, limit in zip(legs, limits, strict=True)
        if leg.market is not None
    )


def _reach(leg: LegDepth, size: int) -> int:
    """How much of `size` stands at levels that an order on the leg's grid can take."""
    if leg.grid is None:
        return size
    total = 0
    for level in leg.levels:
        if order_price(leg.grid, leg.side, level.price) is None:
            return total
        total += level.size
        if total >= size:
            break
    return size


def _execution(legs: Sequence[LegDepth], payoff: int, size: Size, gain: int) -> Execution | None:
    walks = [walk(leg.levels, size, side=leg.side, fees=leg.fees) for leg in legs]
    limits: list[Price] = []
    expected: list[Price] = []
    margin = payoff
    worth = payoff * size // ATTO_PER_MICRO  # floor: a payoff rounds down, what is paid up front rounds up
    cost, proceeds = max(-worth, 0), max(worth, 0)
    outlay, fees = cost, 0
    for leg, taken in zip(legs, walks, strict=True):
        worst = None if taken.worst is None else order_price(leg.grid, leg.side, taken.worst)
        if worst is None or taken.worst is None or taken.average is None:
            return None
        if min(taken.notional, worst * size // ONE) < leg.min_notional:
            return None
        margin -= effective_price(leg.side, leg.fees, taken.worst)
        limits.append(worst)
        expected.append(taken.average)
        fees += taken.fee
        if leg.side is Side.BUY:
            cost += taken.notional
            outlay += taken.notional + taken.fee
        else:
            proceeds += taken.notional
    profit = proceeds - cost - fees
    if profit <= 0:
        return None
    return Execution(
        size,
        Money(cost),
        Money(fees),
        Money(proceeds),
        Money(profit),
        Money(outlay),
        tuple(limits),
        tuple(expected),
        gain,
        margin,
    )
