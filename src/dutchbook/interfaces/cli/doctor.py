"""dutchbook doctor: what could go wrong on this machine, and what to do about it."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.domain.identity import Venue
from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.latency import show_latency
from dutchbook.interfaces.cli.output import print_json, show, table

if TYPE_CHECKING:
    from dutchbook.app.accounts.in_use import Account
    from dutchbook.config.load import Loaded
    from dutchbook.evaluation.snapshot import CheckResult


def doctor(
    ctx: typer.Context,
    venue: places.RealVenues = None,
    sandbox: places.InSandbox = False,
    latency: Annotated[
        bool, typer.Option("--latency", help="How long each stage of the way of an order takes, instead of the checks.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Check this machine, the home folder, settings and keys; with --venue also the way to a venue and the account.

    The exit code is 1 if a check fails. With --latency a running desk tells what it measured so far; without one the
    parts are measured now: signing, a turn, and with --venue or --sandbox clocks and the line.
    """
    call = invocation(ctx)
    if latency:
        show_latency(call, venue, sandbox=sandbox, json=json)
        return
    checks = examine(call, venue, sandbox=sandbox)
    if json:
        print_json(checks)
    else:
        rows = ((check.verdict.upper(), check.name, check.found, check.fix) for check in checks)
        show(table("Doctor", ("", "check", "found", "what to do"), rows, whole=True))
    if any(check.verdict == "fail" for check in checks):
        raise typer.Exit(1)


def examine(call: Invocation, venues: list[Venue] | None, *, sandbox: bool) -> "list[CheckResult]":
    """All checks: of this machine, of the keys, and of the venues named or of a sandbox."""
    from dutchbook.app.checking import doctor as examine_machine

    loaded, checks = _settings(call)
    checks += examine_machine(call.home)
    if loaded is None:
        return checks
    checks += _database(call, loaded)
    found, accounts = _accounts(call, loaded, venues)
    checks += found
    if venues or sandbox:
        checks += _venues(call, loaded, venues, accounts)
    return checks


def _settings(call: Invocation) -> "tuple[Loaded | None, list[CheckResult]]":
    """The settings first: a mistake there is a finding, not the end of the examination."""
    from dutchbook.domain.errors import ConfigError
    from dutchbook.evaluation.snapshot import CheckResult

    try:
        loaded = call.load()
    except ConfigError as error:
        return None, [CheckResult(name="settings", verdict="fail", found=str(error), fix="dutchbook config check")]
    found = f"{len(loaded.values)} settings, no mistake"
    return loaded, [
        CheckResult(name="settings", verdict="warn", found=remark, fix="change one of the two")
        for remark in loaded.remarks
    ] or [CheckResult(name="settings", verdict="pass", found=found)]


def _database(call: Invocation, loaded: "Loaded") -> "list[CheckResult]":
    from dutchbook.app.read_models.checkup import database_checks
    from dutchbook.engine.clocks import RealClock

    return database_checks(call.home, loaded.settings.database, RealClock().now())


def _accounts(
    call: Invocation, loaded: "Loaded", venues: Sequence[Venue] | None
) -> "tuple[Iterator[CheckResult], tuple[Account, ...]]":
    from dutchbook.app.accounts.checks import examine_dotenv, examine_gates, examine_keys
    from dutchbook.engine.clocks import RealClock

    settings = loaded.settings
    examined = examine_keys(call.keys(settings.accounts), settings, venues or tuple(Venue), RealClock())

    def all_of_them() -> "Iterator[CheckResult]":
        yield from examine_dotenv(call.home, Path.cwd())
        yield from examined.results
        yield examine_gates(settings, call.environ)

    return all_of_them(), examined.accounts


def _venues(
    call: Invocation, loaded: "Loaded", venues: list[Venue] | None, accounts: "tuple[Account, ...]"
) -> "list[CheckResult]":
    from dutchbook.app.accounts.in_use import account_in_sandbox
    from dutchbook.app.live.examining import examine as examine_venues
    from dutchbook.app.live.findings import finding_of
    from dutchbook.app.live.opening import places as hosts
    from dutchbook.app.sandbox.accounts import sandbox_accounts
    from dutchbook.domain.errors import DutchbookError

    chosen = places.choice(venues, places.Sandbox(None, None, None, asked=not venues))
    try:
        with hosts(chosen, call.home, call.keys(loaded.settings.accounts)) as where:
            if where.sandbox:
                test = sandbox_accounts(call.home)
                return examine_venues(where, tuple(account_in_sandbox(venue, test) for venue in Venue))
            return examine_venues(where, accounts, loaded.settings.venues.kalshi.subaccount)
    except DutchbookError as error:
        return [finding_of("venues", error)]
