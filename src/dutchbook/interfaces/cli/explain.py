"""dutchbook explain: from an order back to the bytes that caused it, or why a market was not traded."""

from typing import Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table
from dutchbook.interfaces.words import NOBODY, iso, span


def explain(
    ctx: typer.Context,
    order: Annotated[str | None, typer.Argument(metavar="[ORDER]", help="Id of an order.")] = None,
    why_not: Annotated[
        str | None, typer.Option("--why-not", metavar="MARKET", help="A market: say why it was not traded.")
    ] = None,
    run: Annotated[str | None, typer.Option("--run", help="Which run; by default the latest.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """From an order back to its causes; or why not."""
    if (order is None) == (why_not is None):
        from dutchbook.domain.errors import UsageError

        raise UsageError("explain: nothing or two things named - name an order, or a market after --why-not")
    if order is not None:
        _explain_order(ctx, order, run, json=json)
    elif why_not is not None:
        _explain_market(ctx, why_not, run, json=json)


def _explain_order(ctx: typer.Context, order: str, run: str | None, *, json: bool) -> None:
    from dutchbook.app.explaining import explain_order

    steps = explain_order(invocation(ctx).home, order, run)
    if json:
        print_json([{"ref": step.ref, "at": iso(step.at), "what": step.what, "text": step.text} for step in steps])
        return
    rows = ((step.ref, iso(step.at) or NOBODY, step.what, step.text) for step in steps)
    columns = ("where", "when", "what", "in words")
    show(table(f"{order}, from what happened back to its cause", columns, rows, whole=True))


def _explain_market(ctx: typer.Context, market: str, run: str | None, *, json: bool) -> None:
    from dutchbook.app.explaining import explain_market

    call = invocation(ctx)
    found = explain_market(call.home, market, run, call.load().settings)
    if json:
        print_json(
            {
                "market": found.market,
                "title": found.title,
                "bundles": found.bundles,
                "near_misses": found.near_misses,
                "opportunities": found.opportunities,
                "approved": found.approved,
                "reasons": [
                    {
                        "reason": row.reason,
                        "count": row.count,
                        "seconds": None if row.lasted is None else round(row.lasted / 1e9, 3),
                        "latest": row.latest,
                        "at": iso(row.at),
                    }
                    for row in found.rows
                ],
            }
        )
        return
    rows = (
        (
            row.reason,
            f"{row.count:,}",
            NOBODY if row.lasted is None else span(row.lasted),
            iso(row.at) or NOBODY,
            row.latest,
        )
        for row in found.rows
    )
    show(
        f"{found.title or found.market}",
        f"{found.bundles:,} bundles, {found.near_misses:,} near misses, {found.opportunities:,} opportunities, "
        f"{found.approved:,} approved",
        table(
            "Why not",
            ("reason", ">times", ">for", "when", "in words"),
            rows,
            empty="nothing stood in the way",
            whole=True,
        ),
    )
