"""What people do to the desk through the screens: one way for pages and API, with who and why on record."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from dutchbook.app import steering
from dutchbook.app.control.wire import Answer, Cancel, Pause, Reconcile, Stop, Unpause
from dutchbook.config.editing import Change, changes, write_own
from dutchbook.config.modes import Mode
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.ports import Clock
from dutchbook.interfaces.web.desk_link import DeskLink
from dutchbook.interfaces.web.history import History
from dutchbook.interfaces.web.who import How, Principal
from dutchbook.storage.database.backups import back_up
from dutchbook.storage.database.edits.authors import Author, keep
from dutchbook.storage.database.rows import BackupRecord
from dutchbook.storage.roles import Role


class Forbidden(DutchbookError):
    """Whoever asks may not do this; the message says who may."""


class SecondFactorNeeded(DutchbookError):
    """Real money: this wants a one-time code first."""


class Actions:
    """Steers the desk for a principal. Each method says in one line what was done; the refusals are errors.

    Halting needs no desk that answers: it is a file and a signal. Everything else goes over the control socket and
    becomes an event of the desk.
    """

    def __init__(self, home: Path, link: DeskLink, history: History, environ: Mapping[str, str], clock: Clock) -> None:
        self._home = home
        self._link = link
        self._history = history
        self._environ = environ
        self._clock = clock

    async def halt(self, who: Principal, why: str) -> str:
        """No new order, at once and until a person resumes on the desk's machine. One press, whatever the mode."""
        permit(who, Role.OPERATOR)
        return await asyncio.to_thread(steering.halt, self._home, why or "ordered by a person", who.by)

    async def pause(self, who: Principal, strategy: str = "", why: str = "") -> str:
        """No new orders of one strategy or (empty) of all; what rests stays."""
        permit(who, Role.OPERATOR)
        return (await self._link.ask(Pause(strategy, who.by, why))).said

    async def resume(self, who: Principal, strategy: str = "", why: str = "") -> str:
        """Lift a pause. A halt is lifted on the desk's machine alone."""
        self._permit_more(who, Role.OPERATOR)
        return (await self._link.ask(Unpause(strategy, who.by, why))).said

    async def cancel(self, who: Principal, order: str | None = None, market: str | None = None, why: str = "") -> str:
        """Cancel an order, all of a market, or (both None) all."""
        self._permit_more(who, Role.OPERATOR)
        return (await self._link.ask(Cancel(order, market, who.by, why))).said

    async def reconcile(self, who: Principal, why: str = "") -> str:
        """Compare with the venues now."""
        permit(who, Role.OPERATOR)
        return (await self._link.ask(Reconcile(who.by, why))).said

    async def stop(self, who: Principal, *, every: bool = False, why: str = "") -> Answer:
        """End the run: purchases are cancelled, with `every` sales too; positions stay. Waits for the venues."""
        self._permit_more(who, Role.OPERATOR)
        return await self._link.ask(Stop(every, who.by, why))

    async def edit_settings(self, who: Principal, text: str, version: str, why: str) -> tuple[Change, ...]:
        """Write the settings file: the next desk starts with it. On record before it is done.

        Raises ConfigError for a text that may not be written, DatabaseError if it cannot go on record.
        """
        self._permit_more(who, Role.ADMIN)
        now = self._clock.now()
        wanted = await asyncio.to_thread(changes, self._home, text, self._environ)
        told = {change.key: f"{change.old} -> {change.new}" for change in wanted}
        author = Author(who.by, now, why)
        await self._history.edit(lambda connection: keep(connection, author, "edit settings", told))
        return await asyncio.to_thread(write_own, self._home, text, version, self._environ, now)

    async def back_up(self, who: Principal, why: str) -> BackupRecord:
        """Copy the database. Raises DatabaseError if that fails: there is no half copy then."""
        permit(who, Role.ADMIN)
        now = self._clock.now()
        made = await asyncio.to_thread(back_up, self._history.database.place, now)
        author = Author(who.by, now, why)
        await self._history.edit(lambda connection: keep(connection, author, "back up database", {"path": made.path}))
        return made

    @property
    def real_money(self) -> bool:
        """Whether the desk trades real money: then what could add risk or lose orders wants a second factor."""
        snapshot = self._link.snapshot
        return snapshot is not None and snapshot.mode == Mode.LIVE

    def _permit_more(self, who: Principal, needed: Role) -> None:
        """As `permit`, and where real money is traded a second factor too."""
        permit(who, needed)
        if self.real_money:
            permit_live(who)


def permit(who: Principal, needed: Role) -> None:
    """Raises Forbidden unless they may do what needs this role."""
    if who.may(needed):
        return
    if not who.known:
        raise Forbidden("sign in first: looking may be open, acting never is")
    raise Forbidden(f"{who.name} may not do this: it takes the role {needed}")


def permit_live(who: Principal) -> None:
    """Raises SecondFactorNeeded where somebody acts on real money without having shown a second factor just now."""
    if who.how is How.KEY and not who.live:
        raise SecondFactorNeeded("this key may not act on real money - `dutchbook users key --live` makes one that may")
    if who.how is How.SESSION and not who.fresh:
        raise SecondFactorNeeded("real money: give a one-time code of your second factor first")
