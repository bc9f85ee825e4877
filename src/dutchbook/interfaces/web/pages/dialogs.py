"""Questions before something is done: what it will do, counted, and what it will not."""

from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.dialog import Dialog

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.actions import SecondFactorNeeded
from dutchbook.interfaces.web.pages.elements import Box, Button, Words
from dutchbook.interfaces.web.pages.fields import Field
from dutchbook.interfaces.web.who import Refused

if TYPE_CHECKING:
    from dutchbook.interfaces.web.pages.frame import Page


_NO_SECOND_FACTOR = (
    "Real money: this wants a second factor, and you have none. On the desk's machine: dutchbook users second {name} - "
    "then sign in with your password."
)


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
    guarded: bool = False,
) -> None:
    """Ask, then `do` it with the reason that was given, and say what came of it.

    `promises` say what will happen, with numbers. `guarded` is what wants a second factor where real money is traded:
    its code is asked for with the rest. What `do` raises as DutchbookError is shown and the question stays.
    """
    with sheet(title) as dialog:
        with Box("ul", "promise"):
            for promise in promises:
                _promise(promise)
        why = Field("Why (goes on record)", most=200)
        code = _CodeField()
        problem = Words("p", "", "bad")
        problem.props["role"] = "alert"
        with Box("div", "tools"):
            Button("Leave it").on("click", dialog.close)
            act = Button(verb, "halt" if grave else "primary")
    first: Element = act
    who = page.who
    if guarded and page.screens.actions.real_money and not who.fresh:
        if who.second:
            code.ask()
            first = code.input
        else:
            problem.show(_NO_SECOND_FACTOR.format(name="NAME" if who.name.startswith("code-") else who.name))
            act.off("It takes a second factor.")
    first.props["autofocus"] = True

    async def go() -> None:
        act.off("at work")
        try:
            if code.value.strip():
                page.screens.context.doorman.second(page.who, code.value, page.address)
            said = await do(why.value)
        except SecondFactorNeeded as error:  # it was good for five minutes, and these ended meanwhile
            code.ask()
            problem.show(_sentence(error))
        except (DutchbookError, Refused) as error:
            problem.show(_sentence(error))
        else:
            page.screens.changed()
            dialog.close()
            notify(said)
        act.off("")

    act.on("click", go)
    code.input.on("keydown.enter", go)


def _promise(text: str) -> None:
    """A line of them; what stands between backticks is a command."""
    with Box("li"):
        for number, part in enumerate(text.split("`")):
            if part:
                Words("code" if number % 2 else "span", part)


def _sentence(error: Exception) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


class _CodeField(Field):
    """Six digits of an authenticator program, out of sight until they are asked for."""

    def __init__(self) -> None:
        super().__init__("One-time code of your second factor", most=10)
        self.input.classes("code")
        self.input.props.update({"inputmode": "numeric", "autocomplete": "one-time-code", "placeholder": "six digits"})
        self.box.set_visibility(False)

    def ask(self) -> None:
        self.box.set_visibility(True)


def notify(text: str) -> None:
    """Say briefly what was done."""
    ui.notify(text, position="bottom")


def complain(error: Exception) -> None:
    """Show what went wrong."""
    ui.notify(str(error), position="bottom", classes="negative", timeout=8000)
