"""Equity over time: profit, drawdown, and the returns of days and months."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from dutchbook.domain.units import DAY, SECOND, Money, Nanos
from dutchbook.evaluation.performance.history import EquityPoint
from dutchbook.evaluation.report_object import CurvePoint, Drawdown, Period, Ppm

_MILLION = 1_000_000
MOST_POINTS = 600
"""Points of a curve that a report keeps: more than a screen is wide."""


class Curve:
    """Equity of one run, or of several behind each other, as an index that money put in or taken out does not move.

    Between two points the index grows as equity did, less what was put in meanwhile: by time, not by money.
    """

    def __init__(self) -> None:
        self.points: list[CurvePoint] = []
        self._indices: list[float] = []
        self._index = 1.0
        self._peak = (1.0, Money(0), Nanos(0))
        self._profit = 0
        self._worst: Drawdown | None = None
        self._before: EquityPoint | None = None

    def begin(self) -> None:
        """Another run follows, which began with money of its own."""
        self._before = None

    def take(self, point: EquityPoint) -> None:
        """The next point, in order of time."""
        before = self._before
        self._before = point
        if before is not None:
            gained = point.equity - before.equity - (point.put_in - before.put_in)
            base = before.equity + max(0, point.put_in - before.put_in)
            self._profit += gained
            if base > 0:
                self._index *= max(0.0, 1 + gained / base)
        if not self.points or self._index >= self._peak[0]:
            self._peaked(point)
        below = Ppm(round((1 - self._index / self._peak[0]) * _MILLION)) if self._peak[0] else Ppm(0)
        self._fell(point, below)
        self.points.append(CurvePoint(point.at, point.equity, Money(self._profit), below))
        self._indices.append(self._index)

    @property
    def drawdown(self) -> Drawdown | None:
        """The deepest fall; None if equity never fell."""
        return self._worst

    def days(self) -> tuple[Period, ...]:
        """The results of UTC days, each from the last point before it."""
        return self._periods(lambda at: _date(at).strftime("%Y-%m-%d"))

    def months(self) -> tuple[Period, ...]:
        """The results of months in UTC."""
        return self._periods(lambda at: _date(at).strftime("%Y-%m"))

    def returns(self) -> list[float]:
        """The returns of UTC days, each from its last point to that of the day before: the last, unfinished day not.

        The first day gives the index to begin with. A day on which nothing moved counts, with nothing.
        """
        last_of = {point.at // DAY: index for point, index in zip(self.points, self._indices, strict=True)}
        if not last_of:
            return []
        first, last = min(last_of), max(last_of)
        found, index = [], last_of[first]
        for day in range(first + 1, last):
            now = last_of.get(day, index)
            found.append(now / index - 1 if index else 0.0)
            index = now
        return found

    def shown(self) -> tuple[CurvePoint, ...]:
        """Points enough to draw: first and last, and of each stretch between the one that lies deepest."""
        if len(self.points) <= MOST_POINTS:
            return tuple(self.points)
        inner = self.points[1:-1]
        width = -(-len(inner) // (MOST_POINTS - 2))
        kept = [max(inner[at : at + width], key=_depth) for at in range(0, len(inner), width)]
        return (self.points[0], *kept, self.points[-1])

    def _peaked(self, point: EquityPoint) -> None:
        worst = self._worst
        if worst is not None and worst.recovered is None:
            self._worst = Drawdown(
                share=worst.share, money=worst.money, peak=worst.peak, trough=worst.trough, recovered=point.at
            )
        self._peak = (self._index, Money(self._profit), point.at)

    def _fell(self, point: EquityPoint, below: Ppm) -> None:
        if below > 0 and (self._worst is None or below > self._worst.share):
            _, profit, at = self._peak
            self._worst = Drawdown(
                share=below, money=Money(profit - self._profit), peak=at, trough=point.at, recovered=None
            )

    def _periods(self, name_of: Callable[[Nanos], str]) -> tuple[Period, ...]:
        rows: list[Period] = []
        profit, index = 0, 1.0
        for number, point in enumerate(self.points):
            name = name_of(point.at)
            if number + 1 < len(self.points) and name_of(self.points[number + 1].at) == name:
                continue
            now = self._indices[number]
            grown = Ppm(round((now / index - 1) * _MILLION)) if index else Ppm(0)
            rows.append(Period(name, Money(point.profit - profit), grown))
            profit, index = point.profit, now
        return tuple(rows)


def curve_of(points: Sequence[EquityPoint]) -> Curve:
    """The curve of one run."""
    curve = Curve()
    for point in points:
        curve.take(point)
    return curve


def _depth(point: CurvePoint) -> int:
    return point.below


def _date(at: Nanos) -> datetime:
    return datetime.fromtimestamp(at // SECOND, UTC)
