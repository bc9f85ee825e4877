"""What the desk's logs say, for those who cannot look at its files."""

import asyncio

import msgspec

from dutchbook.interfaces.log_lines import LogLine, newest_lines
from dutchbook.interfaces.web.api.filters import Pages
from dutchbook.interfaces.web.api.routes import Routes
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.log_settings import Level


class LogLines(msgspec.Struct, frozen=True):
    """Lines of all rooms, the newest first."""

    lines: tuple[LogLine, ...]


def log_routes(context: AppContext) -> Routes:
    """The logs."""
    routes = Routes("logs")

    @routes.get("/logs", LogLines)
    async def logs(page: Pages, least: Level = Level.INFO) -> LogLines:
        """The newest lines of the desk's logs, of a level and those that matter more. Secrets were never written."""
        wanted = page.offset + page.limit
        found = await asyncio.to_thread(newest_lines, context.home, wanted, least)
        return LogLines(tuple(found[::-1][page.offset : wanted]))

    return routes
