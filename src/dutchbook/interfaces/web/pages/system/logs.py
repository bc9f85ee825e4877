"""Logs: the newest lines of all rooms, for whoever cannot look at the files."""

import asyncio

from dutchbook.interfaces.log_lines import LogLine, newest_lines
from dutchbook.interfaces.web.pages.elements import Box, panel
from dutchbook.interfaces.web.pages.fields import Choice
from dutchbook.interfaces.web.pages.frame import frame
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import short_ids
from dutchbook.storage.home import Home
from dutchbook.storage.log_settings import Level

_MOST = 300
_COLUMNS = (
    Column("at", "Time"), Column("level", "Level"), Column("room", "Room"), Column("event", "What"),
    Column("text", "In words", "title"), Column("mode", "Mode"),
)  # fmt: skip
_TONES = {Level.DEBUG: "badge", Level.INFO: "badge", Level.WARNING: "badge warn", Level.ERROR: "badge bad"}


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "Logs") as page:
        tabs("System", PARTS, "/system/logs")
        with panel("Logs", flush=True) as made:
            made.note.show(f"the newest {_MOST} lines; all of them are in {Home(screens.context.home).logs}")
            with Box("div", "table-tools"):
                least = Choice(
                    "Level",
                    {
                        "warning": "warnings and errors",
                        "info": "all that happened",
                        "debug": "how long things took too",
                    },
                    "info",
                )
            table = DeskTable(
                "Logs",
                _COLUMNS,
                empty="Nothing was logged.",
                next_step="Orders, fills, commands, what venues say and what went wrong stand here as a desk runs.",
                file="logs",
            )

        async def look() -> None:
            lines = await asyncio.to_thread(newest_lines, screens.context.home, _MOST, Level(least.value))
            # Lines that say the same of the same instant are one row.
            table.show({key: _row(key, line) for line in lines[::-1] if (key := _key(line))}.values())

        least.on_change(look)
        page.each_second(look)


def _key(line: LogLine) -> str:
    return f"{line.at}/{line.room}/{line.event}/{line.text}"


def _row(key: str, line: LogLine) -> Row:
    return {
        "id": key,
        "at": Cell(line.at[:19].replace("T", " "), rank=line.at),
        "level": Cell(str(line.level), tone=_TONES[line.level]),
        "room": line.room,
        "event": line.event.replace("_", " "),
        "text": Cell(short_ids(line.text), hint=f"{line.run}: {line.text}"),
        "mode": line.mode,
    }
