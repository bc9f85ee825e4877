"""dutchbook top: the screen of the desk that runs here, in any terminal, without touching the desk."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from dutchbook.interfaces.cli.durations import seconds_of
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import PLAIN_WIDTH, console, print_json, show

if TYPE_CHECKING:
    from rich.console import RenderableType

    from dutchbook.evaluation.snapshot import DeskSnapshot

LOOKS_PER_SECOND = 4
_PATIENCE_S = 1.0
"""How long an answer may take: a desk that takes longer is shown as lost within two seconds."""
_PLAIN_EVERY_S = 1.0


class Look(NamedTuple):
    """What the last question brought: a picture, or why there is none."""

    snapshot: "DeskSnapshot | None"
    trouble: str = ""


def top(
    ctx: typer.Context,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="Look for so long, for example 30s or 5m.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print the screen once.")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="One line a second in place of the screen.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, once.")] = False,
) -> None:
    """The screen of the desk that runs here, until Ctrl-C. Looking neither slows nor ends the desk.

    It waits for a desk that is not there yet, and finds it again after a restart.
    """
    home = invocation(ctx).home
    if once or json:
        _print_once(home, json=json)
        return
    until = None if duration is None else time.monotonic() + seconds_of("--duration", duration)
    follow = _follow_lines if plain or not sys.stdout.isatty() else _follow_screen
    with suppress(KeyboardInterrupt):  # how looking ends
        follow(lambda: _look(home), until)


def _print_once(home: Path, *, json: bool) -> None:
    """Raises UsageError if no desk runs here."""
    from dutchbook.app.control.client import ask
    from dutchbook.app.control.wire import ShowSnapshot
    from dutchbook.interfaces.cli.desk_screen import PICTURE_SIZE, screen, snapshot_json

    snapshot = ask(home, ShowSnapshot(), _PATIENCE_S).snapshot
    if snapshot is None:
        show("the desk sent no picture of itself: it is of another version")
        raise typer.Exit(1)
    if json:
        print_json(snapshot_json(snapshot))
    else:
        out = console()
        show(screen(snapshot, out.width if sys.stdout.isatty() else PLAIN_WIDTH, PICTURE_SIZE[1]))


def _look(home: Path) -> Look:
    from dutchbook.app.control.client import ask
    from dutchbook.app.control.wire import ShowSnapshot
    from dutchbook.domain.errors import DutchbookError

    try:
        return Look(ask(home, ShowSnapshot(), _PATIENCE_S).snapshot)
    except DutchbookError as error:
        return Look(None, str(error))


def _follow_lines(look: Callable[[], Look], until: float | None) -> None:
    """One line a second, for pipes and logs; alerts as they come."""
    from dutchbook.interfaces.cli.desk_screen import alert_line, line

    told: int | None = None
    while True:
        snapshot, trouble = look()
        if snapshot is None:
            show(f"no picture: {trouble}")
        else:
            new = 0 if told is None else max(0, snapshot.alerts_total - told)
            for row in reversed(snapshot.alerts[:new]):
                show(alert_line(row))
            told = snapshot.alerts_total
            show(line(snapshot))
        if not _wait(_PLAIN_EVERY_S, until):
            return


def _follow_screen(look: Callable[[], Look], until: float | None) -> None:
    """The whole screen, four times a second."""
    from rich.live import Live

    out = console()
    last: DeskSnapshot | None = None
    with Live(console=out, screen=True, auto_refresh=False) as live:
        while True:
            snapshot, trouble = look()
            last = snapshot or last
            live.update(_shown(last, trouble, out.width, out.height), refresh=True)
            if not _wait(1 / LOOKS_PER_SECOND, until):
                return


def _shown(last: "DeskSnapshot | None", trouble: str, width: int, height: int) -> "RenderableType":
    """The newest picture; once the desk is lost, that stands above it, and that nothing on it is of now."""
    from rich.console import Group
    from rich.text import Text

    from dutchbook.interfaces.cli.desk_screen import screen
    from dutchbook.interfaces.words import iso

    if last is None:
        return Text(f"waiting for a desk: {trouble}")
    if not trouble:
        return screen(last, width, height)
    lost = Text(f" CONNECTION LOST - below is how it stood at {iso(last.at)}: {trouble}", "bold white on red")
    return Group(lost, screen(last, width, height - 1))


def _wait(seconds: float, until: float | None) -> bool:
    """Wait for the next look; whether there is one."""
    left = None if until is None else until - time.monotonic()
    if left is not None and left <= seconds:
        return False
    time.sleep(seconds)
    return True
