"""A broker at an exchange of this process: no bytes, no signatures, the same engine; each message takes its time."""

from collections.abc import Callable, Sequence
from functools import partial
from random import Random

from dutchbook.app.backtest.post import Post, Ways
from dutchbook.app.backtest.private_feed import PrivateFeed
from dutchbook.app.backtest.statements import statement
from dutchbook.app.backtest.troubles import Troubles, Way
from dutchbook.domain.book import Side
from dutchbook.domain.events import (
    CancelFailed,
    OrderEvent,
    OrderFilled,
    OrderMissing,
    OrderReported,
)
from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.units import Nanos, Size, notional_down
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import NewOrder, OrderState, Refusal, Refused
from dutchbook.venues.feed import FrameSink, NoticeSink
from dutchbook.venues.trading import Prepared

type Tell = Callable[[OrderEvent], None]

_IMMEDIATE = (TimeInForce.FOK, TimeInForce.IOC)
_KILLED = (Refusal.UNFILLABLE, Refusal.NOTHING_TO_MATCH)
"""What venues call a refusal and the desk a fill-or-kill that was killed."""
_ENDED = {OrderState.CANCELLED: Report.CANCELLED, OrderState.EXPIRED: Report.EXPIRED}


class ExchangeBroker:
    """A `Broker` with an account at one exchange. What comes of requests is told as events, not as frames.

    Rate limits of the venue are not modelled: whoever sends more than the venue takes is flattered.
    """

    def __init__(  # noqa: PLR0913, PLR0917 - one venue's whole surroundings
        self,
        exchange: Exchange,
        account: str,
        post: Post,
        ways: Ways,
        rng: Random,
        private: PrivateFeed,
        troubles: Troubles,
        tell: Tell,
    ) -> None:
        self.venue: Venue = exchange.rules.venue
        self._exchange = exchange
        self._account = account
        self._post = post
        self._ways = ways
        self._rng = rng
        self._private = private
        self._troubles = troubles
        self._tell = tell
        self._last = Nanos(0)
        self._copies: dict[OrderId, int] = {}
        """How often an order was sent that was sent again, less those copies that were refused."""

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:  # noqa: ARG002 - the port's signature
        """The order under its own id, unchecked: the exchange judges it as it arrives."""
        return Prepared(order, market, order.id, b"")

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """See `Broker.place`."""
        at = self._arrival(now)
        for each in prepared:
            if each.order.status is OrderStatus.UNKNOWN:  # it is sent once more
                self._copies[each.order.id] = self._copies.get(each.order.id, 1) + 1
            self._post.send(at, partial(self._arrived, each.order))

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:
        """See `Broker.cancel`."""
        at = self._arrival(now)
        for order in orders:
            self._post.send(at, partial(self._cancelled, order))

    def cancel_all(self, now: Nanos) -> None:
        """See `Broker.cancel_all`."""
        self._post.send(self._arrival(now), self._all_cancelled)

    def query(self, order: Order, now: Nanos) -> None:
        """See `Broker.query`."""
        self._post.send(self._arrival(now), partial(self._asked, order))

    def since(self, at: Nanos) -> None:
        """Nothing: a simulated account has no earlier runs."""

    def sweep(self, now: Nanos) -> None:
        """See `Broker.sweep`. Its fills come by themselves: none is ever lost here."""
        self._post.send(self._arrival(now), partial(self._swept, now))

    def guard(self, *, on: bool) -> None:
        """Nothing: a simulated desk does not vanish while its quotes rest."""

    async def run(self, frames: FrameSink, notices: NoticeSink) -> None:  # noqa: ARG002 - the port's signature
        """Raises RuntimeError: in virtual time there are no connections to keep."""
        raise RuntimeError(f"the broker at {self.venue} has no connections to keep: virtual time calls it")

    def _arrival(self, now: Nanos) -> Nanos:
        """When a request that leaves now is there: never before one that left earlier."""
        jitter = self._rng.randrange(self._ways.jitter + 1) if self._ways.jitter else 0
        self._last = Nanos(max(self._last, now + self._ways.order + jitter))
        return self._last

    def _answer(self, event: OrderEvent, late: int = 0) -> None:
        if late:
            self._post.send(Nanos(event.received + late), lambda _: self._tell(event))
        else:
            self._tell(event)

    def _refused(self, event: OrderReported, late: int = 0) -> None:
        """Tell that an order was refused, unless by then another copy of it is out: then that says nothing."""

        def arrives(now: Nanos) -> None:  # noqa: ARG001 - the event bears its time
            if event.order in self._copies:
                self._copies[event.order] -= 1
            if not self._copies.get(event.order):
                self._copies.pop(event.order, None)
                self._tell(event)

        self._post.send(Nanos(event.received + late), arrives)

    def _arrived(self, order: Order, now: Nanos) -> None:
        trouble = self._troubles.request(self.venue, Way.PLACE)
        received = Nanos(now + self._ways.answer)
        if trouble.refusal is not None and trouble.ambiguous:
            self._answer(OrderReported(order.id, Report.TIMEOUT, received, trouble.refusal))
        elif trouble.refusal is not None:
            self._refused(OrderReported(order.id, Report.REJECTED, received, trouble.refusal))
        if not trouble.reaches:
            return
        self._private.know(order)
        try:
            taken = self._exchange.submit(_new_order(order, self._account, self.venue))
        except Refused as refused:
            if trouble.answers and refused.reason is not Refusal.DUPLICATE:  # another copy of it was taken
                report = Report.CANCELLED if refused.reason in _KILLED else Report.REJECTED
                self._refused(OrderReported(order.id, report, received, str(refused)), trouble.late)
            return
        if taken.state is OrderState.DELAYED and trouble.answers:
            self._answer(OrderReported(order.id, Report.ACCEPTED, received, "delayed"), trouble.late)

    def _cancelled(self, order: Order, now: Nanos) -> None:
        trouble = self._troubles.request(self.venue, Way.CANCEL)
        received = Nanos(now + self._ways.answer)
        if trouble.refusal is not None:
            self._answer(CancelFailed(order.id, received, trouble.refusal, ambiguous=trouble.ambiguous))
        if not trouble.reaches:
            return
        try:
            self._exchange.cancel(self._account, order.id)
        except Refused as refused:
            if trouble.answers:
                self._answer(CancelFailed(order.id, received, str(refused)), trouble.late)

    def _all_cancelled(self, now: Nanos) -> None:  # noqa: ARG002 - each order tells of its own end
        open_ = [order.new.id for order in self._exchange.open_orders(self._account)]
        self._exchange.cancel_many(self._account, open_)

    def _asked(self, order: Order, now: Nanos) -> None:
        trouble = self._troubles.request(self.venue, Way.QUERY)
        if not (trouble.reaches and trouble.answers):
            return
        received, found = Nanos(now + self._ways.answer), self._exchange.order(order.id)
        if found is None:
            self._answer(OrderMissing(order.id, received, "the exchange knows no such order"), trouble.late)
            return
        for fill in self._private.fills(order.id):
            self._answer(OrderFilled(fill, received), trouble.late)
        if found.state is not OrderState.FILLED and not self._private.whole(order.id):
            report = _ENDED.get(found.state, Report.ACCEPTED)
            self._answer(OrderReported(order.id, report, received, found.reason), trouble.late)

    def _swept(self, asked: Nanos, now: Nanos) -> None:
        trouble = self._troubles.request(self.venue, Way.SWEEP)
        if trouble.reaches and trouble.answers:
            received = Nanos(now + self._ways.answer)
            self._answer(statement(self._exchange, self._account, asked, received), trouble.late)


def _new_order(order: Order, account: str, venue: Venue) -> NewOrder:
    """The order as the exchange takes it: at Polymarket a purchase that does not rest is bounded by dollars."""
    leg = order.leg
    spends = venue is Venue.POLYMARKET and leg.side is Side.BUY and leg.tif in _IMMEDIATE
    return NewOrder(
        id=order.id,
        account=account,
        market=leg.market,
        outcome=leg.outcome,
        side=leg.side,
        price=leg.limit,
        size=Size(0) if spends else leg.size,
        spend=notional_down(leg.limit, leg.size) if spends else None,
        tif=leg.tif,
        expires=leg.expires,
        post_only=leg.post_only,
    )
