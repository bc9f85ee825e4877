"""The equity curve and how far it fell."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from dutchbook.domain.units import Money, Nanos
from dutchbook.storage.database.filters import Scope
from dutchbook.storage.database.queries.reading import within
from dutchbook.storage.database.rows import EquityPoint
from dutchbook.storage.database.tables import EQUITY

_MILLION = 1_000_000


def equity_curve(connection: Connection, scope: Scope, most: int = 600) -> tuple[EquityPoint, ...]:
    """Equity over time, the oldest first, of a run or of all runs of one mode: each run names itself.

    A long curve is thinned to about `most` points; each part keeps its lowest and its last one, so that no fall is
    hidden.
    """
    columns = EQUITY.c
    query = select(columns.run, columns.at, columns.equity, columns.high_water, columns.day_start)
    query = query.where(*within(scope, columns.run, columns.mode, columns.at)).order_by(columns.at, columns.seq)
    return _thinned([_point(*row) for row in connection.execute(query)], most)


def latest_equity(connection: Connection, scope: Scope) -> EquityPoint | None:
    """The newest point, or None."""
    columns = EQUITY.c
    query = select(columns.run, columns.at, columns.equity, columns.high_water, columns.day_start)
    query = query.where(*within(scope, columns.run, columns.mode, columns.at))
    row = connection.execute(query.order_by(columns.at.desc(), columns.seq.desc()).limit(1)).first()
    return None if row is None else _point(*row)


def deepest(curve: Sequence[EquityPoint]) -> EquityPoint | None:
    """The point of the greatest drawdown, the first of equals; None for an empty curve."""
    return max(curve, key=lambda point: point.drawdown_ppm, default=None)


def _point(run: str, at: int, equity: int, high_water: int, day_start: int) -> EquityPoint:
    fallen = (high_water - equity) * _MILLION // high_water if high_water > 0 else 0
    return EquityPoint(
        run=run,
        at=Nanos(at),
        equity=Money(equity),
        high_water=Money(high_water),
        day_start=Money(day_start),
        drawdown_ppm=max(0, fallen),
    )


def _thinned(points: list[EquityPoint], most: int) -> tuple[EquityPoint, ...]:
    parts = max(1, most // 2)
    if len(points) <= 2 * parts:
        return tuple(points)
    kept: list[EquityPoint] = [points[0]]
    for part in range(parts):
        stretch = points[part * len(points) // parts : (part + 1) * len(points) // parts]
        lowest = min(range(len(stretch)), key=lambda index: stretch[index].equity)
        kept += [stretch[index] for index in sorted({lowest, len(stretch) - 1})]
    return tuple(dict.fromkeys(kept))
