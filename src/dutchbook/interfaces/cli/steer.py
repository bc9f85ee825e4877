"""dutchbook status, halt and resume: they need no running desk, and reach one that hangs."""

from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.latency import stage_table
from dutchbook.interfaces.cli.output import pairs, print_json, show, table
from dutchbook.interfaces.words import NOBODY, iso

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dutchbook.evaluation.snapshot import DeskStatus


def status(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Whether a desk runs or is halted, the latest runs, and how long each stage of the way of an order takes."""
    from dutchbook.app.steering import status as read_status

    call = invocation(ctx)
    found = read_status(call.home, call.load().settings)
    if json:
        print_json(_status_json(found))
        return
    rows = (
        (row.run, row.mode, iso(row.started) or NOBODY, f"{row.lines:,}", "yes" if row.ended else "no", row.head[:16])
        for row in found.runs
    )
    columns = ("run", "mode", "started", ">lines", "ended", "journal head")
    show(pairs("Desk", _status_rows(found)), "", table("Latest runs", columns, rows, empty="none yet: dutchbook run"))
    if found.process and not found.silent:
        show(stage_table("Latency of the running desk", found.stages))


def halt(
    ctx: typer.Context,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "ordered by a person",
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Stop the desk: no new order until a person resumes it.

    Works through a file and a signal, so it reaches a desk that hangs, and a later one too.
    """
    from dutchbook.app.steering import halt as order_halt

    call = invocation(ctx)
    said = order_halt(call.home, reason, call.by)
    if json:
        print_json({"said": said})
    else:
        show(said, "next: look at orders and positions, then dutchbook resume --i-checked")


def resume(
    ctx: typer.Context,
    strategy: Annotated[str, typer.Argument(metavar="[STRATEGY]", help="Only this one's pause.")] = "",
    i_checked: Annotated[bool, typer.Option("--i-checked", help="I looked at orders and positions.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Lift a halt, after a person has looked, or a pause.

    Without a halt it is the pause of the running desk that is lifted.
    """
    from dutchbook.app.control.client import running
    from dutchbook.app.steering import halted
    from dutchbook.app.steering import resume as lift_halt
    from dutchbook.interfaces.cli.trade import lift_pause

    call = invocation(ctx)
    home = call.home
    if not strategy and (halted(home) or not running(home)):
        said = lift_halt(home, checked=i_checked, by=call.by)
        if json:
            print_json({"said": said})
        else:
            show(said)
        return
    lift_pause(ctx, strategy, json=json)


def _status_rows(found: "DeskStatus") -> "Iterator[tuple[str, str]]":
    yield "home", found.home
    yield "mode", found.mode.upper()
    yield "desk", f"running, process {found.process}" if found.process else "not running"
    if found.silent:
        yield "answers", f"NO: {found.silent}"
    yield "strategies", ", ".join(found.strategies) or NOBODY
    if found.halted is None:
        yield "halted", "no"
    else:
        yield "halted", f"YES: {found.halted} (by {found.halted_by or '?'}, {iso(found.halted_at) or '?'})"


def _status_json(found: "DeskStatus") -> dict[str, object]:
    halted = None
    if found.halted is not None:
        halted = {"reason": found.halted, "by": found.halted_by, "at": iso(found.halted_at)}
    runs = [
        {
            "run": row.run,
            "mode": row.mode,
            "started": iso(row.started),
            "lines": row.lines,
            "head": row.head,
            "ended": row.ended,
        }
        for row in found.runs
    ]
    desk = {"home": found.home, "mode": found.mode, "process": found.process, "strategies": found.strategies}
    return {**desk, "halted": halted, "runs": runs, "stages": found.stages, "silent": found.silent or None}
