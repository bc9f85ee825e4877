"""dutchbook export: what other programs and other people want of runs."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show

if TYPE_CHECKING:
    from dutchbook.app.lot_rows import LotRow
    from dutchbook.domain.units import Nanos

COMMANDS = group(help="Runs for other programs: trades as lots.")


@COMMANDS.callback()
def root() -> None:
    """A family of one command for now: it keeps its noun."""


@COMMANDS.command("trades", epilog="Example: dutchbook export trades --mode live --from 2026-01-01 --out lots.csv")
def trades(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run; by default the latest.")] = None,
    mode: Annotated[
        str | None, typer.Option("--mode", metavar="MODE", help="All runs of this mode, lots going on from run to run.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="Lots that were held on this UTC day or later.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--to", metavar="DATE", help="Lots acquired on this UTC day or earlier.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="By default to stdout.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Every purchase with what became of it, first in, first out, as CSV: for the accountant.

    Amounts are dollars, times ISO 8601 in UTC. Fees stand apart from cost and proceeds; gain is after both.
    """
    from dutchbook.app.lot_rows import lots_of_mode, lots_of_run
    from dutchbook.domain.errors import UsageError
    from dutchbook.interfaces.reports.lot_file import lot_csv, lots_json

    if run is not None and mode is not None:
        raise UsageError("RUN and --mode exclude each other - leave out one of them")
    home = invocation(ctx).home
    rows = list(_within(lots_of_run(home, run) if mode is None else lots_of_mode(home, mode), since, until))
    if json and out is None:
        print_json(lots_json(rows))
        return
    text = lot_csv(rows)
    if out is None:
        typer.echo(text, nl=False)
        return
    out.write_text(text, encoding="utf-8", newline="")
    if json:
        print_json({"file": str(out), "lots": len(rows)})
    else:
        show(f"{len(rows):,} lots in {out}")


def _within(rows: "Iterable[LotRow]", since: str | None, until: str | None) -> "Iterator[LotRow]":
    from dutchbook.domain.units import DAY

    first = None if since is None else _day("--from", since)
    last = None if until is None else _day("--to", until) + DAY
    for row in rows:
        gone = first is not None and row.disposed is not None and row.disposed < first
        if not gone and (last is None or row.acquired < last):
            yield row


def _day(option: str, text: str) -> "Nanos":
    """The first nanosecond of a UTC day. Raises UsageError."""
    from datetime import UTC, datetime

    from dutchbook.domain.errors import UsageError
    from dutchbook.domain.units import SECOND, Nanos

    try:
        day = datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise UsageError(f"{option}: {text!r} is no date - write for example 2026-01-31") from None
    return Nanos(int(day.timestamp()) * SECOND)
