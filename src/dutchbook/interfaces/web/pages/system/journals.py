"""Journals: every run, and the proof of its hash chain."""

import asyncio
from functools import partial

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import notify, sheet
from dutchbook.interfaces.web.pages.elements import Box, Button, Facts, panel
from dutchbook.interfaces.web.pages.frame import frame
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY, number_of
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.queries.runs import runs
from dutchbook.storage.database.rows import RunRecord
from dutchbook.storage.home import Home
from dutchbook.storage.journal_reader import JournalCheck, verify

_COLUMNS = (
    Column("run", "Run", "title"), Column("mode", "Mode"), Column("started", "Started"), Column("ended", "Ended"),
    Column("lines", "Lines", "num"), Column("orders", "Orders", "num"), Column("fills", "Fills", "num"),
    Column("equity", "Equity", "num"), Column("acts", "Actions", "acts"),
)  # fmt: skip


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "Journals") as page:
        tabs("System", PARTS, "/system/journals")
        with panel("Runs", flush=True) as made:
            made.note.show("the journal is the truth; everything else can be made anew from it")
            table = DeskTable(
                "Runs",
                _COLUMNS,
                empty="Nothing has run yet.",
                next_step="Start with: dutchbook run --sandbox",
                file="runs",
                on_act=lambda name, _: _verify(screens, name),
            )

        async def look() -> None:
            try:
                rows = await screens.read(lambda c: runs(c, page=Rows(limit=200)))
            except DutchbookError as error:
                made.note.show(str(error), "bad")
                return
            table.show(map(_row, rows))

        page.each_second(look)


def _row(row: RunRecord) -> Row:
    return {
        "id": row.run,
        "run": Cell(row.run, sub=row.problem or ", ".join(row.strategies)),
        "mode": Cell(row.mode, tone="badge"),
        "started": shown.date(row.started),
        "ended": shown.date(row.ended) if row.ended else Cell("at work, or killed", rank=0),
        "lines": Cell(f"{row.lines:,}", rank=row.lines),
        "orders": Cell(f"{row.orders:,}", rank=row.orders),
        "fills": Cell(f"{row.fills:,}", rank=row.fills),
        "equity": shown.money(row.equity),
        "acts": (Act("verify", "Verify", row.run),),
    }


async def _verify(screens: Screens, name: str) -> None:
    notify(f"Proving every line of {name}.")
    check = await asyncio.to_thread(partial(verify, Home(screens.context.home).runs / name / "journal"))
    _tell(name, check)


def _tell(name: str, check: JournalCheck) -> None:
    with sheet("Journal proven" if check.ok else "Journal broken") as dialog:
        facts = Facts("Run", "Proven", "Head", "First bad line", "Why", "Torn")
        facts.show("Run", name)
        facts.show("Proven", number_of(check.lines, "line"), "good" if check.ok else "")
        facts.show("Head", check.head or NOBODY)
        facts.show("First bad line", NOBODY if check.first_bad is None else f"{check.first_bad:,}")
        facts.show("Why", check.reason or "every line gives its hash", "" if check.ok else "bad")
        facts.show("Torn", f"{check.torn:,} bytes behind the proven part")
        with Box("div", "tools"):
            Button("Close").on("click", dialog.close)
