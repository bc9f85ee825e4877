"""Wrong passwords and keys: five within a quarter of an hour, then no more tries, for an address and for an account."""

from collections import OrderedDict, deque
from collections.abc import Callable, Iterable

MOST = 5
WITHIN_S = 15 * 60.0
_REMEMBERED = 10_000
"""Addresses and accounts that are remembered, the newest: a flood of invented ones fills no memory."""


class Throttle:
    """Counts failures. What may not be tried is refused before any hash is reckoned."""

    def __init__(self, monotonic: Callable[[], float], most: int = MOST, within_s: float = WITHIN_S) -> None:
        self._monotonic = monotonic
        self._most = most
        self._within_s = within_s
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    def wait_s(self, whose: Iterable[str]) -> float:
        """How long nobody of these may try; 0 if they may now."""
        now = self._monotonic()
        waits = [self._left(name, now) for name in whose]
        return max(waits, default=0.0)

    def failed(self, whose: Iterable[str]) -> None:
        """A try was wrong."""
        now = self._monotonic()
        for name in whose:
            self._failures.setdefault(name, deque(maxlen=self._most)).append(now)
            self._failures.move_to_end(name)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def succeeded(self, whose: Iterable[str]) -> None:
        """A try was right: what was wrong before it is forgotten."""
        for name in whose:
            self._failures.pop(name, None)

    def _left(self, name: str, now: float) -> float:
        failures = self._failures.get(name)
        if failures is None or len(failures) < self._most:
            return 0.0
        return max(0.0, failures[0] + self._within_s - now)
