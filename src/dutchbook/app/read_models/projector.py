"""Follows the journals of a home and keeps the rows of the database, some thousand lines a transaction.

How far a journal was read is committed together with what was read: killed anywhere, it goes on where it was, and
reading a line twice changes nothing. A journal that cannot be read stops itself alone.
"""

from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec
from sqlalchemy import Connection, delete, select

from dutchbook.app.read_models.fold import Fold, run_row
from dutchbook.app.read_models.state import FoldState, decode_state, encode_state
from dutchbook.app.runs import facts_of, number_of, run_folders
from dutchbook.domain.errors import JournalError
from dutchbook.storage.database.row_store import RowStore, upsert
from dutchbook.storage.database.tables import DERIVED, PROJECTIONS, RUNS
from dutchbook.storage.journal_follow import Place, follow, journal_size, shrunk

_BATCH = 2_000
"""Lines of one transaction."""


class RunsJobs(Protocol):
    """Runs a job in a transaction of its own and waits for its commit: `storage.database.writer.Writer`."""

    def run(self, job: Callable[[Connection], int], /) -> int: ...


class _Reading:
    """A run that is read: its fold between two batches, and how large its journal was when it was read to the end."""

    def __init__(self, folder: Path) -> None:
        self.run = folder.name
        self.number = number_of(folder)
        self.mode = str(facts_of(folder).get("mode", ""))
        self.journal = folder / "journal"
        self.rows = RowStore()
        self.fold: Fold | None = None
        self.place = Place()
        self.size = -1
        self.ended = False
        """Whether its last line was read: nothing follows."""

    def forget(self) -> None:
        """Keep nothing in mind: the database says where to go on."""
        self.rows = RowStore()
        self.fold = None


class Projector:
    """Owned by one thread. Needs the one writer of the database."""

    def __init__(self, home: Path, writer: RunsJobs, tell: Callable[[int], None] = lambda _: None) -> None:
        """`tell` hears after each batch how many lines were read so far."""
        self._home = home
        self._writer = writer
        self._tell = tell
        self._readings: dict[str, _Reading] = {}
        self.lines = 0
        """Lines read since this was made."""
        self.behind = 0
        """Bytes of journals that are not read yet, as of the latest look."""

    def catch_up(self) -> int:
        """Read all journals to their ends as they are now; the number of lines that were new.

        Raises DatabaseError if the database takes no rows now: nothing is lost, the next call goes on.
        """
        grown = [(reading, size) for reading in self._in_order() if (size := _size(reading)) != reading.size]
        left = [max(0, size - max(0, reading.size)) for reading, size in grown]
        new = 0
        for number, (reading, size) in enumerate(grown):
            self.behind = sum(left[number:])
            new += self._read_on(reading)
            # What was written meanwhile makes it larger than this again.
            reading.size = size
            if reading.ended or number < len(grown) - 1:
                reading.forget()
        self.behind = 0
        return new

    def _in_order(self) -> Iterator[_Reading]:
        """The runs of the home that may grow, the first one first. A new one is found when it has its first line."""
        for folder in run_folders(self._home):
            # Before its first line, what a run is may not be there yet.
            if folder.name not in self._readings and journal_size(folder / "journal"):
                self._readings[folder.name] = _Reading(folder)
        growing = (reading for reading in self._readings.values() if not reading.ended)
        return iter(sorted(growing, key=lambda each: (each.number, each.run)))

    def _read_on(self, reading: _Reading) -> int:
        new = 0
        try:
            while read := self._writer.run(lambda connection: _read_batch(connection, reading)):
                new += read
                self.lines += read
                self._tell(self.lines)
                if read < _BATCH:
                    break
        except BaseException:
            reading.forget()
            raise
        return new


def _size(reading: _Reading) -> int:
    return journal_size(reading.journal)


def _read_batch(connection: Connection, reading: _Reading) -> int:
    """Read some lines and write what they say, in the caller's transaction; how many there were."""
    rows = reading.rows
    rows.attach(connection)
    if reading.fold is None:
        reading.place, state = _remembered(connection, reading)
        reading.fold = Fold(reading.run, reading.number, rows, state)
    fold, place, count, problem = reading.fold, reading.place, 0, ""
    try:
        for followed in islice(follow(reading.journal, place), _BATCH):
            fold.take(followed)
            place, count = followed.place, count + 1
    except JournalError as error:
        problem = str(error)
    if not count and not problem:
        known = rows.get(RUNS, reading.run)
        reading.ended = known is not None and known["ended"] is not None
        return 0
    state = fold.remembered()
    row = rows.get(RUNS, reading.run) or run_row(reading.run, reading.number)
    row["problem"] = problem
    rows.put(RUNS, row)
    rows.flush(connection)
    _keep(connection, reading.run, place, state)
    reading.place, reading.ended = place, row["ended"] is not None
    return count


def _remembered(connection: Connection, reading: _Reading) -> tuple[Place, FoldState]:
    """Where to go on, and with what in mind. A journal that lost its end, in a power cut, is read anew."""
    row = connection.execute(select(PROJECTIONS).where(PROJECTIONS.c.run == reading.run)).mappings().first()
    if row is not None:
        place = Place(row["segment"], row["offset"], row["seq"], row["digest"])
        if not shrunk(reading.journal, place):
            return place, decode_state(row["state"])
        forget_run(connection, reading.run)
    return Place(), FoldState(mode=reading.mode)


def _keep(connection: Connection, run: str, place: Place, state: FoldState) -> None:
    row = {"run": run, **msgspec.structs.asdict(place), "state": encode_state(state)}
    upsert(connection, PROJECTIONS, [row])


def forget_run(connection: Connection, run: str) -> None:
    """Take a run's rows out of all tables, so that it is read anew."""
    for table in DERIVED:
        if "run" in table.c:
            connection.execute(delete(table).where(table.c.run == run))


def forget_all(connection: Connection) -> None:
    """Take everything out that the journals say, so that all of them are read anew. What people wrote stays."""
    for table in DERIVED:
        connection.execute(delete(table))
