"""What the file system says of files that somebody else may take away while a folder is listed."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path


def file_facts(path: Path) -> os.stat_result | None:
    """Size and times of a file; None if it is gone. Raises OSError for anything else."""
    try:
        return path.stat()
    except FileNotFoundError:
        return None


def still_there(paths: Iterable[Path]) -> Iterator[tuple[Path, os.stat_result]]:
    """Those of a listing that have not gone since, with their facts."""
    for path in paths:
        if (facts := file_facts(path)) is not None:
            yield path, facts


def newest_change(paths: Iterable[Path]) -> int:
    """When the last of these files was written to, in nanoseconds of the file system's clock; 0 without any."""
    return max((facts.st_mtime_ns for _, facts in still_there(paths)), default=0)
