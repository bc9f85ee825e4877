"""dutchbook init: from nothing to a desk that knows its mode, its accounts and its limits."""

from pathlib import Path
from typing import Annotated

import typer

from dutchbook.domain.identity import Venue
from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.output import show, table


def init(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    mode: Annotated[str | None, typer.Option("--mode", help="paper, sandbox or live.")] = None,
    venue: Annotated[
        list[Venue] | None, typer.Option("--venue", help="Where you have an account; may be given twice.")
    ] = None,
    region: Annotated[str | None, typer.Option("--region", help="Where you live and trade from: CH, CA-ON.")] = None,
    bankroll: Annotated[str | None, typer.Option("--bankroll", help="Dollars that the limits are shares of.")] = None,
    store: Annotated[
        str | None, typer.Option("--store", help="Where keys are kept: keystore, dotenv, files, keyring, none.")
    ] = None,
    password_file: Annotated[
        Path | None, typer.Option("--password-file", metavar="FILE", help="Private file with the keystore's password.")
    ] = None,
    keys_only: Annotated[bool, typer.Option("--keys-only", help="Store keys, leave the settings alone.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no venue anything.")] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Ask nothing: options, defaults, and the keys of the environment.")
    ] = False,
) -> None:
    """Set up a desk: mode, region, accounts and keys; then look it over with the doctor.

    Nothing that is there is overwritten. Keys are typed without showing them, or taken from the environment.
    """
    from dutchbook.app.accounts.setup import refuse_overwriting, write_setup
    from dutchbook.interfaces.cli.init_questions import Questions, Said

    call = invocation(ctx)
    refuse_overwriting(call.home, settings=not keys_only)  # before the first question: nobody should answer in vain
    said = Said(mode, venue, region, bankroll, store, password_file, keys_only=keys_only, offline=offline, silent=yes)
    answers = Questions(call, said).answers()
    for path in write_setup(call.home, answers):
        show(f"written: {path}")
    call.password = answers.password
    _look_over(call, [] if offline else sorted({name.venue for name in answers.keys}))
    show("next: dutchbook run")


def _look_over(call: Invocation, venues: list[Venue]) -> None:
    from dutchbook.interfaces.cli.doctor import examine

    checks = examine(call, venues, sandbox=False)
    rows = ((check.verdict.upper(), check.name, check.found, check.fix) for check in checks)
    show(table("Doctor", ("", "check", "found", "what to do"), rows, whole=True))
