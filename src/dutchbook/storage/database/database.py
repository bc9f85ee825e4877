"""An open database: queries on connections that cannot change anything, changes through the one writer."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Concatenate, Self

from sqlalchemy import Connection
from sqlalchemy.exc import DataError, SQLAlchemyError

from dutchbook.domain.errors import DatabaseError, UsageError
from dutchbook.storage.database.engines import reading_engine, writing_engine
from dutchbook.storage.database.location import Location
from dutchbook.storage.database.trouble import said
from dutchbook.storage.database.writer import Writer
from dutchbook.storage.database.writing_lock import WritingLock


class Database:
    """Whoever opened it for writing is the only one who does, until it is closed."""

    def __init__(self, place: Location, writer: Writer | None, lock: WritingLock | None) -> None:
        """Made by `to_read` and `to_write`."""
        self.place = place
        self._reading = reading_engine(place)
        self._writer = writer
        self._lock = lock

    @classmethod
    def to_read(cls, place: Location) -> Self:
        """Open for queries alone. Raises DatabaseError if there is no database."""
        if place.file is not None and not place.file.exists():
            raise DatabaseError(f"{place.file} is not there - `dutchbook db upgrade` makes it")
        return cls(place, None, None)

    @classmethod
    def to_write(cls, place: Location) -> Self:
        """Open for queries and changes; the schema must stand. Raises DatabaseInUse if another process writes."""
        lock = WritingLock(place)
        try:
            return cls(place, Writer(writing_engine(place)), lock)
        except BaseException:
            lock.release()
            raise

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for queries. Raises DatabaseError, in one line, for all that the database raises.

        Raises UsageError for a value that no row can have: a number beyond 64 bits, a text with a null byte.
        """
        try:
            with self._reading.connect() as connection:
                yield connection
        except (DataError, OverflowError) as error:
            raise UsageError(f"a value that no row can have: {error.__cause__ or error} - correct it") from error
        except SQLAlchemyError as error:
            raise DatabaseError(said(self._reading, error)) from error

    def query[T, **P](self, query: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """Run one query: `database.query(orders, TradeFilter(open_only=True))`."""
        with self.reading() as connection:
            return query(connection, *arguments, **named)

    async def ask[T, **P](
        self, query: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """The same beside an event loop, which goes on meanwhile."""
        return await asyncio.to_thread(lambda: self.query(query, *arguments, **named))

    def change[T, **P](self, edit: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs) -> T:
        """Make a change, wait until it is on disk. Raises what the edit raises, DatabaseError if it cannot be kept."""
        return self.writer.run(lambda connection: edit(connection, *arguments, **named))

    async def edit[T, **P](
        self, edit: Callable[Concatenate[Connection, P], T], *arguments: P.args, **named: P.kwargs
    ) -> T:
        """The same beside an event loop: `await database.edit(add_note, Author(...), run, order, text)`."""
        return await asyncio.to_thread(lambda: self.change(edit, *arguments, **named))

    @property
    def writer(self) -> Writer:
        """The one writer. Raises DatabaseError if this was opened for queries alone."""
        if self._writer is None:
            raise DatabaseError(f"{self.place.shown} was opened for reading - changes go through `dutchbook dashboard`")
        return self._writer

    def close(self) -> None:
        """Finish what was handed in, and let go."""
        if self._writer is not None:
            self._writer.close()
        self._reading.dispose()
        if self._lock is not None:
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
