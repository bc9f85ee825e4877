"""One owner at a time: a lock that the system gives back when its holder dies, however it dies."""

import fcntl
import os
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from dutchbook.domain.errors import DeskLocked


class DeskLock:
    """The exclusive right to trade from one home folder, held until `release` or the end of the process.

    A lock file left behind by a dead desk locks nobody out. Raises DeskLocked if another desk holds it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _take_patiently(self._descriptor, path)
        except DeskLocked:
            os.close(self._descriptor)
            raise
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Let another desk have it. The file stays: removing it would let two desks lock two files of one name."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def holder(path: Path) -> int | None:
    """The process that holds the lock now, 0 if it does not say; None if nobody holds it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        said = os.pread(descriptor, 32, 0).split(b"\n")[0]
        return int(said) if said.isdigit() else 0
    else:
        return None
    finally:
        os.close(descriptor)


def _take_patiently(descriptor: int, path: Path) -> None:
    """Lock, trying again for a tenth of a second: `holder` takes a share of the lock for an instant."""
    for _ in range(5):
        try:
            return take(descriptor, path)
        except DeskLocked:
            time.sleep(0.02)
    return take(descriptor, path)


def take(descriptor: int, path: Path) -> None:
    """Lock an open file for this process. Raises DeskLocked, at once, if another one holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 32, 0).split(b"\n")[0]
        who = f"process {holder.decode()}" if holder.isdigit() else "another desk"
        raise DeskLocked(f"{path} is locked by {who} - stop that desk, or use another DUTCHBOOK_HOME") from None
