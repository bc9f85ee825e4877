"""The report of a run as a page of its own."""

import asyncio

from nicegui import app
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from dutchbook.app.run_reports import run_report
from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.reports.page import page
from dutchbook.interfaces.web.pages.screens import Screens


def add_reports(screens: Screens) -> None:
    """Serve reports under `/report/`."""

    @app.get("/report/{name}", include_in_schema=False)
    async def report(name: str) -> Response:
        try:
            return HTMLResponse(await asyncio.to_thread(_made, screens, name))
        except DutchbookError as error:
            return PlainTextResponse(str(error), 404)


def _made(screens: Screens, name: str) -> str:
    context = screens.context
    return page(run_report(context.home, name, context.load().settings, look=False))
