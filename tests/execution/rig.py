"""A desk of baskets before a venue of its own: it matches, loses answers, settles late, and states its accounts."""

from collections.abc import Callable
from heapq import heappop, heappush

from msgspec.structs import replace

from dutchbook.domain.book import Side
from dutchbook.domain.events import (
    AccountStated,
    CancelFailed,
    FillReversed,
    FillSettled,
    OrderFilled,
    OrderMissing,
    OrderReported,
    StatedOrder,
    StatedPosition,
    TimerFired,
)
from dutchbook.domain.identity import OutcomeId, Venue
from dutchbook.domain.orders import Fill, Order, OrderId, Report
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos, Price, Size, notional_down, notional_up
from dutchbook.execution.executor import ExecutionEvent
from dutchbook.execution.step import Step
from dutchbook.portfolio.entries import Convert, LedgerEntry, Merge, Split
from tests.execution.stage import Stage

HERE = Venue.POLYMARKET


class Held:
    """An order as the venue has it."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.filled = 0
        self.open = True


class TrueVenue:
    """What is so, whatever the desk heard of it."""

    def __init__(self) -> None:
        self.orders: dict[OrderId, Held] = {}
        self.fills: list[Fill] = []
        self.failed: list[Fill] = []
        self.cash = 1_000 * DOLLAR
        self.sizes: dict[OutcomeId, int] = {}
        self.costs: dict[OutcomeId, int] = {}
        self.foreign: list[StatedOrder] = []

    def take(self, order: Order) -> None:
        self.orders[order.id] = Held(order)

    def trade(self, order_id: OrderId, size: int, price: Price, at: Nanos, *, provisional: bool = False) -> Fill:
        held = self.orders[order_id]
        held.filled += size
        leg = held.order.leg
        if held.filled == leg.size:
            held.open = False
        fill = Fill(
            order=order_id,
            intent=held.order.intent,
            outcome=leg.outcome,
            market=leg.market,
            side=leg.side,
            price=price,
            size=Size(size),
            fee=Money(0),
            at=at,
            id=f"t{len(self.fills) + 1}",
            provisional=provisional,
        )
        self.fills.append(fill)
        self.move(fill, 1)
        return fill

    def move(self, fill: Fill, sign: int) -> None:
        buy = fill.side is Side.BUY
        paid = notional_up(fill.price, fill.size) if buy else -notional_down(fill.price, fill.size)
        self.cash -= sign * (paid + fill.fee)
        size = sign * (fill.size if buy else -fill.size)
        self.sizes[fill.outcome] = self.sizes.get(fill.outcome, 0) + size
        self.costs[fill.outcome] = self.costs.get(fill.outcome, 0) + sign * paid

    def operate(self, entry: Split | Merge) -> None:
        sign = 1 if isinstance(entry, Split) else -1
        self.cash -= sign * entry.size
        for outcome in (entry.yes, entry.no):
            self.sizes[outcome] = self.sizes.get(outcome, 0) + sign * entry.size

    def convert(self, entry: Convert) -> None:
        for claim in entry.gives:
            self.sizes[claim.outcome] -= entry.size
        for claim in entry.takes:
            self.sizes[claim.outcome] = self.sizes.get(claim.outcome, 0) + entry.size
        self.cash += (len(entry.gives) - 1) * entry.size


class Rig(Stage):
    """A stage whose timers fire by themselves as time passes, and whose orders reach a true venue or are lost.

    `fate` decides what becomes of an order as it arrives; by default it is taken and nothing is heard.
    """

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.venue = TrueVenue()
        self.heap: list[tuple[Nanos, int, str]] = []
        self.asked_for: list[tuple[Nanos, OrderId]] = []
        self.swept: list[Nanos] = []
        self.fate: Callable[[Order], None] = self.venue.take
        self.reachable = True
        self.answers_sweeps = True
        self.failures_told: set[str] = set()
        self._timers = 0

    def _done(self, step: Step) -> Step:
        super()._done(step)
        for entry in step.operations:
            self.operate(entry)
        for name, at in step.timers:
            self._timers += 1
            heappush(self.heap, (at, self._timers, name))
        for order in step.orders:
            self.fate(order)
        self.asked_for += [(Nanos(self.now), order) for order in step.queries]
        self.swept += [Nanos(self.now) for venue in step.sweeps if venue is HERE]
        return step

    def operate(self, entry: LedgerEntry) -> None:
        """The venue does what was booked."""
        if isinstance(entry, Split | Merge):
            self.venue.operate(entry)
        elif isinstance(entry, Convert):
            self.venue.convert(entry)

    def pass_time(self, seconds: float, *, answering: bool = False) -> None:
        """Fire what is due. `answering`: the venue answers questions, sweeps and cancels a moment after they come."""
        until = self.now + int(seconds * SECOND)
        while self.heap and self.heap[0][0] <= until:
            at, _, name = heappop(self.heap)
            self.now = Nanos(max(self.now, at))
            step = self.hear(TimerFired(name, Nanos(self.now)))
            if answering:
                self.answer(step)
        self.now = Nanos(until)

    def answer(self, step: Step) -> None:
        """The venue's answers to what a step asks, and to what those lead to."""
        if not self.reachable:
            return
        for order in step.orders:
            if order.id in self.venue.orders:
                self.answer(self.report(order.id, Report.ACCEPTED))
        for order_id in step.cancels:
            self.answer(self.cancel_arrives(order_id))
        for order_id in step.queries:
            for event in self.found(order_id):
                self.answer(self.hear(event))
        if step.sweeps and self.answers_sweeps:
            self.answer(self.state())
        for intent in step.intents:
            self.answer(self.start(intent))

    def report(self, order: OrderId, report: Report, detail: str = "so it is") -> Step:
        return self.hear(OrderReported(order, report, Nanos(self.now), detail))

    def trade(self, order: OrderId, size: int, *, price: Price | None = None, provisional: bool = False) -> Fill:
        """The venue matches; nobody is told."""
        limit = self.venue.orders[order].order.leg.limit
        return self.venue.trade(
            order, size, limit if price is None else price, Nanos(self.now), provisional=provisional
        )

    def tell(self, fill: Fill) -> Step:
        return self.hear(OrderFilled(fill, Nanos(self.now)))

    def settle(self, fill: Fill) -> Step:
        return self.hear(FillSettled(fill.order, fill.id, Nanos(self.now)))

    def fail(self, fill: Fill) -> Step:
        """The settlement of a fill fails: the venue takes it back, and says so."""
        self.venue.move(fill, -1)
        self.venue.fills.remove(fill)
        self.venue.failed.append(fill)
        self.venue.orders[fill.order].filled -= fill.size
        return self.hear(FillReversed(fill.order, fill.id, Nanos(self.now), "reverted"))

    def cancel_arrives(self, order_id: OrderId) -> Step:
        held = self.venue.orders.get(order_id)
        if held is None or not held.open:
            return self.hear(CancelFailed(order_id, Nanos(self.now), "not open"))
        held.open = False
        return self.report(order_id, Report.CANCELLED)

    def found(self, order_id: OrderId) -> list[ExecutionEvent]:
        """What a question about an order brings: its fills, then its state."""
        held, now = self.venue.orders.get(order_id), Nanos(self.now)
        if held is None:
            return [OrderMissing(order_id, now, "neither among orders nor trades")]
        events: list[ExecutionEvent] = [OrderFilled(f, now) for f in self.venue.fills if f.order == order_id]
        if held.open:
            return [OrderReported(order_id, Report.ACCEPTED, now, "open"), *events]
        if held.filled < held.order.leg.size:
            events.append(OrderReported(order_id, Report.CANCELLED, now, "cancelled"))
        return events

    def statement(self, asked: int | None = None) -> AccountStated:
        """The whole account, as it is."""
        stated = [
            StatedOrder(
                venue_id=f"v{order_id}",
                outcome=held.order.leg.outcome,
                market=held.order.leg.market,
                side=held.order.leg.side,
                price=held.order.leg.limit,
                size=held.order.leg.size,
                filled=Size(held.filled),
                order=order_id if order_id in self.execution.orders else None,
            )
            for order_id, held in self.venue.orders.items()
            if held.open
        ]
        markets = {o: m.id for m in self.markets for o in (m.yes, m.no)}
        return AccountStated(
            venue=HERE,
            cash=Money(self.venue.cash),
            positions=tuple(
                StatedPosition(outcome, markets[outcome], Size(size), Money(max(0, self.venue.costs.get(outcome, 0))))
                for outcome, size in self.venue.sizes.items()
                if size > 0
            ),
            orders=(*stated, *self.venue.foreign),
            asked=Nanos(self.now if asked is None else asked),
            received=Nanos(self.now),
        )

    def state(self) -> Step:
        """A sweep: all fills, with those that failed, then the account, which was asked for a moment ago."""
        for fill in self.venue.failed:
            if fill.order in self.execution.orders and fill.id not in self.failures_told:
                self.failures_told.add(fill.id)
                self.answer(self.hear(FillReversed(fill.order, fill.id, Nanos(self.now), "failed")))
        for fill in self.venue.fills:
            if self.execution.orders.is_new(fill):
                self.tell(fill)
        self.now = Nanos(self.now + 1)
        return self.hear(self.statement())

    def agrees(self) -> bool:
        """Whether ledger and venue say the same, to the last unit."""
        held = {outcome: int(position.size) for outcome, position in self.ledger.positions.items()}
        theirs = {outcome: size for outcome, size in self.venue.sizes.items() if size}
        return held == theirs and self.ledger.cash == self.venue.cash


def named(order: Order) -> Order:
    """An order as it stands in the journal: with the name that its venue knows it by."""
    return replace(order, venue_id=f"v{order.id}")
