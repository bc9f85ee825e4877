"""How long a leg that filled alone waits for the others, and what it does meanwhile."""

from dutchbook.domain.units import Nanos
from dutchbook.execution.way_home import Way, WayHome


class HedgeWindow:
    """The window of one basket: it opens at the first look for a way home.

    While it is open, the missing legs are looked for again and again; nothing is given back at a loss. Once it has
    closed, the basket goes home as all others do, whatever the missing leg's venue does.
    """

    __slots__ = ("_looked", "_pause", "_span", "_told", "_until", "attempts", "gives_back", "rested")

    def __init__(self, span: Nanos, pause: Nanos) -> None:
        self._span = span
        self._pause = pause
        self._until: Nanos | None = None
        self._looked = Nanos(0)
        self._told = ""
        self.attempts = 0
        """Ways home that were tried in the window: they do not count among those that are tried after it."""
        self.rested = True
        """Whether there was a pause since the last attempt."""
        self.gives_back = False
        """Whether completing was refused after the window: nothing is left but to give back."""

    @property
    def open(self) -> bool:
        """Whether it was open at the last look."""
        return self._until is not None and self._looked < self._until

    def why_wait(self, home: WayHome | None, blocked: str | None, now: Nanos) -> str | None:
        """Why the basket should look again later; None if it should go home now, this way or any."""
        if self._until is None:
            self._until = Nanos(now + self._span)
        self._looked = now
        if not self.open:
            return None
        if not self.rested:
            return "the last attempt missed"
        if home is None:
            return "the missing leg cannot be had for what the set pays"
        if blocked is not None:
            return blocked
        if home.way is not Way.COMPLETE and home.result < 0:
            return "giving back would lose, and the missing leg may still be had"
        return None

    def tried(self) -> None:
        """A way home is proposed."""
        if self.open:
            self.attempts += 1
            self.rested = False

    def next_look(self) -> Nanos:
        """When to look again: after a pause, but not later than the window closes."""
        again = Nanos(self._looked + self._pause)
        return min(again, self._until) if self.open and self._until is not None else again

    def news(self, why: str) -> bool:
        """Whether this was not the last thing said."""
        before, self._told = self._told, why
        return before != why
