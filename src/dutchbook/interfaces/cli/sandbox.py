"""dutchbook sandbox: the exchange in a box as two venues on this machine, and its test accounts."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.durations import seconds_of
from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import pairs, print_json, show

if TYPE_CHECKING:
    from dutchbook.app.sandbox.addresses import SandboxAddresses

COMMANDS = group(help="Both venues on this machine, with faults on demand: no keys, no money, no internet.")
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@COMMANDS.callback(invoke_without_command=True)
def sandbox(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    scenario: Annotated[
        str, typer.Option("--scenario", metavar="NAME|FILE", help="A scenario that is built in, or a YAML file.")
    ] = "town",
    faults: Annotated[Path | None, typer.Option("--faults", metavar="FILE", help="A fault plan, as YAML.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same world.")] = 7,
    speed: Annotated[
        float, typer.Option("--speed", min=0.01, max=100_000, help="How much faster than real time it lives.")
    ] = 1.0,
    polymarket_port: Annotated[
        int, typer.Option("--polymarket-port", min=0, max=65_527, help="First of nine ports; 0: free ones.")
    ] = 0,
    kalshi_port: Annotated[
        int, typer.Option("--kalshi-port", min=0, max=65_534, help="First of two ports; 0: free ones.")
    ] = 0,
    control_port: Annotated[int, typer.Option("--control-port", min=0, max=65_535, help="0: a free one.")] = 0,
    record: Annotated[
        Path | None, typer.Option("--record", metavar="DIR", help="Write what both venues send into a recording.")
    ] = None,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="Stop after so long, for example 30s or 5m.")
    ] = None,
    alone: Annotated[bool, typer.Option("--alone", hidden=True, help="Let no other command find it.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the addresses as one line of JSON, first.")] = False,
) -> None:
    """Run Polymarket and Kalshi on this machine: their protocols, a living market, faults on demand.

    Point any client of theirs at the addresses printed. Ctrl-C ends it. Accounts: dutchbook sandbox accounts.
    """
    if ctx.invoked_subcommand is not None:
        return
    from dutchbook.app.sandbox.serving import Options, serve

    options = Options(
        scenario=scenario,
        faults=faults,
        seed=seed,
        speed=speed,
        ports=(polymarket_port, kalshi_port, control_port),
        record=record,
        seconds=seconds_of("--duration", duration) if duration else None,
        alone=alone,
    )
    call = invocation(ctx)
    serve(call.home, call.load().settings, options, lambda addresses: _announce(addresses, json=json))


@COMMANDS.command("accounts", epilog="Example: dutchbook sandbox accounts --json")
def accounts(ctx: typer.Context, json: AsJson = False) -> None:
    """The test accounts of the sandbox with their keys: play money, for nothing else."""
    from dutchbook.app.sandbox.accounts import sandbox_accounts

    found = sandbox_accounts(invocation(ctx).home)
    if json:
        print_json(found)
        return
    for wallet in found.polymarket:
        rows = [
            ("private key", wallet.private_key),
            ("address", wallet.address),
            ("funder", wallet.funder),
            ("signature type", str(wallet.signature_type)),
        ]
        show(pairs(f"polymarket {wallet.name}", rows))
    for key in found.kalshi:
        show(
            pairs(f"kalshi {key.name}", [("key id", key.key_id), ("kind", key.kind), ("private key", key.private_key)])
        )


def _announce(addresses: "SandboxAddresses", *, json: bool) -> None:
    import msgspec

    if json:
        shown = msgspec.structs.replace(addresses, world="")
        sys.stdout.write(msgspec.json.encode(shown).decode() + "\n")
        sys.stdout.flush()
        return
    polymarket, kalshi = addresses.polymarket, addresses.kalshi
    rows = [
        ("polymarket clob", polymarket.clob),
        ("polymarket gamma", polymarket.gamma),
        ("polymarket data", polymarket.data),
        ("polymarket sockets", polymarket.ws),
        ("polymarket prices", polymarket.prices),
        ("polymarket realtime", polymarket.realtime),
        ("polymarket sports", polymarket.sports),
        ("polymarket chain", polymarket.chain),
        ("polymarket relayer", polymarket.relayer),
        ("kalshi", kalshi.rest),
        ("kalshi socket", kalshi.ws),
        ("control", addresses.control),
    ]
    show(pairs("the exchange in a box listens", rows), "accounts: dutchbook sandbox accounts - Ctrl-C ends it")
    sys.stdout.flush()
