"""What the loop needs from the outside: where orders go, and where the record is kept."""

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import Bundle
from dutchbook.domain.events import Cause, JournalRef, MarketEvent, OrderFilled, OrderReported
from dutchbook.domain.identity import OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order, OrderId
from dutchbook.domain.units import Nanos
from dutchbook.portfolio.positions import Position
from dutchbook.portfolio.valuation import CompleteSet

type Answer = OrderReported | OrderFilled


class Gateway(Protocol):
    """Where orders go, and what of the books is still there for us. In paper: the fill model over the observed book."""

    def submit(self, order: Order, market: Market, now: Nanos) -> Nanos:
        """Send an order; when it will reach the exchange: `arrive` is called then."""
        ...

    def arrive(self, order_id: OrderId, now: Nanos) -> Sequence[Answer]:
        """What becomes of an order as it reaches the exchange."""
        ...

    def cancel(self, order: OrderId, now: Nanos) -> Nanos:
        """Send a cancel; when it will reach the exchange: `cancel_arrived` is called then."""
        ...

    def cancel_arrived(self, order_id: OrderId, now: Nanos) -> Sequence[Answer]:
        """The answer to a cancel."""
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
