"""Charts of plain SVG elements: a line over time, and bars. Axis labels are text beside the drawing: they never scale.

Hovering (or touching) a place shows its value, without any script.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import msgspec

from dutchbook.domain.units import Nanos
from dutchbook.interfaces.web.pages.elements import Box, Words
from dutchbook.interfaces.words import time_of_day

_WIDTH, _HEIGHT = 1000, 200
_MOST_POINTS = 120
"""Of a line; more than these are thinned, keeping the lowest and highest of each stretch."""
_TICKS = 4
_ROOM = 0.08
"""Of the range, left free above and below a line."""


class Point(msgspec.Struct, frozen=True):
    """A value at a time, in whatever unit the chart's words are for."""

    at: Nanos
    value: int


class LineChart:
    """A line over time. `say` puts a value in words; `floor` draws the area from this value (else from the bottom)."""

    def __init__(
        self, title: str, say: Callable[[int], str], *, classes: str = "", low: bool = False, from_zero: bool = False
    ) -> None:
        self._title = title
        self._say = say
        self._from_zero = from_zero
        self._drawn: tuple[Point, ...] = ()
        with Box("figure", f"chart {classes} {'low' if low else ''}".strip()) as self.box:
            self._caption = Words("figcaption", "", "sr")
            with Box("div", "plot") as self._plot:
                with Box("svg", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", preserveAspectRatio="none", aria_hidden="true"):
                    ticks = 2 if low else _TICKS
                    self._rules = [Box("line", "rule", x1=0, x2=0, y1=0, y2=0) for _ in range(ticks)]
                    self._area = Box("path", "area", d="")
                    self._line = Box("path", "line", d="")
                self._ticks = [Words("span", "", "tick") for _ in range(ticks)]
                self._whens = [Words("span", "", f"when {each}".strip()) for each in ("first", "", "last")]
                self._bands = Box("div", "bands")
            self._values: list[Words] = []

    def show(self, points: Sequence[Point]) -> None:
        """Draw these points, in the order of time. Fewer than two draw nothing."""
        drawn = thinned(points, _MOST_POINTS)
        if drawn == self._drawn or len(drawn) < 2:
            return
        self._drawn = drawn
        low, high = _range(drawn, from_zero=self._from_zero)
        first, last = drawn[0].at, max(drawn[-1].at, drawn[0].at + 1)

        def x(at: int) -> float:
            return round((at - first) / (last - first) * _WIDTH, 1)

        def y(value: float) -> float:
            return round((high - value) / (high - low) * _HEIGHT, 1)

        line = "L".join(f"{x(point.at)} {y(point.value)}" for point in drawn)
        base = y(0) if self._from_zero else _HEIGHT
        self._line.attribute("d", f"M{line}")
        self._area.attribute("d", f"M0 {base}L{line}L{_WIDTH} {base}Z")
        self._label(low, high, y)
        for place, words in zip((first, (first + last) // 2, last), self._whens, strict=True):
            words.show(time_of_day(Nanos(place)))
            words.style(f"left: {(place - first) / (last - first) * 100:.1f}%")
        self._hover(drawn)
        self._caption.show(
            f"{self._title}: {self._say(drawn[0].value)} at {time_of_day(drawn[0].at)}, "
            f"{self._say(drawn[-1].value)} at {time_of_day(drawn[-1].at)}; lowest "
            f"{self._say(min(p.value for p in drawn))}, highest {self._say(max(p.value for p in drawn))}"
        )

    def _label(self, low: float, high: float, y: Callable[[float], float]) -> None:
        count = len(self._ticks)
        for place, (rule, words) in enumerate(zip(self._rules, self._ticks, strict=True)):
            share = (place + 0.5) / count
            value = high - share * (high - low)
            rule.attribute("x2", _WIDTH)
            rule.attribute("y1", y(value))
            rule.attribute("y2", y(value))
            words.show(self._say(int(value)))
            words.style(f"top: {share * 100:.1f}%")

    def _hover(self, drawn: Sequence[Point]) -> None:
        while len(self._values) < len(drawn):
            with self._bands, Box("div", "band"):
                self._values.append(Words("span"))
        for words, point in zip(self._values, drawn, strict=False):
            words.show(f"{time_of_day(point.at)}  {self._say(point.value)}")


def thinned(points: Sequence[Point], most: int) -> tuple[Point, ...]:
    """At most about so many points, among them the first, the last, and the extremes of each stretch between."""
    if len(points) <= most:
        return tuple(points)
    stretch = -(-len(points) // (most // 2))
    kept: list[Point] = []
    for start in range(0, len(points), stretch):
        part = points[start : start + stretch]
        lowest, highest = min(part, key=lambda p: p.value), max(part, key=lambda p: p.value)
        kept += sorted({lowest, highest}, key=lambda p: p.at)
    kept = [points[0], *kept, points[-1]]
    return tuple(later for earlier, later in pairwise([Point(Nanos(-1), 0), *kept]) if later.at > earlier.at)


def _range(points: Sequence[Point], *, from_zero: bool) -> tuple[float, float]:
    values = [point.value for point in points] + ([0] if from_zero else [])
    low, high = min(values), max(values)
    room = (high - low) * _ROOM or max(1.0, abs(high) * 0.001)
    return (low - room, 0 if from_zero and high <= 0 else high + room)


class Meter:
    """How far a limit is used: a bar, its figures, and words."""

    def __init__(self, name: str) -> None:
        with Box("div", "meter") as self.box:
            self._name = Words("span", name, "name")
            self._value = Words("span", "", "value")
            with Box("div", "track", aria_hidden="true"):
                self._bar = Box("div")
            self._words = Words("span", "", "say")

    def show(self, used: int, limit: int, value: str, words: str = "") -> None:
        """`used` of `limit`: amber from three quarters, red from nine tenths, and said in words too."""
        share = used / limit if limit > 0 else 1.0
        tone = "bad" if share >= 0.9 else "warn" if share >= 0.75 else ""
        said = {"bad": " · at its limit" if share >= 1 else " · nearly used up", "warn": " · getting tight"}.get(
            tone, ""
        )
        self._value.show(f"{value} ({max(0.0, share):.0%}){said}", tone)
        self._words.show(words)
        self._bar.style(f"width: {min(100.0, max(0.0, share * 100)):.1f}%")
        self._bar.classes(replace=tone)
