"""The commands of `dutchbook`, in the groups in which its help shows them."""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli import (
    alerts,
    aliases,
    backtest,
    completion,
    config,
    dashboard,
    data,
    db,
    decisions,
    doctor,
    explain,
    export,
    init,
    journal,
    look,
    messenger,
    pairs,
    record,
    replay,
    report,
    risk,
    run,
    sandbox,
    service,
    steer,
    telegram,
    top,
    torture,
    trade,
    users,
)
from dutchbook.interfaces.cli.grouped_help import BRIEF, GroupedHelp, group
from dutchbook.interfaces.cli.invocation import Invocation

if TYPE_CHECKING:
    from typer._click import Command, Context


class Program(GroupedHelp):
    """The program itself: understands names of commands that other programs use."""

    def resolve_command(self, ctx: "Context", args: list[str]) -> "tuple[str | None, Command | None, list[str]]":
        """Find the command that is meant."""
        return super().resolve_command(ctx, aliases.translated(args))


PROGRAM = group(
    cls=Program,
    help="A self-hosted trading desk for prediction markets. Trades on paper until three gates are opened.",
    invoke_without_command=True,
    epilog="Start with: dutchbook run",
)
_START, _TRADE, _TEST, _LOOK, _OPERATE = "Start", "Trade", "Test", "Look", BRIEF


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
_add(_TRADE, "top", "dutchbook top --once", top.top)
_add(_TRADE, "status", "dutchbook status", steer.status)
_add(_TRADE, "orders", "dutchbook orders --json", trade.orders)
_add(_TRADE, "positions", "dutchbook positions", trade.positions)
_add(_TRADE, "fills", "dutchbook fills --limit 20", trade.fills)
_add(_TRADE, "risk", "dutchbook risk", risk.risk)
_add(_TRADE, "cancel", "dutchbook cancel --all", trade.cancel)
_add(_TRADE, "reconcile", "dutchbook reconcile", trade.reconcile)
_add(_TRADE, "pause", "dutchbook pause bundle", trade.pause)
_add(_TRADE, "stop", "dutchbook stop", trade.stop)
PROGRAM.add_typer(pairs.COMMANDS, name="pairs", rich_help_panel=_OPERATE)
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
_add(_LOOK, "decisions", "dutchbook decisions --stage risk --limit 20", decisions.decisions)
_add(_LOOK, "report", "dutchbook report --html report.html", report.report)
_add(_LOOK, "scorecard", "dutchbook scorecard --mode paper --days 30", report.scorecard)
PROGRAM.add_typer(export.COMMANDS, name="export", rich_help_panel=_LOOK)
PROGRAM.add_typer(config.COMMANDS, name="config", rich_help_panel=_OPERATE)
PROGRAM.add_typer(journal.COMMANDS, name="journal", rich_help_panel=_OPERATE)
PROGRAM.add_typer(db.COMMANDS, name="db", rich_help_panel=_OPERATE)
_add(_OPERATE, "dashboard", "dutchbook dashboard --port 2345", dashboard.dashboard)
PROGRAM.add_typer(users.COMMANDS, name="users", rich_help_panel=_OPERATE)
PROGRAM.add_typer(alerts.COMMANDS, name="alerts", rich_help_panel=_OPERATE)
PROGRAM.add_typer(telegram.COMMANDS, name="telegram", rich_help_panel=_OPERATE)
_add(_OPERATE, "messenger", "dutchbook messenger", messenger.messenger)
PROGRAM.add_typer(service.COMMANDS, name="service", rich_help_panel=_OPERATE)
_add(_OPERATE, "doctor", "dutchbook doctor", doctor.doctor)
_add(_OPERATE, "completion", "dutchbook completion bash", completion.completion)
_add(_OPERATE, "aliases", "dutchbook aliases", aliases.aliases)
_add(_OPERATE, "version", "dutchbook version", _version_command)
