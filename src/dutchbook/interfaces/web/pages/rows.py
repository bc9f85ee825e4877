"""What a table shows, in the words of its cells; made ready for browsers once, however many of them show it."""

import weakref
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

import msgspec

_encode = msgspec.json.Encoder().encode


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


type Content = str | Cell | tuple[Act, ...]
type Row = Mapping[str, Content]
"""The cells of a row by column; `id` is its name."""


class _Change(msgspec.Struct, frozen=True):
    """What a browser is told: rows that are new, cells that are other (None: gone), and the order if it is another."""

    put: dict[str, Mapping[str, Content | None]]
    order: list[str] | None


class Rows:
    """The rows of a table at one moment, in their order. Never changed: pages that show the same share it."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: dict[str, Row] = {str(row["id"]): row for row in rows}
        self._told: tuple[weakref.ref[Rows], str] | None = None

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def acts(self, row: str) -> tuple[Act, ...]:
        """The buttons of a row; none where there is no such row."""
        contents = self._rows.get(row, {}).values()
        return tuple(act for content in contents if isinstance(content, tuple) for act in content)

    @cached_property
    def text(self) -> str:
        """All of it, as JSON for a browser that knows nothing yet."""
        return _encode(_Change(dict(self._rows), list(self._rows))).decode()

    def since(self, before: "Rows") -> str:
        """What changed, as JSON for a browser that was told `before`; empty if nothing did."""
        if before is self:
            return ""
        if self._told is None or self._told[0]() is not before:
            # Weakly, or each moment would keep all earlier ones alive.
            self._told = (weakref.ref(before), self._compared(before))
        return self._told[1]

    def _compared(self, before: "Rows") -> str:
        old = {str(row["id"]): row for row in before}
        put = {name: cells for name, row in self._rows.items() if (cells := _other(old.get(name), row))}
        order = None if list(self._rows) == list(old) else list(self._rows)
        return _encode(_Change(put, order)).decode() if put or order is not None else ""


def _other(old: Row | None, new: Row) -> Mapping[str, Content | None]:
    """The cells that are not as they were."""
    if old is None:
        return new
    changed: dict[str, Content | None] = {name: cell for name, cell in new.items() if old.get(name) != cell}
    if old.keys() - new.keys():
        changed.update(dict.fromkeys(old.keys() - new.keys()))
    return changed
