"""What a crash leaves at the end of a journal: put aside and told, never overwritten and never built upon."""

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from dutchbook.storage.durable import replace_file, sync_folder, write_all
from dutchbook.storage.journal_format import WireLine, segment_name
from dutchbook.storage.journal_scan import JournalScan, damaged
from dutchbook.storage.write_ahead import lines_ahead

type Look = Callable[[WireLine], None]
"""Reads a line that is proven. Whether the journal proves itself to its end is not known yet."""


class TornTail(msgspec.Struct, frozen=True):
    """Bytes behind the last proven line, and the file they were moved to."""

    size: int
    kept: Path
    reason: str


def recover(folder: Path, look: Look | None = None) -> tuple[JournalScan, TornTail | None]:
    """Prove a journal that is about to be continued, moving a torn end aside. `look` sees each line as it is proven.

    Lines that stood ahead of it when its process died are in it then. Raises JournalError, changing nothing, if lines
    are damaged or missing that the head anchor says were durable: no crash does that. What `look` raises leaves what is
    proven as it is, too.
    """
    scan = JournalScan(folder)
    if look is None:
        scan.finish()
    else:
        for line in scan.lines():
            look(line)
    torn = None
    if scan.problem is None:
        if not scan.paths:
            _begin(scan)
    elif scan.breaks_promise:
        raise damaged(scan.problem)
    else:
        torn = _put_aside(scan, scan.problem)
    _catch_up(scan, look)
    return scan, torn


def _catch_up(scan: JournalScan, look: Look | None) -> None:
    """Write to a journal the lines that stand ahead of it. Raises OSError."""
    content = b""
    for text in lines_ahead(scan.folder):
        line = scan.prove(text)
        if isinstance(line, str):
            if content:
                break
            continue  # it is in the journal, or of an earlier time
        if look is not None:
            look(line)
        content += text
    if content:
        descriptor = os.open(scan.segment, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        try:
            write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        scan.offset += len(content)


def _begin(scan: JournalScan) -> None:
    """Make the first segment: a journal is born with its anchor alone. Raises OSError."""
    path = scan.folder / segment_name(1)
    path.touch(mode=0o600, exist_ok=False)
    sync_folder(scan.folder)
    scan.paths.append(path)


def _put_aside(scan: JournalScan, reason: str) -> TornTail:
    """Move all bytes behind the proven part to one file, later segments included. Raises OSError."""
    size = scan.torn
    torn_paths = scan.paths[scan.index :]
    content = b"".join(path.read_bytes() for path in torn_paths)[scan.offset :]
    kept = _free_name(scan.segment)
    replace_file(kept, content)
    for path in torn_paths[1:]:
        path.unlink()
    del scan.paths[scan.index + 1 :]
    os.truncate(scan.segment, scan.offset)
    sync_folder(scan.folder)
    return TornTail(size, kept, reason)


def _free_name(segment: Path) -> Path:
    number = 1
    while (path := segment.with_name(f"{segment.name}.{number}.torn")).exists():
        number += 1
    return path
