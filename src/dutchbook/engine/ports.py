"""What the loop needs from the outside: where orders go, and where the record is kept."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.drafts import Draft
from dutchbook.domain.events import Cause, JournalRef, MarketEvent, OrderFilled, OrderReported
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.operations import Operation
from dutchbook.domain.orders import Order, OrderId
from dutchbook.domain.units import Nanos
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet

type Answer = OrderReported | OrderFilled


class Gateway(Protocol):
    """Where orders go, and what of the books is still there for us: a venue, or the fill model over the observed book.

    A time that is returned is when the message reaches the exchange: `arrive` or `cancel_arrived` is called then. None
    where nobody needs to call: the answer comes by itself, as a frame.
    """

    def rearm(self) -> None:
        """Arm the venues' own dead-man switches: at the start, and when a person resumes."""
        ...

    def stand_down(self, now: Nanos) -> None:
        """A halt: venues where nothing but purchases is at work end by themselves whatever of ours is there."""
        ...

    def prepare(self, order: Order, market: Market, now: Nanos) -> Order:
        """The order with the name that its venue knows it by. Raises OrderDenied for what may not leave."""
        ...

    def adopt(self, orders: Sequence[Order], told: Sequence[tuple[str, str]], since: Nanos) -> None:
        """Orders of an earlier run that may still live, the fills that it was told of, and when it last heard."""
        ...

    def submit(self, order: Order, market: Market, now: Nanos) -> Nanos | None:
        """An order that is on record: it leaves with the next `depart`."""
        ...

    def depart(self, now: Nanos) -> None:
        """All that was submitted leaves now, together."""
        ...

    def arrive(self, order_id: OrderId, now: Nanos) -> Sequence[Answer]:
        """What becomes of an order as it reaches the exchange."""
        ...

    def cancel(self, orders: Sequence[OrderId], now: Nanos) -> Nanos | None:
        """Send cancels, each venue's together."""
        ...

    def cancel_arrived(self, order_id: OrderId, now: Nanos) -> Sequence[Answer]:
        """The answer to a cancel."""
        ...

    def same(self, order: Order, market: Market) -> bool:
        """Whether an order that was sent would be drafted as it was, under its name; then `offer` may send it."""
        ...

    def offer(self, order: Order, market: Market, now: Nanos) -> None:
        """Send an order once more as it was sent, as `same` just drafted it."""
        ...

    def query(self, order: OrderId, now: Nanos) -> None:
        """Ask what became of an order."""
        ...

    def sweep(self, venue: Venue, now: Nanos) -> None:
        """Ask for the whole account at a venue."""
        ...

    def moving(self, venue: Venue) -> bool:
        """Whether something else than execution's own operations moves tokens or cash at a venue."""
        ...

    def operates(self, venue: Venue) -> bool:
        """Whether token operations have to be sent to a venue; else they are done once they are booked."""
        ...

    def operate(self, operation: Operation, now: Nanos) -> None:
        """Send a token operation that is on record; reports of it come as frames."""
        ...

    def follow_operation(self, operation: Operation, reference: str) -> None:
        """Find out what became of an operation that an earlier run sent."""
        ...

    def observe(self, event: MarketEvent) -> Sequence[Answer]:
        """What a market event, already applied to the books, does to resting orders."""
        ...

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """What an order of `side` could take, best first."""
        ...

    def unclaimed(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """`depth` less what our orders on their way would take."""
        ...


class Record(Protocol):
    """The journal, as the loop sees it."""

    def append(
        self, kind: str, at: Nanos, body: msgspec.Struct | Mapping[str, object], cause: Cause | None
    ) -> JournalRef:
        """Put a line on record; its place. Raises JournalError: then nothing may be sent."""
        ...

    def draft(self, kind: str, body: msgspec.Struct) -> Draft:
        """Work out a line that may be wanted soon, but for the times to come. Puts nothing on record."""
        ...

    def append_drafts(
        self, at: Nanos, oldest: Nanos, first: Draft, rest: Sequence[Draft], cause: Cause | None
    ) -> JournalRef:
        """Put a line on record and those that it causes, all worked out before; the place of the first.

        The others follow it one by one. What was gathered is on record then too. Raises as `append` does.
        """
        ...

    def rehearse(self, at: Nanos, first: Draft, rest: Sequence[Draft]) -> None:
        """Do all of `append_drafts` that leaves no trace, so that it is near when it is wanted."""
        ...

    def gather(self) -> bool:
        """Lines that follow are on record with the next `write_out` only. False if that is so already."""
        ...

    def write_out(self, *, end: bool = False) -> None:
        """Put what was gathered on record, all at once. Raises as `append` does. At the `end` no more is gathered."""
        ...


class Append(Protocol):
    """Puts a line on record, at the desk's time; its place."""

    def __call__(self, kind: str, body: msgspec.Struct | dict[str, object], cause: Cause) -> Cause: ...


class BundleSource(Protocol):
    """Which bundles there are, for execution and for the worth of what is held."""

    def bundle(self, subject: str) -> Bundle | None:
        """The bundle that an intent is about, or None if it is about something else."""
        ...

    def complete_sets(self, positions: Mapping[OutcomeId, Position]) -> Sequence[CompleteSet]:
        """Sets of held outcomes that pay together, whatever happens."""
        ...


class Observer(Protocol):
    """Somebody who sees things worth a line in the journal: near misses, opportunities, faults of the data."""

    def observations(self) -> Sequence[msgspec.Struct]:
        """What was seen since the last call."""
        ...
