"""What a strategy sees of the desk, and what the desk sees of a strategy."""

from collections.abc import Collection, Container, Sequence
from typing import Protocol, runtime_checkable

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.events import Event
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent, IntentId, Order
from dutchbook.domain.units import Nanos
from dutchbook.domain.wishes import Wish


class DeskView(Protocol):
    """The desk as strategies may see it: no account, no venue, no way to act."""

    @property
    def now(self) -> Nanos: ...

    def book(self, outcome: OutcomeId) -> BookView | None:
        """The observed book, or None if it was never heard of."""
        ...

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """What an order of `side` could take, best first, net of what our own orders already claim."""
        ...

    def next_intent(self) -> IntentId:
        """An id that no other intent has."""
        ...

    def fill_rate(self, kind: str) -> int:
        """How likely all legs of a bundle of this kind fill if one does, as measured: in millionths."""
        ...

    def busy(self, subject: str) -> bool:
        """Whether a basket or an order plan for this subject is still working."""
        ...


class Strategy(Protocol):
    """Wants things. Woken when a book it asked for has changed and may be looked at, or the catalogue has."""

    @property
    def name(self) -> str: ...

    def outcomes(self) -> Collection[OutcomeId]:
        """The outcomes whose books wake it; the set moves with the catalogue."""
        ...

    def deep(self) -> Container[OutcomeId]:
        """Outcomes of which it wants every change; of the others it may be told only when the best bid or ask moved.

        Asked once, and looked at ever after: a live set.
        """
        ...

    def books_changed(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> Sequence[Wish]:
        """Called once the changes of a venue instant are complete. Outcomes it did not ask for are allowed."""
        ...

    def book_lost(self, outcomes: Sequence[OutcomeId], desk: DeskView) -> None:
        """These books are unknown until their next snapshots."""
        ...

    def on_event(self, event: Event, desk: DeskView) -> Sequence[Wish]:
        """All else but trades and commands: listings, rewards, resolutions, timers, lost books, and what became of
        orders, operations, accounts and venues."""
        ...


@runtime_checkable
class Tidies(Protocol):
    """A strategy that puts off what nothing waits for until what it wants has left."""

    def tidy(self, desk: DeskView) -> Sequence[Wish]:
        """Called once what it wanted of an event is done. Wanting nothing, it need not wait for this."""
        ...


@runtime_checkable
class Replaces(Protocol):
    """A strategy that puts another order in the place of one that it withdrew."""

    def likely(self, order: Order, desk: DeskView) -> Intent | None:
        """What it would most likely want if its venue said now that the order is gone, nothing of it filled.

        Asking changes nothing.
        """
        ...

    def following(self, order: Order, desk: DeskView) -> Intent | None:
        """What it wants, as the venue just said that. The event, which it hears next, leads to this same intent."""
        ...
