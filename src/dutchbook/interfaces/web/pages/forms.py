"""Dialogs that change what people keep in the database: fields, a question before it is done, amounts as written."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.units import MONEY_DECIMALS, Money, exact
from dutchbook.interfaces.web.pages.dialogs import confirm, sheet
from dutchbook.interfaces.web.pages.elements import Box, Button, Words
from dutchbook.interfaces.web.pages.frame import Page
from dutchbook.storage.database.edits.authors import Author

type Edit = Callable[[Connection, Author], object]


def sure(page: Page, title: str, promise: str, edit: Edit) -> None:
    """Ask before a change of what is kept in the database."""

    async def go(why: str) -> str:
        page.permit()
        await page.screens.edit(page.who, why, edit)
        return "Done."

    confirm(page, title, (promise, "That it was done stays on record."), "Do it", go)


class Form:
    """A dialog with fields, made within it; `edit` is set to what makes the change from them."""

    def __init__(self) -> None:
        self.edit: Callable[[], Edit] | None = None


@contextmanager
def form(title: str, verb: str, page: Page) -> Iterator[Form]:
    """Fields, and a button that makes the change. What it raises is shown, and the dialog stays."""
    filled = Form()
    with sheet(title) as dialog:
        yield filled
        problem = Words("p", "", "bad")
        with Box("div", "tools"):
            Button("Leave it").on("click", dialog.close)
            act = Button(verb, "primary")

    async def go() -> None:
        if filled.edit is None:
            return
        try:
            page.permit()
            await page.screens.edit(page.who, "", filled.edit())
        except DutchbookError as error:
            problem.show(str(error))
            return
        dialog.close()

    act.on("click", go)


def dollars_of(text: str) -> Money | None:
    """Dollars as a person writes them; None for nothing. Raises UsageError."""
    words = text.strip().lstrip("$").replace(",", "")
    try:
        return Money(exact(words, MONEY_DECIMALS)) if words else None
    except ValueError:
        raise UsageError(f"{text!r} is no amount - write dollars, for example 500") from None


def share_of(text: str) -> int:
    """A share in percent, in millionths. Raises UsageError."""
    try:
        return exact(text.strip().rstrip("%").strip(), 4)
    except ValueError:
        raise UsageError(f"{text!r} is no share - write percent, for example 25") from None
