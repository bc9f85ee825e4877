"""The journals of runs: proven, read, exported."""

from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from dutchbook.app.runs import journal_folder
from dutchbook.storage.journal_export import export_csv, export_jsonl
from dutchbook.storage.journal_reader import JournalCheck, JournalLine, read, verify


def journal_check(home: Path, run: str | None) -> JournalCheck:
    """Prove the journal of a run, by default of the latest. Raises UsageError if there is none of that name."""
    return verify(journal_folder(home, run))


def journal_lines(home: Path, run: str | None) -> Iterator[JournalLine]:
    """The lines of a run's journal. Raises JournalError behind the last proven one, if that is not the end."""
    return read(journal_folder(home, run))


def journal_export(home: Path, run: str | None, form: str, out: TextIO) -> int:
    """Write a run's journal as `jsonl` or `csv`; the number of its lines."""
    folder = journal_folder(home, run)
    return export_csv(folder, out) if form == "csv" else export_jsonl(folder, out)
