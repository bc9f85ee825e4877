"""What a near miss would lead to: the legs that would be wanted if the price of one of them moved to where it pays.

A guess at the next moment, from the books of this one: nothing is decided by it.
"""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleLeg
from dutchbook.domain.orders import Leg
from dutchbook.domain.pricing.depth import Execution
from dutchbook.domain.pricing.merge import MAX_SIZE
from dutchbook.domain.units import ONE, Price
from dutchbook.strategies.appraisal import Demands, depths, lockup_days, sized
from dutchbook.strategies.index import Tracked
from dutchbook.strategies.ports import DeskView

DEEP = 3
"""How many prices are looked at, from the first at which the bundle would pay."""


def foreseen(tracked: Tracked, desk: DeskView, demands: Demands) -> Iterator[tuple[Leg, ...]]:
    """The legs that would be bought or sold after each likely move: all at once, in the order of the bundle.

    One leg moves at a time, and offers enough there that the others, or the cash for a basket, bound the size. Nothing
    while a leg has no price.
    """
    bundle = tracked.bundle
    tops = tracked.tops()
    if len(bundle.legs) > demands.max_legs or any(top is None for top in tops):
        return
    legs = depths(bundle, desk)
    days = lockup_days(bundle, demands, desk.now)
    for mover, leg in enumerate(bundle.legs):
        for price in _likely(leg, tops[mover], tracked.cost - bundle.payoff):
            moved = replace(legs[mover], levels=(Level(price, MAX_SIZE), *legs[mover].levels))
            execution = sized(bundle, [*legs[:mover], moved, *legs[mover + 1 :]], demands, days)
            if isinstance(execution, Execution):
                yield _legs(bundle.legs, execution)


def _likely(leg: BundleLeg, top: Price | None, gap: int) -> Iterator[Price]:
    """The first prices of a leg at which the bundle costs less than it pays: `gap` and one step away, or more."""
    if top is None or leg.grid is None:
        return
    step = leg.grid.finest()
    away = gap // step + 1 if gap >= 0 else 1
    for steps in range(away, away + DEEP):
        price = top - steps * step if leg.side is Side.BUY else top + steps * step
        if 0 < price < ONE and leg.grid.contains(Price(price)):
            yield Price(price)


def _legs(legs: Sequence[BundleLeg], execution: Execution) -> tuple[Leg, ...]:
    return tuple(
        Leg(leg.outcome, leg.market, leg.side, limit, execution.size, expected)
        for leg, limit, expected in zip(legs, execution.limits, execution.expected, strict=True)
    )
