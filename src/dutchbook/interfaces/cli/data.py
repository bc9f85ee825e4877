"""dutchbook data: captures into recordings, and what recordings hold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.output import pairs, print_json, show
from dutchbook.interfaces.cli.progress import progress
from dutchbook.interfaces.words import NOBODY, iso

if TYPE_CHECKING:
    from dutchbook.storage.manifest import Manifest

COMMANDS = group(help="Import captures, check and show recordings.")
Recording = Annotated[Path, typer.Argument(metavar="DIR", help="Folder of the recording.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@COMMANDS.command(
    "import",
    epilog="Example: dutchbook data import kalshi-gold15m-ws captures/kalshi-gold15m-ws --out rec/",
)
def import_capture(
    capture_format: Annotated[str, typer.Argument(metavar="FORMAT", help="Format of the capture.")],
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders of the capture.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the recording.")],
    json: AsJson = False,
) -> None:
    """Read a capture of a venue's bytes into a recording."""
    from dutchbook.app.importing import import_capture as read_capture

    with progress(f"importing {capture_format}", "frames") as report:
        manifest = read_capture(capture_format, paths, out, report)
    if json:
        print_json(manifest_json(manifest))
        return
    show(pairs(f"{out}", manifest_rows(manifest)), f"next: dutchbook replay {out}")


@COMMANDS.command("verify", epilog="Example: dutchbook data verify rec/")
def verify(folder: Recording, json: AsJson = False) -> None:
    """Prove a recording from end to end.

    The exit code is 1 if anything is wrong.
    """
    from dutchbook.app.importing import verify_recording

    check = verify_recording(folder)
    if json:
        print_json(check)
    else:
        verdict = "proven" if check.ok else "NOT proven"
        cut = "" if check.complete or not check.ok else ", cut short by its writer"
        show(f"{folder}: {verdict}{cut} - {check.frames:,} frames, {check.events:,} events, {check.gaps:,} gaps")
        show(*check.problems)
    if not check.ok:
        raise typer.Exit(1)


@COMMANDS.command("show", epilog="Example: dutchbook data show rec/")
def show_recording(folder: Recording, json: AsJson = False) -> None:
    """What a recording holds."""
    from dutchbook.app.importing import show_recording as summarise

    found = summarise(folder)
    if json:
        print_json({**manifest_json(found.manifest), "titles": found.titles})
        return
    show(pairs(f"{folder}", manifest_rows(found.manifest)), *(f"  {title}" for title in found.titles))


def manifest_rows(manifest: "Manifest") -> list[tuple[str, str]]:
    """A recording's figures, in words."""
    return [
        ("format", f"{manifest.format} ({manifest.venue})"),
        ("frames", f"{manifest.frames:,}"),
        ("events", f"{manifest.events:,}"),
        ("gaps", f"{manifest.gaps:,} (sequence numbers: {manifest.sequence})"),
        ("markets", f"{manifest.markets:,} of {manifest.questions:,} questions"),
        ("from", iso(manifest.first) or NOBODY),
        ("to", iso(manifest.last) or NOBODY),
        ("segments", f"{len(manifest.segments)}, {sum(entry.size for entry in manifest.segments):,} bytes"),
        ("complete", "yes" if manifest.complete else "no: its writer was cut off"),
        ("written by", manifest.writer),
    ]


def manifest_json(manifest: "Manifest") -> dict[str, object]:
    """A recording's figures, with times in ISO 8601."""
    return {
        "format": manifest.format,
        "venue": manifest.venue,
        "sequence": manifest.sequence,
        "complete": manifest.complete,
        "frames": manifest.frames,
        "events": manifest.events,
        "gaps": manifest.gaps,
        "questions": manifest.questions,
        "markets": manifest.markets,
        "first": iso(manifest.first),
        "last": iso(manifest.last),
        "segments": len(manifest.segments),
        "bytes": sum(entry.size for entry in manifest.segments),
        "writer": manifest.writer,
    }
