"""dutchbook run: a desk at work, on a screen, as lines, or as one picture at the end."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple, Protocol

import typer

from dutchbook.interfaces.cli import background, companions, places
from dutchbook.interfaces.cli.durations import seconds_of
from dutchbook.interfaces.cli.invocation import Invocation, invocation
from dutchbook.interfaces.cli.output import print_json, show, warn

if TYPE_CHECKING:
    from dutchbook.app.companions import Companion
    from dutchbook.app.live.opening import Choice
    from dutchbook.app.sources import Source
    from dutchbook.config.settings import Settings
    from dutchbook.domain.orders import Order
    from dutchbook.evaluation.snapshot import DeskSnapshot

FRAMES_PER_SECOND = 4
"""Of the screen. More is not readable, and the desk has better things to do."""
_SELDOM = 60.0
"""Seconds between two pictures that nobody looks at."""
_LONGEST_NAP = 0.05
"""Seconds. Ctrl-C and the halt are noticed at least this often."""


class How(NamedTuple):
    """How a desk works and is shown: for `limit` seconds, or until somebody ends it.

    `clean` cancels what an earlier run wanted to buy; to be `tidy` is to do that alone, and end. `beside` is what a
    screen says of what was started beside it.
    """

    limit: float | None = None
    quiet: bool = False
    plain: bool = False
    clean: bool = False
    tidy: bool = False
    beside: str = ""


class ShownDesk(Protocol):
    """What a screen needs of a desk."""

    @property
    def over(self) -> bool: ...

    def step(self) -> int: ...
    def seconds_until_due(self) -> float: ...
    def picture(self) -> "DeskSnapshot": ...


def run(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    strategy: places.Strategies = None,
    venue: places.RealVenues = None,
    scenario: places.Scenario = None,
    faults: places.Faults = None,
    seed: places.Seed = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Trade in the sandbox: orders are really sent, the money is play money.")
    ] = False,
    live: Annotated[
        bool, typer.Option("--live", help="Trade with real money. Two more gates: see docs/accounts.md.")
    ] = False,
    walk: Annotated[
        bool,
        typer.Option("--walk", help="A seeded random walk within this process: repeatable, opportunities planted."),
    ] = False,
    daemon: Annotated[
        bool, typer.Option("--daemon", help="Work in the background; return once the desk is ready, or says why not.")
    ] = False,
    stop: Annotated[
        bool, typer.Option("--stop", help="Cancel all purchases and leave, whether a desk runs here or not.")
    ] = False,
    dashboard: Annotated[
        bool, typer.Option("--dashboard", help="Serve the dashboard beside it, and say where.")
    ] = False,
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65_535, help="Of the dashboard, in place of web.port.")
    ] = None,
    clean_start: Annotated[
        bool, typer.Option("--clean-start", help="Cancel the purchases that an earlier run left, before anything else.")
    ] = False,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="Stop after so long, for example 30s or 5m.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Print the screen once, at the end (10s).")] = False,
    plain: Annotated[bool, typer.Option("--plain", help="One line a second in place of the screen.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, once, at the end.")] = False,
    picture: Annotated[Path | None, typer.Option("--picture", hidden=True, help="Write the screen as SVG.")] = None,
    in_background: Annotated[bool, typer.Option("--in-background", hidden=True, help="What --daemon starts.")] = False,
) -> None:
    """Run a desk: on paper, unless --sandbox or --live is given. Without --venue it watches a sandbox of its own.

    The sandbox needs no keys and no network. It is a simulated market, traded over real protocols.
    """
    call = invocation(ctx)
    beside = {"--once": once, "--picture": picture is not None}
    if stop and background.stopped(ctx, call, {"--strategy": bool(strategy), "--daemon": daemon, **beside}, json=json):
        return
    if daemon:
        background.refuse_beside("--daemon", {**beside, "--plain": plain})
    _refuse_port(port, dashboard=dashboard)
    meant = places.Sandbox(scenario, faults, seed, asked=sandbox)
    if walk:
        places.refuse_beside_walk(venue, meant)
    chosen = places.choice(venue, meant)
    loaded = call.load()
    wanted = places.with_strategies(loaded.settings, strategy)
    settings = _in_mode(call, wanted, sandbox=sandbox, live=live, walk=walk, venue=bool(venue))
    limit = seconds_of("--duration", duration) if duration else 10.0 if once or json else None
    if daemon:
        background.start(ctx, call, json=json)
        return
    if stop and (nothing := background.nothing_rests(call.home, settings)):
        show(nothing)
        return
    for remark in loaded.remarks:
        warn(remark)
    how = How(
        limit=limit,
        quiet=once or json or in_background or (dashboard and not plain and not sys.stdout.isatty()),
        plain=plain or not sys.stdout.isatty(),
        clean=clean_start,
        tidy=stop,
    )
    walked = (7 if seed is None else seed) if walk else None
    with _work(chosen, call, settings, walked, live=live) as (source, settings):
        beside_it = () if stop else companions.wanted(call, settings, dashboard=dashboard, port=port)
        last, unknown = _worked(call, settings, source, how, beside_it)
    _finish(last, json=json, once=once, picture=picture)
    _tell_unknown(unknown)


def _refuse_port(port: int | None, *, dashboard: bool) -> None:
    """Raises UsageError for the port of a dashboard that nobody wants."""
    from dutchbook.domain.errors import UsageError

    if port is not None and not dashboard:
        raise UsageError("--port is that of the dashboard - add --dashboard, or leave it out")


def _tell_unknown(unknown: "Sequence[Order]") -> None:
    """Raises OrdersUnknown if the desk left orders of which nobody knows whether they live."""
    from dutchbook.domain.errors import OrdersUnknown

    if unknown:
        names = ", ".join(order.id for order in unknown)
        raise OrdersUnknown(f"{names}: no answer from the venue - the next `dutchbook run` asks it before it trades")


def _worked(
    call: Invocation, settings: "Settings", source: "Source", how: "How", beside_it: "Sequence[Companion]"
) -> "tuple[DeskSnapshot, tuple[Order, ...]]":
    """Let a desk work until it is over: how it stands then, and the orders of which nobody knows whether they live."""
    from dutchbook.app.running import RunningDesk
    from dutchbook.engine.clocks import RealClock
    from dutchbook.interfaces.cli.chores import Chores, chores_of
    from dutchbook.interfaces.cli.service_desk import as_service

    meant = settings.without_strategies() if how.tidy else settings
    chores = Chores(() if how.tidy else chores_of(call.home, settings, RealClock()), warn)
    with RunningDesk(meant, call.home, source) as desk, chores, companions.beside(call, beside_it):
        desk.own_process()
        if how.clean:
            desk.clean_start()
        if how.tidy:
            desk.tidy_up()
        else:
            shown = how._replace(beside=companions.dashboard_line(settings, beside_it)) if beside_it else how
            _watch(as_service(desk, call.environ, f"{desk.mode} {desk.run}"), shown)
        desk.wind_down()
        return desk.picture(), desk.unknown


@contextmanager
def _work(
    chosen: "Choice", call: Invocation, settings: "Settings", walk: int | None, *, live: bool
) -> "Iterator[tuple[Source, Settings]]":
    """The market to work in and the settings that hold there; `walk` is the seed of a random walk, if it is wanted."""
    from dutchbook.app.live.at_work import Gate, at_work
    from dutchbook.app.sources import WalkSource
    from dutchbook.config.modes import Mode
    from dutchbook.engine.clocks import RealClock

    if walk is not None:
        yield WalkSource(walk, RealClock()), settings
    elif settings.mode is Mode.PAPER:
        with places.source(chosen, call, settings) as source:
            yield source, settings
    else:
        gate = Gate(asked=live, environ=call.environ, typed=_typed if sys.stdin.isatty() else None)
        with at_work(chosen, settings, call.home, call.keys(settings.accounts), places.tell, gate) as work:
            for text in work.banner:
                warn(text)
            yield work.source, work.settings


def _typed(wanted: str) -> str:
    answer: str = typer.prompt(f"type the account to trade with real money ({wanted})", err=True)
    return answer


def _in_mode(
    call: Invocation, settings: "Settings", *, sandbox: bool, live: bool, walk: bool, venue: bool
) -> "Settings":
    """The settings in the mode that was asked for.

    Raises UsageError for what does not go together, GateClosed for live trading without all of its gates.
    """
    from dutchbook.app.arming import refuse_closed
    from dutchbook.config.modes import Mode
    from dutchbook.domain.errors import UsageError

    if walk and settings.mode is not Mode.PAPER:
        raise UsageError(f"--walk is paper alone, and mode {settings.mode} is set - leave one of them out")
    if sandbox and live:
        raise UsageError("--sandbox and --live exclude each other - leave out one of them")
    if sandbox:
        return settings.in_mode(Mode.SANDBOX)
    if live or settings.mode is Mode.LIVE:
        refuse_closed(settings, call.environ, asked=live)
        return settings
    if settings.mode is Mode.SANDBOX and venue:
        raise UsageError(
            "mode sandbox trades in the sandbox, and --venue names a real one - set mode: paper to watch it"
        )
    if settings.mode in (Mode.PAPER, Mode.SANDBOX):
        return settings
    raise UsageError(f"mode {settings.mode}: `run` works on what happens now - set mode: paper, or use replay")


def _watch(desk: ShownDesk, how: How) -> None:
    """Let the desk work until the time is over or somebody presses Ctrl-C, and show it meanwhile."""
    from dutchbook.interfaces.cli.interrupts import interruptible

    with suppress(KeyboardInterrupt), interruptible() as checkpoint:  # how a run ends: what was done is in its journal

        def nap(seconds: float) -> None:
            time.sleep(seconds)
            checkpoint()

        if how.quiet:
            for _ in _pictures(desk, how.limit, every=how.limit or _SELDOM, sleep=nap):
                pass
        elif how.plain:
            _print_lines(desk, how.limit, nap)
        else:
            _show_live(desk, how, nap)


def _print_lines(desk: ShownDesk, limit: float | None, nap: Callable[[float], None]) -> None:
    from dutchbook.interfaces.cli.desk_screen import alert_line, line

    show(f"{desk.picture().notice}")
    told = 0
    for snapshot in _pictures(desk, limit, every=1.0, sleep=nap):
        for row in reversed(snapshot.alerts[: snapshot.alerts_total - told]):
            show(alert_line(row))
        told = snapshot.alerts_total
        show(line(snapshot))


def _show_live(desk: ShownDesk, how: How, nap: Callable[[float], None]) -> None:
    from msgspec.structs import replace
    from rich.live import Live

    from dutchbook.interfaces.cli.desk_screen import screen
    from dutchbook.interfaces.cli.output import console

    out = console()
    with Live(console=out, screen=True, auto_refresh=False) as live:
        for snapshot in _pictures(desk, how.limit, every=1 / FRAMES_PER_SECOND, sleep=nap):
            words = "; ".join(filter(None, (snapshot.notice, how.beside)))
            live.update(screen(replace(snapshot, notice=words), out.width, out.height), refresh=True)


def _pictures(
    desk: ShownDesk,
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
        if desk.over or (limit is not None and now - started >= limit):
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
