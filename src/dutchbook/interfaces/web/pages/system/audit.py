"""The audit: everything that a person did, on whatever surface, with who and why."""

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import panel
from dutchbook.interfaces.web.pages.frame import frame
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.queries.actions import actions
from dutchbook.storage.database.rows import ActionRecord

_COLUMNS = (
    Column("at", "Time"), Column("by", "Who"), Column("action", "Did"), Column("why", "Why", "text"),
    Column("detail", "Detail", "title"), Column("place", "On record in"), Column("hash", "Proof"),
)  # fmt: skip


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "Audit") as page:
        tabs("System", PARTS, "/system/audit")
        with panel("What people did", flush=True) as made:
            table = DeskTable(
                "What people did",
                _COLUMNS,
                empty="Nobody did anything yet.",
                next_step="Pauses, cancels, halts, edits, notes, sign-ins and changes of users stand here.",
                file="audit",
            )

        async def look() -> None:
            try:
                rows = await screens.read(lambda c: actions(c, page=Rows(limit=300)))
            except DutchbookError as error:
                made.note.show(str(error), "bad")
                return
            table.show(_row(number, row) for number, row in enumerate(rows))

        page.each_second(look)


def _row(number: int, row: ActionRecord) -> Row:
    return {
        "id": f"{row.place}/{row.run}/{row.seq}/{row.at}/{number if row.place == 'database' else ''}",
        "at": shown.date(row.at),
        "by": row.by or NOBODY,
        "action": row.action.replace("_", " "),
        "why": row.why or NOBODY,
        "detail": Cell(row.detail, tone="mono"),
        "place": f"{row.place} {row.run}".strip(),
        "hash": Cell(row.hash[:10] or NOBODY, hint=row.hash),
    }
