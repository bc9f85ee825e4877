"""The bus inside one process: direct calls, in the order of subscription, with no queue between a tick and an order."""

from collections.abc import Callable

from dutchbook.domain.events import Cause, Event

type Listener = Callable[[Event, Cause], None]


class LocalBus:
    """Hands each event to all listeners at once. A listener that raises stops the hand-off: nothing is swallowed."""

    def __init__(self) -> None:
        self._listeners: tuple[Listener, ...] = ()

    def subscribe(self, listener: Listener) -> None:
        """Add a listener behind those that are there."""
        self._listeners = (*self._listeners, listener)

    def publish(self, event: Event, cause: Cause) -> None:
        """Call every listener with the event, in order, before returning."""
        for listener in self._listeners:
            listener(event, cause)
