"""What it costs on average that some legs of a basket fill and others do not."""

from msgspec.structs import replace

from dutchbook.domain.bundles import Bundle
from dutchbook.domain.units import Money
from dutchbook.strategies.appraisal import Offer, Why, worst_partial_fill
from dutchbook.strategies.ports import DeskView

_MILLION = 1_000_000


def expected_edge(edge: Money, loss: Money, fill_rate: int) -> Money:
    """`p x edge - (1 - p) x loss`, each part rounded against us (formula B8).

    >>> expected_edge(Money(15_000), Money(20_000), 850_000)
    9750
    """
    return Money(edge * fill_rate // _MILLION - -(-loss * (_MILLION - fill_rate) // _MILLION))


def less_leg_risk(bundle: Bundle, offer: Offer, desk: DeskView) -> Offer | Why:
    """The offer with its leg risk taken off the edge, at the fill rate measured for its kind; or that it eats it up."""
    rate = desk.fill_rate(bundle.kind)
    if rate >= _MILLION:
        return offer
    edge = expected_edge(offer.edge, worst_partial_fill(bundle, offer.execution.size, desk), rate)
    return replace(offer, edge=edge, leg_risk=Money(offer.edge - edge)) if edge > 0 else Why.LEG_RISK
