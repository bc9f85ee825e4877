"""A venue that takes every order and cancel, and answers when it is asked to: its own time is in no figure."""

from collections.abc import Callable, Sequence

from dutchbook.app.trading import Lookups, Trading
from dutchbook.domain.events import OrderEvent, OrderReported, VenueStateChanged
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order, OrderId, Report
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import NEVER, Nanos
from dutchbook.venues.feed import FrameSink, NoticeSink
from dutchbook.venues.trading import Prepared


class SilentBroker:
    """A `Broker` without bytes and signatures. `answers` are given once; `handed` is when it last got a thing."""

    venue = Venue.POLYMARKET

    def __init__(self, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.handed = 0
        self._answers: list[tuple[Order, Report]] = []
        self.resting: dict[MarketId, dict[OrderId, Order]] = {}
        """Orders that it took and that nobody cancelled, by their markets."""

    def answers(self, now: Nanos) -> list[OrderReported]:
        """What the venue says to all that it was sent."""
        said, self._answers = self._answers, []
        return [OrderReported(order.id, report, now) for order, report in said]

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:  # noqa: ARG002 - the port's signature
        """The order under its own id."""
        return Prepared(order, market, order.id, b"")

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """The same: nothing is signed here."""
        return self.draft(order, market, now)

    def seal(self, prepared: Sequence[Prepared]) -> None: ...

    def rehearse(self, prepared: Sequence[Prepared], now: Nanos) -> None: ...

    def renew_ahead(self, now: Nanos) -> bool:  # noqa: ARG002 - the port's
        return False

    def good_until(self, now: Nanos) -> Nanos:  # noqa: ARG002
        """For ever: no draft has a time."""
        return NEVER

    def forget_ahead(self) -> None:
        """Nothing is kept."""

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:  # noqa: ARG002
        """Take orders."""
        self.handed = self._clock()
        for each in prepared:
            self.resting.setdefault(each.order.leg.market, {})[each.order.id] = each.order
        self._answers += [(each.order, Report.ACCEPTED) for each in prepared]

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:  # noqa: ARG002
        """Take cancels."""
        self.handed = self._clock()
        for order in orders:
            del self.resting[order.leg.market][order.id]
        self._answers += [(order, Report.CANCELLED) for order in orders]

    def cancel_all(self, now: Nanos) -> None:
        """Nobody asks for it."""

    def query(self, order: Order, now: Nanos) -> None:
        """Nobody asks for it: no answer is ever missing."""

    def since(self, at: Nanos) -> None:
        """There was no earlier run."""

    def sweep(self, now: Nanos) -> None:
        """The account is stated once, at the start."""

    def guard(self, *, on: bool) -> None:
        """The desk does not vanish."""

    async def run(self, frames: FrameSink, notices: NoticeSink) -> None:  # noqa: ARG002
        """Raises RuntimeError: there are no connections to keep."""
        raise RuntimeError("the broker of a benchmark has no connections")


class _NoFrames:
    """A codec of private frames where none come: answers are told as events."""

    def know(self, orders: object) -> None:
        """Nothing: who answers knows the orders."""

    def offered(self, order: object) -> None:
        """Nothing: each is answered at once, and none is sent twice."""

    def told(self, fills: object) -> None:
        """Nothing: there was no earlier run."""

    def decode(self, frame: Frame) -> Sequence[OrderEvent | VenueStateChanged]:
        """Raises RuntimeError: nobody sends frames."""
        raise RuntimeError(f"a frame of {frame.source} in a benchmark, where none are sent")


def trading(broker: SilentBroker) -> Trading:
    """What a desk trades with there."""
    return Trading(brokers={broker.venue: broker}, codecs={broker.venue: _NoFrames()}, lookups=Lookups())
