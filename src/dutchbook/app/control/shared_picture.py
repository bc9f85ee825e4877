"""One picture of the desk for all who ask within a moment, so that many screens cost a desk no more than one."""

from collections.abc import Callable

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND, Nanos
from dutchbook.evaluation.snapshot import DeskSnapshot

KEPT = Nanos(200 * MILLISECOND)
"""How long a picture is good for: screens move four times a second."""
REST = 25
"""A picture that took long is kept so many times as long: at most a twenty-fifth of the desk's time goes into them."""


class SharedPicture:
    """Draws a picture when the last one is too old."""

    def __init__(self, draw: Callable[[], DeskSnapshot], clock: Clock, counter: Callable[[], int]) -> None:
        """`counter` counts nanoseconds, for how long drawing takes."""
        self._draw = draw
        self._clock = clock
        self._counter = counter
        self._drawn: DeskSnapshot | None = None
        self._until = Nanos(0)

    def __call__(self) -> DeskSnapshot:
        """The desk as it stands, or stood a moment ago: the picture says when."""
        now = self._clock.now()
        if self._drawn is None or now >= self._until:
            began = self._counter()
            self._drawn = self._draw()
            took = self._counter() - began
            self._until = Nanos(now + max(KEPT, took * REST))
        return self._drawn
