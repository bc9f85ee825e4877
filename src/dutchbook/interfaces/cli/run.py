"""dutchbook run: a desk at work, on a screen, as lines, or as one picture at the end."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.durations import seconds_of
from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.output import print_json, show, warn

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dutchbook.app.live.opening import Choice
    from dutchbook.app.sources import Source
    from dutchbook.config.settings import Settings
    from dutchbook.evaluation.snapshot import DeskSnapshot

FRAMES_PER_SECOND = 4
"""Of the screen. More is not readable, and the desk has better things to do."""
_LONGEST_NAP = 0.05
"""Seconds. Ctrl-C and the halt are noticed at least this often."""


class RunningDesk(Protocol):
    """What a screen needs of a desk."""

    def step(self) -> int: ...
    def seconds_until_due(self) -> float: ...
    def picture(self) -> "DeskSnapshot": ...


def run(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    venue: places.RealVenues = None,
    scenario: places.Scenario = None,
    faults: places.Faults = None,
    seed: places.Seed = 7,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The sandbox: what is used without --venue.")] = False,
    walk: Annotated[
        bool,
        typer.Option("--walk", help="A seeded random walk within this process: repeatable, opportunities planted."),
    ] = False,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="Stop after so long, for example 30s or 5m.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print the screen once, at the end (10s).")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="One line a second in place of the screen.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, once, at the end.")] = False,
    picture: Annotated[Path | None, typer.Option("--picture", hidden=True, help="Write the screen as SVG.")] = None,
) -> None:
    """Run a desk on paper: on a sandbox of its own, or on live public data of a venue.

    The sandbox needs no keys and no network. It is a simulated market, read over real sockets.
    """
    from dutchbook.app.paper import PaperDesk

    call = invocation(ctx)
    chosen = places.choice(venue, places.Sandbox(scenario, faults, seed, asked=sandbox))
    loaded = call.load()
    _refuse_other_modes(loaded.settings)
    for remark in loaded.remarks:
        warn(remark)
    quiet = once or json
    limit = seconds_of("--duration", duration) if duration else 10.0 if quiet else None
    with (
        _source(chosen, call, loaded.settings, seed if walk else None) as source,
        PaperDesk(loaded.settings, call.home, source) as desk,
    ):
        _watch(desk, limit, quiet=quiet, plain=plain or not sys.stdout.isatty())
        last = desk.picture()
    _finish(last, json=json, once=once, picture=picture)


def _source(
    chosen: "Choice", call: Invocation, settings: "Settings", walk: int | None
) -> "AbstractContextManager[Source]":
    """The market to trade in; `walk` is the seed of a random walk, if that is wanted."""
    from contextlib import nullcontext

    from dutchbook.app.sources import WalkSource
    from dutchbook.engine.clocks import RealClock

    if walk is not None:
        return nullcontext(WalkSource(walk, RealClock()))
    return places.source(chosen, call, settings)


def _refuse_other_modes(settings: "Settings") -> None:
    from dutchbook.config.modes import Mode
    from dutchbook.domain.errors import UsageError

    if settings.mode is Mode.SANDBOX:
        raise UsageError("mode sandbox: this version sends no orders yet - set mode: paper, which reads the sandbox")
    if settings.mode is not Mode.PAPER:
        raise UsageError(f"mode {settings.mode}: `run` works on what happens now - set mode: paper, or use replay")


def _watch(desk: RunningDesk, limit: float | None, *, quiet: bool, plain: bool) -> None:
    """Let the desk work until the time is over or somebody presses Ctrl-C, and show it meanwhile."""
    from dutchbook.interfaces.cli.interrupts import interruptible

    with suppress(KeyboardInterrupt), interruptible() as checkpoint:  # how a run ends: what was done is in its journal

        def nap(seconds: float) -> None:
            time.sleep(seconds)
            checkpoint()

        if quiet:
            for _ in _pictures(desk, limit, every=limit or 1.0, sleep=nap):
                pass
        elif plain:
            _print_lines(desk, limit, nap)
        else:
            _show_live(desk, limit, nap)


def _print_lines(desk: RunningDesk, limit: float | None, nap: Callable[[float], None]) -> None:
    from dutchbook.interfaces.cli.desk_screen import line

    show(f"{desk.picture().notice}")
    for snapshot in _pictures(desk, limit, every=1.0, sleep=nap):
        show(line(snapshot))


def _show_live(desk: RunningDesk, limit: float | None, nap: Callable[[float], None]) -> None:
    from rich.live import Live

    from dutchbook.interfaces.cli.desk_screen import screen
    from dutchbook.interfaces.cli.output import console

    out = console()
    with Live(console=out, screen=True, auto_refresh=False) as live:
        for snapshot in _pictures(desk, limit, every=1 / FRAMES_PER_SECOND, sleep=nap):
            live.update(screen(snapshot, out.width, out.height), refresh=True)


def _pictures(
    desk: RunningDesk,
    limit: float | None,
    every: float,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> "Iterator[DeskSnapshot]":
    """The desk at work: a picture `every` so many seconds, until `limit`."""
    started = clock()
    due = started + every
    while True:
        now = clock()
        if now >= due or (limit is not None and now - started >= limit):
            yield desk.picture()
            due = now + every
        if limit is not None and now - started >= limit:
            return
        desk.step()
        sleep(min(_LONGEST_NAP, desk.seconds_until_due()))


def _finish(last: "DeskSnapshot", *, json: bool, once: bool, picture: Path | None) -> None:
    from dutchbook.interfaces.cli.desk_screen import PICTURE_SIZE, export_svg, screen, snapshot_json, summary

    if picture is not None:
        export_svg(last, picture)
    if json:
        print_json(snapshot_json(last))
        return
    if once:
        show(screen(last, *PICTURE_SIZE))
    show(*summary(last))
