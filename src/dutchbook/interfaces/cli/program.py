"""The commands of `dutchbook`, in the groups in which its help shows them."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from dutchbook.interfaces.cli import (
    backtest,
    config,
    data,
    doctor,
    explain,
    init,
    journal,
    look,
    pairs,
    record,
    replay,
    run,
    sandbox,
    steer,
    torture,
    trade,
)
from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import Invocation

PROGRAM = group(
    help="A self-hosted trading desk for prediction markets. Trades on paper until three gates are opened.",
    invoke_without_command=True,
    epilog="Start with: dutchbook run",
)
_START, _TRADE, _TEST, _LOOK, _OPERATE = "Start", "Trade", "Test", "Look", "Operate"


def _print_version(wanted: bool) -> None:
    if wanted:
        _write_version()
        raise typer.Exit


@PROGRAM.callback()
def root(
    ctx: typer.Context,
    config_file: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="Settings file in place of the home folder's.")
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Keep what was given before the command's name."""
    ctx.obj = Invocation(os.environ, config_file)
    if ctx.invoked_subcommand is None:
        sys.stdout.write(ctx.get_help() + "\n")


def _write_version() -> None:
    from importlib.metadata import version

    sys.stdout.write(f"dutchbook {version('dutchbook')}\n")


def _add(panel: str, name: str, example: str, command: object) -> None:
    PROGRAM.command(name, rich_help_panel=panel, epilog=f"Example: {example}")(command)  # type: ignore[type-var]


def _version_command(json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the version."""
    from importlib.metadata import version

    from dutchbook.interfaces.cli.output import print_json

    if json:
        print_json({"version": version("dutchbook")})
    else:
        _write_version()


_add(_START, "init", "dutchbook init", init.init)
_add(_TRADE, "run", "dutchbook run --seed 7", run.run)
_add(_TRADE, "status", "dutchbook status", steer.status)
_add(_TRADE, "orders", "dutchbook orders --json", trade.orders)
_add(_TRADE, "positions", "dutchbook positions", trade.positions)
_add(_TRADE, "fills", "dutchbook fills --limit 20", trade.fills)
_add(_TRADE, "cancel", "dutchbook cancel --all", trade.cancel)
_add(_TRADE, "reconcile", "dutchbook reconcile", trade.reconcile)
_add(_TRADE, "pause", "dutchbook pause bundle", trade.pause)
_add(_TRADE, "stop", "dutchbook stop", trade.stop)
PROGRAM.add_typer(pairs.COMMANDS, name="pairs", rich_help_panel=_TRADE)
_add(_TRADE, "halt", 'dutchbook halt --reason "something looks wrong"', steer.halt)
_add(_TRADE, "resume", "dutchbook resume --i-checked", steer.resume)
PROGRAM.add_typer(sandbox.COMMANDS, name="sandbox", rich_help_panel=_TEST)
_add(_TEST, "record", "dutchbook record --venue polymarket --out rec/ --duration 5m", record.record)
PROGRAM.add_typer(data.COMMANDS, name="data", rich_help_panel=_TEST)
_add(_TEST, "replay", "dutchbook replay rec/ --strategy bundle", replay.replay)
_add(_TEST, "backtest", "dutchbook backtest --scenario rewards --strategy nothing --hours 24", backtest.backtest)
_add(_TEST, "torture", "dutchbook torture --seeds 10", torture.torture)
_add(_LOOK, "scan", "dutchbook scan --from rec/ --limit 20", look.scan)
_add(_LOOK, "arbitrage", "dutchbook arbitrage --from rec/", look.arbitrage)
_add(_LOOK, "explain", "dutchbook explain --why-not KXGOLD15M-26JUL1015-15", explain.explain)
PROGRAM.add_typer(config.COMMANDS, name="config", rich_help_panel=_OPERATE)
PROGRAM.add_typer(journal.COMMANDS, name="journal", rich_help_panel=_OPERATE)
_add(_OPERATE, "doctor", "dutchbook doctor", doctor.doctor)
_add(_OPERATE, "version", "dutchbook version", _version_command)
