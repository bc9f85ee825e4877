"""Whether an intent only reduces risk: judged by its effect on what is held, never by its name."""

from collections.abc import Mapping

from dutchbook.domain.book import Side
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent, Leg
from dutchbook.risk.ports import RiskView


def only_reduces(intent: Intent, view: RiskView) -> bool:
    """Whether every leg sells what is held, or buys the other side of what is held alone: then no outcome gets worse.

    What orders in flight may already sell or complete is not there a second time.
    """
    selling = {leg.outcome: leg.size for leg in intent.legs if leg.side is Side.SELL}
    return all(
        leg.size <= _sellable(leg.outcome, view) if leg.side is Side.SELL else leg.size <= _alone(leg, selling, view)
        for leg in intent.legs
    )


def _sellable(outcome: OutcomeId, view: RiskView) -> int:
    return view.settled(outcome) - view.outgoing(outcome)


def _alone(leg: Leg, selling: Mapping[OutcomeId, int], view: RiskView) -> int:
    """Contracts of the other outcome that will have no counterpart: each bought makes a pair that pays a dollar."""
    market = view.market(leg.market)
    if market is None:
        return 0
    other = market.no if leg.outcome == market.yes else market.yes
    staying = _sellable(other, view) - selling.get(other, 0)
    return staying - view.held(leg.outcome) - view.incoming(leg.outcome)
