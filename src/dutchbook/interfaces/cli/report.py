"""dutchbook report and scorecard: what runs came to, from their journals, whether a desk runs or not."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show
from dutchbook.interfaces.cli.progress import progress

if TYPE_CHECKING:
    from dutchbook.evaluation.report_object import RunReport

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Mode = Annotated[
    str | None, typer.Option("--mode", metavar="MODE", help="Runs of this mode; by default that of the latest run.")
]


def report(
    ctx: typer.Context,
    run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="A run; by default the latest.")] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write a page that needs nothing else.")
    ] = None,
    no_recording: Annotated[
        bool, typer.Option("--no-recording", help="Quick: leave out what only the recording tells.")
    ] = False,
    json: AsJson = False,
) -> None:
    """What a run came to: money, trades, orders, slippage, what else would have brought, and what is not known.

    Of any mode. The recording beside the journal is read for prices, which takes a while for a long run.
    """
    found = _report(ctx, run, look=not no_recording)
    if html is not None:
        from dutchbook.interfaces.reports.page import page

        html.write_text(page(found), encoding="utf-8")
    if json:
        from dutchbook.interfaces.reports.json_face import report_json

        print_json(report_json(found))
    elif html is not None:
        show(f"{found.identity.mode.upper()}: the report of {found.identity.run} is in {html}")
    else:
        from dutchbook.interfaces.reports.terminal import report_parts

        show(*report_parts(found))


def scorecard(
    ctx: typer.Context,
    mode: Mode = None,
    days: Annotated[int, typer.Option("--days", min=1, max=3_660, help="Runs that began in so many days.")] = 30,
    json: AsJson = False,
) -> None:
    """The measures of success beside their targets, each with its sample and what can be said of it.

    Over all runs of one mode: paper and live are never mixed.
    """
    from dutchbook.app.run_reports import run_scores
    from dutchbook.engine.clocks import RealClock
    from dutchbook.interfaces.reports.json_face import scores_json
    from dutchbook.interfaces.reports.terminal import score_parts
    from dutchbook.interfaces.words import number_of

    found = run_scores(invocation(ctx).home, mode, days, RealClock().now())
    if json:
        print_json(scores_json(found))
        return
    runs, trades = number_of(len(found.runs), "run"), number_of(found.trades, "trade")
    show(f"{found.mode.upper()}  {runs} of the last {number_of(days, 'day')}, {trades}", "", *score_parts(found.scores))


def _report(ctx: typer.Context, run: str | None, *, look: bool) -> "RunReport":
    from dutchbook.app.run_reports import run_report
    from dutchbook.interfaces.cli.interrupts import interruptible

    call = invocation(ctx)
    settings = call.load().settings
    with progress("reading the recording", "frames") as show_progress, interruptible() as checkpoint:

        def tell(done: int, total: int | None) -> None:
            show_progress(done, total)
            checkpoint()

        return run_report(call.home, run, settings, look=look, progress=tell)
