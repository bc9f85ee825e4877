"""What trading at a price or through the book costs, with fees, and how far a budget reaches."""

from collections.abc import Iterable

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.markets import FeeSchedule, PriceGrid
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import ONE, Money, Price, Size, notional_down, notional_up


class Quote(msgspec.Struct, frozen=True):
    """What the book gives for an order: how much, at which cost (negative: received), at which worst price."""

    size: Size
    cost: Money
    worst: Price


def cost(fees: FeeSchedule, side: Side, price: Price, size: Size) -> Money:
    """What an order at one price costs with its fee: positive when money leaves, rounded against us."""
    fee = taker_fee(fees, price, size, side)
    if side is Side.BUY:
        return Money(notional_up(price, size) + fee)
    return Money(fee - notional_down(price, size))


def quote(levels: Iterable[Level], fees: FeeSchedule, side: Side, size: Size, limit: Price) -> Quote | None:
    """Walk levels, best first, for up to `size` within `limit`; None if there is nothing."""
    left, spent, worst = int(size), 0, None
    for level in levels:
        beyond = level.price > limit if side is Side.BUY else level.price < limit
        if not left or beyond:
            break
        taken = Size(min(left, level.size))
        spent += cost(fees, side, level.price, taken)
        worst = level.price
        left -= taken
    return None if worst is None else Quote(Size(size - left), Money(spent), worst)


def furthest(fees: FeeSchedule, grid: PriceGrid, side: Side, size: Size, budget: Money) -> Price | None:
    """The worst price on the grid at which `size` costs at most `budget`; None if there is no such price.

    For a sale the budget is negative: what it has to bring. Cost grows with the price of a purchase and falls with that
    of a sale, as long as the fee moves slower than the price: so it is with all known schedules.
    """
    low, high = 1, ONE - 1
    while low < high:
        middle = (low + high + 1) // 2 if side is Side.BUY else (low + high) // 2
        affordable = cost(fees, side, Price(middle), size) <= budget
        if side is Side.BUY:
            low, high = (middle, high) if affordable else (low, middle - 1)
        else:
            low, high = (low, middle) if affordable else (middle + 1, high)
    found = snapped(grid, side, Price(low))
    if found is None or cost(fees, side, found, size) > budget:
        return None
    return found


def reaching(grid: PriceGrid, side: Side, worst: Price, reach: Price, bound: Price) -> Price:
    """A limit `reach` beyond the worst price that is shown, but not beyond `bound`, on the grid; `worst` if none is."""
    beyond = min(worst + reach, bound, ONE - 1) if side is Side.BUY else max(worst - reach, bound, 1)
    found = snapped(grid, side, Price(beyond))
    return worst if found is None else found


def snapped(grid: PriceGrid, side: Side, price: Price) -> Price | None:
    """The nearest price of the grid that is no worse for us than `price`: lower for a purchase, higher for a sale."""
    step = -1 if side is Side.BUY else 1
    candidate = int(price)
    while 0 < candidate < ONE:
        if grid.contains(Price(candidate)):
            return Price(candidate)
        candidate += step
    return None
