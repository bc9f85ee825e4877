"""A desk on a random walk, and the screens beside it: asked without a network, on clocks that tests move."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import httpx
from fastapi import FastAPI

from dutchbook.app.running import RunningDesk
from dutchbook.app.sources import WalkSource
from dutchbook.config.load import shipped_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.engine.clocks import VirtualClock
from dutchbook.interfaces.web.context import AppContext, Surroundings, new_context
from dutchbook.interfaces.web.passwords import hashed, new_key
from dutchbook.interfaces.web.server import build
from dutchbook.storage.roles import Role
from dutchbook.storage.users_file import ApiKey, User

START = Nanos(1_790_000_000 * SECOND)
ADDRESS = "http://127.0.0.1:2345"
SAME_ORIGIN = {"Origin": ADDRESS, "Sec-Fetch-Site": "same-origin"}
PASSWORD = "correct horse battery"  # noqa: S105
_LOOKS = 2_000


@cache
def _hash() -> str:
    return hashed(PASSWORD)


class Monotonic:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Screens:
    """The application of one home, and its clocks."""

    def __init__(self, home: Path, settings: Settings | None = None, environ: Mapping[str, str] | None = None) -> None:
        self.home = home
        self.clock = VirtualClock(START)
        self.monotonic = Monotonic()
        around = Surroundings(environ=environ or {}, clock=self.clock, monotonic=self.monotonic, version="0.0.0+test")
        self.context: AppContext = new_context(home, settings or shipped_settings(), around)
        self.app: FastAPI = build(self.context, pages=False)

    def browser(self, **headers: str) -> httpx.AsyncClient:
        """Somebody with a browser, whose pages are of the desk."""
        return self._client({**SAME_ORIGIN, **headers})

    def program(self, key: str | None = None) -> httpx.AsyncClient:
        """A program: it sends no Origin, and a key if it has one."""
        return self._client({} if key is None else {"X-API-Key": key})

    async def signed_in(self, name: str) -> httpx.AsyncClient:
        """A browser in which somebody signed in."""
        client = self.browser()
        answer = await client.post("/api/v1/session", json={"user": name, "password": PASSWORD})
        assert answer.status_code == 200, answer.text
        return client

    def add_user(self, name: str, role: Role, second: str = "") -> None:
        """Somebody with the password of all tests."""
        self.context.doorman.users.put_user(
            User(name=name, role=role, password=_hash(), made=self.clock.now(), second=second)
        )

    def add_key(self, role: Role, *, live: bool = False) -> str:
        """A key of a program."""
        whole, id_, secret = new_key()
        self.context.doorman.users.put_key(
            ApiKey(id=id_, name=f"a {role}", role=role, secret=hashed(secret), made=self.clock.now(), live=live)
        )
        return whole

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator[None]:
        """The application, following desk and journals."""
        async with self.app.router.lifespan_context(self.app):
            yield

    def _client(self, headers: Mapping[str, str]) -> httpx.AsyncClient:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=dict(headers))


class DeskAtWork:
    """A desk that works between the steps of an event loop, as fast as it can."""

    def __init__(self, home: Path) -> None:
        self.clock = VirtualClock(START)
        self._closed = False
        self.desk = RunningDesk(shipped_settings(), home, WalkSource(7, self.clock), self.clock)

    async def work(self) -> None:
        """Until cancelled, or until somebody stopped it."""
        while not self.desk.over:
            self.step()
            await asyncio.sleep(0.001)
        self.close()

    def close(self) -> None:
        """End the run, unless it has ended."""
        if not self._closed:
            self._closed = True
            self.desk.close()

    def step(self) -> None:
        """A tenth of a second of the desk's life."""
        self.clock.advance(Nanos(self.clock.now() + SECOND // 10))
        self.desk.step()

    def pass_seconds(self, seconds: int) -> None:
        """So much of its life."""
        for _ in range(seconds * 10):
            self.step()


@asynccontextmanager
async def at_work(screens: Screens, *, lived_s: int = 0) -> AsyncIterator[DeskAtWork]:
    """A desk that has lived for a while, with the screens following it."""
    desk = DeskAtWork(screens.home)
    desk.pass_seconds(lived_s)
    async with screens.at_work():
        working = asyncio.create_task(desk.work())
        try:
            await until(lambda: screens.context.link.connected)
            yield desk
        finally:
            if not working.done():
                working.cancel()
                await asyncio.gather(working, return_exceptions=True)
            desk.close()


async def until(holds: Callable[[], bool]) -> None:
    """Let the event loop go on until something holds. Fails if it never does."""
    for _ in range(_LOOKS):
        if holds():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came to hold")


async def until_read(look: Callable[[], Awaitable[bool]]) -> None:
    """The same for what has to be asked for."""
    for _ in range(_LOOKS):
        if await look():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to hold")
