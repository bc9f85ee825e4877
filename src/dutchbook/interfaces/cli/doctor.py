"""dutchbook doctor: what could go wrong on this machine, and what to do about it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.output import print_json, show, table

if TYPE_CHECKING:
    from dutchbook.evaluation.snapshot import CheckResult


def doctor(ctx: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Check this machine, the home folder and the settings.

    The exit code is 1 if a check fails.
    """
    checks = list(_checks(invocation(ctx)))
    if json:
        print_json(checks)
    else:
        rows = ((check.verdict.upper(), check.name, check.found, check.fix) for check in checks)
        show(table("Doctor", ("", "check", "found", "what to do"), rows))
    if any(check.verdict == "fail" for check in checks):
        raise typer.Exit(1)


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
