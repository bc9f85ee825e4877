"""What near misses wait for: the price moves of one leg at which a bundle would first pay."""

from collections.abc import Iterator

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleLeg
from dutchbook.domain.orders import Intent
from dutchbook.domain.pricing.bundles import leg_net, margin_at_top
from dutchbook.domain.units import ONE, Price, Size
from dutchbook.strategies.index import Tracked

DEEP = 2
"""How many prices of a leg are worth a look, from the first at which the bundle would pay before fees."""


class Move(msgspec.Struct, frozen=True):
    """One leg of a bundle, by its number, comes to be offered (or bid for, where it is sold) at a price."""

    leg: int
    price: Price


class Foreseen(msgspec.Struct, frozen=True):
    """What would be wanted after a move, whatever more than `need` is offered there."""

    intent: Intent
    need: Size


def likely_moves(tracked: Tracked, further: int) -> Iterator[Move]:
    """The nearest move of each leg, or the one so many prices `further`, where a set would pay after fees too.

    None while a leg has no price.
    """
    bundle, tops = tracked.bundle, tracked.tops()
    margin = margin_at_top(bundle, tops)
    if margin is None:
        return
    gap = tracked.cost - bundle.payoff
    for number, (leg, top) in enumerate(zip(bundle.legs, tops, strict=True)):
        price = None if top is None else _price(leg, top, gap, further)
        if top is not None and price is not None and margin.net + leg_net(leg, price) > leg_net(leg, top):
            yield Move(number, price)


def _price(leg: BundleLeg, top: Price, gap: int, further: int) -> Price | None:
    """The first price at which the bundle costs less than it pays, or so many steps beyond; None off the grid."""
    step = leg.grid.finest()
    steps = (gap // step + 1 if gap >= 0 else 1) + further
    price = top - steps * step if leg.side is Side.BUY else top + steps * step
    return Price(price) if 0 < price < ONE and leg.grid.contains(Price(price)) else None
