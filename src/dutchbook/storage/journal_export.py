"""A journal for other programs: as JSON lines exactly as they are chained, or as a table."""

import csv
from pathlib import Path
from typing import TextIO

import msgspec

from dutchbook.storage.journal_format import WireLine
from dutchbook.storage.journal_reader import JournalLine, read

COLUMNS = ("seq", "at", "kind", "cause", "body", "hash")


def export_jsonl(folder: Path, out: TextIO) -> int:
    """Write every line as JSON and return their number. Raises JournalError behind the proven ones, like `read`."""
    count = 0
    for line in read(folder):
        out.write(msgspec.json.encode(_plain(line)).decode() + "\n")
        count += 1
    return count


def export_csv(folder: Path, out: TextIO) -> int:
    """Write a table with a header, `at` in UTC nanoseconds and `body` as JSON, and return the number of its rows.

    Open `out` with `newline=""`. Raises JournalError behind the proven lines, like `read`.
    """
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    count = 0
    for line in read(folder):
        cause = "" if line.cause is None else str(line.cause)
        writer.writerow((line.seq, line.at, line.kind, cause, bytes(line.body).decode(), line.hash))
        count += 1
    return count


def _plain(line: JournalLine) -> WireLine:
    cause = None if line.cause is None else str(line.cause)
    return WireLine(line.seq, line.at, line.kind, cause, line.body, line.hash)
