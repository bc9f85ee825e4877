"""Everything that the screens of one home work with, made once when their process starts."""

from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec
from sqlalchemy import Connection

from dutchbook.config.load import Loaded, load_settings
from dutchbook.config.settings import Settings
from dutchbook.domain.ports import Clock
from dutchbook.interfaces.web.actions import Actions
from dutchbook.interfaces.web.desk_link import DeskLink
from dutchbook.interfaces.web.history import History
from dutchbook.interfaces.web.listening import Door, door_of
from dutchbook.interfaces.web.sessions import Sessions
from dutchbook.interfaces.web.who import Doorman, Principal
from dutchbook.storage.alert_book import AlertBook
from dutchbook.storage.database.edits.authors import Author
from dutchbook.storage.home import Home
from dutchbook.storage.users_file import UsersFile

ENVIRONMENT_KEY = "DASHBOARD_API_KEY"
"""A key of the API by the environment: the name that users of other dashboards know. Acts as an operator."""


class AppContext(msgspec.Struct, frozen=True, kw_only=True):
    """The desk behind its socket, its history, who may come in, and what they may do."""

    home: Path
    settings: Settings
    version: str
    link: DeskLink
    history: History
    doorman: Doorman
    door: Door
    actions: Actions
    alerts: AlertBook
    clock: Clock
    started: float
    monotonic: Callable[[], float]
    environ: Mapping[str, str]
    load: Callable[[], Loaded]
    """Reads the settings as they are now, each with its source. Raises ConfigError."""

    async def edit[*A, T](
        self, who: Principal, why: str, change: Callable[[Connection, Author, *A], T], *given: *A
    ) -> T:
        """Change what people keep in the database, under the name of whoever does it. Raises what `change` raises."""
        author = Author(who.by, self.clock.now(), why)
        return await self.history.edit(lambda connection: change(connection, author, *given))

    @property
    def mode(self) -> str:
        """The mode of the desk that was last heard of; that of the settings before. On every page and line."""
        snapshot = self.link.snapshot
        return snapshot.mode if snapshot is not None else str(self.settings.mode)


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """What a process hands in: its environment, its clocks, its version."""

    environ: Mapping[str, str]
    clock: Clock
    monotonic: Callable[[], float]
    version: str
    config_file: Path | None = None


def new_context(home: Path, settings: Settings, around: Surroundings) -> AppContext:
    """Make everything; nothing is connected or opened yet. Raises ConfigError for what could not be served safely."""
    users = UsersFile(Home(home).users)
    door = door_of(settings.web, users.read())
    sessions = Sessions(Home(home).sessions, around.clock, settings.web.session)
    link, history = DeskLink(home, around.monotonic), History()
    return AppContext(
        home=home,
        settings=settings,
        version=around.version,
        link=link,
        history=history,
        doorman=Doorman(users, sessions, around.clock, around.monotonic, around.environ.get(ENVIRONMENT_KEY, "")),
        door=door,
        actions=Actions(home, link, history, around.environ, around.clock),
        alerts=AlertBook(Home(home).alerts),
        clock=around.clock,
        started=around.monotonic(),
        monotonic=around.monotonic,
        environ=around.environ,
        load=lambda: load_settings(home, around.config_file, around.environ),
    )
