"""What became of orders: how many traded, how long it took, and how much worse than a reference they did."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random

from dutchbook.domain.book import Side
from dutchbook.domain.orders import Fill, OrderId
from dutchbook.domain.units import CONTRACT, ONE, SECOND, Money, Size
from dutchbook.evaluation.performance.intervals import mean, share
from dutchbook.evaluation.performance.order_lives import OrderLife, OrderLives
from dutchbook.evaluation.report_object import AgeRow, Estimate, Lasted, OrderFigures, Ppm, Slippage

_AGES = tuple(Lasted(round(seconds * SECOND)) for seconds in (0.1, 1, 10, 60, 600, 3_600))
_MILLION = 1_000_000


def order_figures(orders: OrderLives) -> OrderFigures:
    """The figures of all orders of a run."""
    sent = [life for life in orders if life.left]
    over = [life for life in sent if life.ended is not None or life.fills]
    waits = sorted(life.first_fill - life.order.created for life in sent if life.first_fill is not None)
    return OrderFigures(
        sent=len(sent),
        stopped=sum(not life.left for life in orders),
        by_status={str(status): count for status, count in orders.by_status().items()},
        were_unknown=sum(life.unknown for life in sent),
        unknown=tuple(order.id for order in orders.unknown()),
        fills=len(orders.fills),
        by_making=sum(fill.maker for fill in orders.fills),
        fill_ratio=share(sum(life.fills > 0 for life in over), len(over)),
        by_age=_by_age(over),
        first_fill=Lasted(max(0, waits[len(waits) // 2])) if waits else None,
    )


def slippage_at_arrival(orders: OrderLives, chance: Random) -> Slippage:
    """Against what the book showed on average when the order was decided."""
    references = {life.order.id: float(life.order.leg.expected) for life in orders}
    return slippage("arrival", orders.fills, references, chance)


def slippage(against: str, fills: Iterable[Fill], references: Mapping[OrderId, float], chance: Random) -> Slippage:
    """How much worse than its order's reference, in price units, each fill was; the others are left out.

    The mean is over orders, whatever their size: one order is one observation. `cost` is over contracts.
    """
    sums: dict[OrderId, tuple[float, int]] = {}
    for fill in fills:
        reference = references.get(fill.order)
        if reference is not None:
            worse = (fill.price - reference) * (1 if fill.side is Side.BUY else -1)
            cost, contracts = sums.get(fill.order, (0.0, 0))
            sums[fill.order] = (cost + worse * fill.size, contracts + fill.size)
    each = [cost / contracts / ONE for cost, contracts in sums.values()]
    cost = sum(cost for cost, _ in sums.values()) / ONE * 1_000_000 / CONTRACT
    return Slippage(
        against=against,
        each=mean(each, chance) if each else Estimate(value=None, note="no fill has such a reference"),
        contracts=Size(sum(contracts for _, contracts in sums.values())),
        cost=Money(round(cost)),
    )


def _by_age(over: Sequence[OrderLife]) -> tuple[AgeRow, ...]:
    rows = []
    for least, under in zip((None, *_AGES), (*_AGES, None), strict=True):
        there = [
            life
            for life in over
            if (wait := life.working_for) is not None
            and (least is None or wait >= least)
            and (under is None or wait < under)
        ]
        filled = sum(life.fills > 0 for life in there)
        share_filled = Ppm(filled * _MILLION // len(there)) if there else None
        rows.append(AgeRow(under=under, orders=len(there), filled=filled, share=share_filled))
    return tuple(rows)
