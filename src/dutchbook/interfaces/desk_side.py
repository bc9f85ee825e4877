"""The desk of a home as a surface in another process sees it: questions over the control socket, the halt beside it."""

import asyncio
from pathlib import Path
from typing import Protocol

from dutchbook.app.control.client import ask
from dutchbook.app.control.wire import Answer, Request
from dutchbook.app.steering import halt, halted
from dutchbook.storage.home import Home
from dutchbook.storage.lock import holder

_PATIENCE_S = 5.0
_STOP_PATIENCE_S = 20.0


class DeskSide(Protocol):
    """What a console needs of a desk."""

    async def ask(self, request: Request, patience_s: float = _PATIENCE_S) -> Answer:
        """Raises UsageError if no desk runs or it refuses, DutchbookError if it does not answer."""
        ...

    async def halt(self, reason: str, by: str) -> str:
        """Halt, whether a desk runs or hangs or not; what happened."""
        ...

    def process(self) -> int | None:
        """The process of the desk; None if none runs."""
        ...

    def halted(self) -> bool:
        """Whether a halt stands."""
        ...


class LocalDesk:
    """The desk of a home on this machine. What blocks is done in a thread: the surface goes on meanwhile."""

    def __init__(self, home: Path) -> None:
        self.home = home

    async def ask(self, request: Request, patience_s: float = _PATIENCE_S) -> Answer:
        """See `DeskSide.ask`."""
        return await asyncio.to_thread(ask, self.home, request, patience_s)

    async def halt(self, reason: str, by: str) -> str:
        """See `DeskSide.halt`."""
        return await asyncio.to_thread(halt, self.home, reason, by)

    def process(self) -> int | None:
        """See `DeskSide.process`."""
        return holder(Home(self.home).lock)

    def halted(self) -> bool:
        """See `DeskSide.halted`."""
        return halted(self.home)
