"""Lots as a table for spreadsheets, and as JSON."""

import csv
import io
from collections.abc import Iterable

import msgspec

from dutchbook.app.lot_rows import LotRow
from dutchbook.interfaces.reports.json_face import plain

LOTS_SCHEMA = "dutchbook.lots/1"
COLUMNS = tuple(field.name for field in msgspec.structs.fields(LotRow))
_FORMULAS = frozenset("=+-@\t\r")
"""How a cell begins that a spreadsheet takes for a formula."""
_WORDS = frozenset({"title", "outcome", "market", "strategy", "source", "run", "trade"})
"""Columns with texts of others, in which a formula may be hidden; amounts may well begin with a minus."""


def lot_csv(rows: Iterable[LotRow]) -> str:
    """A header and a line for each lot. A title that looks like a formula is made a text by an apostrophe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for row in rows:
        cells = plain(row)
        writer.writerow([_cell(name, cells[name]) for name in COLUMNS])
    return out.getvalue()


def lots_json(rows: Iterable[LotRow]) -> dict[str, object]:
    """The same as JSON."""
    return {"schema": LOTS_SCHEMA, "lots": [plain(row) for row in rows]}


def _cell(name: str, value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if name in _WORDS and text[:1] in _FORMULAS else text
