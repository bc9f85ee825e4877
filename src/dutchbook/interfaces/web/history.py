"""What happened, for the screens: the database once it is open, and one clear line while it is not."""

from collections.abc import Callable

from sqlalchemy import Connection

from dutchbook.app.read_models.service import ReadModels
from dutchbook.domain.errors import DatabaseError
from dutchbook.storage.database.database import Database


class History:
    """Queries and edits, each within one transaction in a thread, so that the event loop goes on."""

    def __init__(self) -> None:
        self.models: ReadModels | None = None
        """What follows the journals and owns the database, once it is open."""
        self._closed = "the history is being opened - try again in a moment"

    def opened(self, models: ReadModels) -> None:
        """From now on this one answers."""
        self.models, self._closed = models, ""

    def failed(self, reason: str) -> None:
        """It cannot be opened: say why. Everything else goes on."""
        self.models, self._closed = None, reason

    @property
    def trouble(self) -> str:
        """Why nothing of it can be told, or nothing new; empty while all is well."""
        return self._closed if self.models is None else self.models.health().problem

    async def read[T](self, query: Callable[[Connection], T]) -> T:
        """What a query finds. Raises DatabaseError."""
        return await self.database.ask(query)

    async def edit[T](self, change: Callable[[Connection], T]) -> T:
        """Make a change and wait until it is on disk. Raises what it raises, DatabaseError if it cannot be kept."""
        return await self.database.edit(change)

    @property
    def database(self) -> Database:
        """The open database. Raises DatabaseError while there is none."""
        if self.models is None:
            raise DatabaseError(self._closed)
        return self.models.database
