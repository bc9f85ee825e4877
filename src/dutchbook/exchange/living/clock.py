"""The time of a living market: it moves when something happens and never by itself."""

from dutchbook.domain.units import Nanos


class VirtualClock:
    """A clock that stands still until it is set. Never goes back."""

    __slots__ = ("_now",)

    def __init__(self, start: Nanos) -> None:
        self._now = start

    def now(self) -> Nanos:
        return self._now

    def set(self, at: Nanos) -> None:
        """Raises ValueError if `at` lies in the past."""
        if at < self._now:
            raise ValueError(f"the clock stands at {self._now} and cannot go back to {at}")
        self._now = at
