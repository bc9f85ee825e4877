"""Orders to venues: prepared and named here, written by the brokers, answered as frames."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Protocol, runtime_checkable

import msgspec
from msgspec.structs import replace

from dutchbook.domain.book import Level, Side
from dutchbook.domain.events import MarketEvent, OrderFilled, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, venue_of
from dutchbook.domain.markets import Market
from dutchbook.domain.operations import Operation
from dutchbook.domain.orders import Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.ports import Books
from dutchbook.domain.units import Nanos
from dutchbook.exchange.paper.claims import claimed, without
from dutchbook.venues.operations import OperationLine
from dutchbook.venues.trading import Broker, Leaves, OrderCodec, OrderDenied, Prepared, SignsAhead

type MarketOf = Callable[[OutcomeId], Market | None]
MOST_SENT = 8_192
"""Orders that are remembered as sent before those that are over are forgotten."""
_RESTING = frozenset({TimeInForce.GTC, TimeInForce.GTD})


class Watch(Protocol):
    """Hears how far orders came: for figures of how long it takes, never for decisions."""

    def decided(self) -> None:
        """An order is wanted, and is checked and named now."""
        ...

    def signed(self) -> None:
        """Orders are signed."""
        ...

    def written(self, orders: Iterable[OrderId]) -> None:
        """The brokers were handed these, and returned."""
        ...


class Ready(msgspec.Struct, frozen=True):
    """Orders of one venue, checked, named and signed: nothing but rate limits can hold them.

    They would be the same ones before `good_until`, for markets as they are.
    """

    venue: Venue
    prepared: tuple[Prepared, ...]
    orders: tuple[Order, ...]
    """With the names that the venue will know them by."""
    good_until: Nanos


@runtime_checkable
class _Watched(Protocol):
    def watch(self, signed: Callable[[], None]) -> None: ...


class VenueGateway:
    """The brokers of all venues as one place for orders, with the books that the desk observes.

    `follow` must be called before the first order: it tells which orders are at work, and what is to be known of one.
    """

    def __init__(
        self,
        brokers: Mapping[Venue, Broker],
        codecs: Mapping[Venue, OrderCodec],
        books: Books,
        market_of: MarketOf,
        operators: Mapping[Venue, OperationLine] = MappingProxyType({}),
    ) -> None:
        self._brokers = brokers
        # Found out once: to ask an object for its protocol takes longer than most of what is asked of it.
        every: Mapping[Venue, object] = brokers
        self._ahead = {venue: broker for venue, broker in every.items() if isinstance(broker, SignsAhead)}
        self._codecs = codecs
        self._books = books
        self._market_of = market_of
        self._operators = operators
        self._prepared: dict[OrderId, Prepared] = {}
        self._leaving: dict[Venue, list[Prepared]] = {}
        self._venues: dict[OrderId, tuple[Venue, Order]] = {}
        self._working: Callable[[], Sequence[Order]] = tuple
        self._working_in: Callable[[MarketId], Sequence[Order]] = lambda _: ()
        self._watch: Watch | None = None

    def watched_by(self, watch: Watch) -> None:
        """From now on it hears how far orders came."""
        self._watch = watch
        for broker in self._brokers.values():
            if isinstance(broker, _Watched):
                broker.watch(watch.signed)

    def follow(self, working: Callable[[], Sequence[Order]], working_in: Callable[[MarketId], Sequence[Order]]) -> None:
        """Where to look up the orders that may still trade, with what they filled: all, and those of one market."""
        self._working, self._working_in = working, working_in

    def adopt(self, orders: Sequence[Order], told: Sequence[tuple[str, str]], since: Nanos) -> None:
        """Orders of an earlier run that may still be at their venues, and which of their fills are booked."""
        for order in orders:
            if order.venue_id:  # without a name it never left: nobody will ever speak of it
                self._know(venue_of(order.leg.market), order)
        for codec in self._codecs.values():
            codec.told(told)
        for broker in self._brokers.values():
            broker.since(since)

    def rearm(self) -> None:
        """Arm each venue's own dead-man switch: at the start, and anew when a person resumes after it went off."""
        for broker in self._brokers.values():
            broker.guard(on=False)
            broker.guard(on=True)

    def stand_down(self, now: Nanos) -> None:
        """Set off the switch of each venue where no sale of ours is at work: it cannot tell sales from purchases.

        Its dead-man switch is fed no more, so that what arrives late is ended as well. `rearm` undoes it.
        """
        selling = {venue_of(order.leg.market) for order in self._working() if order.leg.side is Side.SELL}
        for venue, broker in self._brokers.items():
            if venue not in selling:
                broker.guard(on=False)
                broker.cancel_all(now)

    def leave(self, now: Nanos) -> None:
        """The desk ends: each venue takes away what it kept for this run alone."""
        for broker in self._leavers():
            broker.leave(now)

    @property
    def leaving(self) -> bool:
        """Whether a venue's answer to that is awaited."""
        return any(broker.leaving for broker in self._leavers())

    def _leavers(self) -> list[Leaves]:
        brokers: Iterable[object] = self._brokers.values()
        return [broker for broker in brokers if isinstance(broker, Leaves)]

    def prepare(self, order: Order, market: Market, now: Nanos) -> Order:
        """Check and name an order. Raises OrderDenied, also for a venue that this desk has no account at."""
        if self._watch is not None:
            self._watch.decided()
        broker = self._brokers.get(market.venue)
        if broker is None:
            raise OrderDenied(f"no account at {market.venue} - set its keys, or trade elsewhere")
        drafted = broker.draft(order, market, now)
        named = replace(drafted.order, venue_id=drafted.venue_id)
        self._prepared[order.id] = replace(drafted, order=named)
        return named

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> None:
        """Have an order ready that may be wanted soon, where its venue's broker can. Raises OrderDenied."""
        broker = self._ahead.get(market.venue)
        if broker is not None:
            broker.sign_ahead(order, market, now)

    def ready(self, orders: Sequence[Order], now: Nanos) -> Ready | None:
        """These orders, checked and signed for their one venue; None if one cannot be, or not before it is placed."""
        if not orders:
            return None
        venue = venue_of(orders[0].leg.market)
        broker = self._ahead.get(venue)
        if broker is None:
            return None
        prepared: list[Prepared] = []
        for order in orders:
            market = self._market_of(order.leg.outcome)
            if market is None or market.venue != venue:
                return None
            try:
                prepared.append(broker.sign_ahead(order, market, now))
            except OrderDenied:
                return None
        named = tuple(replace(order, venue_id=one.venue_id) for order, one in zip(orders, prepared, strict=True))
        return Ready(venue, tuple(prepared), named, broker.good_until(now))

    def seal(self, ready: Ready) -> None:
        """Have what these leave by ready too."""
        self._ahead[ready.venue].seal(ready.prepared)

    def launch(self, ready: Ready, now: Nanos) -> Sequence[Order]:
        """Write orders that were made ready; how they are on record now."""
        venue = ready.venue
        if self._watch is not None:
            self._watch.decided()
        self._brokers[venue].place(ready.prepared, now)
        orders = [replace(order, created=now) for order in ready.orders]
        for order in orders:
            self._know(venue, order)
        if self._watch is not None:
            self._watch.written(order.id for order in orders)
        return orders

    def rehearse(self, ready: Ready, now: Nanos) -> None:
        """Do all of `launch` that leaves no trace."""
        self._ahead[ready.venue].rehearse(ready.prepared, now)

    def renew_ahead(self, now: Nanos) -> bool:
        """Do a piece of what is to be done anew as time passes for what was made ready; False if there is none."""
        return any(broker.renew_ahead(now) for broker in self._ahead.values())

    def forget_ahead(self) -> None:
        """Nothing of that is wanted any more."""
        for broker in self._ahead.values():
            broker.forget_ahead()

    def submit(self, order: Order, market: Market, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """Line an order up for the next `depart`."""
        prepared = self._prepared.pop(order.id)
        self._know(market.venue, order)
        self._leaving.setdefault(market.venue, []).append(prepared)

    def depart(self, now: Nanos) -> None:
        """Write what was submitted, each venue's orders together. What was prepared only is forgotten."""
        self._prepared.clear()
        leaving, self._leaving = self._leaving, {}
        for venue, prepared in leaving.items():
            self._brokers[venue].place(prepared, now)
        if self._watch is not None and leaving:
            self._watch.written(one.order.id for several in leaving.values() for one in several)

    def arrive(self, order_id: OrderId, now: Nanos) -> Sequence[OrderReported | OrderFilled]:  # noqa: ARG002
        """Nothing: answers come as frames."""
        return ()

    def cancel(self, orders: Sequence[OrderId], now: Nanos) -> None:
        """Cancel orders that were sent."""
        leaving: dict[Venue, list[Order]] = {}
        for order in orders:
            venue, sent = self._venues[order]
            leaving.setdefault(venue, []).append(sent)
        for venue, several in leaving.items():
            self._brokers[venue].cancel(several, now)

    def cancel_arrived(self, order_id: OrderId, now: Nanos) -> Sequence[OrderReported | OrderFilled]:  # noqa: ARG002
        """Nothing: answers come as frames."""
        return ()

    def same(self, order: Order, market: Market) -> bool:
        """Draft an order again as of when it was made; whether it has the name that it had."""
        broker = self._brokers.get(market.venue)
        if broker is None or not order.venue_id:
            return False
        try:
            drafted = broker.draft(order, market, order.created)
        except OrderDenied:
            return False
        if drafted.venue_id == order.venue_id:
            self._prepared[order.id] = replace(drafted, order=order)
        return drafted.venue_id == order.venue_id

    def offer(self, order: Order, market: Market, now: Nanos) -> None:
        """Write an order once more, as `same` drafted it. Its codec hears first that one more of it is out."""
        prepared = self._prepared.pop(order.id)
        self._codecs[market.venue].offered(order)
        self._brokers[market.venue].place((prepared,), now)

    def query(self, order: OrderId, now: Nanos) -> None:
        """Ask what became of an order that was sent."""
        venue, sent = self._venues[order]
        self._brokers[venue].query(sent, now)

    def sweep(self, venue: Venue, now: Nanos) -> None:
        """Ask for the whole account at a venue, where there is one."""
        broker = self._brokers.get(venue)
        if broker is not None:
            broker.sweep(now)

    def moving(self, venue: Venue) -> bool:  # noqa: ARG002 - the port's signature
        """Never: execution knows of its own operations, and nobody else has any."""
        return False

    def operates(self, venue: Venue) -> bool:
        """Whether there is somebody to ask: where a venue nets and pays by itself, there is not."""
        return venue in self._operators

    def operate(self, operation: Operation, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """Hand an operation over."""
        self._operators[operation.venue].operate(operation)

    def follow_operation(self, operation: Operation, reference: str) -> None:
        """An earlier run sent it; a venue that there is no account at any more tells nothing."""
        line = self._operators.get(operation.venue)
        if line is not None:
            line.follow(operation, reference)

    def observe(self, event: MarketEvent) -> Sequence[OrderReported | OrderFilled]:  # noqa: ARG002
        """Nothing: what the market does to our orders, their venue tells."""
        return ()

    def depth(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """What an order of `side` could take, best first: the observed levels less what of ours rests among them."""
        return self._less(outcome, side, flying=False)

    def unclaimed(self, outcome: OutcomeId, side: Side) -> Sequence[Level]:
        """`depth` less what our orders on their way, or without an answer, would take."""
        return self._less(outcome, side, flying=True)

    def _less(self, outcome: OutcomeId, side: Side, *, flying: bool) -> list[Level]:
        view = self._books.view(outcome)
        if view is None or not view.usable:
            return []
        levels = list(view.asks() if side is Side.BUY else view.bids())
        market = self._market_of(outcome)
        if market is None:
            return levels
        for order in self._working_in(market.id):
            if order.leg.tif in _RESTING and order.status is not OrderStatus.SENDING:
                levels = without(levels, order.leg, order.remaining, market, (outcome, side))
            if flying and order.status in (OrderStatus.SENDING, OrderStatus.UNKNOWN):
                levels = claimed(levels, order.leg, order.remaining, market, (outcome, side))
        return levels

    def _know(self, venue: Venue, order: Order) -> None:
        if len(self._venues) >= MOST_SENT:
            alive = {each.id for each in self._working()}
            self._venues = {name: sent for name, sent in self._venues.items() if name in alive}
        self._venues[order.id] = (venue, order)
        self._codecs[venue].know((order,))
