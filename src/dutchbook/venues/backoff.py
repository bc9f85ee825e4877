"""How long to wait before trying again: longer each time, and never in step with others."""

from random import Random

FIRST_S = 0.25
LONGEST_S = 30.0


class Backoff:
    """Waits between tries, each in the upper half of a limit that doubles from half a second to 30 s."""

    def __init__(self, rng: Random, first_s: float = FIRST_S, longest_s: float = LONGEST_S) -> None:
        self._rng = rng
        self._first_s = first_s
        self._longest_s = longest_s
        self._tries = 0

    def next_s(self) -> float:
        """Seconds to wait now: from `first_s` to `longest_s`, as they were given."""
        limit = min(self._longest_s, 2 * self._first_s * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return limit * self._rng.uniform(0.5, 1.0)

    def reset(self) -> None:
        """It worked: begin again with short waits."""
        self._tries = 0
