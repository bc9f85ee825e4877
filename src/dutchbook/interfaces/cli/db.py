"""`dutchbook db`: the database that screens and reports read."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.durations import nanos_of
from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import pairs, print_json, show, table, warn
from dutchbook.interfaces.words import iso, number_of

if TYPE_CHECKING:
    from dutchbook.storage.database.rows import BackupRecord
    from dutchbook.storage.database.settings import DatabaseSettings

COMMANDS = group(help="The database of the screens: copies of it, and making it anew from the journals.")

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def _settings(ctx: typer.Context) -> "DatabaseSettings":
    return invocation(ctx).load().settings.database


@COMMANDS.command("upgrade", epilog="Example: dutchbook db upgrade")
def upgrade(ctx: typer.Context, json: AsJson = False) -> None:
    """Make the tables, or bring them up to date after a backup. Does nothing where they are."""
    from dutchbook.app.read_models.maintenance import open_to_write
    from dutchbook.engine.clocks import RealClock

    database, done = open_to_write(invocation(ctx).home, _settings(ctx), RealClock().now())
    database.close()
    if json:
        print_json(done)
        return
    was = "new" if done.before is None else done.before
    show(f"{database.place.shown}: {'up to date' if was == done.after else f'{was} -> {done.after}'}")
    if done.backup is not None:
        show(f"what it was before is in {done.backup.path}")


@COMMANDS.command("backup", epilog="Example: dutchbook db backup")
def backup(ctx: typer.Context, json: AsJson = False) -> None:
    """Copy the database while it is used, and prove the copy."""
    from dutchbook.app.read_models.maintenance import back_up_now
    from dutchbook.engine.clocks import RealClock

    made = back_up_now(invocation(ctx).home, _settings(ctx), RealClock().now())
    if json:
        print_json(_told(made))
    else:
        show(f"{made.path}, {made.size:,} bytes")


@COMMANDS.command("backups", epilog="Example: dutchbook db backups")
def list_backups(ctx: typer.Context, json: AsJson = False) -> None:
    """The copies there are, the newest first."""
    from dutchbook.storage.database.backups import backups
    from dutchbook.storage.database.location import location

    place = location(invocation(ctx).home, _settings(ctx))
    found = backups(place)
    if json:
        print_json([_told(each) for each in found])
        return
    rows = ((Path(each.path).name, iso(each.at) or "", f"{each.size:,}") for each in found)
    columns, none = ("file", "made", ">bytes"), "none - `dutchbook db backup` makes one"
    show(f"in {place.backups}", table("Backups", columns, rows, empty=none, whole=True))


@COMMANDS.command("restore", epilog="Example: dutchbook db restore ~/backups/desk-20261121T120000Z.db")
def restore(
    ctx: typer.Context,
    source: Annotated[Path, typer.Argument(metavar="FILE", help="A backup; `dutchbook db backups` lists them.")],
    json: AsJson = False,
) -> None:
    """Put a backup in the place of the database. What was there is copied first; journals are read on from there."""
    from dutchbook.app.read_models.maintenance import restore_from
    from dutchbook.engine.clocks import RealClock

    kept = restore_from(invocation(ctx).home, _settings(ctx), source, RealClock().now())
    if json:
        print_json({"restored": str(source), "kept": None if kept is None else _told(kept)})
        return
    show(f"restored from {source}")
    if kept is not None:
        show(f"what was there is in {kept.path}")


@COMMANDS.command("rebuild", epilog="Example: dutchbook db rebuild")
def rebuild(ctx: typer.Context, json: AsJson = False) -> None:
    """Make anew all that the journals say. What people wrote (notes, watchlist, wallets, strategies) stays.

    The exit code is 1 if a journal could not be read to its end.
    """
    from dutchbook.app.read_models.maintenance import rebuild as make_anew
    from dutchbook.engine.clocks import RealClock
    from dutchbook.interfaces.cli.progress import progress

    with progress("reading journals", "lines") as report:
        lines, problems = make_anew(
            invocation(ctx).home, _settings(ctx), RealClock().now(), lambda done: report(done, None)
        )
    if json:
        print_json({"lines": lines, "problems": problems})
    else:
        show(f"{number_of(lines, 'line')} of journals read")
        for problem in problems:
            warn(problem)
    if problems:
        raise typer.Exit(1)


@COMMANDS.command("stats", epilog="Example: dutchbook db stats")
def stats(ctx: typer.Context, json: AsJson = False) -> None:
    """Where the database is, how large, and what is in it."""
    from dutchbook.storage.database.backups import backups
    from dutchbook.storage.database.database import Database
    from dutchbook.storage.database.location import location
    from dutchbook.storage.database.queries.figures import database_figures

    place = location(invocation(ctx).home, _settings(ctx))
    with Database.to_read(place) as database:
        figures = database.query(database_figures, backups(place))
    if json:
        print_json(figures)
        return
    facts = (
        ("where", place.shown),
        ("kind", f"{figures.kind} {figures.version}"),
        ("tables of revision", figures.schema),
        ("bytes", "not known" if figures.size is None else f"{figures.size:,}"),
        ("read", f"{number_of(figures.lines, 'line')} of {number_of(figures.runs, 'run')}"),
        ("newest line", iso(figures.newest) or "none"),
        ("latest backup", figures.backups[0].path if figures.backups else "none"),
    )
    rows = ((each.name, f"{each.rows:,}", "the journals" if each.derived else "people") for each in figures.tables)
    show(pairs("Database", facts), table("Tables", ("table", ">rows", "from"), rows))


Age = Annotated[str | None, typer.Option(metavar="TIME", help="Older than this, for example 90d.")]


@COMMANDS.command("prune", epilog="Example: dutchbook db prune --recordings 30d --dry-run")
def prune(
    ctx: typer.Context,
    recordings: Age = None,
    decisions: Age = None,
    runs: Age = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; nothing goes.")] = False,
    json: AsJson = False,
) -> None:
    """Let go of old frames, entries of the decision log, and runs: what is older than `retention` says, or an option.

    Orders, fills, trades, equity, and runs with real money stay. A running desk is not disturbed.
    """
    from msgspec import structs

    from dutchbook.app.read_models.maintenance import prune as let_go
    from dutchbook.app.retention import told
    from dutchbook.engine.clocks import RealClock
    from dutchbook.storage.database.edits.authors import Author

    call = invocation(ctx)
    settings = call.load().settings
    asked = {"recordings": recordings, "decisions": decisions, "runs": runs}
    given = {name: nanos_of(f"--{name}", age) for name, age in asked.items() if age is not None}
    keep = settings.retention.model_copy(update=given)
    author = Author(by=call.by, at=RealClock().now(), why="dutchbook db prune")
    done = let_go(call.home, settings.database, keep, author, look_only=dry_run)
    if json:
        print_json({"dry_run": dry_run, **structs.asdict(done)})
        return
    show(f"{'would go' if dry_run else 'gone'}, {told(done)}" if told(done) else "nothing is too old")
    for problem in done.problems:
        warn(problem)


def _told(made: "BackupRecord") -> dict[str, object]:
    return {"path": made.path, "at": iso(made.at), "bytes": made.size}
