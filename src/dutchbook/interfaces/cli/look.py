"""dutchbook scan and arbitrage: the bundles of a recording or of a venue now, and what could be executed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import print_json, show, table
from dutchbook.interfaces.words import iso, money, percent, ratio, signed_money, size, span

if TYPE_CHECKING:
    from dutchbook.evaluation.snapshot import ArbitrageRow, ScanRow

Source = Annotated[
    Path | None,
    typer.Option("--from", metavar="DIR", help="Folder of a recording; by default that of the latest run."),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


def scan(
    ctx: typer.Context,
    source: Source = None,
    venue: places.RealVenues = None,
    sandbox: places.InSandbox = False,
    duration: places.LookFor = "10s",
    limit: Annotated[int, typer.Option("--limit", min=1, help="Rows to show.")] = 20,
    json: AsJson = False,
) -> None:
    """The bundles of a recording, or of a venue now, nearest to profit first."""
    from dutchbook.app.looking import scan as scan_recording
    from dutchbook.app.pairing import approved_pairs

    call = invocation(ctx)
    settings = call.load().settings
    with places.looked_at(source, places.Now(venue, sandbox, duration), call, settings) as folder:
        found = scan_recording(folder, settings, limit, approved_pairs(call.home))
    if json:
        print_json([_bundle_json(row) for row in found])
        return
    columns = ("bundle", "kind", ">legs", ">cost/payoff", ">lowest", ">near misses", ">near for")
    empty = "no bundle in this recording has a price"
    show(table("Bundles, before fees", columns, map(_bundle_row, found), empty=empty))


def _bundle_json(row: "ScanRow") -> dict[str, object]:
    from dutchbook.domain.units import decimal_text

    return {
        "bundle": row.bundle,
        "kind": row.kind,
        "venue": row.venue,
        "title": row.title,
        "legs": row.legs,
        "payoff": decimal_text(row.payoff, 4),
        "ratio": None if row.ratio is None else decimal_text(row.ratio, 6),
        "lowest": None if row.lowest is None else decimal_text(row.lowest, 6),
        "lowest_at": iso(row.lowest_at),
        "near_misses": row.near_misses,
        "near_seconds": round(row.near_for / 1e9, 3),
    }


def _bundle_row(row: "ScanRow") -> tuple[str, ...]:
    return (
        row.title,
        row.kind,
        str(row.legs),
        ratio(row.ratio),
        ratio(row.lowest),
        str(row.near_misses),
        span(row.near_for),
    )


def arbitrage(
    ctx: typer.Context,
    source: Source = None,
    venue: places.RealVenues = None,
    sandbox: places.InSandbox = False,
    duration: places.LookFor = "10s",
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="The most profitable ones, at most so many; else all, in time.")
    ] = None,
    json: AsJson = False,
) -> None:
    """What could be executed at a profit, after fees: in a recording, or at a venue now."""
    from dutchbook.app.looking import arbitrage as find_arbitrage
    from dutchbook.app.pairing import approved_pairs

    call = invocation(ctx)
    settings = call.load().settings
    with places.looked_at(source, places.Now(venue, sandbox, duration), call, settings) as folder:
        found = find_arbitrage(folder, settings, approved_pairs(call.home))
    if limit is not None:
        found = sorted(found, key=lambda row: -row.edge)[:limit]
    if json:
        print_json([_opportunity_json(row) for row in found])
        return
    columns = ("at", "bundle", "kind", ">sets", ">cost", ">fees", ">profit", ">a year", "verdict")
    empty = "no bundle cost less than it pays after fees; `dutchbook scan` shows how near they came"
    show(table("Opportunities, after fees", columns, map(_opportunity_row, found), empty=empty))


def _opportunity_json(row: "ArbitrageRow") -> dict[str, object]:
    from dutchbook.domain.units import decimal_text, dollars

    return {
        "at": iso(row.at),
        "bundle": row.bundle,
        "kind": row.kind,
        "venue": row.venue,
        "title": row.title,
        "legs": row.legs,
        "size": decimal_text(row.size, 6),
        "cost": dollars(row.cost),
        "fees": dollars(row.fees),
        "edge": dollars(row.edge),
        "annual_yield": None if row.annual is None else decimal_text(row.annual, 6),
        "verdict": row.verdict,
    }


def _opportunity_row(row: "ArbitrageRow") -> tuple[str, ...]:
    return (
        iso(row.at) or "",
        row.title,
        row.kind,
        size(row.size),
        money(row.cost),
        money(row.fees),
        signed_money(row.edge),
        percent(row.annual),
        row.verdict,
    )
