"""Live venues as the source of a running desk: the event loop runs while the desk pumps it."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import aiohttp
import msgspec

from dutchbook.app.live.event_loop import new_event_loop
from dutchbook.app.live.feeds import LiveFeeds, Tell
from dutchbook.app.sources import Take
from dutchbook.app.trading import Trading
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.ports import Clock, Frame, SequenceKind
from dutchbook.venues.feed import source_of

_FEEDS = frozenset(source_of(venue) for venue in Venue)
CAPTURE_FORMAT = "live"
SEQUENCE = SequenceKind.FULL
"""Every message of a connection is taken in."""
_MOST_HEARD = 1_000
"""Lines of connections that are kept until somebody asks for them."""
LISTEN_S = 0.02
"""How long the sockets are listened to before the desk looks at the rest."""

type Connect = Callable[[aiohttp.ClientSession], LiveFeeds]


class Label(msgspec.Struct, frozen=True):
    """What a live source is called. `notice` is what a user must know of it."""

    title: str
    origin: str
    notice: str
    venue: Venue


class EventLoop(msgspec.Struct, frozen=True):
    """The event loop that a source works on, and how connections are opened there.

    That of a simulation is not its `own`: it goes on when the source is closed.
    """

    new: Callable[[], asyncio.AbstractEventLoop] = new_event_loop
    connector: Callable[[], aiohttp.BaseConnector | None] = lambda: None
    own: bool = True


class LiveSource:
    """Frames of live venues, used the moment they arrive. Owns its event loop and its connections."""

    capture_format = CAPTURE_FORMAT
    sequence = SEQUENCE

    def __init__(
        self,
        label: Label,
        connect: Connect,
        clock: Clock,
        tell: Tell,
        on: EventLoop | None = None,
        listen_s: float = LISTEN_S,
    ) -> None:
        """Ask the venues what they have. Raises VenueError, in one line, if one cannot be reached."""
        self.title, self.origin, self.notice, self.venue = label.title, label.origin, label.notice, label.venue
        self.said = ""
        self._heard: deque[str] = deque(maxlen=_MOST_HEARD)
        self._tell = tell
        self._clock = clock
        self.listen_s = listen_s
        """How long `pump` listens at most."""
        self._taken = 0
        self._told_by_feed = False
        self._running: asyncio.Task[None] | None = None
        self._listening = False
        on = EventLoop() if on is None else on
        self._own_loop = on.own
        self._loop = on.new()
        self._session = self._loop.run_until_complete(_session(on.connector))
        try:
            self._feeds = connect(self._session)
            self._loop.run_until_complete(self._feeds.discover())
        except BaseException:
            self.close()
            raise

    @property
    def trading(self) -> Trading | None:
        """What the desk trades with there; None where it only watches."""
        return self._feeds.trading

    @property
    def questions(self) -> Sequence[Question]:
        """What is asked."""
        return tuple(self._feeds.questions.values())

    @property
    def markets(self) -> Sequence[Market]:
        """What is traded."""
        return tuple(self._feeds.markets.values())

    def heard(self) -> Sequence[str]:
        """All lines that its connections said since the last call."""
        lines = tuple(self._heard)
        self._heard.clear()
        return lines

    def pump(self, take: Take, within_s: float | None = None) -> int:
        """Listen for a moment; each frame is used as it arrives. Raises what ended a feed."""
        listen_s = self.listen_s if within_s is None else min(self.listen_s, within_s)
        running = self._running
        if running is None:
            running = self._running = self._loop.create_task(self._feeds.run(self._counted(take), self._say))
            running.add_done_callback(self._hush)
        before = self._taken
        if not running.done():
            self._listen(listen_s)
        if running.done() and (failure := running.exception()) is not None:
            raise _cause(failure)
        return self._taken - before

    def _listen(self, listen_s: float) -> None:
        """Let the event loop run for so long, or until the feeds have ended."""
        over = self._loop.call_later(listen_s, self._loop.stop)
        self._listening = True
        try:
            self._loop.run_forever()
        finally:
            self._listening = False
            over.cancel()

    def _hush(self, _: object) -> None:
        """The feeds have ended: there is nothing to listen to."""
        if self._listening:
            self._loop.stop()

    def inside(self, work: Callable[[], None]) -> None:
        """Do it within the event loop: brokers write at once, which only its callbacks may do."""
        self._loop.run_until_complete(_done(work))

    def due_in(self) -> float | None:
        """Always now: waiting is done by listening."""
        return 0.0

    def lost(self, outcomes: Iterable[OutcomeId]) -> None:
        """The codec cannot follow these books any more: have them sent whole. What a feed lost, it gets back itself."""
        if not self._told_by_feed:
            self._feeds.resync(outcomes)

    def close(self) -> None:
        """Hang up."""
        if self._running is not None:
            self._running.cancel()
            self._loop.run_until_complete(asyncio.gather(self._running, return_exceptions=True))
            self._running = None
        if not self._loop.is_closed():
            self._loop.run_until_complete(self._session.close())
            if self._own_loop:
                self._loop.run_until_complete(self._loop.shutdown_asyncgens())
                self._loop.close()

    def _say(self, line: str) -> None:
        self.said = line
        self._heard.append(line)
        self._tell(line)

    def vanish(self) -> None:
        """Leave the event loop, which is somebody else's, as a killed process would: nothing is said to anybody."""
        if self._running is not None:
            self._running.cancel()
            self._loop.run_until_complete(asyncio.gather(self._running, return_exceptions=True))
            self._running = None
        self._loop.run_until_complete(self._session.close())

    def _counted(self, take: Take) -> Take:
        def counted(frame: Frame) -> None:
            self._taken += 1
            self._told_by_feed = frame.source in _FEEDS
            take(frame)

        return counted


async def _done(work: Callable[[], None]) -> None:
    work()


async def _session(connector: Callable[[], aiohttp.BaseConnector | None]) -> aiohttp.ClientSession:
    return aiohttp.ClientSession(connector=connector())


def _cause(failure: BaseException) -> BaseException:
    """The first failure inside groups of failures: what ended the others."""
    while isinstance(failure, BaseExceptionGroup):
        failure = failure.exceptions[0]
    return failure
