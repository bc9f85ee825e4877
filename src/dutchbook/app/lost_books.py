"""Hears of every book that the desk lost, so that its source can send it again."""

from collections.abc import Callable, Collection, Container, Iterable, Sequence

from dutchbook.domain.events import Event
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent
from dutchbook.strategies.ports import DeskView


class LostBooks:
    """A strategy that wants nothing. `tell` is called with the outcomes whose books are unknown from now on."""

    name = "lost books"

    def __init__(self, tell: Callable[[Iterable[OutcomeId]], None]) -> None:
        self._tell = tell

    def outcomes(self) -> Collection[OutcomeId]:
        """None: books that change do not concern it."""
        return ()

    def deep(self) -> Container[OutcomeId]:
        """None."""
        return ()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """Nothing."""
        return ()

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:  # noqa: ARG002
        """Tell it on."""
        self._tell(outcomes)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Intent]:  # noqa: ARG002
        """Nothing."""
        return ()
