"""dutchbook doctor --latency: how long each stage takes from a frame to the venue's answer."""

from typing import TYPE_CHECKING

from dutchbook.domain.identity import Venue
from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.invocation import Invocation
from dutchbook.interfaces.cli.output import print_json, show, table
from dutchbook.interfaces.words import micros

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

    from dutchbook.evaluation.snapshot import CheckResult, StageFigures


NO_STAGES = "no frame led to an order that left so far"


def stage_table(title: str, stages: "Iterable[StageFigures]", empty: str = NO_STAGES) -> "RenderableType":
    """Each stage with its median, its 99th percentile and how often it was measured."""
    rows = ((each.stage, micros(each.median_us), micros(each.p99_us), f"{each.count:,}") for each in stages)
    return table(title, ("stage", ">median", ">p99", ">samples"), rows, empty=empty)


def show_latency(call: Invocation, venues: list[Venue] | None, *, sandbox: bool, json: bool) -> None:
    """Ask the desk that runs in this home, or measure. Raises VenueUnreachable for a host that cannot be reached."""
    from dutchbook.app.control.client import ask, running
    from dutchbook.app.control.wire import ShowLatency

    clocks: list[CheckResult] = []
    if running(call.home):
        told = ask(call.home, ShowLatency())
        title, stages = f"Latency of the running desk ({told.run})", list(told.stages or ())
        empty = NO_STAGES
    else:
        title, empty = "Latency, measured now without a desk", "nothing was measured"
        clocks, stages = _measured(call, venues, sandbox=sandbox)
    if json:
        print_json({"title": title, "stages": stages, "clocks": clocks})
        return
    show(stage_table(title, stages, empty))
    for check in clocks:
        show(f"{check.name}: {check.found}" + (f" - {check.fix}" if check.fix else ""))


def _measured(
    call: Invocation, venues: list[Venue] | None, *, sandbox: bool
) -> "tuple[list[CheckResult], list[StageFigures]]":
    from dutchbook.app.line_times import line_times, signing_times, turn_times
    from dutchbook.app.live.examining import examine_accounts
    from dutchbook.app.live.opening import places as hosts

    settings = call.load().settings
    stages = [signing_times(), turn_times(settings)]
    if not (venues or sandbox):
        return [], stages
    chosen = places.choice(venues, places.Sandbox(None, None, None, asked=not venues))
    with hosts(chosen, call.home, call.keys(settings.accounts)) as where:
        return examine_accounts(where, ()), stages + line_times(where)
