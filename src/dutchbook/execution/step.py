"""What execution asks for after an event: bookings, orders, cancels, timers, further intents, and its notes."""

from enum import StrEnum

import msgspec

from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.orders import Intent, IntentId, Order, OrderId
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.portfolio.entries import LedgerEntry


class Note(msgspec.Struct, frozen=True):
    """Something worth keeping about a basket, in words. `subject` is that of its intent."""

    subject: str
    text: str


class Ending(StrEnum):
    """How a basket ended."""

    NOTHING = "nothing"
    """No leg filled: nothing held, nothing lost but time."""
    COMPLETE = "complete"
    """All legs filled equally, at once or by completing."""
    HOME = "home"
    """A leg missed; what had filled was given back or converted."""
    KEPT = "kept"
    """A leg missed and no way home was found or allowed: the position is held as it is."""


class BasketEnd(msgspec.Struct, frozen=True, kw_only=True):
    """A basket is over, and what was reserved for `intents` (the first and its ways home) may be released.

    `result` counts whole sets at their payoff and everything else that is still held (`kept`) as worthless.
    """

    intents: tuple[IntentId, ...]
    subject: str
    ending: Ending
    sets: Size
    result: Money
    kept: tuple[tuple[OutcomeId, Size], ...] = ()


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done now. Operations are booked before the orders leave, since orders may sell what they make.

    Orders are in state SENDING: hand them to the venue, and its answers to `Baskets.on_event`. Each timer is a name and
    when it fires. Intents are ways home: risk reviews them like all others.
    """

    operations: tuple[LedgerEntry, ...] = ()
    orders: tuple[Order, ...] = ()
    cancels: tuple[OrderId, ...] = ()
    timers: tuple[tuple[str, Nanos], ...] = ()
    intents: tuple[Intent, ...] = ()
    notes: tuple[Note, ...] = ()
    ended: tuple[BasketEnd, ...] = ()


NOTHING = Step()
"""Nothing to do."""


class StepDraft:
    """A step while it is being put together."""

    def __init__(self) -> None:
        self.operations: list[LedgerEntry] = []
        self.orders: list[Order] = []
        self.cancels: list[OrderId] = []
        self.timers: list[tuple[str, Nanos]] = []
        self.intents: list[Intent] = []
        self.notes: list[Note] = []
        self.ended: list[BasketEnd] = []

    def done(self) -> Step:
        """The step as it stands."""
        return Step(
            operations=tuple(self.operations),
            orders=tuple(self.orders),
            cancels=tuple(self.cancels),
            timers=tuple(self.timers),
            intents=tuple(self.intents),
            notes=tuple(self.notes),
            ended=tuple(self.ended),
        )
