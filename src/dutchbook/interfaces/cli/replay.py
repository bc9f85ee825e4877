"""dutchbook replay: a recording through the whole desk, and the report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, warn
from dutchbook.interfaces.cli.progress import progress

if TYPE_CHECKING:
    from dutchbook.domain.units import Money


def replay(
    ctx: typer.Context,
    recording: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the recording.")],
    strategy: places.Strategies = None,
    cash: Annotated[str | None, typer.Option("--cash", metavar="DOLLARS", help="Dollars to start with.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run a recording through the desk on paper, and report."""
    from dutchbook.app.replaying import Options
    from dutchbook.app.replaying import replay as run_recording
    from dutchbook.config.modes import Mode
    from dutchbook.interfaces.cli.interrupts import interruptible
    from dutchbook.interfaces.cli.replay_view import report_parts

    call = invocation(ctx)
    loaded = call.load()
    for remark in loaded.remarks:
        warn(remark)
    settings = places.with_strategies(loaded.settings, strategy)
    with progress(f"replaying {recording}", "frames") as show_progress, interruptible() as checkpoint:

        def report_progress(done: int, total: int | None) -> None:
            show_progress(done, total)
            checkpoint()

        report = run_recording(
            recording,
            settings=settings.in_mode(Mode.REPLAY),
            home=call.home,
            options=Options(
                strategies=settings.strategies,
                cash=None if cash is None else _dollars(cash),
                progress=report_progress,
            ),
        )
    if json:
        if not report.complete:
            warn(f"{recording} was cut short by its writer: the figures are those of what is there")
        print_json(report.as_json())
    else:
        show(*report_parts(report))


def _dollars(text: str) -> "Money":
    from dutchbook.domain.errors import UsageError
    from dutchbook.domain.units import money_of

    try:
        amount = money_of(text.removeprefix("$").replace(",", ""))
    except ValueError as error:
        raise UsageError(f"--cash: {error} - write an amount of dollars, for example 10000") from None
    if not amount:
        raise UsageError("--cash: a desk without cash cannot trade - write an amount of dollars, for example 10000")
    return amount
