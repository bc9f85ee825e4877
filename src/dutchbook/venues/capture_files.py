"""Files of captures: finding them by what they are called, and reading them up to where the damage begins.

A capture cut short is good up to its end. One whose checksum is wrong is good nowhere: a changed bit may have made a
valid line with another number in it, so nothing of such a file is given.
"""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from dutchbook.domain.errors import RecordingError

_CHUNK = 1 << 20
_BATCH = 20_000


def files(paths: Sequence[Path], *patterns: str) -> list[Path]:
    """The files that match one of the patterns: named themselves or lying in a named folder, each once.

    Raises RecordingError if there are none, or one that was named does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(file for pattern in patterns for file in path.glob(pattern))))
        elif not path.exists():
            raise RecordingError(f"{path}: no such file or folder - name a capture")
        elif any(path.match(pattern) for pattern in patterns):
            found[path] = None
    if not found:
        names = ", ".join(str(path) for path in paths)
        raise RecordingError(f"{names}: no {' or '.join(patterns)} there - is it a capture of another format?")
    return list(found)


def beside(path: Path, name: str) -> Path:
    """The companion of a capture file. Raises RecordingError if it is not there."""
    companion = path.with_name(name)
    if not companion.exists():
        raise RecordingError(f"{companion}: missing - {path.name} cannot be understood without it, put them together")
    return companion


def decoded[T](path: Path, decoder: "msgspec.json.Decoder[T]") -> Iterator[tuple[int, T]]:
    """The lines of a gzip file as JSON, with their numbers from 1.

    Raises RecordingError before the first line if the checksum is wrong, else where the file ends too early or a line
    is not what the decoder expects.
    """
    _check_sum(path)
    number = 0
    try:
        with gzip.open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                yield number, decoder.decode(line)
    except EOFError as error:
        raise damaged(path, number + 1, "the file ends here, too early") from error
    except (OSError, zlib.error) as error:
        raise damaged(path, number + 1, error) from error
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise damaged(path, number, error) from error


def damaged(path: Path, line: int, reason: object) -> RecordingError:
    """The error for a line that cannot be read."""
    return RecordingError(f"{path}, line {line}: {reason} - use what comes before it, or get the file again")


def rows(query: str, *tables: Path) -> Iterator[tuple[Any, ...]]:
    """The rows of a query over tables, which are its parameters. Raises RecordingError for damaged ones."""
    import duckdb

    try:
        with duckdb.connect() as connection:
            cursor = connection.execute(query, [str(table) for table in tables])
            while batch := cursor.fetchmany(_BATCH):
                yield from batch
    except duckdb.Error as error:
        names = ", ".join(str(table) for table in tables)
        raise RecordingError(f"{names}: {str(error).splitlines()[0]} - get the file again") from error


def _check_sum(path: Path) -> None:
    line = 1
    try:
        with gzip.open(path, "rb") as stream:
            while chunk := stream.read(_CHUNK):
                line += chunk.count(b"\n")
    except EOFError:
        return
    except (OSError, zlib.error) as error:
        reason = f"{error}, and what comes before cannot be trusted either"
        raise RecordingError(f"{path}, line {line} or before: {reason} - get the file again") from error
