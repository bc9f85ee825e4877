"""Keeping one connection: open it, do its duties, and when it ends say so, wait a little, open it again.

What was known through a connection that ended is unknown: its books are lost in the same moment.
"""

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any, NoReturn, Protocol

from dutchbook.domain.errors import VenueError, VenueRefused
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.backoff import Backoff
from dutchbook.venues.feed import FeedNotice, FeedState, NoticeSink
from dutchbook.venues.sockets import Socket
from dutchbook.venues.surroundings import Surroundings

STEADY = Nanos(60 * SECOND)
"""A connection that lived this long was a good one: the next waits begin small."""


class Reached:
    """Whether any connection of a feed was ever accepted: then a refusal later may pass again."""

    __slots__ = ("yes",)

    def __init__(self) -> None:
        self.yes = False


class Ended(Exception):
    """The connection is of no use any more. `stale`: it is open still, but its data cannot be trusted."""

    def __init__(self, reason: str, *, stale: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stale = stale


class Carrier(Protocol):
    """What one venue does with one of its connections, again and again."""

    url: str

    def headers(self) -> Mapping[str, str]:
        """The headers of a handshake now."""
        ...

    def opened(self, socket: Socket) -> None:
        """A new connection is there: forget the last one and subscribe."""
        ...

    def heard(self, payload: bytes) -> None:
        """A message came."""
        ...

    def beat(self) -> None:
        """A ping or pong of the protocol came."""
        ...

    def duties(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What has to run while the connection is open. Each may raise Ended, which ends it."""
        ...

    def outcomes(self) -> tuple[OutcomeId, ...]:
        """The books that live by this connection."""
        ...


class _Link:
    """One connection's life as a future: it ends with Ended, or with what a sink raised."""

    __slots__ = ("_end", "beat", "heard")

    def __init__(self, carrier: Carrier) -> None:
        self.heard = carrier.heard
        self.beat = carrier.beat
        self._end: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def ended(self, reason: str, failure: Exception | None) -> None:
        if not self._end.done():
            self._end.set_exception(failure or Ended(reason))

    async def wait(self) -> None:
        await self._end

    def forget(self) -> None:
        """Nobody waits any more."""
        if self._end.done() and not self._end.cancelled():
            self._end.exception()
        self._end.cancel()


class KeptConnection:
    """One connection of a feed. `number` counts the feed's connections from 1."""

    def __init__(
        self,
        venue: Venue,
        number: int,
        carrier: Carrier,
        surroundings: Surroundings,
        notices: NoticeSink,
        reached: Reached,
    ) -> None:
        self._venue = venue
        self._number = number
        self._carrier = carrier
        self._around = surroundings
        self._notices = notices
        self._reached = reached
        self._opened: Nanos | None = None

    async def keep(self) -> NoReturn:
        """Keep it until cancelled.

        Raises what a sink raised, and VenueRefused if the venue refuses a handshake before it ever accepted one: no
        retry mends that.
        """
        backoff = Backoff(self._around.rng)
        while True:
            self._opened = None
            end = await self._once()
            if self._lived() >= STEADY:
                backoff.reset()
            await self._pause(end, backoff.next_s())

    def say(self, state: FeedState, reason: str = "", lost: tuple[OutcomeId, ...] = ()) -> None:
        """Tell something of this connection."""
        self._notices(
            FeedNotice(
                venue=self._venue,
                connection=self._number,
                state=state,
                at=self._around.clock.now(),
                reason=reason,
                lost=lost,
            )
        )

    async def _once(self) -> Ended:
        """One connection from its handshake to its end, which is told."""
        try:
            await self._live()
        except VenueRefused as error:
            if not self._reached.yes:
                raise
            return Ended(str(error))
        except VenueError as error:
            return Ended(str(error))
        except Ended as end:
            return end

    async def _live(self) -> NoReturn:
        """Raises Ended or VenueError, or what a sink raised."""
        carrier = self._carrier
        link = _Link(carrier)
        try:
            socket = await self._around.connect(carrier.url, carrier.headers(), link)
            try:
                self._opened = self._around.clock.now()
                self._reached.yes = True
                self.say(FeedState.CONNECTED)
                carrier.opened(socket)
                async with asyncio.TaskGroup() as group:
                    for duty in (link.wait(), *carrier.duties()):
                        group.create_task(duty)
            finally:
                socket.close()
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None
        finally:
            link.forget()
        raise Ended("all its duties ended")

    def _lived(self) -> int:
        """How long the connection was open, in nanoseconds."""
        return 0 if self._opened is None else self._around.clock.now() - self._opened

    async def _pause(self, end: Ended, wait_s: float) -> None:
        """Say what is lost, and wait before the next try."""
        lost = self._carrier.outcomes() if self._opened is not None else ()
        if end.stale:
            self.say(FeedState.STALE, end.reason, lost)
            lost = ()
        now = self._around.clock.now()
        self._notices(
            FeedNotice(
                venue=self._venue,
                connection=self._number,
                state=FeedState.RECONNECTING,
                at=now,
                reason=end.reason,
                lost=lost,
                retry_at=Nanos(now + round(wait_s * SECOND)),
            )
        )
        await self._around.sleep(wait_s)


def first_of(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    """The failure that matters most: anything that nobody expects before the end of a connection."""
    leaves = list(_leaves(failures))
    return next((leaf for leaf in leaves if not isinstance(leaf, Ended)), leaves[0])


def _leaves(failures: BaseExceptionGroup[BaseException]) -> Sequence[BaseException]:
    found: list[BaseException] = []
    for failure in failures.exceptions:
        found += _leaves(failure) if isinstance(failure, BaseExceptionGroup) else (failure,)
    return found
