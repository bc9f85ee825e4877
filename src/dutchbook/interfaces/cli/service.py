"""dutchbook service: the desk as a service of systemd, which starts it again whenever it ends by itself."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.invocation import invocation

if TYPE_CHECKING:
    from dutchbook.interfaces.service.manager import Systemd

COMMANDS = group(help="The desk as a service: installed, looked at, removed.")
Name = Annotated[str, typer.Option("--name", help="The name of the service.")]
System = Annotated[bool, typer.Option("--system", help="Of the whole system, in place of your own services.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_LAST = 64 << 10


@COMMANDS.command(
    "install",
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
    epilog="Example: dutchbook service install -- --sandbox --dashboard",
)
def install(
    ctx: typer.Context,
    name: Name = "dutchbook",
    system: System = False,
    user: Annotated[str, typer.Option("--user", help="Who runs it, with --system.")] = "dutchbook",
    no_start: Annotated[bool, typer.Option("--no-start", help="Begin at the next boot, not now.")] = False,
    messenger: Annotated[
        bool, typer.Option("--messenger", help="Run the messenger in place of a desk: it outlives any desk.")
    ] = False,
    print_only: Annotated[bool, typer.Option("--print", help="Print the unit file and change nothing.")] = False,
) -> None:
    """Write a systemd unit that runs `dutchbook run` with the words behind `--`, and start it.

    It is restarted five seconds after it ended by itself, or hung for half a minute. It may write to its home alone.
    """
    from dutchbook.domain.errors import UsageError
    from dutchbook.interfaces.cli.output import show
    from dutchbook.interfaces.service.unit import Unit, unit_text

    call = invocation(ctx)
    if "--daemon" in ctx.args:
        raise UsageError("--daemon: systemd keeps the desk in the background itself - leave it out")
    if messenger and ctx.args:
        raise UsageError(f"{' '.join(ctx.args)}: the messenger takes no words behind -- - leave them out")
    unit = Unit(
        name=name,
        program=Path(sys.executable),
        home=call.home,
        arguments=("messenger",) if messenger else ("run", *ctx.args, "--in-background"),
        user=user if system else None,
    )
    if print_only:
        sys.stdout.write(unit_text(unit))
        return
    path = _systemd(system=system).install(unit, start=not no_start)
    show(f"{path}: {'started, and ' if not no_start else ''}begins with each boot")
    if not system:
        show("it ends when you log out, unless `loginctl enable-linger` was run once")


@COMMANDS.command("status", epilog="Example: dutchbook service status")
def status(ctx: typer.Context, name: Name = "dutchbook", system: System = False, json: AsJson = False) -> None:
    """Whether it runs, since when, and how often it was restarted."""
    from dutchbook.interfaces.cli.output import pairs, print_json, show

    del ctx
    found = _systemd(system=system).state(name)
    if json:
        print_json(found)
        return
    rows = (
        ("unit", found.unit),
        ("installed", "yes" if found.installed else "no: dutchbook service install"),
        ("at boot", "yes" if found.enabled else "no"),
        ("state", found.state),
        ("since", found.since or "-"),
        ("process", str(found.process or "-")),
        ("restarts", str(found.restarts)),
        ("last result", found.result or "-"),
    )
    show(pairs("Service", rows))


@COMMANDS.command("logs", epilog="Example: dutchbook service logs --lines 50")
def logs(
    ctx: typer.Context,
    lines: Annotated[int, typer.Option("--lines", min=1, max=10_000, help="How many.")] = 50,
) -> None:
    """The newest lines of what the service printed. The logs of the desk itself are in `logs` beside it."""
    from dutchbook.domain.errors import UsageError
    from dutchbook.storage.home import Home

    path = Home(invocation(ctx).home).logs / "service.log"
    if not path.exists():
        raise UsageError(f"{path} is not there: no service of this home printed anything yet")
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - max(_LAST, 200 * lines)))
        newest = file.read().decode(errors="replace").splitlines()[-lines:]
    sys.stdout.write("\n".join([*newest, ""]))


@COMMANDS.command("uninstall", epilog="Example: dutchbook service uninstall")
def uninstall(ctx: typer.Context, name: Name = "dutchbook", system: System = False) -> None:
    """Stop it in good order and remove its unit. The home folder, with journal, settings and keys, stays."""
    from dutchbook.interfaces.cli.output import show

    del ctx
    show(f"{_systemd(system=system).uninstall(name)} was removed; the home folder stays as it is")


def _systemd(*, system: bool) -> "Systemd":
    from platformdirs import user_config_path

    from dutchbook.interfaces.service.manager import Systemd

    folder = Path("/etc/systemd/system") if system else user_config_path("systemd") / "user"
    return Systemd(folder, system=system)
