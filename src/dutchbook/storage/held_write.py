"""Writing to a file without letting other threads run meanwhile.

`os.write` releases the interpreter's lock. While a thread waits for that lock, as the one that flushes does whenever
the disk has answered, each such release wakes it, and takes the lock back before it came to run: 12 us for a write
that takes two, again and again. Lines go into the page cache meanwhile: that long anybody can wait.
"""

import ctypes
import os
from typing import Final

_WRITE: Final = ctypes.PyDLL(None, use_errno=True).write
_WRITE.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
_WRITE.restype = ctypes.c_ssize_t


def write_held(descriptor: int, content: bytes) -> int:
    """As `os.write` into a regular file: how many bytes of `content` were written. Raises OSError."""
    written: int = _WRITE(descriptor, content, len(content))
    if written < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return written
