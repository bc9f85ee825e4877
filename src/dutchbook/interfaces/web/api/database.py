"""The database and the journals: how large, how far, proven or not, and copies."""

import asyncio
from functools import partial

import msgspec

from dutchbook.app.journals import journal_check
from dutchbook.app.read_models.service import ReadModelsHealth
from dutchbook.domain.errors import DatabaseError
from dutchbook.interfaces.web.api.bodies import Reason, RunName
from dutchbook.interfaces.web.api.routes import Routes, Who
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.database.backups import backups
from dutchbook.storage.database.queries.figures import database_figures
from dutchbook.storage.database.rows import BackupRecord, DatabaseFigures
from dutchbook.storage.roles import Role


class DatabaseView(msgspec.Struct, frozen=True):
    """The database, and how far it has read the journals."""

    figures: DatabaseFigures
    following: ReadModelsHealth


class JournalProof(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the hash chain of a run's journal holds, up to `head`; `reason` says where it breaks."""

    run: str
    ok: bool
    lines: int
    head: str
    first_bad: int | None
    reason: str


def database_routes(context: AppContext) -> Routes:
    """Figures, proofs and backups."""
    routes = Routes("database")
    history = context.history

    @routes.get("/database", DatabaseView)
    async def database() -> DatabaseView:
        """Tables with their rows, the version of the schema, copies, and how far the journals were read."""
        copies = await asyncio.to_thread(backups, history.database.place)
        figures = await history.read(partial(database_figures, backups=copies))
        if history.models is None:
            raise DatabaseError(history.trouble)
        return DatabaseView(figures, await asyncio.to_thread(history.models.health))

    @routes.post("/database/backup", BackupRecord, Role.ADMIN)
    async def back_up_database(who: Who, body: Reason) -> BackupRecord:
        """Copy the database into the home folder, and prove the copy."""
        return await context.actions.back_up(who, body.why)

    @routes.post("/journal/{run}/verify", JournalProof)
    async def verify_journal(run: RunName) -> JournalProof:
        """Reckon the hash chain of a run's journal again, line by line. Long journals take seconds."""
        check = await asyncio.to_thread(journal_check, context.home, run)
        return JournalProof(
            run=run,
            ok=check.ok,
            lines=check.lines,
            head=check.head,
            first_bad=check.first_bad,
            reason=check.reason or "",
        )

    return routes
