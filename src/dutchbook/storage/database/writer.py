"""The one writer: a thread that takes jobs in their order and commits all that wait together."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, Full, Queue
from threading import Thread
from typing import Any

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import SQLAlchemyError

from dutchbook.domain.errors import DatabaseError
from dutchbook.storage.database.trouble import said

_WAITING = 1_000
"""Jobs that may wait; then whoever hands in another one waits too."""
_TOGETHER = 200
"""Jobs of one commit."""
_PATIENCE_S = 10.0

type Job[T] = Callable[[Connection], T]


class Writer:
    """Runs jobs, each in a savepoint of its own: one that raises undoes itself alone.

    A job's future is done once the transaction is on disk. Where that fails, all its jobs fail with DatabaseError and
    nothing of them is kept; the next ones are tried again.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: Queue[tuple[Job[Any], Future[Any]] | None] = Queue(_WAITING)
        self._closed = False
        self._thread = Thread(target=self._work, name="database-writer", daemon=True)
        self._thread.start()

    def submit[T](self, job: Job[T]) -> "Future[T]":
        """Hand in a job. Raises DatabaseError if the writer is closed, or does not keep up."""
        if self._closed:
            raise DatabaseError("the database was closed - nothing was changed")
        future: Future[T] = Future()
        try:
            self._jobs.put((job, future), timeout=_PATIENCE_S)
        except Full:
            raise DatabaseError(
                f"the database does not keep up: {_WAITING} changes wait - nothing was changed - try again later"
            ) from None
        return future

    def run[T](self, job: Job[T]) -> T:
        """Hand in a job and wait for its commit. Raises what the job raises, DatabaseError if it cannot be kept."""
        return self.submit(job).result()

    def close(self) -> None:
        """Finish what was handed in, and end."""
        if not self._closed:
            self._closed = True
            self._jobs.put(None)
            self._thread.join()
            self._engine.dispose()

    def _work(self) -> None:
        going = True
        while going:
            batch = [self._jobs.get()]
            while len(batch) < _TOGETHER and batch[-1] is not None:
                try:
                    batch.append(self._jobs.get_nowait())
                except Empty:
                    break
            going = batch[-1] is not None
            if jobs := [each for each in batch if each is not None]:
                self._commit(jobs)

    def _commit(self, jobs: Sequence[tuple[Job[Any], "Future[Any]"]]) -> None:
        results: list[tuple[Future[Any], Any, BaseException | None]] = []
        try:
            with self._engine.begin() as connection:
                for job, future in jobs:
                    results.append((future, *_run(job, connection)))
        except Exception as error:  # noqa: BLE001 - this thread's edge: whoever waits for a job hears of it
            lost = DatabaseError(said(self._engine, error)) if isinstance(error, SQLAlchemyError) else error
            for _, future in jobs:
                future.set_exception(lost)
            return
        for future, result, raised in results:
            if raised is None:
                future.set_result(result)
            else:
                future.set_exception(raised)


def _run(job: Job[Any], connection: Connection) -> tuple[Any, BaseException | None]:
    """What a job gave or raised. What breaks the connection itself breaks the whole transaction."""
    point = connection.begin_nested()
    try:
        result = job(connection)
        point.commit()
    except SQLAlchemyError:
        raise
    except Exception as error:  # noqa: BLE001 - it is the caller's, and raised there
        point.rollback()
        return None, error
    return result, None
