"""dutchbook journal: prove, show and export what the desk decided."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table
from dutchbook.interfaces.words import iso

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dutchbook.storage.journal_reader import JournalLine

COMMANDS = group(help="Prove, show and export what the desk decided.")
Run = Annotated[str | None, typer.Argument(metavar="[RUN]", help="Which run; by default the latest.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@COMMANDS.command("verify", epilog="Example: dutchbook journal verify")
def verify(ctx: typer.Context, run: Run = None, json: AsJson = False) -> None:
    """Prove a journal's hash chain up to its head.

    The exit code is 1 if it is broken.
    """
    from dutchbook.app.journals import journal_check

    check = journal_check(invocation(ctx).home, run)
    if json:
        print_json(check)
    elif check.ok:
        show(f"proven: {check.lines:,} lines, head {check.head}")
    else:
        # Without a line it is the anchor that is damaged, and every line is proven.
        where, proven = ("", "") if check.first_bad is None else (f" from line {check.first_bad} on", " before it")
        show(f"NOT proven{where}: {check.reason}", f"{check.lines:,} lines{proven} are proven")
    if not check.ok:
        raise typer.Exit(1)


@COMMANDS.command("show", epilog="Example: dutchbook journal show --kind verdict --last 5")
def show_lines(
    ctx: typer.Context,
    run: Run = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only lines of this kind.")] = None,
    last: Annotated[int, typer.Option("--last", min=1, help="How many lines, counted from the end.")] = 20,
    json: AsJson = False,
) -> None:
    """The latest lines of a journal."""
    from collections import deque

    from dutchbook.app.journals import journal_lines
    from dutchbook.domain.errors import JournalError

    lines: deque[JournalLine] = deque(maxlen=last)
    damage: JournalError | None = None
    try:
        lines.extend(line for line in journal_lines(invocation(ctx).home, run) if kind is None or line.kind == kind)
    except JournalError as error:
        damage = error  # told behind the lines that are proven
    _print(lines, json=json)
    if damage is not None:
        raise damage


def _print(lines: "Iterable[JournalLine]", *, json: bool) -> None:
    if json:
        print_json(
            [
                {
                    "seq": line.seq,
                    "at": iso(line.at),
                    "kind": line.kind,
                    "cause": None if line.cause is None else str(line.cause),
                    "body": line.body,
                    "hash": line.hash,
                }
                for line in lines
            ]
        )
        return
    rows = (
        (str(line.seq), iso(line.at) or "", line.kind, "" if line.cause is None else str(line.cause), _short(line.body))
        for line in lines
    )
    show(table("Journal", (">line", "at", "kind", "cause", "what"), rows, empty="no such line"))


@COMMANDS.command("export", epilog="Example: dutchbook journal export --format csv --out journal.csv")
def export(
    ctx: typer.Context,
    run: Run = None,
    form: Annotated[str, typer.Option("--format", metavar="jsonl|csv", help="jsonl or csv.")] = "jsonl",
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="By default to stdout.")] = None,
) -> None:
    """Write a journal for other programs."""
    from dutchbook.app.journals import journal_export
    from dutchbook.domain.errors import UsageError

    if form not in ("jsonl", "csv"):
        raise UsageError(f"--format: {form!r} is no format - write jsonl or csv")
    home = invocation(ctx).home
    if out is None:
        journal_export(home, run, form, sys.stdout)
        return
    with out.open("w", newline="", encoding="utf-8") as file:
        count = journal_export(home, run, form, file)
    show(f"{count:,} lines in {out}")


def _short(body: object, widest: int = 200) -> str:
    text = bytes(body).decode() if isinstance(body, bytes | bytearray | memoryview) else _raw(body)
    return text if len(text) <= widest else text[: widest - 3] + "..."


def _raw(body: object) -> str:
    import msgspec

    return msgspec.json.encode(body).decode()
