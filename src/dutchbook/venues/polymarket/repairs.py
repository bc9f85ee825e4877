"""Books that are missing on one socket, and how to get them: wait for the socket, then read REST, then again.

A book is awaited until the socket sends it. One that REST brought is right at that moment only: until the socket names
it, it is read again every few seconds. One that a codec lost is read at once, again later each time it is lost.
"""

from asyncio import Event
from collections.abc import Callable, Iterable
from heapq import nsmallest

from dutchbook.domain.errors import VenueError, WireError
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.feed import FrameSink
from dutchbook.venues.http import failed
from dutchbook.venues.polymarket.rest import MOST_BOOKS, PolymarketRest
from dutchbook.venues.surroundings import Surroundings

type TellLost = Callable[[str, tuple[OutcomeId, ...]], None]
"""Told why which books are not known."""

_FIRST = Nanos(SECOND // 4)
_LONGEST = Nanos(30 * SECOND)
_STEADY = Nanos(60 * SECOND)
_UNKNOWN_S = 60.0
"""How long until a book that the venue does not have is asked for again."""


class Repairs:
    """Which books of one connection are awaited, and when to read them over REST."""

    def __init__(
        self,
        rest: PolymarketRest,
        surroundings: Surroundings,
        frames: FrameSink,
        *,
        snapshot_s: float,
        poll_s: float,
        over: Callable[[OutcomeId], bool] = lambda _: False,
    ) -> None:
        """`over` says of which outcomes no book is expected any more, their markets having closed."""
        self._rest = rest
        self._now = surroundings.clock.now
        self._sleep = surroundings.sleep
        self._frames = frames
        self._snapshot = round(snapshot_s * SECOND)
        self._poll = round(poll_s * SECOND)
        self._over = over
        self._tell: TellLost = lambda reason, lost: None  # noqa: ARG005
        self.waiting: dict[OutcomeId, None] = {}
        """Books that this connection's socket has not sent yet."""
        self._due: dict[OutcomeId, Nanos] = {}
        self._again: dict[OutcomeId, tuple[Nanos, Nanos]] = {}
        """Of books that were lost before: when last, and how long to wait the next time."""
        self._told: set[OutcomeId] = set()
        """Books told to be lost, so that it is told once."""
        self._wake = Event()

    def tell_lost(self, tell: TellLost) -> None:
        """Whom to tell of books that cannot be had."""
        self._tell = tell

    def begin(self, outcomes: Iterable[OutcomeId]) -> None:
        """A new connection: all of these are awaited."""
        self.waiting.clear()
        self._due.clear()
        self._again.clear()
        self._told.clear()
        self.expect(outcomes)

    def expect(self, outcomes: Iterable[OutcomeId]) -> None:
        """The socket should send these books now."""
        deadline = Nanos(self._now() + self._snapshot)
        for outcome in outcomes:
            self.waiting[outcome] = None
            self._due[outcome] = deadline
        self._wake.set()

    def came(self, outcome: OutcomeId) -> None:
        """The socket sent this book."""
        if outcome in self.waiting:
            del self.waiting[outcome]
            self._due.pop(outcome, None)
            self._told.discard(outcome)

    def renew(self, outcomes: Iterable[OutcomeId]) -> None:
        """Get these books over REST: at once the first time, later each time in a row."""
        now = self._now()
        for outcome in outcomes:
            last, wait = self._again.get(outcome, (now, Nanos(0)))
            if now - last > _STEADY:
                wait = Nanos(0)
            self._again[outcome] = (now, Nanos(min(_LONGEST, max(_FIRST, 2 * wait))))
            self._due[outcome] = min(self._due.get(outcome, Nanos(now + wait)), Nanos(now + wait))
        self._wake.set()

    def forget(self, outcomes: Iterable[OutcomeId]) -> None:
        """Nobody wants these any more."""
        for outcome in outcomes:
            self.waiting.pop(outcome, None)
            self._due.pop(outcome, None)
            self._again.pop(outcome, None)
            self._told.discard(outcome)

    async def work(self) -> None:
        """Read what is due, as long as the connection lives."""
        while True:
            while not self._due:  # what woke it may have been forgotten since
                self._wake.clear()
                await self._wake.wait()
            now = self._now()
            first = min(self._due.values())
            if first > now:
                # New ones may be due earlier than all that are known: never sleep through them.
                await self._sleep(min(first - now, _FIRST) / SECOND)
                continue
            due = [outcome for outcome, at in self._due.items() if at <= now]
            await self._fetch(tuple(nsmallest(MOST_BOOKS, due, key=self._due.__getitem__)))

    async def _fetch(self, outcomes: tuple[OutcomeId, ...]) -> None:
        for outcome in outcomes:
            self._due[outcome] = Nanos(self._now() + self._poll)
        try:
            books = await self._rest.books(outcomes)
        except (VenueError, WireError) as error:
            self._lose(failed(error), outcomes)
            return
        found = {book.outcome for book in books}
        self._told -= found
        for book in books:
            # Whether it came over the socket meanwhile or was not wanted any more: newer counts, says the codec.
            self._frames(book.frame)
            if book.outcome not in self.waiting:
                self._due.pop(book.outcome, None)
        missing = tuple(outcome for outcome in outcomes if outcome not in found and outcome in self._due)
        for outcome in missing:
            self._due[outcome] = Nanos(self._now() + round(_UNKNOWN_S * SECOND))
        over = tuple(outcome for outcome in missing if self._over(outcome))
        self._lose("trading there has ended by now", over)
        self._lose(
            "the socket sent no snapshot, and REST has no such book",
            tuple(outcome for outcome in missing if outcome not in over),
        )

    def _lose(self, reason: str, outcomes: tuple[OutcomeId, ...]) -> None:
        """Tell of those that are not known to be lost already."""
        lost = tuple(outcome for outcome in outcomes if outcome not in self._told)
        self._told.update(lost)
        if lost:
            self._tell(reason, lost)
