"""Files of captures: which of a format are meant by the paths of a command, and their lines until the first damage."""

import gzip
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from dutchbook.domain.errors import RecordingError


def files(paths: Sequence[Path], pattern: str) -> list[Path]:
    """The files that match `pattern`: named themselves or lying in a named folder, each once.

    Raises RecordingError if there are none, or one that was named does not exist.
    """
    found: dict[Path, None] = {}
    for path in paths:
        if path.is_dir():
            found.update(dict.fromkeys(sorted(path.glob(pattern))))
        elif not path.exists():
            raise RecordingError(f"{path}: no such file or folder - name a capture")
        elif path.match(pattern):
            found[path] = None
    if not found:
        names = ", ".join(str(path) for path in paths)
        raise RecordingError(f"{names}: no {pattern} there - is it a capture of another format?")
    return list(found)


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """The lines of a gzip file with their numbers from 1. Raises RecordingError where the damage begins."""
    number = 0
    try:
        with gzip.open(path, "rb") as stream:
            for number, line in enumerate(stream, 1):
                yield number, line
    except (EOFError, OSError, zlib.error) as error:
        raise damaged(path, number + 1, error) from error


def decoded[T](path: Path, decoder: "msgspec.json.Decoder[T]") -> Iterator[tuple[int, T]]:
    """The lines of a gzip file as JSON. Raises RecordingError at the first that is not what the decoder expects."""
    for number, line in lines(path):
        try:
            value = decoder.decode(line)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise damaged(path, number, error) from error
        yield number, value


def damaged(path: Path, line: int, error: Exception) -> RecordingError:
    """The error for a line that cannot be read."""
    return RecordingError(f"{path}, line {line}: {error} - use what comes before it, or get the file again")
