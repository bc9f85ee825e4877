"""Tables of the screens: columns, cells, and an element that sends only the rows that changed."""

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
from nicegui import ui
from nicegui.element import Element
from nicegui.events import GenericEventArguments

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet takes what begins with these for a formula: such text gets an apostrophe before it."""


class Cell(msgspec.Struct, frozen=True, omit_defaults=True):
    """What stands in a place of a table: its text, by what it sorts, how it looks, and where it leads."""

    text: str
    rank: int | float | str | None = None
    tone: str = ""
    to: str = ""
    sub: str = ""
    hint: str = ""
    moment: bool = False
    """Whether `rank` is a time: then hovering tells it in the time zone of whoever looks, too."""


class Act(msgspec.Struct, frozen=True, omit_defaults=True):
    """A button in a row: what it does, in words, to what. `off` says why it cannot be pressed."""

    name: str
    label: str
    of: str
    off: str = ""


class Column(msgspec.Struct, frozen=True):
    """A column. `kind` is title (takes the room), text, keep (one line), num (right-aligned) or acts (buttons)."""

    name: str
    label: str
    kind: str = "keep"
    sortable: bool = True


type Row = Mapping[str, str | Cell | tuple[Act, ...]]
"""The cells of a row by column; `id` is its name."""


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
        self._rows: dict[str, dict[str, object]] = {}
        self._file = file
        self._props["columns"] = [
            {**msgspec.to_builtins(each), "sortable": each.sortable and each.kind != "acts"} for each in columns
        ]
        self._props["initial"] = []
        self._props["caption"] = caption
        self._props["empty"] = empty
        self._props["next"] = next_step
        self._props["searchable"] = bool(file) and filtered
        self._props["exportable"] = bool(file)
        self._act = on_act
        self.on("act", self._acted, args=["row", "act"])
        self.on("export", self._export)
        self._sent = False

    def show(self, rows: Iterable[Row]) -> None:
        """Show these rows in this order; what is equal to what is there costs nothing."""
        now = {str(row["id"]): msgspec.to_builtins(dict(row)) for row in rows}
        put = [row for key, row in now.items() if self._rows.get(key) != row]
        order = list(now) if list(now) != list(self._rows) else None
        self._rows = now
        if not put and order is None:
            return
        # What a browser that (re)builds the element starts from; changing it does not send anything by itself.
        with self._props.suspend_updates():
            self._props["initial"] = list(now.values())
        if self.client.has_socket_connection:
            self.run_method("apply", {"put": put, "order": order})

    def csv(self) -> str:
        """What the table shows, as CSV. Text that a spreadsheet would run is made harmless."""
        columns = [column for column in self._columns if column.kind != "acts"]
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([column.label for column in columns])
        for row in self._rows.values():
            writer.writerow([harmless(_text(row.get(column.name))) for column in columns])
        return out.getvalue()

    def _acted(self, event: GenericEventArguments) -> object:
        row, act = str(event.args["row"]), str(event.args["act"])
        if self._act is None or not self._offered(row, act):
            return None
        return self._act(row, act)

    def _offered(self, row: str, act: str) -> bool:
        """Whether this button is there and may be pressed: a browser can say anything."""
        cells = self._rows.get(row, {}).values()
        return any(
            one["name"] == act and not one.get("off")
            for cell in cells
            if isinstance(cell, list | tuple)
            for one in cell
        )

    def _export(self) -> None:
        ui.download.content(self.csv(), f"{self._file}.csv", "text/csv; charset=utf-8")


def _text(cell: object) -> str:
    if isinstance(cell, Mapping):
        return " ".join(str(part) for part in (cell["text"], cell.get("sub", "")) if part)
    return str(cell or "")


def harmless(text: str) -> str:
    """Text that a spreadsheet does not take for a formula. A sign before an amount stays: it is none."""
    signed = text[:1] in "+-" and (len(text) == 1 or text[1] == "$" or text[1].isdigit())
    return f"'{text}" if text.startswith(_FORMULA) and not signed else text
