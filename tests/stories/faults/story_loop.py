"""An event loop for stories: real sockets, and a time that jumps whenever all that is left to do is to wait."""

import asyncio
import selectors

from dutchbook.domain.units import SECOND, Nanos

_STUCK_S = 5.0


class _Impatient(selectors.DefaultSelector):
    """Never waits for time: what a wait would have taken is added to `waited`."""

    def __init__(self) -> None:
        super().__init__()
        self.waited = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        # Loopback delivers inside the call that sends, so one look shows all that is on its way; two are for luck.
        events = super().select(0) or super().select(0)
        if events or timeout == 0:
            return events
        if timeout is None:
            events = super().select(_STUCK_S)
            if not events:
                raise RuntimeError("the story is stuck: nothing is due, and nothing came over any socket")
            return events
        self.waited += max(timeout, 0.0)
        return events


class StoryLoop(asyncio.SelectorEventLoop):
    """Its timers and timeouts run on time that passes only while nothing else happens."""

    def __init__(self) -> None:
        self._waits = _Impatient()
        super().__init__(self._waits)

    def time(self) -> float:
        return self._waits.waited


class StoryClock:
    """The time of a loop as a clock that begins at `start`."""

    def __init__(self, loop: StoryLoop, start: Nanos) -> None:
        self._loop = loop
        self._start = start

    def now(self) -> Nanos:
        return Nanos(self._start + round(self._loop.time() * SECOND))
