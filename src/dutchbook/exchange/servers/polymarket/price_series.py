"""The last minutes of every price that the feeds tell: one value a second, as Polymarket's feeds have it."""

from collections import deque
from collections.abc import Iterable, Sequence

import msgspec

from dutchbook.domain.units import SECOND, Nanos

_KEPT = 130


class PricePoint(msgspec.Struct, frozen=True, gc=False):
    """A value in 1e-8 dollars at a whole second."""

    symbol: str
    second: int
    value: int


class PriceSeries:
    """Values by symbol (`btc/usd`, `aapl`). The first value of a second is that second's."""

    def __init__(self) -> None:
        self._points: dict[str, deque[PricePoint]] = {}

    def add(self, symbol: str, value: int, at: Nanos) -> PricePoint | None:
        """Note a value; the point it makes, or None if its second has one already."""
        second = at // SECOND
        points = self._points.setdefault(symbol, deque(maxlen=_KEPT))
        if points and second <= points[-1].second:
            return None
        point = PricePoint(symbol, second, value)
        points.append(point)
        return point

    def symbols(self) -> Iterable[str]:
        return self._points.keys()

    def last(self, symbol: str, seconds: int, until: int) -> Sequence[PricePoint]:
        """The points of the last seconds up to and with the second `until`, oldest first."""
        return [point for point in self._points.get(symbol, ()) if until - seconds < point.second <= until]

    def average(self, symbol: str, window_s: int, until: int) -> int:
        """The mean of the points of a window that ends with the second `until`: its TWAP at one value a second."""
        points = self.last(symbol, window_s, until)
        return sum(point.value for point in points) // len(points)
