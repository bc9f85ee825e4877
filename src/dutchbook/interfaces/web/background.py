"""What the screens do beside answering: they follow the desk, and the journals into the database."""

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import NoReturn

from dutchbook.app.read_models.service import ReadModels
from dutchbook.domain.errors import ConfigError, DatabaseError
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.database.edits.user_changes import take_over
from dutchbook.storage.home import Home
from dutchbook.storage.users_record import UsersRecord

_AGAIN_S = 5.0
"""After which a database that could not be opened is tried again: another process may have let go of it."""

_USERS_EVERY_S = 0.5

log = logging.getLogger(__name__)


@asynccontextmanager
async def at_work(context: AppContext) -> AsyncIterator[None]:
    """Follow desk and journals while the context lasts. What ends that in an unforeseen way ends the screens."""
    tasks = [asyncio.create_task(work) for work in (context.link.run(), _keep_history(context))]
    for task in tasks:
        task.add_done_callback(_end_if_failed)
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _end_if_failed(task: "asyncio.Task[None]") -> None:
    """Screens that follow nothing would show the past as if it were now: end, and be started again."""
    if not task.cancelled() and (failure := task.exception()) is not None:
        log.critical("the dashboard ends: %r", failure, exc_info=failure)
        signal.raise_signal(signal.SIGTERM)


async def _keep_history(context: AppContext) -> None:
    """Open the database, and own it until cancelled."""
    models = await _opened(context)
    context.history.opened(models)
    try:
        await _follow_users(context)
    finally:
        context.history.failed("the dashboard is ending")
        await asyncio.shield(asyncio.to_thread(models.close))


async def _follow_users(context: AppContext) -> NoReturn:
    """Take changes of users, which commands make beside us, into the audit."""
    record, seen, trouble = UsersRecord(Home(context.home).users_record), 0, ""
    while True:
        if (size := record.size()) != seen:
            try:
                changes = await asyncio.to_thread(record.read)
                await context.history.edit(partial(take_over, changes=changes))
                seen, trouble = size, ""
            except (ConfigError, DatabaseError) as error:
                if str(error) != trouble:
                    log.warning("changes of users are not in the audit yet: %s", trouble := str(error))
        await asyncio.sleep(_USERS_EVERY_S)


async def _opened(context: AppContext) -> ReadModels:
    while True:
        try:
            settings = context.settings
            return await asyncio.to_thread(
                ReadModels, context.home, settings.database, context.clock, settings.retention
            )
        except DatabaseError as error:
            if str(error) != context.history.trouble:
                log.warning("history: %s", error)
            context.history.failed(str(error))
            await asyncio.sleep(_AGAIN_S)
