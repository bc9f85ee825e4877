"""Questions before something is done: what it will do, counted, and what it will not."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nicegui import ui
from nicegui.elements.dialog import Dialog

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.actions import SecondFactorNeeded
from dutchbook.interfaces.web.pages.elements import Box, Button, Words
from dutchbook.interfaces.web.pages.fields import Field
from dutchbook.interfaces.web.who import Refused

if TYPE_CHECKING:
    from dutchbook.interfaces.web.pages.frame import Page


@contextmanager
def sheet(title: str, *, wide: bool = False) -> Iterator[Dialog]:
    """An open dialog with a title; Escape and its close button leave it, and it is gone then."""
    with ui.dialog() as dialog, Box("div", f"sheet {'wide' if wide else ''}".strip(), role="document"):
        Words("h2", title)
        yield dialog
    dialog.props["aria-label"] = title
    dialog.on("hide", dialog.delete)
    dialog.open()


def confirm(
    page: "Page",
    title: str,
    promises: Sequence[str],
    verb: str,
    do: Callable[[str], Awaitable[str]],
    *,
    grave: bool = False,
) -> None:
    """Ask, then `do` it with the reason that was given, and say what came of it.

    `promises` say what will happen, with numbers. What `do` raises as DutchbookError is shown and the question stays;
    where real money wants a second factor, its code is asked for.
    """
    with sheet(title) as dialog:
        with Box("ul", "promise"):
            for promise in promises:
                Words("li", promise)
        why = Field("Why (goes on record)", most=200)
        code = Field("One-time code of your second factor", most=10)
        code.box.set_visibility(False)
        problem = Words("p", "", "bad")
        with Box("div", "tools"):
            Button("Leave it").on("click", dialog.close)
            act = Button(verb, "halt" if grave else "primary")
            act.props["autofocus"] = True

    async def go() -> None:
        act.off("at work")
        try:
            if code.value:
                page.screens.context.doorman.second(page.who, code.value, page.address)
            said = await do(why.value)
        except SecondFactorNeeded as error:
            code.box.set_visibility(True)
            problem.show(str(error))
        except (DutchbookError, Refused) as error:
            problem.show(str(error))
        else:
            page.screens.changed()
            dialog.close()
            notify(said)
        act.off("")

    act.on("click", go)


def notify(text: str) -> None:
    """Say briefly what was done."""
    ui.notify(text, position="bottom")


def complain(error: Exception) -> None:
    """Show what went wrong."""
    ui.notify(str(error), position="bottom", classes="negative", timeout=8000)
