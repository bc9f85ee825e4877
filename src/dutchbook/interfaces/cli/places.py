"""Where a command reads from, when it is not a recording: options and their meaning, the same for every command."""

import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from dutchbook.domain.identity import Venue
from dutchbook.interfaces.cli.durations import seconds_of
from dutchbook.interfaces.cli.output import warn
from dutchbook.strategies.names import STRATEGIES

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from dutchbook.app.live.opening import Choice
    from dutchbook.app.live.source import LiveSource
    from dutchbook.config.settings import Settings
    from dutchbook.domain.pairs import PairedMarket
    from dutchbook.interfaces.cli.invocation import Invocation

RealVenues = Annotated[
    list[Venue] | None, typer.Option("--venue", help="Live public data of this venue; may be given twice.")
]
Scenario = Annotated[
    str | None, typer.Option("--scenario", metavar="NAME|FILE", help="Scenario of the sandbox: built in, or a file.")
]
Faults = Annotated[Path | None, typer.Option("--faults", metavar="FILE", help="Fault plan of the sandbox.")]
InSandbox = Annotated[bool, typer.Option("--sandbox", help="A sandbox started for this.")]
LookFor = Annotated[
    str, typer.Option("--duration", metavar="TIME", help="How long to look at a venue or a sandbox, for example 30s.")
]
Strategies = Annotated[
    list[str] | None,
    typer.Option(
        "--strategy",
        metavar="NAME",
        help=f"Strategy to run, in place of those of the settings; may be repeated: {', '.join(STRATEGIES)}.",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", min=0, help="Seed of the simulated market (7).")]


class Sandbox(NamedTuple):
    """What was said of a sandbox. `asked`: it was asked for by name."""

    scenario: str | None
    faults: Path | None
    seed: int | None
    asked: bool = False


class Now(NamedTuple):
    """A look at what happens now: real venues, or a sandbox, for so long."""

    venues: list[Venue] | None
    sandbox: bool
    duration: str


def with_strategies(settings: "Settings", named: list[str] | None) -> "Settings":
    """The settings with the strategies named, one by one or with commas. Raises UsageError for one that is none."""
    from dutchbook.app.strategies import checked
    from dutchbook.domain.errors import UsageError

    names = [name.strip() for text in named or () for name in text.split(",") if name.strip()]
    if named and not names:
        raise UsageError(f"--strategy: name a strategy - there are: {', '.join(STRATEGIES)}")
    return settings.running(checked(names))


def choice(venues: list[Venue] | None, sandbox: Sandbox) -> "Choice":
    """The venues meant. Raises UsageError if both real ones and a sandbox are."""
    from dutchbook.app.live.opening import Choice
    from dutchbook.domain.errors import UsageError

    options = [] if sandbox.seed is None else ["--seed", str(sandbox.seed)]
    if sandbox.scenario is not None:
        options += ["--scenario", sandbox.scenario]
    if sandbox.faults is not None:
        options += ["--faults", str(sandbox.faults)]
    if venues and (sandbox.asked or options):
        raise UsageError("--venue and a sandbox exclude each other - leave out one of them")
    return Choice(tuple(dict.fromkeys(venues or ())), tuple(options))


def refuse_beside_walk(venues: list[Venue] | None, sandbox: Sandbox) -> None:
    """Raises UsageError if anything was said of a venue or a sandbox: a random walk is neither."""
    from dutchbook.domain.errors import UsageError

    said = {
        "--venue": bool(venues),
        "--sandbox": sandbox.asked,
        "--scenario": sandbox.scenario is not None,
        "--faults": sandbox.faults is not None,
    }
    if names := [name for name, was_said in said.items() if was_said]:
        raise UsageError(f"--walk and {', '.join(names)} exclude each other - leave out one of them")


def source(
    chosen: "Choice", call: "Invocation", settings: "Settings", named: "Sequence[PairedMarket]" = ()
) -> "AbstractContextManager[LiveSource]":
    """The live source that was chosen; what it has to say goes to stderr, where that is no terminal (see `said`).

    It reads the `named` markets too, wherever they stand in a venue's list.
    """
    from dutchbook.app.live.opening import opened

    return opened(chosen, settings, call.home, call.keys(settings.accounts), tell, named)


@contextmanager
def looked_at(folder: Path | None, now: Now, call: "Invocation", settings: "Settings") -> Iterator[Path]:
    """The recording that is meant: a folder, what the venues send from now on, or that of the latest run.

    Raises UsageError if both a folder and venues are named. Warns of a recording that is not whole.
    """
    from tempfile import TemporaryDirectory

    from dutchbook.app.live.recording import record
    from dutchbook.domain.errors import UsageError

    if not now.venues and not now.sandbox:
        yield _kept(folder, call.home)
        return
    if folder is not None:
        raise UsageError("--from and a venue exclude each other - leave out one of them")
    chosen = choice(now.venues, Sandbox(None, None, None, asked=now.sandbox))
    limit = seconds_of("--duration", now.duration)
    with TemporaryDirectory(prefix="dutchbook-look-") as scratch, source(chosen, call, settings) as live:
        out = Path(scratch) / "recording"
        started = time.monotonic()
        record(live, out, settings.storage, lambda _: time.monotonic() - started < limit)
        yield out


def _kept(folder: Path | None, home: Path) -> Path:
    from dutchbook.app.looking import is_whole
    from dutchbook.app.runs import latest_recording

    meant = folder or latest_recording(home)
    if not is_whole(meant):
        warn(f"{meant} was cut short by its writer, or is still being written: the figures are those of what is there")
    return meant


def tell(line: str) -> None:
    if not sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")
