"""Letting go of what a home was told to keep for a while only: old frames, and whole runs."""

import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from dutchbook.app.runs import facts_of, in_order, run_folders
from dutchbook.config.modes import Mode
from dutchbook.domain.errors import RecordingError
from dutchbook.domain.units import Nanos
from dutchbook.storage.file_facts import newest_change
from dutchbook.storage.manifest import MANIFEST_FILE
from dutchbook.storage.pruning import Freed, prune_recording
from dutchbook.storage.retention_settings import RetentionSettings


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What went. `entries` are those of the decision log and of what was scanned, `problems` say what had to stay."""

    recordings: Freed = Freed()
    runs: tuple[str, ...] = ()
    entries: int = 0
    problems: tuple[str, ...] = ()


def prune_files(home: Path, settings: RetentionSettings, now: Nanos, *, look_only: bool = False) -> Pruned:
    """Remove runs and frames that are older than the settings say; with `look_only` only say what would go.

    A running desk is not disturbed: the segment that it writes to stays, and so does its run.
    """
    runs: list[Path] = []
    kept: list[Path] = []
    latest_first = in_order(run_folders(home))[::-1]
    old = set(_over(latest_first, Nanos(now - settings.runs))) if settings.runs else set()
    for folder in latest_first:
        (runs if folder in old else kept).append(folder)
    freed, problems = Freed(), []
    for folder in kept if settings.recordings else []:
        try:
            freed += _prune(folder / "recording", Nanos(now - settings.recordings), look_only)
        except RecordingError as error:
            problems.append(str(error))
    for folder in runs if not look_only else []:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            problems.append(f"{folder} stays - {error}")
    return Pruned(recordings=freed, runs=tuple(folder.name for folder in runs), problems=tuple(problems))


def told(pruned: Pruned) -> str:
    """What went, being too old, in words; empty if nothing did."""
    parts = (
        f"{pruned.recordings.segments} segments of recordings ({pruned.recordings.size:,} bytes)"
        if pruned.recordings.segments
        else "",
        f"{len(pruned.runs)} runs" if pruned.runs else "",
        f"{pruned.entries:,} rows of the decision log" if pruned.entries else "",
    )
    what = ", ".join(filter(None, parts))
    return what and f"older than `retention` allows: {what}"


def _prune(recording: Path, before: Nanos, look_only: bool) -> Freed:
    return prune_recording(recording, before, look_only=look_only) if (recording / MANIFEST_FILE).exists() else Freed()


def _over(latest_first: Iterable[Path], before: Nanos) -> Iterator[Path]:
    """Runs whose journals were last written to before then, and that nothing needs any more.

    The latest of each mode and source stays: a desk comes back from it. Real money stays for the accountant.
    """
    seen = set[tuple[str, str]]()
    for run in latest_first:
        facts = facts_of(run)
        kind = (str(facts.get("mode", "")), str(facts.get("source", "")))
        latest = kind not in seen
        seen.add(kind)
        if not latest and kind[0] and kind[0] != Mode.LIVE and _written(run) < before:
            yield run


def _written(run: Path) -> int:
    """When anything was last written to the journal, by the clock of the file system."""
    journal = run / "journal"
    return newest_change(journal.iterdir() if journal.is_dir() else [run])
