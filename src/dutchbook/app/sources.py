"""Markets that happen now, as a running desk takes them in: one shape, whether they are simulated or far away."""

from collections.abc import Callable, Iterable, Sequence
from typing import Protocol

from dutchbook.app.trading import Trading
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Clock, Frame, SequenceKind
from dutchbook.domain.units import SECOND
from dutchbook.exchange.walk.random_walk import RandomWalkMarket

type Take = Callable[[Frame], None]
"""Takes a frame in, at once."""


class Source(Protocol):
    """Where a running desk's frames come from. `notice` is what a user must know of it, always shown."""

    title: str
    origin: str
    """As the journal names it."""
    notice: str
    capture_format: str
    venue: Venue
    sequence: SequenceKind
    """What the venues' sequence numbers in its frames can prove."""

    @property
    def said(self) -> str:
        """The newest that its connections said of themselves, in one line; empty if nothing."""
        ...

    def heard(self) -> Sequence[str]:
        """All lines that they said since the last call."""
        ...

    @property
    def trading(self) -> Trading | None:
        """What the desk trades with there; None where it only watches."""
        ...

    @property
    def questions(self) -> Sequence[Question]: ...

    @property
    def markets(self) -> Sequence[Market]: ...

    def pump(self, take: Take, within_s: float | None = None) -> int:
        """Hand on what is due; how many frames that were. May wait a little for more, for `within_s` at most."""
        ...

    def inside(self, work: Callable[[], None]) -> None:
        """Do something where connections can be written to: everything that may send goes through here, or `pump`."""
        ...

    def due_in(self) -> float | None:
        """Seconds until there is something to pump; None if nobody knows or nothing comes."""
        ...

    def lost(self, outcomes: Iterable[OutcomeId]) -> None:
        """Books that the desk cannot follow any more: they should be sent whole, if they can be."""
        ...

    def close(self) -> None:
        """Nothing will be pumped any more."""
        ...


class WalkSource:
    """The seeded random walk, frames as they come due on the clock."""

    capture_format = "random-walk"
    notice = "a seeded random walk, not a real market: its opportunities are planted"
    said = ""
    venue = Venue.POLYMARKET
    sequence = SequenceKind.NONE
    rate = 50
    """Frames per second."""
    at_once = 1_000
    """Frames of one `pump`, at most: a desk that fell behind looks up now and then."""

    def __init__(self, seed: int, clock: Clock) -> None:
        self.title = f"random walk, seed {seed}"
        self.origin = f"random-walk:{seed}"
        self._clock = clock
        self._market = RandomWalkMarket(seed, clock.now(), self.rate)
        self._frames = self._market.frames()
        self._next: Frame | None = next(self._frames, None)

    def heard(self) -> Sequence[str]:
        """Nothing: there are no connections."""
        return ()

    @property
    def trading(self) -> Trading | None:
        """Nothing: nobody takes orders in a random walk."""
        return None

    @property
    def questions(self) -> Sequence[Question]:
        """What is asked."""
        return self._market.questions

    @property
    def markets(self) -> Sequence[Market]:
        """What is traded."""
        return self._market.markets

    def pump(self, take: Take, within_s: float | None = None) -> int:  # noqa: ARG002 - it never waits
        """Hand on the frames that are due."""
        taken = 0
        while self._next is not None and taken < self.at_once and self._next.received <= self._clock.now():
            frame, self._next = self._next, next(self._frames, None)
            take(frame)
            taken += 1
        return taken

    def inside(self, work: Callable[[], None]) -> None:
        """At once: there are no connections."""
        work()

    def due_in(self) -> float | None:
        """Seconds until the next frame."""
        return None if self._next is None else max(0.0, (self._next.received - self._clock.now()) / SECOND)

    def lost(self, outcomes: Iterable[OutcomeId]) -> None:
        """Nothing: the walk loses no frame."""

    def close(self) -> None:
        """Nothing is held."""
