"""Order plans on the rig: intents of one leg, and a venue whose answers depend on nothing but the order."""

from random import Random
from typing import Self

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.events import OrderFilled, OrderReported
from dutchbook.domain.orders import Intent, Leg, Order, PlanKind, TimeInForce
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.execution.executor import ExecutionEvent, Lived
from dutchbook.execution.settings import ExecutionSettings
from dutchbook.execution.step import BasketEnd, Step
from tests.execution.rig import Rig, TrueVenue, named
from tests.execution.stage import yes

BOOKS = [({48: 500}, {50: 500}), ({28: 100}, {30: 100})]


class PlanRig(Rig):
    """Keeps the journal that a restart reads."""

    def __init__(self, settings: ExecutionSettings | None = None, venue: TrueVenue | None = None) -> None:
        super().__init__(BOOKS, settings or ExecutionSettings())
        self.lines: list[Lived] = []
        if venue is not None:
            self.venue = venue

    def want(
        self, plan: PlanKind, contracts: int, cents: int = 50, side: Side = Side.BUY, expected: int | None = None
    ) -> Step:
        """An approved intent to trade YES of the first market."""
        price = Price(cents * 100)
        hoped = price if expected is None else Price(expected * 100)
        leg = Leg(yes(0), self.markets[0].id, side, price, Size(contracts * CONTRACT), hoped)
        return self.start(msgspec.structs.replace(self.intent("a view", (leg,)), plan=plan))

    def start(self, intent: Intent) -> Step:
        self.lines.append(intent)
        return super().start(intent)

    def hear(self, event: ExecutionEvent) -> Step:
        if isinstance(event, OrderReported | OrderFilled):
            self.lines.append(event)
        return super().hear(event)

    def _done(self, step: Step) -> Step:
        self.lines += [*map(named, step.orders), *step.ended]
        return super()._done(step)

    @property
    def sent(self) -> list[Order]:
        """All orders that left, in order, as they are now."""
        return list(self.execution.orders)

    @property
    def ends(self) -> list[BasketEnd]:
        return [line for line in self.lines if isinstance(line, BasketEnd)]

    def revived(self) -> Self:
        """Another desk, from the journal of this one, before the same venue."""
        again = type(self)(self.execution._settings, self.venue)
        again.now, again.ledger, again._intents = Nanos(self.now), self.ledger, self._intents
        again.lines = list(self.lines)
        for line in self.lines:
            again.execution.relive(line)
        step = again._done(again.execution.resume(Nanos(again.now), Nanos(again.now)))
        for finding in step.findings:
            again.answer(again.hear(finding))
        again.answer(step)
        return again


class Decided(PlanRig):
    """A venue that decides by the order's id and the second, so that two desks before it see the same."""

    seed = 0
    seconds = 0

    def take(self, order: Order) -> None:
        roll = Random(f"{self.seed} {order.id}").random()
        if roll < 0.1:
            return
        self.venue.take(order)
        if order.leg.tif is TimeInForce.IOC:
            self.match(order, roll)
            self.venue.orders[order.id].open = False

    def match(self, order: Order, roll: float) -> None:
        held = self.venue.orders[order.id]
        size = round((order.leg.size - held.filled) / CONTRACT * min(1.0, roll * 1.5)) * CONTRACT
        if size:
            self.trade(order.id, size)

    def second(self) -> None:
        """A second passes: what arrived is matched, and all but some of it is told."""
        self.seconds += 1
        for order in self.execution.orders.working():
            if order.id not in self.venue.orders:
                self.take(order)
            roll = Random(f"{self.seed} {order.id} {self.seconds}").random()
            held = self.venue.orders.get(order.id)
            if held is not None and held.open and roll > 0.93:
                self.match(order, roll)
            if roll < 0.8 and order.id in self.venue.orders:
                for event in self.found(order.id):
                    self.answer(self.hear(event))
        self.pass_time(1, answering=True)

    def fate_of(self, order: Order) -> None:
        """Decided when the second is over."""


def run_to_end(rig: Decided, seconds: int = 900) -> None:
    """Until the plan is over and everything about it is known."""
    for _ in range(seconds):
        if not rig.execution.working() and not rig.execution.orders.working():
            return
        rig.second()
    raise AssertionError(f"no end: {rig.execution.working()} {rig.execution.orders.working()}")
