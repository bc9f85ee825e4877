"""One process writes to the database of a home: a lock that the system gives back when its holder dies."""

import os

from dutchbook.domain.errors import DatabaseInUse, DeskLocked
from dutchbook.storage.database.location import Location
from dutchbook.storage.lock import take


class WritingLock:
    """Held until `release` or the end of the process. Raises DatabaseInUse if another process holds it."""

    def __init__(self, place: Location) -> None:
        place.lock.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor = os.open(place.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            take(self._descriptor, place.lock)
        except DeskLocked:
            who = os.pread(self._descriptor, 32, 0).split(b"\n")[0].decode(errors="replace")
            os.close(self._descriptor)
            raise DatabaseInUse(
                f"{place.shown} is written by process {who or 'unknown'} - end the dashboard first, or ask that one"
            ) from None
        os.ftruncate(self._descriptor, 0)
        os.write(self._descriptor, b"%d\n" % os.getpid())

    def release(self) -> None:
        """Let another process write."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
