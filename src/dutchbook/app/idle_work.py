"""What a desk does behind a frame while nothing comes: it prepares for the next one, and may stay awake for it."""

import asyncio
from collections.abc import Callable, Iterable
from typing import Protocol

from dutchbook.domain.identity import Venue
from dutchbook.domain.ports import Clock, Frame
from dutchbook.domain.units import Nanos

REHEARSE_EVERY = 120
"""Turns of an event loop that stays awake, of some 5 us each, between two rehearsals of some 50."""
AT_ONCE = 64
"""Pieces of work behind one frame; the event loop looks at its connections between two of them."""


class Ahead(Protocol):
    """What there is to prepare."""

    def work(self) -> bool:
        """Do one piece of it; False if there is nothing to do."""
        ...

    @property
    def ready(self) -> bool:
        """Whether anything is prepared."""
        ...


class IdleWork:
    """Works within the event loop that hands out the frames. What it raises, `check` raises."""

    def __init__(
        self,
        ahead: Ahead,
        clock: Clock,
        spin: Nanos,
        venues: Iterable[Venue] = Venue,
        rehearse: Callable[[Frame], None] | None = None,
    ) -> None:
        """`spin` is how long it stays awake after a frame of these venues while something is prepared.

        Meanwhile what such a frame may lead to is rehearsed now and then: `rehearse` gets the last one.
        """
        self._ahead = ahead
        self._rehearse = rehearse
        self._last: Frame | None = None
        self._spins = 0
        self._sources = tuple(venues)
        self._clock = clock
        self._spin_for = spin
        self._until = Nanos(0)
        self._pieces = 0
        self._spinning = False
        self._failure: Exception | None = None

    def after(self, frame: Frame) -> None:
        """A frame was used: what its venue's near misses and moving quotes wait for may be another thing now."""
        if frame.source.startswith(self._sources):
            self._last = frame
            self._until = Nanos(self._clock.now() + self._spin_for)
            self.soon()

    def soon(self) -> None:
        """Work as soon as nothing else is due."""
        if not self._pieces:
            self._pieces = AT_ONCE
            asyncio.get_running_loop().call_soon(self._work)

    def check(self) -> None:
        """Raises what went wrong."""
        if self._failure is not None:
            raise self._failure

    def _work(self) -> None:
        self._pieces -= 1
        try:
            more = self._ahead.work()
        except Exception as error:  # noqa: BLE001 - the edge of a callback: raised by `check`
            self._failure, more = error, False
        if more and self._pieces:
            asyncio.get_running_loop().call_soon(self._work)
            return
        self._pieces = 0
        if self._spin_for and not self._spinning and self._ahead.ready:
            self._spinning = True
            self._spin()

    def _spin(self) -> None:
        """With something to call at once, the event loop looks at its connections without going to sleep."""
        if self._clock.now() < self._until:
            self._spins += 1
            if self._rehearse is not None and self._last is not None and self._spins % REHEARSE_EVERY == 0:
                try:
                    self._rehearse(self._last)
                except Exception as error:  # noqa: BLE001 - the edge of a callback: raised by `check`
                    self._failure = error
            asyncio.get_running_loop().call_soon(self._spin)
        else:
            self._spinning = False
