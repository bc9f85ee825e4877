"""Charts as inline SVG: no script, no font and no host of anybody else's. Colours come from the page's own style."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from html import escape

from dutchbook.domain.units import SECOND, Money, Nanos
from dutchbook.evaluation.report_object import AgeRow, Bin, CurvePoint, Period, Slice
from dutchbook.interfaces.words import money, percent, signed_money, span

_WIDTH, _HEIGHT = 560, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 92, 12, 12, 26
_BAR = 22
_LINES = 4
_FEWEST = 2
_APART = 240
"""From the first name below a chart to the last one: nearer they would run into each other."""
_WIDEST = 64
_FLAT = 10_000.0
"""Half the height of a chart of what never moved: a cent, a per cent."""
_NAME = 150

type Form = Callable[[float], str]
type Whole = Callable[[int], str]


def equity_chart(points: Sequence[CurvePoint]) -> str:
    """Equity over time."""
    values = [(point.at, float(point.equity)) for point in points]
    return _line("Equity over time, in dollars", values, lambda value: money(Money(round(value))), "equity")


def drawdown_chart(points: Sequence[CurvePoint]) -> str:
    """How far equity was below its peak."""
    values = [(point.at, -float(point.below)) for point in points]
    return _line(
        "How far equity was below its peak", values, lambda value: f"{value / 10_000:.2f}%", "below", zero=True
    )


def period_chart(title: str, periods: Sequence[Period]) -> str:
    """The result of each day or month as bars."""
    return _columns(title, [(row.name, row.net) for row in periods], lambda value: signed_money(Money(value)))


def spread_chart(bins: Sequence[Bin]) -> str:
    """How results of trades are spread."""
    rows = [(f"{signed_money(row.least)} to {signed_money(row.under)}", row.trades) for row in bins]
    return _columns("Trades by their net result", rows, str, signs=[-1 if row.under <= 0 else 1 for row in bins])


def slice_chart(title: str, rows: Sequence[Slice]) -> str:
    """What each contributed, as bars from a common zero."""
    return _bars(title, [(row.name, row.net + (row.held or 0)) for row in rows])


def age_chart(rows: Sequence[AgeRow]) -> str:
    """The share of orders that traded, by how long they worked."""
    named = [
        ("longer" if row.under is None else f"< {span(Nanos(row.under))}", row.share) for row in rows if row.orders
    ]
    return _columns("Orders that traded, by their age", [(name, share or 0) for name, share in named], percent)


def _line(title: str, values: Sequence[tuple[Nanos, float]], form: Form, kind: str, *, zero: bool = False) -> str:
    if len(values) < _FEWEST:
        return ""
    first, last = values[0][0], values[-1][0]
    lows, highs = min(value for _, value in values), max(value for _, value in values)
    if zero:
        highs = max(highs, 0.0)
    low, high = (lows, highs) if highs > lows else (lows - _FLAT, highs + _FLAT * (not zero))

    def place(at: Nanos, value: float) -> tuple[float, float]:
        across = (at - first) / max(1, last - first)
        up = (value - low) / (high - low)
        return _LEFT + across * (_WIDTH - _LEFT - _RIGHT), _HEIGHT - _BOTTOM - up * (_HEIGHT - _TOP - _BOTTOM)

    drawn = " ".join(f"{x:.1f},{y:.1f}" for x, y in (place(at, value) for at, value in values))
    base = place(last, max(low, min(high, 0.0 if zero else low)))[1]
    x_first, x_last = place(first, low)[0], place(last, low)[0]
    area = f'<polygon class="{kind}-area" points="{x_first:.1f},{base:.1f} {drawn} {x_last:.1f},{base:.1f}"/>'
    grid = "".join(
        _grid_line(place(first, value)[1], form(value))
        for value in (low + (high - low) * step / _LINES for step in range(_LINES + 1))
    )
    times = _text(_LEFT, _HEIGHT - 8, _moment(first, last - first), "start") + _text(
        _WIDTH - _RIGHT, _HEIGHT - 8, _moment(last, last - first), "end"
    )
    line = f'<polyline class="{kind}" points="{drawn}"/>'
    return _svg(title, _HEIGHT, grid + area + line + times)


def _columns(title: str, rows: Sequence[tuple[str, int]], form: Whole, signs: Sequence[int] = ()) -> str:
    if not rows:
        return ""
    low, high = min(0, *(value for _, value in rows)), max(0, *(value for _, value in rows))
    spread = max(1, high - low)
    room, deep = _WIDTH - _LEFT - _RIGHT, _HEIGHT - _TOP - _BOTTOM
    wide = min(_WIDEST, room / len(rows))

    def y_of(value: float) -> float:
        return _TOP + (high - value) / spread * deep

    grid = "".join(_grid_line(y_of(value), form(value)) for value in dict.fromkeys((low, 0, high)))
    drawn = []
    for number, (name, value) in enumerate(rows):
        sign = signs[number] if signs else value
        top, bottom = sorted((y_of(value), y_of(0)))
        x = _LEFT + number * wide + wide * 0.1
        drawn.append(
            f'<rect class="{"gain" if sign >= 0 else "loss"}" x="{x:.1f}" y="{top:.1f}" width="{wide * 0.8:.1f}" '
            f'height="{max(0.5, bottom - top):.1f}"><title>{escape(name)}: {escape(form(value))}</title></rect>'
        )
    ends = _text(_LEFT, _HEIGHT - 8, rows[0][0], "start")
    if wide * len(rows) > _APART:
        ends += _text(_LEFT + wide * len(rows), _HEIGHT - 8, rows[-1][0], "end")
    return _svg(title, _HEIGHT, grid + "".join(drawn) + ends)


def _bars(title: str, rows: Sequence[tuple[str, int]]) -> str:
    if not rows:
        return ""
    low, high = min(0, *(value for _, value in rows)), max(0, *(value for _, value in rows))
    spread, room = max(1, high - low), _WIDTH - _NAME - 110
    zero = _NAME + -low / spread * room
    height = _TOP + len(rows) * _BAR + 4
    drawn = []
    for number, (name, value) in enumerate(rows):
        y, long = _TOP + number * _BAR, abs(value) / spread * room
        x = zero if value >= 0 else zero - long
        drawn.append(
            _text(_NAME - 8, y + 14, name if len(name) <= 24 else name[:23] + "…", "end")
            + f'<rect class="{"gain" if value >= 0 else "loss"}" x="{x:.1f}" y="{y + 3}" '
            f'width="{max(0.5, long):.1f}" height="{_BAR - 8}"/>'
            + _text(max(zero, x + long) + 6, y + 14, signed_money(Money(value)), "start")
        )
    axis = f'<line class="axis" x1="{zero:.1f}" x2="{zero:.1f}" y1="{_TOP - 4}" y2="{height - 4}"/>'
    return _svg(title, height, axis + "".join(drawn))


def _svg(title: str, height: int, inner: str) -> str:
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="0 0 {_WIDTH} {height}" role="img" '
        f'aria-label="{escape(title)}" preserveAspectRatio="xMidYMid meet">{inner}</svg></figure>'
    )


def _grid_line(y: float, words: str) -> str:
    return f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>' + _text(
        _LEFT - 6, y + 4, words, "end"
    )


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _moment(at: Nanos, lasts: int) -> str:
    when = datetime.fromtimestamp(at // SECOND, UTC)
    return when.strftime("%Y-%m-%d %H:%M" if lasts > 86_400 * SECOND else "%H:%M:%S")
