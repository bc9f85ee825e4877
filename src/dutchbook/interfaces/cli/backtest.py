"""dutchbook backtest: strategies in a living market, a thousand times faster than the clock."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import pairs, print_json, show, table

if TYPE_CHECKING:
    from dutchbook.app.backtest.backtest import Wanted
    from dutchbook.app.backtest.comparison import Summary
    from dutchbook.app.backtest.report import Report

_PARTS = ("rewards", "rebates", "spread", "adverse_selection", "hedging", "fees", "other", "net")


def backtest(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    strategy: Annotated[
        list[str] | None,
        typer.Option("--strategy", metavar="NAME", help="Strategy or baseline to run; several are compared."),
    ] = None,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME|FILE", help="A scenario that is built in, or a YAML file.")
    ] = "town",
    hours: Annotated[float, typer.Option("--hours", min=0.01, max=2_400, help="How long the desk lives.")] = 1.0,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed does the same.")] = 1,
    seeds: Annotated[int, typer.Option("--seeds", min=1, max=10_000, help="So many, from --seed on.")] = 1,
    latency_ms: Annotated[
        float, typer.Option("--latency-ms", min=0, max=60_000, help="One way, of market data, orders and answers each.")
    ] = 50.0,
    faults: Annotated[
        str | None, typer.Option("--faults", metavar="trouble|FILE", help="The plan that is built in, or a YAML file.")
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=0, help="Processes beside each other. 0: one for each core.")] = 0,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the journal as a run, for explain.")] = False,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Write the comparison as a page of Markdown.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Run strategies on virtual time against the exchange in a box, and say where their results come from.

    The desk is the one that trades live; orders, answers and market data take their time, and queues are real.
    """
    from dutchbook.app.backtest.backtest import backtest as run_backtest
    from dutchbook.app.backtest.backtest import many
    from dutchbook.app.backtest.contenders import entry_of
    from dutchbook.domain.errors import UsageError

    call = invocation(ctx)
    settings = call.load().settings
    names = list(dict.fromkeys(strategy or ["bundle"]))
    for name in names:
        entry_of(name, settings)
    wanted = _wanted(names, scenario, faults, range(seed, seed + seeds), hours=hours, latency_ms=latency_ms)
    if keep and len(wanted) > 1:
        raise UsageError("--keep keeps one run, not several - name one strategy and one seed")
    if len(wanted) > 1 or page is not None:
        reports = many(wanted, settings, jobs or os.cpu_count() or 1, _silent if json else _tell)
        _compare(wanted, reports, page, _command(names, scenario, wanted, faults), json=json)
        return
    report = run_backtest(wanted[0], settings, call.home if keep else None)
    if json:
        print_json(report.as_json())
    else:
        _show(report)


def _wanted(
    names: Sequence[str], scenario: str, faults: str | None, seeds: range, *, hours: float, latency_ms: float
) -> "list[Wanted]":
    """Each strategy with each seed. Raises UsageError for a scenario or a plan that is not there."""
    from dutchbook.app.backtest.backtest import Wanted
    from dutchbook.app.backtest.contenders import plan_of
    from dutchbook.app.backtest.post import Ways
    from dutchbook.app.sandbox.serving import scenario_of
    from dutchbook.domain.units import MILLISECOND, SECOND, Nanos
    from dutchbook.exchange.faults.plan import FaultPlan

    spec, plan = scenario_of(scenario), FaultPlan() if faults is None else plan_of(faults)
    latency = Nanos(round(latency_ms * MILLISECOND))
    lasts, ways = Nanos(round(hours * 3_600) * SECOND), Ways.even(latency, Nanos(latency // 5))
    return [
        Wanted(strategy=name, spec=spec, seed=seed, lasts=lasts, plan=plan, ways=ways)
        for seed in seeds
        for name in names
    ]


def _silent(report: "Report") -> None:
    """Of JSON only the end is printed."""


def _tell(report: "Report") -> None:
    from dutchbook.app.backtest.report import in_dollars

    show(f"{report.strategy}, seed {report.seed}: net {in_dollars(report.result.net):+.2f} in {report.seconds:.0f} s")


def _compare(
    wanted: "Sequence[Wanted]", reports: "Sequence[Report]", page: Path | None, command: str, *, json: bool
) -> None:
    from dutchbook.app.backtest.comparison import compared, markdown

    summaries = compared(reports)
    if page is not None:
        page.write_text(markdown(summaries, reports, command))
    if json:
        print_json(
            {
                "command": command,
                "summaries": [each.as_json() for each in summaries],
                "reports": [each.as_json() for each in reports],
            }
        )
    else:
        _show_comparison(summaries, sum(each.lasts for each in wanted) / 1e9, sum(each.seconds for each in reports))


def _show_comparison(summaries: "Sequence[Summary]", lived_s: float, took_s: float) -> None:
    from dutchbook.app.backtest.report import in_dollars

    rows = [
        (
            each.strategy,
            *(f"{in_dollars(getattr(each.mean, part)):.2f}" for part in _PARTS if part != "other"),
            f"{in_dollars(each.worst):.2f}",
            f"{in_dollars(each.best):.2f}",
        )
        for each in summaries
    ]
    heads = tuple(f">{part.replace('_', ' ')}" for part in _PARTS if part != "other")
    show(table("dollars, means over all seeds", ("strategy", *heads, ">worst", ">best"), rows, whole=True))
    show(f"{lived_s / 3_600:,.0f} hours lived at {lived_s / took_s:,.0f} times real time")


def _command(names: Sequence[str], scenario: str, wanted: "Sequence[Wanted]", faults: str | None) -> str:
    """The command that does this again."""
    first, last = wanted[0], wanted[-1]
    words = ["dutchbook backtest", *(f"--strategy {name}" for name in names), f"--scenario {scenario}"]
    words += [f"--hours {first.lasts / 3.6e12:g}", f"--seed {first.seed}", f"--seeds {last.seed - first.seed + 1}"]
    words += [f"--latency-ms {first.ways.feed / 1e6:g}"]
    return " ".join(words if faults is None else [*words, f"--faults {faults}"])


def _show(report: "Report") -> None:
    from dutchbook.app.backtest.report import in_dollars
    from dutchbook.domain.units import SECOND

    result = report.result
    parts = [(name.replace("_", " "), f"{in_dollars(getattr(result, name)):+.2f}") for name in _PARTS]
    rows = [
        (
            each.title[:40],
            *(f"{in_dollars(part):+.2f}" for part in (each.result.rewards, each.result.net)),
            "-" if each.cost is None else f"{in_dollars(each.cost):.2f}",
            f"{in_dollars(each.pot):.2f}",
            "-" if each.cost is None else ("go" if each.cost < each.pot else "no go"),
        )
        for each in sorted(report.markets, key=lambda each: each.result.net)
        if each.result.net
    ]
    show(pairs(f"{report.strategy} in {report.scenario}, seed {report.seed}: dollars", parts))
    if rows:
        show(table("markets", ("market", ">rewards", ">net", ">kQ", ">R", "worth it"), rows))
    show(
        f"{report.orders} orders, {report.fills} fills, {report.refused} refused; most at stake in a market "
        f"${in_dollars(report.exposure):.2f}, longest without cover {report.unhedged / SECOND:.1f} s",
        f"{report.frames} messages in {report.seconds:.1f} s: {report.times_real_time:,.0f} times real time; "
        f"journal {report.journal_head[:16]}",
    )
    if report.halted:
        show(f"the desk halted: {report.halted}")
