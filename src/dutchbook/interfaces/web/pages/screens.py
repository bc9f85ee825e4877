"""What pages know of the world around them: the desk behind the link, its history, answers shared among open pages."""

import asyncio
import base64
from collections import deque
from collections.abc import Callable, Iterable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import msgspec
from sqlalchemy import Connection
from starlette.requests import Request as WebRequest

from dutchbook.app.control.wire import Answer, Show
from dutchbook.domain.units import Money, Nanos
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.web.actions import Actions
from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.desk_link import NoDesk
from dutchbook.interfaces.web.pages.rows import Row, Rows
from dutchbook.interfaces.web.security import principal_of
from dutchbook.interfaces.web.who import How, Principal
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.roles import Role

STATIC = Path(__file__).parents[1] / "static"
STATIC_PATH = "/static"
_MODE_COLOURS = {"paper": "1f55c4", "sandbox": "6d3fc0", "live": "b9222a"}
_OTHER_COLOUR = "55606e"
_KEPT_S = 0.9
"""For how long an answer of the desk serves every page that asks the same."""
_FORGOTTEN_S = 30.0
_SILENT_S = 0.5
"""After which pages beat without news: well before they would think that the connection is lost."""
_SEEN_EVERY = Nanos(10**9)
_MOST_SEEN = 3_600


class Seen(msgspec.Struct, frozen=True):
    """Equity at a time, as the desk told it."""

    at: Nanos
    equity: Money
    high_water: Money


class Screens:
    """One for all pages of a process."""

    def __init__(self, context: AppContext) -> None:
        self.context = context
        self.seen: deque[Seen] = deque(maxlen=_MOST_SEEN)
        """Equity of the last hour of the run at work, about once a second."""
        self._run = ""
        self._answers: dict[Show, tuple[float, Answer]] = {}
        self._asking: dict[Show, asyncio.Lock] = {}
        self._beat = asyncio.Event()
        self._made: dict[object, tuple[Answer, Rows]] = {}
        style = sha256((STATIC / "desk.css").read_bytes()).hexdigest()[:12]
        self._stylesheet = f"{STATIC_PATH}/desk.css?v={style}"

    @property
    def snapshot(self) -> DeskSnapshot | None:
        """The newest picture of the desk; None before the first."""
        return self.context.link.snapshot

    @property
    def connected(self) -> bool:
        """Whether a desk answers."""
        return self.context.link.connected

    @property
    def actions(self) -> Actions:
        """What people do to the desk."""
        return self.context.actions

    @property
    def mode(self) -> str:
        """The mode of the desk that was last heard of; that of the settings before."""
        return self.context.mode

    @property
    def age(self) -> Nanos | None:
        """How old the market data is that pages show: the desk's own word, and the time since it was told."""
        snapshot, since = self.snapshot, self.context.link.age
        if snapshot is None or since is None:
            return None
        told = Nanos(int(since * 1e9))
        return told if snapshot.data_age is None else Nanos(snapshot.data_age + told)

    async def ask(self, request: Show) -> Answer:
        """Ask the desk, or take what it answered somebody else a moment ago. Raises NoDesk where none answers."""
        async with self._asking.setdefault(request, asyncio.Lock()):
            now = self.context.monotonic()
            kept = self._answers.get(request)
            if kept is not None and now - kept[0] < _KEPT_S:
                return kept[1]
            if not self.connected:
                raise NoDesk(self.context.link.trouble)
            answer = await self.context.link.ask(request)
            self._forget(now)
            self._answers[request] = (now, answer)
            return answer

    def changed(self) -> None:
        """Something was done: what the desk answered before is no longer true."""
        self._answers.clear()

    async def read[T](self, query: Callable[[Connection], T]) -> T:
        """What is in the database. Raises DatabaseError."""
        return await self.context.history.read(query)

    async def edit[T](self, who: Principal, why: str, change: Callable[[Connection, Author], T]) -> T:
        """Change what people keep in the database. Raises what it raises."""
        return await self.context.edit(who, why, change)

    def who(self, request: WebRequest, known: Principal | None = None) -> Principal:
        """Who looks at a page; asked again for whoever was known, as a session may have ended since."""
        if known is None:
            return principal_of(request.scope)
        if known.how is not How.SESSION:
            return known
        nobody = Role.VIEWER if self.context.door.open_reading else None
        return self.context.doorman.by_session(known.number, nobody)

    def look(self) -> None:
        """Keep what the desk says of its equity; a new run begins anew."""
        now = self.snapshot
        if now is None or (self.seen and now.at - self.seen[-1].at < _SEEN_EVERY and now.run == self._run):
            return
        if now.run != self._run:
            self._run = now.run
            self.seen.clear()
        self.seen.append(Seen(now.at, now.equity, now.high_water))

    async def follow(self) -> None:
        """Give all pages a beat whenever the link has news, and while it has none; until cancelled."""
        seen = self.context.link.version
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SILENT_S):
                    seen = await self.context.link.news(seen)
            self.look()
            self._beat.set()
            self._beat = asyncio.Event()

    async def beat(self) -> None:
        """Wait for the next beat: all pages have it at once, so that what one of them makes serves the others."""
        await self._beat.wait()

    def rows[*V](self, answer: Answer, make: Callable[[Answer, *V], Iterable[Row]], *variant: *V) -> Rows:
        """What `make` makes of an answer: once for all pages that show the same of it."""
        key = (make, variant)
        kept = self._made.get(key)
        if kept is None or kept[0] is not answer:
            kept = self._made[key] = (answer, Rows(make(answer, *variant)))
        return kept[1]

    def head(self) -> str:
        """What stands in the head of each page: the style sheet, and an icon in the colour of the mode."""
        picture = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" '
            f'fill="#{_MODE_COLOURS.get(self.mode, _OTHER_COLOUR)}"/><path d="M9 8h7a8 8 0 0 1 0 16H9zM9 16h15" '
            'fill="none" stroke="#fff" stroke-width="2.6"/></svg>'
        )
        data = base64.b64encode(picture.encode()).decode()
        return (
            f'<link rel="stylesheet" href="{self._stylesheet}">'
            f'<link rel="icon" type="image/svg+xml" href="data:image/svg+xml;base64,{data}">'
        )

    def _forget(self, now: float) -> None:
        """Drop what nobody has asked for in a while."""
        for request in [request for request, (at, _) in self._answers.items() if now - at > _FORGOTTEN_S]:
            del self._answers[request]
            self._asking.pop(request, None)
