"""What execution asks for after an event: bookings, orders, cancels, timers, further intents, and its notes."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

import msgspec

from dutchbook.domain.events import OperationReported, OrderReported, VenueStateChanged
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.operations import Operation
from dutchbook.domain.orders import Intent, IntentId, Order, OrderId
from dutchbook.domain.units import Money, Nanos, Size
from dutchbook.portfolio.entries import Convert, LedgerEntry, Merge, Settlement, Split


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
    PART = "part"
    """An order plan is over with a part of its size."""
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


class Alert(msgspec.Struct, frozen=True):
    """Something a person should hear of now. `subject` is an order, an intent's subject or a venue."""

    subject: str
    text: str


class HaltWanted(msgspec.Struct, frozen=True):
    """Nothing may be opened, at one venue or (None) at all. At a venue it is in force already, for risk and orders."""

    reason: str
    venue: Venue | None = None


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk and a venue say differently of the same thing, and what is done about it.

    `subject` is an order, an outcome or "cash"; `ours` and `theirs` are micro-dollars or millionths of a contract.
    """

    venue: Venue
    subject: str
    ours: int
    theirs: int
    action: str


class Ordered(msgspec.Struct, frozen=True):
    """An operation that a venue is asked for, and what is to be booked once it is reported as done."""

    operation: Operation
    entry: Split | Merge | Convert | Settlement


class Offer(msgspec.Struct, frozen=True):
    """An order that is unknown is sent once more as it was sent before, under its name: the `number`th time again."""

    order: OrderId
    number: int


type Finding = OrderReported | VenueStateChanged | OperationReported
"""What execution itself finds out."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done now. Operations are booked before the orders leave, since orders may sell what they make.

    Orders are in state SENDING: hand them to the venue, and its answers to `Baskets.on_event`. Each timer is a name and
    when it fires. Intents are ways home: risk reviews them like all others. Queries and sweeps are questions to venues.
    Offers are orders to be sent once more as they are; `Execution.offered` is told of those that left.
    Findings are what execution itself found out: events to be dispatched, on record, after all else of the step.

    `freed` are intents that send nothing more, though they are not over: what was reserved for them, but for their live
    orders, may be released.

    `ordered` are operations that leave now and are booked once they are reported as done; `done` are those that the
    event just taken in reported so: booked before the orders leave, and on record by that report.
    """

    operations: tuple[LedgerEntry, ...] = ()
    ordered: tuple[Ordered, ...] = ()
    done: tuple[LedgerEntry, ...] = ()
    orders: tuple[Order, ...] = ()
    cancels: tuple[OrderId, ...] = ()
    timers: tuple[tuple[str, Nanos], ...] = ()
    intents: tuple[Intent, ...] = ()
    notes: tuple[Note, ...] = ()
    ended: tuple[BasketEnd, ...] = ()
    freed: tuple[IntentId, ...] = ()
    offers: tuple[Offer, ...] = ()
    queries: tuple[OrderId, ...] = ()
    sweeps: tuple[Venue, ...] = ()
    findings: tuple[Finding, ...] = ()
    differences: tuple[Difference, ...] = ()
    halts: tuple[HaltWanted, ...] = ()
    alerts: tuple[Alert, ...] = ()


NOTHING = Step()
"""Nothing to do."""


_MEMBERS = frozenset(Step.__struct_fields__)
_ONCE = frozenset({"cancels", "queries", "sweeps"})
"""What is done once, however often it is wanted."""


class StepDraft:
    """A step while it is being put together: the members of `Step`, as lists."""

    operations: list[LedgerEntry]
    ordered: list[Ordered]
    done: list[LedgerEntry]
    orders: list[Order]
    cancels: list[OrderId]
    timers: list[tuple[str, Nanos]]
    intents: list[Intent]
    notes: list[Note]
    ended: list[BasketEnd]
    freed: list[IntentId]
    offers: list[Offer]
    queries: list[OrderId]
    sweeps: list[Venue]
    findings: list[Finding]
    differences: list[Difference]
    halts: list[HaltWanted]
    alerts: list[Alert]

    if not TYPE_CHECKING:  # a type checker is to know these names and no others

        def __getattr__(self, name: str) -> list[Any]:
            """A list is made when it is first asked for: of all these a step uses two or three."""
            if name not in _MEMBERS:
                raise AttributeError(name)
            made: list[Any] = []
            setattr(self, name, made)
            return made

    def as_step(self) -> Step:
        """The step as it stands."""
        fields: dict[str, Any] = {name: tuple(wanted) for name, wanted in vars(self).items() if wanted}
        for name in _ONCE.intersection(fields):
            fields[name] = tuple(dict.fromkeys(fields[name]))
        return Step(**fields) if fields else NOTHING
