"""Settings: each with its value and where it was said, what is switched on, and an editor that shows the difference."""

import asyncio
import difflib

from dutchbook.config.editing import LARGEST, Change, changes, read_own
from dutchbook.config.load import Loaded
from dutchbook.domain.errors import ConfigError, DutchbookError
from dutchbook.interfaces.web.pages.dialogs import confirm
from dutchbook.interfaces.web.pages.elements import Box, Button, Words, panel
from dutchbook.interfaces.web.pages.fields import Field
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import number_of
from dutchbook.storage.roles import Role

_VALUES = (Column("key", "Setting", "title"), Column("value", "Value", "text"), Column("source", "Said by"))
_CHANGES = (Column("key", "Setting", "title"), Column("old", "Now"), Column("new", "Then"))


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "Settings") as page:
        tabs("System", PARTS, "/system/settings")
        _editor(page)
        with panel("Switches", flush=True):
            switches = DeskTable("Switches", _VALUES, empty="Nothing can be switched.")
        with panel("Settings in force", flush=True) as made:
            values = DeskTable("Settings in force", _VALUES, empty="No settings could be read.", file="settings")
        try:
            loaded = screens.context.load()
        except ConfigError as error:
            made.note.show(str(error), "bad")
        else:
            _show(loaded, switches, values)
            made.note.show(f"{number_of(len(loaded.values), 'setting')}; keys of accounts are not among them")
            for remark in loaded.remarks:
                Words("p", remark, "banner warn")


def _show(loaded: Loaded, switches: DeskTable, values: DeskTable) -> None:
    rows: list[Row] = [
        {
            "id": each.key,
            "key": each.key,
            "value": Cell(each.value or "off"),
            "source": Cell(
                each.source, tone="" if each.source.startswith(("base", "venues", "default")) else "badge info"
            ),
        }
        for each in loaded.values
    ]
    values.show(rows)
    on_off = {each.key for each in loaded.values if each.value in {"true", "false"}}
    switches.show(row for row in rows if row["id"] in on_off)


def _editor(page: Page) -> None:
    with panel("Edit the settings file") as made:
        own = read_own(page.screens.context.home)
        made.note.show(own.path)
        Words(
            "p",
            "A desk that runs goes on with what it started with; the next one starts with this. Modes, live trading, "
            "accounts and who may come in are edited on the desk's machine alone.",
            "hint",
        )
        text = Field("dutchbook.yaml", own.text, most=LARGEST, lines=14)
        text.input.classes("mono")
        with Box("div", "tools"):
            check = Button("Look at the difference", "primary").off(page.barred(Role.ADMIN))
        problem = Words("pre", "", "raw bad")
        problem.set_visibility(False)
        result = Box("div", "difference")

    async def look() -> None:
        result.clear()
        problem.set_visibility(False)
        context = page.screens.context
        try:
            page.permit(Role.ADMIN)
            found = await asyncio.to_thread(changes, context.home, text.value, context.environ)
            there = await asyncio.to_thread(read_own, context.home)
        except DutchbookError as error:
            problem.show(str(error))
            problem.set_visibility(True)
            return
        with result:
            _difference(page, there.text, text.value, there.version, found)

    check.on("click", look)


def _difference(page: Page, before: str, after: str, version: str, found: tuple[Change, ...]) -> None:
    """Old and new side by side, the settings that become others, and the button that writes them."""
    with Box("div", "sides"):
        for title, lines in zip(("Now", "Then"), _sides(before, after), strict=True):
            with Box("div", "side-of"):
                Words("h3", title)
                with Box("pre", "raw"):
                    for mark, line in lines:
                        Words("span", f"{line}\n", mark)
    if not found:
        Words("p", "No setting would be another.", "hint")
    else:
        table = DeskTable("What would be another", _CHANGES, empty="")
        table.show(
            {"id": each.key, "key": each.key, "old": each.old or "off", "new": each.new or "off"} for each in found
        )

    async def go(why: str) -> str:
        done = await page.screens.actions.edit_settings(page.who, after, version, why)
        return f"Written: {number_of(len(done), 'setting')} will be another from the next run on."

    promises = tuple(f"{each.key}: {each.old or 'off'} becomes {each.new or 'off'}." for each in found[:8])
    with Box("div", "tools"):
        Button("Write it").on(
            "click",
            lambda: confirm(
                page,
                "Write the settings file",
                (*promises, "The file that is there stays beside it.", "The running desk does not change."),
                "Write it",
                go,
                guarded=True,
            ),
        )


def _sides(before: str, after: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """The lines of both texts, aligned, each with how it is marked."""
    old, new = before.splitlines(), after.splitlines()
    left: list[tuple[str, str]] = []
    right: list[tuple[str, str]] = []
    for kind, a, b, c, d in difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        marks = ("", "") if kind == "equal" else ("gone", "come")
        rows = max(b - a, d - c)
        left += [(marks[0], line) for line in old[a:b]] + [("", "")] * (rows - (b - a))
        right += [(marks[1], line) for line in new[c:d]] + [("", "")] * (rows - (d - c))
    return left, right
