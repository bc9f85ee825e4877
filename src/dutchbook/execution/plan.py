"""The plan of a basket, made before its first order leaves: the order of the legs, and what a miss can cost."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import Bundle, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, Leg
from dutchbook.domain.pricing.cross_venue import mismatch_cost
from dutchbook.domain.units import ONE, Money, Size
from dutchbook.execution.costs import cost
from dutchbook.execution.settings import Sending


class PlanDesk(Protocol):
    """What a plan is made from."""

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]: ...
    def market(self, market: MarketId) -> Market | None: ...


class Plan(msgspec.Struct, frozen=True):
    """`waves` are leg numbers (from 0) that leave together, each wave once the one before it filled.

    `worst_loss` is the loss if one leg misses, no way home is found and the worst state comes about.
    """

    waves: tuple[tuple[int, ...], ...]
    worst_loss: Money


def plan(intent: Intent, bundle: Bundle | None, desk: PlanDesk, sending: Sending) -> Plan:
    """Plan an intent. A leg whose market is not known to the desk is priced without fees."""
    costs = [_at_limit(leg, desk) for leg in intent.legs]
    if bundle is None:
        return Plan(_waves(intent, desk, sending), Money(max(0, sum(costs))))
    sets = max(leg.size for leg in intent.legs)
    return Plan(_waves(intent, desk, sending), _worst_loss(bundle.kind, costs, sets))


def cover(leg: Leg, desk: PlanDesk) -> int:
    """How many times the depth within the limit covers the leg, in thousandths."""
    within = sum(
        level.size
        for level in desk.depth(leg.outcome, leg.side)
        if (level.price <= leg.limit if leg.side is Side.BUY else level.price >= leg.limit)
    )
    return within * 1_000 // leg.size


def payoff_of(bundle: Bundle, sets: Size) -> Money:
    """What full sets are worth: at least their payoff, less the charge of conversion and what a mismatch takes.

    Minus the split for a bundle that is sold.
    """
    gross = bundle.payoff * sets // ONE
    if bundle.mismatch_ppm:
        gross -= mismatch_cost(bundle.payoff, sets, bundle.mismatch_ppm)
    return Money(gross - -(-gross * bundle.conversion_ppm // 1_000_000)) if gross > 0 else Money(gross)


def _waves(intent: Intent, desk: PlanDesk, sending: Sending) -> tuple[tuple[int, ...], ...]:
    if intent.waves:
        return intent.waves
    numbers = range(len(intent.legs))
    if sending is Sending.TOGETHER:
        return (tuple(numbers),)
    thinnest, *rest = sorted(numbers, key=lambda i: (cover(intent.legs[i], desk), i))
    if sending is Sending.ONE_BY_ONE:
        return ((thinnest,), *((i,) for i in rest))
    return ((thinnest,), tuple(sorted(rest))) if rest else ((thinnest,),)


def _at_limit(leg: Leg, desk: PlanDesk) -> Money:
    market = desk.market(leg.market)
    return Money(0) if market is None else cost(market.fees, leg.side, leg.limit, leg.size)


def _worst_loss(kind: BundleKind, costs: Sequence[Money], sets: Size) -> Money:
    """The dearest case of one missing leg. Of NO in an exclusive question all but one pay; else nothing is sure."""
    if kind is BundleKind.SPLIT_SELL:
        # The split has cost a dollar a set, and the unsold outcome may turn out worthless.
        return Money(max(0, sets + sum(costs) - min(costs)))
    held = sum(costs) - min(costs)
    sure = (len(costs) - 2) * sets if kind is BundleKind.ALL_NO else 0
    return Money(max(0, held - sure))
