"""Compressed files in blocks: each block is a zstd frame of whole lines with its own checksum.

A file that was cut off is good up to its last whole block, and what is read of it was proven block by block.
"""

import os
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

import zstandard

from dutchbook.domain.errors import RecordingError
from dutchbook.storage.durable import write_all
from dutchbook.storage.manifest import Mark, SealedFile

_CHUNK = 1 << 18
_LEVEL = 3


class BlockWriter:
    """Writes one file, block by block, and keeps its checksum. Every method raises OSError if the disk refuses."""

    def __init__(self, path: Path, *, block_bytes: int, mark_bytes: int) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
        self._compressor = zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True)
        self._block_bytes = block_bytes
        self._mark_bytes = mark_bytes
        self._next_mark = mark_bytes
        self._count = 0
        self._lines: list[bytes] = []
        self._pending = 0
        self._hash = sha256()
        self._size = 0
        self.written = 0
        """Bytes taken so far, before compression."""
        self.marks: list[Mark] = []

    def add(self, line: bytes) -> None:
        """Take one line. It reaches the disk with its block."""
        self._lines.append(line)
        self._pending += len(line)
        self.written += len(line)
        if self._pending >= self._block_bytes:
            self.end_block()

    def end_block(self) -> None:
        """Hand the lines taken so far to the system."""
        if not self._lines:
            return
        block = self._compressor.compress(b"".join(self._lines))
        write_all(self._file, block)
        self._hash.update(block)
        self._size += len(block)
        self._count += len(self._lines)
        self._lines.clear()
        self._pending = 0
        if self.written >= self._next_mark:
            self.marks.append(Mark(self._count, self._size, self._hash.hexdigest()))
            self._next_mark = self.written + self._mark_bytes

    def sync(self) -> None:
        """Make everything taken so far survive a power cut."""
        self.end_block()
        os.fdatasync(self._file)

    def finish(self) -> SealedFile:
        """Make the file durable, close it, and seal it."""
        try:
            self.sync()
        finally:
            self.abandon()
        return SealedFile(self._size, self._hash.hexdigest())

    def abandon(self) -> None:
        """Close the file as it is."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def compress_block(content: bytes) -> bytes:
    """A small file as one block."""
    return zstandard.ZstdCompressor(level=_LEVEL, write_checksum=True).compress(content)


def read_blocks(path: Path) -> Iterator[bytes]:
    """The blocks of a file, each proven by its checksum before it is yielded.

    Raises CutOff behind the last whole one if the file ends within a block, RecordingError if a block is damaged.
    """
    decompressor = zstandard.ZstdDecompressor()
    block = decompressor.decompressobj()
    parts: list[bytes] = []
    inside = False
    with path.open("rb", buffering=0) as file:
        while chunk := file.read(_CHUNK):
            while chunk:
                parts.append(_decompress(block, chunk, path))
                inside, chunk = not block.eof, block.unused_data
                if block.eof:
                    yield b"".join(parts)
                    parts, block = [], decompressor.decompressobj()
    if inside:
        raise CutOff(f"{path} ends in the middle of a block - use `dutchbook data verify`, or import it again")


class CutOff(RecordingError):
    """A file ends within a block: what comes before is good. Expected only of a recording that is not complete."""


def seal_of(path: Path, *, first: int | None = None) -> SealedFile:
    """The size and checksum of a file, or of its `first` bytes. Raises OSError."""
    digest = sha256()
    left = path.stat().st_size if first is None else first
    size = 0
    with path.open("rb", buffering=0) as file:
        while left > 0 and (chunk := file.read(min(left, _CHUNK))):
            digest.update(chunk)
            size += len(chunk)
            left -= len(chunk)
    return SealedFile(size, digest.hexdigest())


def proven_count(path: Path, marks: Sequence[Mark]) -> int:
    """How many lines of a damaged file are proven by its marks. Raises OSError."""
    digest = sha256()
    count = size = 0
    with path.open("rb", buffering=0) as file:
        for mark in marks:
            digest.update(file.read(mark.size - size))
            if digest.hexdigest() != mark.sha256:
                break
            count, size = mark.count, mark.size
    return count


def _decompress(block: "zstandard.ZstdDecompressionObj", chunk: bytes, path: Path) -> bytes:
    try:
        return block.decompress(chunk)
    except zstandard.ZstdError as error:
        raise RecordingError(
            f"{path} is damaged ({error}) - use `dutchbook data verify`, or import it again"
        ) from error
