"""The user channel over one socket: our orders and trades, as they come."""

from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

import msgspec

from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.connection import Ended
from dutchbook.venues.http import USER_AGENT
from dutchbook.venues.polymarket.credentials import Credentials
from dutchbook.venues.sockets import Socket
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import user_source

PATH = "/ws/user"
CONNECTION = 0
"""Its number among the venue's connections: those of market data are counted from 1."""
_PONG = b"PONG"
_PING_S = 10.0
_SILENT_S = 30.0
_LOOK_S = 5.0


class UserStream:
    """A `Carrier`. It replays nothing: after each opening the account has to be read."""

    def __init__(
        self,
        ws: str,
        credentials: Credentials,
        around: Surroundings,
        heard: Callable[[Frame], None],
        opened: Callable[[], None],
    ) -> None:
        """`opened` is called at each new connection, once the venue was asked for everything."""
        self.url = ws.rstrip("/") + PATH
        self._login = msgspec.json.encode(
            {
                "type": "user",
                "auth": {
                    "apiKey": credentials.key,
                    "secret": credentials.secret,
                    "passphrase": credentials.passphrase,
                },
                "markets": [],
            }
        )
        self._around = around
        self._tell = heard
        self._opened = opened
        self._socket: Socket | None = None
        self._last = Nanos(0)

    def headers(self) -> Mapping[str, str]:
        """See `Carrier.headers`."""
        return {"User-Agent": USER_AGENT}

    def opened(self, socket: Socket) -> None:
        """See `Carrier.opened`."""
        self._socket = socket
        self._last = self._around.clock.now()
        socket.send(self._login)
        self._opened()

    def heard(self, payload: bytes) -> None:
        """See `Carrier.heard`. A pong only shows that the link lives."""
        self._last = now = self._around.clock.now()
        if payload != _PONG:
            self._tell(Frame(user_source(Venue.POLYMARKET), now, payload))

    def beat(self) -> None:
        """See `Carrier.beat`."""
        self._last = self._around.clock.now()

    def duties(self) -> Sequence[Coroutine[Any, Any, None]]:
        """See `Carrier.duties`."""
        return (self._ping(), self._watch())

    def outcomes(self) -> tuple[OutcomeId, ...]:
        """No books live by this connection."""
        return ()

    async def _ping(self) -> None:
        while True:
            await self._around.sleep(_PING_S)
            if self._socket is not None:
                self._socket.send(b"PING")

    async def _watch(self) -> None:
        while True:
            await self._around.sleep(_LOOK_S)
            silent = self._around.clock.now() - self._last
            if silent > _SILENT_S * SECOND:
                raise Ended(f"nothing was heard for {silent / SECOND:.0f} s", stale=True)
