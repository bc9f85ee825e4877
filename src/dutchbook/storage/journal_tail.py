"""The last line of a journal, without reading the rest: how far a run came. Proves nothing; `verify` does."""

from os import SEEK_END
from pathlib import Path

import msgspec

from dutchbook.storage.journal_format import WireLine, segment_paths

_CHUNK = 64 << 10


def last_line(folder: Path) -> WireLine | None:
    """The last whole line that can be read; None for a journal without one, or for what is none.

    What a crash left behind it, a line that is cut off or none at all, is passed over, as it is when the journal is
    opened next.
    """
    try:
        paths, _ = segment_paths(folder)
        for path in reversed(paths):
            if (line := _last_of(path)) is not None:
                return line
    except OSError:
        return None  # what cannot be read is told by `dutchbook journal verify`
    return None


def _last_of(path: Path) -> WireLine | None:
    with path.open("rb") as file:
        size = file.seek(0, SEEK_END)
        wanted = _CHUNK
        while True:
            file.seek(max(0, size - wanted))
            lines = file.read(wanted).split(b"\n")[:-1]
            # The first may be the end of a longer one, unless all was read.
            for line in reversed(lines if wanted >= size else lines[1:]):
                if (found := _decoded(line)) is not None:
                    return found
            if wanted >= size:
                return None
            wanted *= 2  # the line is longer than what was read


def _decoded(line: bytes) -> WireLine | None:
    try:
        return msgspec.json.decode(line, type=WireLine)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None
