"""What orders of our own do to the depth that a further order may count on."""

from collections.abc import Iterable

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Leg
from dutchbook.domain.units import Size
from dutchbook.exchange.paper.mirror import at_least_as_good, place, price_in

type Wanted = tuple[OutcomeId, Side]
"""Of which outcome the levels are, and on which side the order would be that takes them."""


def claimed(levels: Iterable[Level], leg: Leg, size: Size, market: Market, wanted: Wanted) -> list[Level]:
    """Levels less what an order on its way would take of them with `size`, if it goes for the same ones."""
    outcome, side = wanted
    _, order_side, limit = place(market, leg.outcome, leg.side, leg.limit)
    if place(market, outcome, side, limit)[1] is not order_side:
        return list(levels)
    bound, left, after = price_in(market, outcome, limit), int(size), list[Level]()
    for level in levels:
        taken = min(left, level.size) if at_least_as_good(side, level.price, bound) else 0
        left -= taken
        if level.size > taken:
            after.append(Level(level.price, Size(level.size - taken)))
    return after


def without(levels: Iterable[Level], leg: Leg, size: Size, market: Market, wanted: Wanted) -> list[Level]:
    """Levels less an order of ours that rests among them with `size`: nobody trades with himself."""
    outcome, side = wanted
    _, order_side, limit = place(market, leg.outcome, leg.side, leg.limit)
    if place(market, outcome, side, limit)[1] is order_side:
        return list(levels)
    ours = price_in(market, outcome, limit)
    return [
        level if level.price != ours else Level(level.price, Size(level.size - size))
        for level in levels
        if level.price != ours or level.size > size
    ]
