"""How much money was at work, and how often it was turned over."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from dutchbook.domain.orders import Fill
from dutchbook.domain.units import Money, Nanos, notional_up
from dutchbook.evaluation.performance.history import EquityPoint
from dutchbook.evaluation.report_object import Exposure, Ppm

_MILLION = 1_000_000


def exposure(
    at_cost: Sequence[tuple[Nanos, Money]],
    fills: Iterable[Fill],
    equity: Sequence[EquityPoint],
    span: tuple[Nanos, Nanos],
) -> Exposure:
    """From positions at cost after each change, over the whole `span` of the run; means are by time."""
    first, last = span
    steps = [(first, Money(0)), *at_cost, (last, Money(0))]
    lasted = max(1, last - first)
    held = busy = 0
    for (at, cost), (until, _) in pairwise(steps):
        time = max(0, until - at)
        held += cost * time
        busy += time if cost else 0
    traded = Money(sum(notional_up(fill.price, fill.size) for fill in fills))
    most_at, most = max(at_cost, key=lambda step: step[1], default=(None, Money(0)))
    mean_equity = sum(point.equity for point in equity) / len(equity) if equity else 0.0
    return Exposure(
        mean=Money(held // lasted),
        most=most,
        most_at=most_at if most else None,
        share_of_time=Ppm(min(_MILLION, busy * _MILLION // lasted)),
        traded=traded,
        turnover=round(traded / mean_equity, 4) if mean_equity > 0 else None,
    )
