"""A strategy whose looks are measured: it decides nothing else, and nothing is recorded or replayed of it."""

import time
from collections.abc import Callable, Collection, Container, Sequence

from dutchbook.app.desk_log import STRATEGIES, DeskLog
from dutchbook.domain.events import Event
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.wishes import Wish
from dutchbook.strategies.ports import DeskView, Strategy, Tidies


class TimedStrategy:
    """Another strategy, and how long it takes to look at books and to hear of events."""

    def __init__(self, strategy: Strategy, log: DeskLog, counter: Callable[[], int] = time.perf_counter_ns) -> None:
        self._strategy = strategy
        self._log = log
        self._counter = counter
        self.name = strategy.name
        self._tidies = strategy if isinstance(strategy, Tidies) else None
        self._looks, self._hears = f"{strategy.name} looks at books", f"{strategy.name} hears of an event"

    def outcomes(self) -> Collection[OutcomeId]:
        """Those of the strategy."""
        return self._strategy.outcomes()

    def deep(self) -> Container[OutcomeId]:
        """Those of the strategy."""
        return self._strategy.deep()

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:
        """What the strategy wants."""
        began = self._counter()
        wishes = self._strategy.books_changed(outcomes, desk)
        self._log.took(STRATEGIES, self._looks, self._counter() - began)
        return wishes

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """Tell the strategy."""
        self._strategy.book_lost(outcomes, desk)

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        """What the strategy wants."""
        began = self._counter()
        wishes = self._strategy.on_event(event, desk)
        self._log.took(STRATEGIES, self._hears, self._counter() - began)
        return wishes

    def tidy(self, desk: DeskView) -> Sequence[Wish]:
        """What the strategy put off, if it puts anything off."""
        return () if self._tidies is None else self._tidies.tidy(desk)
