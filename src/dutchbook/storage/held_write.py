"""Writing to a file without letting other threads run meanwhile.

`os.write` releases the interpreter's lock. While a thread waits for that lock, as the one that flushes does whenever
the disk has answered, each such release wakes it, and takes the lock back before it came to run: 12 us for a write
that takes two, again and again. Lines go into the page cache meanwhile: that long anybody can wait.
"""

import ctypes
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_WRITE: Final = ctypes.PyDLL(None, use_errno=True).write
_WRITE.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_WRITE.restype = ctypes.c_ssize_t


class Scratch:
    """A file without a name, gone with its process, that is written over and over: to no end but the writing.

    A disk that does not take it is nobody's trouble.
    """

    def __init__(self, folder: Path) -> None:
        """It is on the disk of a folder; where that, or the system, knows no such files, nothing is written."""
        self._file = -1
        with suppress(OSError, AttributeError):
            self._file = os.open(folder, os.O_TMPFILE | os.O_WRONLY | os.O_CLOEXEC, 0o600)

    def write(self, content: bytes) -> None:
        """Write over what was written last."""
        if self._file >= 0:
            with suppress(OSError):
                os.lseek(self._file, 0, os.SEEK_SET)
                write_held(self._file, content)

    def close(self) -> None:
        """Let go of it."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1


def write_held(descriptor: int, content: bytes) -> int:
    """As `os.write` into a regular file: how many bytes of `content` were written. Raises OSError."""
    written: int = _WRITE(descriptor, content, len(content))
    if written < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return written
