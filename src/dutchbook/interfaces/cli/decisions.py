"""`dutchbook decisions`: the decision log, from what was seen to what became of it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table
from dutchbook.interfaces.words import counts, iso, number_of, percent, time_of_day
from dutchbook.storage.database.decision_words import Decision, Stage

if TYPE_CHECKING:
    from dutchbook.app.read_models.integrity import LogCheck
    from dutchbook.storage.database.database import Database
    from dutchbook.storage.database.filters import DecisionFilter
    from dutchbook.storage.database.rows import DecisionRecord, DecisionSummary

Stages = Annotated[list[Stage] | None, typer.Option("--stage", help="Only this stage; may be given again.")]
Kinds = Annotated[list[Decision] | None, typer.Option("--decision", help="Only these; may be given again.")]


def decisions(  # noqa: PLR0913, PLR0917 - options of a command
    ctx: typer.Context,
    run: Annotated[str | None, typer.Option("--run", metavar="NAME", help="Only of this run.")] = None,
    stage: Stages = None,
    decision: Kinds = None,
    strategy: Annotated[str | None, typer.Option("--strategy", metavar="NAME", help="Only of this strategy.")] = None,
    market: Annotated[str | None, typer.Option("--market", metavar="ID", help="Only of this market.")] = None,
    search: Annotated[str, typer.Option("--search", metavar="TEXT", help="Only entries with this text.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=1_000, help="How many, the newest first.")] = 30,
    verify: Annotated[bool, typer.Option("--verify", help="Compare the log with the journal, line by line.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """What was decided on the way from a look to a position, each entry with the proof of its journal line.

    With --verify the exit code is 1 if an entry is missing, changed or too many.
    """
    from dutchbook.app.read_models.reading import up_to_date
    from dutchbook.engine.clocks import RealClock
    from dutchbook.storage.database.filters import DecisionFilter, Scope

    call = invocation(ctx)
    wanted = DecisionFilter(
        scope=Scope(run=run),
        stages=tuple(stage or ()),
        decisions=tuple(decision or ()),
        strategy=strategy,
        market=market,
        search=search,
    )
    with up_to_date(call.home, call.load().settings.database, RealClock().now()) as database:
        if verify:
            _verify(database, call.home, run, json=json)
        else:
            _show(database, wanted, limit, json=json)


def _show(database: "Database", wanted: "DecisionFilter", limit: int, *, json: bool) -> None:
    from dutchbook.storage.database.filters import Page
    from dutchbook.storage.database.queries.decisions import decisions as entries
    from dutchbook.storage.database.queries.decisions import summary

    found, figures = database.query(entries, wanted, Page(limit=limit)), database.query(summary, wanted)
    if json:
        print_json({"entries": [_told(entry) for entry in found], "summary": figures})
        return
    rows = (
        (
            time_of_day(entry.at),
            entry.mode,
            entry.stage.upper(),
            entry.decision.upper(),
            entry.text,
            f"{entry.run}:{entry.seq}",
            entry.hash[:8] if entry.proven else "CHANGED",
        )
        for entry in found
    )
    columns = ("at (UTC)", "mode", "stage", "decision", "what", "line", "hash")
    show(table("Decisions", columns, rows, empty="none - start a desk with `dutchbook run`"), _in_numbers(figures))


def _in_numbers(figures: "DecisionSummary") -> str:
    stages = counts((str(stage), count) for stage, count in figures.by_stage.items())
    rate = "" if figures.trade_ppm is None else f"; {percent(figures.trade_ppm)} of what risk was asked may trade"
    return f"{number_of(figures.total, 'decision')}: {stages or 'none'}{rate}"


def _told(entry: "DecisionRecord") -> dict[str, object]:
    """An entry for other programs: times in ISO, the line's body as JSON."""
    import msgspec

    told = msgspec.structs.asdict(entry)
    return {**told, "at": iso(entry.at), "body": msgspec.Raw(entry.body.encode())}


def _verify(database: "Database", home: Path, run: str | None, *, json: bool) -> None:
    from dutchbook.app.journals import journal_lines
    from dutchbook.app.read_models.integrity import check_log
    from dutchbook.app.runs import run_folder
    from dutchbook.domain.errors import UsageError
    from dutchbook.storage.database.queries.runs import run as one_run

    name = run_folder(home, run).name
    kept = database.query(one_run, name)
    if kept is None:
        raise UsageError(f"run {name} is not in the database yet - try again in a second")
    check = database.query(check_log, name, journal_lines(home, name), kept.lines)
    if json:
        print_json({"ok": check.ok, **_check_told(check)})
    elif check.ok:
        left = f"; {check.forgotten:,} lines are too old for the log" if check.forgotten else ""
        show(f"{name}: {number_of(check.entries, 'entry', 'entries')} of {number_of(check.lines, 'line')} agree{left}")
    else:
        wrong = ", ".join(str(seq) for seq in check.wrong)
        show(f"{name}: NOT as the journal has it: {check.problem or f'entries of the lines {wrong}'}")
    if not check.ok:
        raise typer.Exit(1)


def _check_told(check: "LogCheck") -> dict[str, object]:
    import msgspec

    return msgspec.structs.asdict(check)
