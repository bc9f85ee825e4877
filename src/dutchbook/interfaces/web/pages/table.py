"""Tables of the screens: columns, and an element that sends only what changed."""

import csv
import io
from collections.abc import Callable, Iterable, Sequence

import msgspec
from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

from dutchbook.interfaces.web.pages.rows import Cell, Content, Row, Rows

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes what begins with these for a formula: such text gets an apostrophe before it."""


class Column(msgspec.Struct, frozen=True):
    """A column. `kind` is title (takes the room), text, keep (one line), num (right-aligned) or acts (buttons)."""

    name: str
    label: str
    kind: str = "keep"
    sortable: bool = True


class DeskTable(Element, component="../static/desk_table.js"):
    """A table whose rows are compared here: the browser is told what changed, and keeps focus, order and filter.

    `empty` and `next_step` are shown while there is no row. `file` names the CSV that it exports; without one it
    offers neither export nor filter, and a page with a search of its own wants no filter.
    """

    def __init__(
        self,
        caption: str,
        columns: Sequence[Column],
        *,
        empty: str,
        next_step: str = "",
        file: str = "",
        filtered: bool = True,
        on_act: Callable[[str, str], object] | None = None,
    ) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._rows = Rows()
        self._told = self._rows
        self._met = False
        self._file = file
        self._props["columns"] = [
            {**msgspec.to_builtins(each), "sortable": each.sortable and each.kind != "acts"} for each in columns
        ]
        self._props["initial"] = self._rows.text
        self._props["caption"] = caption
        self._props["empty"] = empty
        self._props["next"] = next_step
        self._props["searchable"] = bool(file) and filtered
        self._props["exportable"] = bool(file)
        self._act = on_act
        self.on("act", self._acted, args=["row", "act"])
        self.on("export", self._export)

    def show(self, rows: Rows | Iterable[Row]) -> None:
        """Show these rows in this order; what is equal to what is there costs nothing."""
        self._rows = rows if isinstance(rows, Rows) else Rows(rows)
        connected = self.client.has_socket_connection
        self._met = self._met or connected
        # A browser that is away for a moment is told on its return what changed since it left.
        if not connected and self._met:
            return
        if change := self._rows.since(self._told):
            # What a browser that (re)builds the element starts from; changing it does not send anything by itself.
            with self._props.suspend_updates():
                self._props["initial"] = self._rows.text
            if connected:
                self.run_method("apply", change)
        self._told = self._rows

    def csv(self) -> str:
        """What the table shows, as CSV. Text that a spreadsheet would run is made harmless."""
        columns = [column for column in self._columns if column.kind != "acts"]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.label for column in columns])
        for row in self._rows:
            writer.writerow([harmless(_text(row.get(column.name, ""))) for column in columns])
        return out.getvalue()

    def _acted(self, event: GenericEventArguments) -> object:
        row, act = str(event.args["row"]), str(event.args["act"])
        # A browser can say anything: the button must be there, and one that may be pressed.
        if self._act is None or not any(one.name == act and not one.off for one in self._rows.acts(row)):
            return None
        return self._act(row, act)

    def _export(self) -> None:
        ui.download.content(self.csv(), f"{self._file}.csv", "text/csv; charset=utf-8")


def _text(content: Content) -> str:
    match content:
        case Cell(text=text, sub=sub):
            return f"{text} {sub}" if text and sub else text or sub
        case str():
            return content
        case _:
            return ""


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula. A sign before an amount stays: it is none."""
    signed = text[:1] in "+-" and (len(text) == 1 or text[1] == "$" or text[1].isdigit())
    return f"'{text}" if text.startswith(_FORMULA) and not signed else text
