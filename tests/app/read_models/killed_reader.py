"""A process that reads journals into the database and kills itself: `killed_reader HOME COMMITS BEFORE|BEHIND`.

It dies at that many commits: right before one, when all its rows are written, or right behind it.
"""

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Connection

from dutchbook.app.read_models import projector
from dutchbook.app.read_models.maintenance import open_to_write
from dutchbook.domain.units import Nanos
from dutchbook.storage.database.settings import DatabaseSettings
from dutchbook.storage.database.writer import Writer


class Dying:
    """A writer that lets its process die."""

    def __init__(self, writer: Writer, commits: int, *, before: bool) -> None:
        self._writer, self._left, self._before = writer, commits, before

    def run(self, job: Callable[[Connection], int]) -> int:
        self._left -= 1
        last = self._left == 0

        def then_die(connection: Connection) -> int:
            read = job(connection)
            if last and self._before:
                os.kill(os.getpid(), signal.SIGKILL)
            return read

        read = self._writer.run(then_die)
        if last:
            os.kill(os.getpid(), signal.SIGKILL)
        return read


def main(home: Path, commits: int, *, before: bool) -> None:
    projector._BATCH = 40
    database, _ = open_to_write(home, DatabaseSettings(), Nanos(1))
    with database:
        projector.Projector(home, Dying(database.writer, commits, before=before)).catch_up()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), before=sys.argv[3] == "BEFORE")
