"""dutchbook doctor: what could go wrong on this machine, and what to do about it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.domain.identity import Venue
from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.output import print_json, show, table

if TYPE_CHECKING:
    from dutchbook.evaluation.snapshot import CheckResult


def doctor(
    ctx: typer.Context,
    venue: places.RealVenues = None,
    sandbox: places.InSandbox = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check this machine, the home folder and the settings; with --venue also the way to a venue.

    The exit code is 1 if a check fails.
    """
    call = invocation(ctx)
    checks = list(_checks(call))
    if venue or sandbox:
        checks += _venue_checks(call, venue, sandbox=sandbox)
    if json:
        print_json(checks)
    else:
        rows = ((check.verdict.upper(), check.name, check.found, check.fix) for check in checks)
        show(table("Doctor", ("", "check", "found", "what to do"), rows))
    if any(check.verdict == "fail" for check in checks):
        raise typer.Exit(1)


def _venue_checks(call: Invocation, venue: list[Venue] | None, *, sandbox: bool) -> "list[CheckResult]":
    from dutchbook.app.live.examining import examine
    from dutchbook.app.live.opening import places as hosts
    from dutchbook.domain.errors import ConfigError
    from dutchbook.evaluation.snapshot import CheckResult

    chosen = places.choice(venue, places.Sandbox(None, None, 7, asked=sandbox))
    try:
        with hosts(chosen, call.home, call.environ) as where:
            return examine(where)
    except ConfigError as error:
        found, _, fix = str(error).rpartition(" - ")
        return [CheckResult(name="keys", verdict="fail", found=found, fix=fix)]


def _checks(call: Invocation) -> "Iterator[CheckResult]":
    """The settings first: a mistake there is a finding, not the end of the examination."""
    from dutchbook.app.checking import doctor as examine
    from dutchbook.domain.errors import ConfigError
    from dutchbook.evaluation.snapshot import CheckResult

    try:
        loaded = call.load()
    except ConfigError as error:
        yield CheckResult(name="settings", verdict="fail", found=str(error), fix="dutchbook config check")
    else:
        for remark in loaded.remarks:
            yield CheckResult(name="settings", verdict="warn", found=remark, fix="change one of the two")
        if not loaded.remarks:
            yield CheckResult(name="settings", verdict="pass", found=f"{len(loaded.values)} settings, no mistake")
    yield from examine(call.home)
