"""Reading a recording while its desk writes it: the frames that reached the disk since the last look.

Frames reach the disk a block at a time, so that a quiet market is seen a little later than it happened.
"""

from collections.abc import Iterator
from pathlib import Path

import zstandard

from dutchbook.domain.errors import RecordingError
from dutchbook.domain.ports import Frame
from dutchbook.storage.frame_lines import decode_frames
from dutchbook.storage.manifest import SegmentKind, segment_name
from dutchbook.storage.pruning import pruned_of
from dutchbook.storage.segments import PART

_CHUNK = 1 << 20


class RecordingTail:
    """Follows the frames of one recording from the first one of its newest segment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        first = self._segment = pruned_of(folder)
        while (folder / segment_name(SegmentKind.FRAMES, self._segment)).exists():
            self._segment += 1
        if self._segment > first and not self._part().exists():
            self._segment -= 1
        self._offset = 0

    def blocks(self) -> Iterator[list[Frame]]:
        """The frames of each whole block that was not read yet. Raises RecordingError for a damaged one."""
        while True:
            path, whole = self._path()
            if path is None:
                return
            yield from self._blocks(path)
            if not whole or self._offset < path.stat().st_size:
                return
            self._segment, self._offset = self._segment + 1, 0

    def _path(self) -> tuple[Path | None, bool]:
        """The file of the segment, and whether nothing more is written to it."""
        path = self.folder / segment_name(SegmentKind.FRAMES, self._segment)
        if path.exists():
            return path, True
        part = self._part()
        return (part, False) if part.exists() else (None, False)

    def _part(self) -> Path:
        return self.folder / (segment_name(SegmentKind.FRAMES, self._segment) + PART)

    def _blocks(self, path: Path) -> Iterator[list[Frame]]:
        try:
            file = path.open("rb", buffering=0)
        except FileNotFoundError:  # it got its final name just now: at the next look it is there
            return
        with file:
            file.seek(self._offset)
            pending = b""
            while chunk := file.read(_CHUNK):
                pending += chunk
                while (found := _first_block(pending, path)) is not None:
                    block, length = found
                    pending = pending[length:]
                    self._offset += length
                    yield decode_frames(block)


def _first_block(content: bytes, path: Path) -> tuple[bytes, int] | None:
    """The first block of `content` and how many bytes it takes there; None if it is not whole yet."""
    if not content:
        return None
    reader = zstandard.ZstdDecompressor().decompressobj()
    try:
        block = reader.decompress(content)
    except zstandard.ZstdError as error:
        raise RecordingError(f"{path} is damaged ({error}) - see `dutchbook data verify`") from error
    return (block, len(content) - len(reader.unused_data)) if reader.eof else None
