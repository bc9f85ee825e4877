"""What near misses wait for: the price moves of one leg at which a bundle would first pay."""

from collections.abc import Iterator

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleLeg
from dutchbook.domain.orders import Intent
from dutchbook.domain.units import ONE, Price, Size
from dutchbook.strategies.index import Tracked

DEEP = 2
"""How many prices of a leg are looked at, from the first at which the bundle would pay."""


class Move(msgspec.Struct, frozen=True):
    """One leg of a bundle, by its number, comes to be offered (or bid for, where it is sold) at a price."""

    leg: int
    price: Price


class Foreseen(msgspec.Struct, frozen=True):
    """What would be wanted after a move, whatever more than `need` is offered there."""

    intent: Intent
    need: Size


def likely_moves(tracked: Tracked) -> Iterator[Move]:
    """The nearest move of each leg, then the next of each. None while a leg has no price."""
    tops = tracked.tops()
    gap = tracked.cost - tracked.bundle.payoff
    for further in range(DEEP):
        for number, (leg, top) in enumerate(zip(tracked.bundle.legs, tops, strict=True)):
            if top is None:
                return
            price = _price(leg, top, gap, further)
            if price is not None:
                yield Move(number, price)


def _price(leg: BundleLeg, top: Price, gap: int, further: int) -> Price | None:
    """The first price at which the bundle costs less than it pays, or so many steps beyond; None off the grid."""
    step = leg.grid.finest()
    steps = (gap // step + 1 if gap >= 0 else 1) + further
    price = top - steps * step if leg.side is Side.BUY else top + steps * step
    return Price(price) if 0 < price < ONE and leg.grid.contains(Price(price)) else None
