"""Where output goes: JSON and tables to stdout, progress and warnings to stderr."""

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

PLAIN_WIDTH = 120
"""Columns of tables that go to a file or a pipe."""


def print_json(value: object) -> None:
    """One JSON document, indented, in UTF-8."""
    import msgspec

    sys.stdout.write(msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n")


def console(*, error: bool = False) -> "Console":
    """A console that colours on a terminal only and never breaks words into markup."""
    from rich.console import Console

    stream = sys.stderr if error else sys.stdout
    return Console(
        file=stream, width=None if stream.isatty() else PLAIN_WIDTH, markup=False, highlight=False, emoji=False
    )


def show(*parts: "RenderableType") -> None:
    """Print tables and texts below each other. A line of text stays a line: a pipe may want to read it whole."""
    from rich.text import Text

    out = console()
    for part in parts:
        if isinstance(part, str):
            out.print(printable(part), soft_wrap=True)
        else:
            out.print(part, soft_wrap=isinstance(part, Text))


def warn(text: str) -> None:
    """One line to stderr."""
    sys.stderr.write(f"warning: {text}\n")


def table(
    title: str, columns: Sequence[str], rows: Iterable[Sequence[str]], *, empty: str = "none", whole: bool = False
) -> "RenderableType":
    """A table with a title. A column whose name begins with `>` is numbers, and right-aligned.

    Words that are too long for their column are cut, or folded where the `whole` of them matters: ids, bytes.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in columns:
        number = column.startswith(">")
        made.add_column(
            column.removeprefix(">"),
            justify="right" if number else "left",
            no_wrap=number,
            overflow="fold" if whole else "ellipsis",
        )
    for row in rows:
        made.add_row(*(Text(printable(cell)) for cell in row))
    return made if made.row_count else Text(f"{title}: {empty}")


def pairs(title: str, rows: Iterable[tuple[str, str]]) -> "RenderableType":
    """Names and values below each other."""
    from rich.table import Table
    from rich.text import Text

    made = Table.grid(padding=(0, 2))
    made.title, made.title_justify, made.title_style = title, "left", "bold"
    for name, value in rows:
        made.add_row(Text(name, style="dim"), Text(printable(value)))
    return made


def printable(text: str) -> str:
    """A text of somebody else's, a market's title say, without what would steer a terminal: shown as `?`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() or each == "\n" else "?" for each in text)
