"""Kalshi's answers and its private socket, as events of our orders and of the account.

A fill belongs to the order that its order id names; over REST it names nothing else. It may come before the answer that
tells which of our orders that is: then it waits here until some answer does, and is told to be foreign if none can.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    AccountStated,
    CancelFailed,
    ForeignFill,
    OrderEvent,
    OrderMissing,
    StatedOrder,
    VenueStateChanged,
)
from dutchbook.domain.identity import OutcomeId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.orders import Fill, IntentId, Order, OrderId, Report
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos, Price, complement
from dutchbook.venues.kalshi import order_wire as wire
from dutchbook.venues.kalshi.account_facts import read_account, read_query
from dutchbook.venues.kalshi.known_orders import KnownOrder, KnownOrders
from dutchbook.venues.kalshi.numbers import instant
from dutchbook.venues.kalshi.order_answers import Outcome, Placed, cancelled, placed
from dutchbook.venues.kalshi.order_facts import FillFact, OrderFact, elsewhere, fill_fact, order_fact
from dutchbook.venues.kalshi.order_names import OrderNames
from dutchbook.venues.kalshi.shards import Shards
from dutchbook.venues.kalshi.standing import Standing
from dutchbook.venues.trading import Answered, Asked, orders_source, read_answered, user_source

ORDERS_SOURCE, USER_SOURCE = orders_source(Venue.KALSHI), user_source(Venue.KALSHI)
STATUS = "/exchange/status"
_READ = frozenset({"user_order", "fill", "order_group_updates"})
_NOBODY = IntentId("")

_decode_message = msgspec.json.Decoder(wire.UserMessage).decode
_decode_envelope = msgspec.json.Decoder(wire.Envelope).decode
_decode_status = msgspec.json.Decoder(wire.Status).decode
_decode_group = msgspec.json.Decoder(wire.GroupCreated).decode

type Told = OrderEvent | VenueStateChanged


class KalshiOrderCodec:
    """An `OrderCodec`. Keeps `shards` at what sweeps state; hand the same one to the drafter.

    What is read is checked whole before any of it is told: a frame is applied, or refused and nothing of it applied.
    """

    def __init__(self, shards: Shards | None = None, subaccount: int = 0) -> None:
        self._shards = shards or Shards()
        self._subaccount = subaccount
        self._known = KnownOrders()
        self._names = OrderNames()
        self._told: set[tuple[str, str]] = set()
        self._held: dict[str, list[FillFact]] = {}
        self._standing = Standing()
        self._readers: Mapping[Asked, Callable[[Answered, Nanos], list[Told]]] = {
            Asked.PLACE: self._placed,
            Asked.CANCEL: self._cancelled,
            Asked.QUERY: self._queried,
            Asked.SWEEP: self._swept,
            Asked.HEARTBEAT: self._looked,
            Asked.GROUP: self._grouped,
        }

    def know(self, orders: Iterable[Order]) -> None:
        """See `OrderCodec.know`."""
        self._known.add(orders)

    def offered(self, order: Order) -> None:
        """See `OrderCodec.offered`."""
        if (known := self._known.get(order.venue_id)) is not None:
            known.copies += 1

    def told(self, fills: Iterable[tuple[str, str]]) -> None:
        """See `OrderCodec.told`."""
        self._told.update(fills)

    def decode(self, frame: Frame) -> Sequence[Told]:
        """See `OrderCodec.decode`."""
        try:
            if frame.source == ORDERS_SOURCE:
                answered = read_answered(frame)
                reader = self._readers.get(answered.asked)  # of cancelling everything, the orders themselves tell
                return reader(answered, frame.received) if reader else ()
            return self._heard(frame) if frame.source == USER_SOURCE else ()
        except WireError as error:
            raise WireError(Venue.KALSHI, error.reason, frame.payload) from error
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WireError(Venue.KALSHI, str(error), frame.payload) from error

    # The private socket.

    def _heard(self, frame: Frame) -> Sequence[Told]:
        try:
            message: wire.UserMessage = _decode_message(frame.payload)
        except msgspec.ValidationError:
            if _decode_envelope(frame.payload).type in _READ:
                raise
            return ()  # acknowledgements, positions (which sweeps state), types that are new
        match message:
            case wire.UserOrder(msg=news) | wire.UserFill(msg=news) if elsewhere(news, self._subaccount):
                return ()
            case wire.UserOrder(msg=said):
                return self._both((order_fact(said, self._subaccount),), (), frame.received)
            case wire.UserFill(msg=told):
                return self._both((), (fill_fact(told, self._subaccount),), frame.received)
            case wire.GroupUpdate(msg=step):
                return self._group_step(step, frame.received)

    def _group_step(self, step: wire.GroupStep, received: Nanos) -> list[Told]:
        if step.event_type == "triggered":
            return [*self._standing.group_triggered(step.order_group_id, received)]
        if step.event_type in ("created", "reset", "deleted"):
            return [*self._standing.group_armed(step.order_group_id, received)]
        return []

    # Answers.

    def _placed(self, answered: Answered, received: Nanos) -> list[Told]:
        events: list[Told] = []
        for name, said in zip(answered.ids, placed(answered), strict=True):
            known = self._known.get(name)
            if known is not None:
                events += self._outcome(name, known, said, received)
            if said.outcome is Outcome.GARBLED:
                events += self._standing.distrust(f"order {name}: {said.detail}", received)
        return events

    def _outcome(self, name: str, known: KnownOrder, said: Placed, received: Nanos) -> list[Told]:
        match said.outcome:
            case Outcome.TAKEN:
                events: list[Told] = [*known.taken(received), *self._name(said.order_id, name, received)]
                if not said.resting:
                    events += known.ended(Report.CANCELLED, said.filled, "what did not fill at once is gone", received)
                return events
            case Outcome.REFUSED | Outcome.KILLED if known.one_refused():
                return [*known.unknown(f"{said.detail} - another copy of it is out", received)]
            case Outcome.REFUSED | Outcome.KILLED:
                report = Report.REJECTED if said.outcome is Outcome.REFUSED else Report.CANCELLED
                events = [*known.refused(report, self._explained(said.detail), received)]
                if known.over:
                    self._known.settled_name(name)
                return events
            case Outcome.UNKNOWN | Outcome.GARBLED:
                return [*known.unknown(said.detail, received)]

    def _explained(self, detail: str) -> str:
        """With where the money was, if that is what an order lacked."""
        if "insufficient_balance" not in detail or not self._shards.free:
            return detail
        return f"{detail} - {self._shards.told()}"

    def _cancelled(self, answered: Answered, received: Nanos) -> list[Told]:
        """A success tells nothing: the order itself will, by the socket or when it is read."""
        found = zip(answered.ids, cancelled(answered), strict=True)
        return [
            CancelFailed(known.order.id, received, said.detail, said.ambiguous)
            for name, said in found
            if said.failed and (known := self._known.get(name)) is not None and not known.over
        ]

    def _queried(self, answered: Answered, received: Nanos) -> list[Told]:
        """About our orders `ids`, or about strange ones: then it names none."""
        facts = read_query(answered.exchanges, self._subaccount)
        events = self._both(facts.orders, facts.fills, received)
        found = {fact.client_id for fact in facts.orders}
        for name in answered.ids:
            known = self._known.get(name)
            if facts.whole and known is not None and not known.over and name not in found and not self._waits(known):
                events.append(OrderMissing(known.order.id, received, "neither among orders nor among fills"))
        return events

    def _waits(self, known: KnownOrder) -> bool:
        """Whether a fill waits that could be this order's."""
        market = known.order.leg.market
        return any(fill.market == market for fills in self._held.values() for fill in fills)

    def _swept(self, answered: Answered, received: Nanos) -> list[Told]:
        facts = read_account(answered.exchanges, self._subaccount)
        orders = (*facts.looked_up, *facts.orders)
        self._check_named(orders, facts.fills)
        events = self._both(orders, facts.fills, received)
        self._shards.state(facts.free, [position.market for position in facts.positions])
        stated = AccountStated(
            venue=Venue.KALSHI,
            cash=facts.cash,
            positions=facts.positions,
            orders=tuple(self._stated(order) for order in facts.orders if not order.ended),
            asked=min(answered.sent, facts.as_of),
            received=received,
        )
        return [*events, stated, *self._standing.trust(received)]

    def _looked(self, answered: Answered, received: Nanos) -> list[Told]:
        exchange = answered.exchanges[0]
        if exchange.status != 200:
            failure = exchange.failure or f"status {exchange.status}"
            return [*self._standing.silent(failure, received)]
        try:
            said = _decode_status(exchange.body)
        except (msgspec.MsgspecError, ValueError, RecursionError):
            return [*self._standing.silent("an answer that cannot be read", received)]
        resumes = said.exchange_estimated_resume_time
        until = instant(resumes) if resumes else None
        active, trading = said.exchange_active, said.trading_active
        return [*self._standing.exchange(active=active, trading=trading, until=until, received=received)]

    def _grouped(self, answered: Answered, received: Nanos) -> list[Told]:
        """A group was made, or reset: it takes orders."""
        events: list[Told] = []
        for exchange in answered.exchanges:
            path = exchange.path.removesuffix("/reset")
            if exchange.status == 200 and path != exchange.path:
                events += self._standing.group_armed(path.rpartition("/")[2], received)
        return events

    # Orders and fills, whoever tells of them.

    def _both(self, orders: Sequence[OrderFact], fills: Sequence[FillFact], received: Nanos) -> list[Told]:
        """What orders and fills say. Raises ValueError, telling nothing, if a name of ours stands for another order."""
        for order in orders:
            self._check(order.client_id, order)
        for fill in fills:
            self._check(fill.client_id or self._names.client_id(fill.order_id) or "", fill)
        events: list[Told] = []
        for order in orders:
            events += self._order(order, received)
        for fill in fills:
            events += self._fill(fill, received)
        return events

    def _check(self, client_id: str, fact: OrderFact | FillFact) -> None:
        known = self._known.get(client_id)
        if known is not None:
            known.check(fact)

    def _check_named(self, orders: Sequence[OrderFact], fills: Sequence[FillFact]) -> None:
        """Raises ValueError if a fill would go on waiting for the name of its order."""
        read = {order.order_id for order in orders}
        waiting = [fill for held in self._held.values() for fill in held]
        for fill in (*waiting, *fills):
            if fill.client_id or fill.order_id in read or self._names.client_id(fill.order_id) is not None:
                continue
            if self._known.expects_names(fill.market):
                raise ValueError(f"fill {fill.id} is of order {fill.order_id}, which cannot be read")

    def _order(self, fact: OrderFact, received: Nanos) -> list[Told]:
        known = self._known.get(fact.client_id)
        if known is None:
            return [*self._name(fact.order_id, fact.client_id, received)]
        before: list[Told] = [] if fact.ended and not fact.filled else [*known.taken(received)]
        named = self._name(fact.order_id, fact.client_id, received)
        return [*before, *named, *known.heard(fact, received)]

    def _name(self, order_id: str, client_id: str, received: Nanos) -> list[Told]:
        """Learn the two names of an order, and tell of the fills that waited for that."""
        self._names.learn(order_id, client_id)
        self._known.settled_name(client_id)
        return [event for fact in self._held.pop(order_id, ()) for event in self._fill(fact, received)]

    def _fill(self, fact: FillFact, received: Nanos) -> list[Told]:
        client_id = fact.client_id or self._names.client_id(fact.order_id)
        if {(fact.order_id, fact.id), (client_id or "", fact.id)} & self._told:
            return []
        if client_id is None and self._known.expects_names(fact.market):
            self._hold(fact)
            return []
        self._told.add((fact.order_id, fact.id))
        known = self._known.get(client_id or "")
        if known is None:
            return [ForeignFill(Venue.KALSHI, _foreign(fact), received)]
        named = self._name(fact.order_id, client_id or "", received)
        return [*known.filled(fact, received), *named]

    def _hold(self, fact: FillFact) -> None:
        waiting = self._held.setdefault(fact.order_id, [])
        if all(fact.id != each.id for each in waiting):
            waiting.append(fact)

    def _stated(self, fact: OrderFact) -> StatedOrder:
        known = self._known.get(fact.client_id)
        outcome, side, price = _in_our_words(fact, known)
        return StatedOrder(
            venue_id=fact.name,
            outcome=outcome,
            market=fact.market,
            side=side,
            price=price,
            size=fact.size,
            filled=fact.filled,
            order=None if known is None else known.order.id,
        )


def _in_our_words(fact: OrderFact, known: KnownOrder | None) -> tuple[OutcomeId, Side, Price]:
    """Outcome, side and price: those of our leg; of a strange order, those of the outcome that it buys."""
    if known is None:
        buys_yes = fact.bid
        return (
            kalshi_yes(fact.market) if buys_yes else kalshi_no(fact.market),
            Side.BUY,
            fact.price if buys_yes else complement(fact.price),
        )
    leg = known.order.leg
    return leg.outcome, leg.side, fact.price if leg.outcome == kalshi_yes(fact.market) else complement(fact.price)


def _foreign(fact: FillFact) -> Fill:
    """A fill of a strange order: what it bought, though that may have closed a position in the other outcome."""
    return Fill(
        order=OrderId(fact.order_id),
        intent=_NOBODY,
        outcome=fact.outcome,
        market=fact.market,
        side=Side.BUY,
        price=fact.outcome_price,
        size=fact.size,
        fee=fact.fee,
        at=fact.at,
        maker=fact.maker,
        id=fact.id,
    )
