"""Notes that people write about an order or a trade."""

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import complain
from dutchbook.interfaces.web.pages.elements import Box, Button, Words, panel
from dutchbook.interfaces.web.pages.fields import Field
from dutchbook.interfaces.web.pages.frame import Page
from dutchbook.storage.database.edits.notes import add_note, delete_note
from dutchbook.storage.database.queries.kept import notes
from dutchbook.storage.database.rows import TradeNote


def notes_panel(page: Page, run: str, subject: str) -> None:
    """What was written about a subject of a run, and a place to write more."""
    with panel("Notes"):
        listed = Box("div", "body-list")
        field = Field("Write a note", most=2_000, lines=3)
        with Box("div", "tools"):
            keep = Button("Keep it").off(page.barred())
    drawn: list[tuple[TradeNote, ...]] = []

    async def look() -> None:
        found = await page.screens.read(lambda c: notes(c, run=run, subject=subject))
        if drawn and drawn[0] == found:
            return
        drawn[:] = [found]
        listed.clear()
        with listed:
            for note in found:
                _note(page, note)
            if not found:
                Words("p", "Nobody wrote anything yet.", "hint")

    async def add() -> None:
        try:
            page.permit()
            await page.screens.edit(page.who, "", lambda c, author: add_note(c, author, run, subject, field.value))
        except DutchbookError as error:
            complain(error)
            return
        field.empty()
        await look()

    keep.on("click", add)
    page.each_second(look)


def _note(page: Page, note: TradeNote) -> None:
    async def remove() -> None:
        try:
            page.permit()
            await page.screens.edit(page.who, "", lambda c, author: delete_note(c, author, note.id))
        except DutchbookError as error:
            complain(error)

    with Box("div", "note-row"):
        Words("p", note.text, "wrap")
        Words("span", f"{note.by}, {shown.moment(note.at)}", "where soft")
        Button("Delete", "small plain", label="Delete this note").off(page.barred()).on("click", remove)
