"""dutchbook run --daemon and --stop: a desk away from this terminal, and the end of one that may have ended already."""

import sys
from typing import TYPE_CHECKING, Any

import typer

from dutchbook.interfaces.cli.invocation import Invocation
from dutchbook.interfaces.cli.output import print_json, show

if TYPE_CHECKING:
    from pathlib import Path

    from dutchbook.app.background import Background
    from dutchbook.config.settings import Settings

IN_BACKGROUND = "--in-background"
_NOT_PASSED_ON = frozenset({"daemon", "json", "in_background"})


def refuse_beside(option: str, others: dict[str, bool]) -> None:
    """Raises UsageError if anything was said that means nothing beside an option."""
    from dutchbook.domain.errors import UsageError

    if names := [name for name, said in others.items() if said]:
        raise UsageError(f"{option} and {', '.join(names)} exclude each other - leave out one of them")


def stopped(ctx: typer.Context, call: Invocation, others: dict[str, bool], *, json: bool) -> bool:
    """Stop the desk that runs here; False if none does. Raises UsageError if something else was said beside it."""
    from dutchbook.app.control.client import running
    from dutchbook.interfaces.cli.trade import stop

    refuse_beside("--stop", others)
    if not running(call.home):
        return False
    stop(ctx, json=json)
    return True


def nothing_rests(home: "Path", settings: "Settings") -> str:
    """Why no order can rest where no desk runs, in one line; empty if some may."""
    from dutchbook.app.sandbox.registry import found
    from dutchbook.config.modes import Mode

    if settings.mode is Mode.PAPER:
        return f"no desk is running in {home}, and on paper nothing rests - name --sandbox or --live if that is meant"
    if settings.mode is Mode.SANDBOX and found(home) is None:
        return f"no desk is running in {home}, nor a sandbox in which anything could rest"
    return ""


def start(ctx: typer.Context, call: Invocation, *, json: bool) -> None:
    """Start the same command in the background. If it does not get ready, its words and exit code are this one's."""
    from dutchbook.app.background import start as start_desk

    begun = start_desk(call.home, [*_before_the_command(call), "run", *words_of(ctx), IN_BACKGROUND])
    if begun.code is not None:
        (sys.stderr if begun.code else sys.stdout).write(begun.said)
        raise typer.Exit(begun.code)
    sys.stderr.write(begun.said)
    if json:
        print_json({"mode": begun.mode, "run": begun.run, "process": begun.process, "logs": str(begun.log.parent)})
    else:
        show(*_lines(begun))


def words_of(ctx: typer.Context) -> list[str]:
    """The options that a command was given, as they can be given again.

    Typer's own classes are private to it, hence no types here.
    """
    words: list[str] = []
    parameters: list[Any] = list(ctx.command.params)
    for parameter in parameters:
        value = ctx.params.get(parameter.name)
        if parameter.name in _NOT_PASSED_ON or value is None or value is False:
            continue
        option = parameter.opts[0]
        if value is True:
            words.append(option)
        else:
            for one in value if isinstance(value, list | tuple) else (value,):
                words += (option, str(one))
    return words


def _before_the_command(call: Invocation) -> list[str]:
    return [] if call.config_file is None else ["--config", str(call.config_file)]


def _lines(begun: "Background") -> list[str]:
    return [
        f"{begun.mode.upper()}  ready: process {begun.process}, run {begun.run}",
        f"logs in {begun.log.parent} - next: dutchbook status, and dutchbook stop to end it",
    ]
