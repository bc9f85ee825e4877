"""dutchbook data: captures into recordings, and what recordings hold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dutchbook.interfaces.cli.grouped_help import group
from dutchbook.interfaces.cli.output import pairs, print_json, show, table
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


@COMMANDS.command("quotes", epilog="Example: dutchbook data quotes rec/ --latency-ms 50 --latency-ms 250")
def quotes(
    folder: Recording,
    latency_ms: Annotated[
        list[float] | None,
        typer.Option("--latency-ms", min=0, max=60_000, help="May be repeated: one way to the venue."),
    ] = None,
    json: AsJson = False,
) -> None:
    """What quotes that join the best prices would have met in a recording: fills by queue position, and markouts."""
    from dutchbook.app.backtest.recorded import recorded_quotes
    from dutchbook.domain.units import MILLISECOND, SECOND, Nanos

    latencies = [Nanos(round(each * MILLISECOND)) for each in latency_ms or (50.0, 250.0)]
    found = recorded_quotes(folder, latencies)
    if json:
        print_json(
            [
                {
                    "latency_ms": each.latency / MILLISECOND,
                    "markets": each.markets,
                    "prints": each.prints,
                    "quotes": each.quotes,
                    "fills": each.fills,
                    "through": each.through,
                    "half_spread": round(each.half_spread / 10_000, 6),
                    "realised": {f"{of.after // SECOND}s": round(of.realised / 10_000, 6) for of in each.markouts},
                }
                for each in found
            ]
        )
        return
    rows = [
        (
            f"{each.latency / MILLISECOND:g} ms",
            *(f"{count:,}" for count in (each.quotes, each.fills, each.through)),
            f"{each.half_spread / 100:+.2f}",
            *(f"{of.realised / 100:+.2f}" for of in each.markouts),
        )
        for each in found
    ]
    heads = ("latency", ">quotes", ">fills", ">gone through", ">half spread", ">after 1 s", ">10 s", ">60 s")
    show(table("quotes of 20 contracts at the best prices; cents a contract", heads, rows, whole=True))
    show(f"{found[0].markets:,} markets, {found[0].prints:,} trades were recorded")


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
