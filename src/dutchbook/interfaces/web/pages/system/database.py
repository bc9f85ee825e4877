"""The database: how large its tables are, its backups, and copies on demand."""

import asyncio

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import DAY
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import confirm
from dutchbook.interfaces.web.pages.elements import Box, Button, Facts, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Cell
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY
from dutchbook.storage.database.backups import backups
from dutchbook.storage.database.queries.figures import database_figures
from dutchbook.storage.roles import Role

_TABLES = (Column("name", "Table", "title"), Column("rows", "Rows", "num"), Column("kind", "Holds", "text"))
_BACKUPS = (Column("path", "Backup", "title"), Column("at", "Made"), Column("size", "Size", "num"))
_MEGABYTE = 1 << 20


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "Database") as page:
        tabs("System", PARTS, "/system/database")
        with Box("div", "grid"):
            with panel("Database", span=5, classes="fill") as made:
                facts = Facts(
                    "Kind", "Where", "Version", "Schema", "Size", "Runs", "Journal lines", "Newest", "Log is kept for",
                    "Frames are kept for",
                )  # fmt: skip
            with panel("Backups", span=7, classes="fill", flush=True) as copies:
                with copies.aside:
                    Button("Back up now", "small").off(page.barred(Role.ADMIN)).on("click", lambda: _back_up(page))
                kept = DeskTable(
                    "Backups",
                    _BACKUPS,
                    empty="There is no backup.",
                    next_step="One is made before each upgrade of the tables; or press Back up now.",
                )
        with panel("Tables", flush=True) as listed:
            listed.note.show("what is derived can be made anew: dutchbook db rebuild")
            tables = DeskTable("Tables", _TABLES, empty="There is no table.")

        async def look() -> None:
            try:
                place = screens.context.history.database.place
                copies_there = await asyncio.to_thread(backups, place)
                found = await screens.read(lambda c: database_figures(c, copies_there))
            except DutchbookError as error:
                made.note.show(str(error), "bad")
                return
            facts.show("Kind", found.kind)
            facts.show("Where", found.where or place.shown)
            facts.show("Version", found.version)
            facts.show("Schema", found.schema)
            facts.show("Size", NOBODY if found.size is None else f"{found.size / _MEGABYTE:,.1f} MB")
            facts.show("Runs", f"{found.runs:,}")
            facts.show("Journal lines", f"{found.lines:,}")
            facts.show("Newest", NOBODY if found.newest is None else shown.moment(found.newest))
            keep = screens.context.settings.retention
            facts.show("Log is kept for", f"{keep.decisions / DAY:g} days" if keep.decisions else "ever")
            facts.show("Frames are kept for", f"{keep.recordings / DAY:g} days" if keep.recordings else "ever")
            tables.show(
                {
                    "id": str(each.name),
                    "name": str(each.name),
                    "rows": Cell(f"{each.rows:,}", rank=each.rows),
                    "kind": "derived from the journals" if each.derived else "what people wrote",
                }
                for each in found.tables
            )
            kept.show(
                {
                    "id": each.path,
                    "path": each.path,
                    "at": shown.date(each.at),
                    "size": Cell(f"{each.size / _MEGABYTE:,.1f} MB", rank=each.size),
                }
                for each in found.backups
            )

        page.each_second(look)


def _back_up(page: Page) -> None:
    async def go(why: str) -> str:
        made = await page.screens.actions.back_up(page.who, why)
        return f"Kept as {made.path}."

    confirm(page, "Back up the database", ("Copies it beside the others; the desk goes on.",), "Back up", go)
