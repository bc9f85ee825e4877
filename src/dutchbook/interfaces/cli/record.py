"""dutchbook record: what venues send now, into a recording."""

import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from dutchbook.interfaces.cli import places
from dutchbook.interfaces.cli.durations import seconds_of
from dutchbook.interfaces.cli.invocation import invocation
from dutchbook.interfaces.cli.output import pairs, print_json, show


def record(  # noqa: PLR0913, PLR0917 - the options of a command are its arguments
    ctx: typer.Context,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the recording.")],
    venue: places.RealVenues = None,
    scenario: places.Scenario = None,
    faults: places.Faults = None,
    seed: places.Seed = None,
    duration: Annotated[
        str | None, typer.Option("--duration", metavar="TIME", help="Stop after so long; else Ctrl-C ends it.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Record what a venue sends, for `replay`, `scan` and `arbitrage`.

    Without --venue it records a sandbox of its own.
    """
    from dutchbook.app.live.recording import record as record_source
    from dutchbook.interfaces.cli.data import manifest_json, manifest_rows
    from dutchbook.interfaces.cli.interrupts import interruptible

    call = invocation(ctx)
    chosen = places.choice(venue, places.Sandbox(scenario, faults, seed))
    settings = call.load().settings
    limit = seconds_of("--duration", duration) if duration else None
    with places.source(chosen, call, settings) as source, interruptible() as checkpoint:
        manifest = record_source(source, out, settings.storage, _until(limit, checkpoint))
    if json:
        print_json(manifest_json(manifest))
        return
    show(pairs(f"{out}", manifest_rows(manifest)), f"next: dutchbook replay {out}")


def _until(limit: float | None, checkpoint: Callable[[], None]) -> Callable[[int], bool]:
    """Whether to go on: until the time is over or somebody asked for the end. Says on a terminal how far it is."""
    started = time.monotonic()

    def goes_on(frames: int) -> bool:
        if sys.stderr.isatty():
            sys.stderr.write(f"\rrecording: {frames:,} frames")
        with suppress(KeyboardInterrupt):
            checkpoint()
            return limit is None or time.monotonic() - started < limit
        return False

    return goes_on
