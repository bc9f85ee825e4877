"""All orders that execution sent, each with its state, and their fills with theirs."""

from collections.abc import Iterator
from itertools import islice

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import FillMined, FillReversed, FillSettled, OrderFilled, OrderReported
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.orders import Fill, IntentId, Leg, Order, OrderId, OrderStatus, Report, Route
from dutchbook.domain.units import SECOND, Nanos, Size

MOST_KEPT = 120_000
"""Orders that are remembered before the oldest that are over are forgotten: more than the codecs of both venues know,
so that nothing is told of one that is not here."""
FORGET_AFTER = Nanos(3_600 * SECOND)
"""How long an order is remembered after it was last heard of, however many there are."""
_TOLD_BY_FILLS = frozenset({Report.FILLED, Report.FILLED_PARTLY})
_WRONGLY_OVER = frozenset({OrderStatus.REJECTED, OrderStatus.DEAD})
_ALIVE = frozenset({Report.ACCEPTED, Report.FILLED, Report.FILLED_PARTLY})

type OrderNews = OrderReported | OrderFilled | FillSettled | FillReversed
"""What moves an order, or a fill of it."""


def order_id(intent: IntentId, leg: int) -> OrderId:
    """The id of an intent's leg, counted from 1: the same in every replay, and never two orders for one leg."""
    return OrderId(f"{intent}-{leg}")


def leaving(
    intent: IntentId, number: int, leg: Leg, now: Nanos, route: Route | None = None, *, insists: bool = False
) -> Order:
    """The order of an intent's leg, counted from 1, as it leaves."""
    name = order_id(intent, number)
    return Order(id=name, intent=intent, leg=leg, created=now, route=route, insists=insists).after(Report.SENT)


class Change(msgspec.Struct, frozen=True):
    """What news did to an order: nothing, if it was told before.

    `booked` is a fill that is new, `undone` one that is taken back, `settled` one that is final. `remark` says why news
    changed nothing. An `incident` is news that proves the desk wrong: what it took for over was alive.
    """

    before: Order
    after: Order
    booked: Fill | None = None
    undone: Fill | None = None
    settled: Fill | None = None
    remark: str = ""
    incident: str = ""


class Orders:
    """Orders by id. What cannot follow an order's state raises IllegalTransition and changes nothing.

    A fill is known by its order and its venue's id, and counts once however often it is told. Fills without an id (on
    paper) are told once and are final.

    So that a desk can run for months, the oldest orders that are over are forgotten once there are `most`.
    """

    def __init__(self, most: int = MOST_KEPT) -> None:
        self._most = most
        self._full = most
        self._orders: dict[OrderId, Order] = {}
        self._working: dict[OrderId, Order] = {}
        self._in_market: dict[MarketId, dict[OrderId, Order]] = {}
        """The same, by market: who quotes five hundred must not look through a thousand orders at each look."""
        self._changed: dict[OrderId, Nanos] = {}
        self._fills: dict[tuple[OrderId, str], Fill] = {}
        self._over: set[tuple[OrderId, str]] = set()
        """Fills that are settled or taken back, told before their fill or after it."""
        self._reversed: set[tuple[OrderId, str]] = set()
        self._mined: set[tuple[OrderId, str]] = set()
        """Fills that are not final, and of which a block tells: what they bought is there to be sold."""
        self._unsettled: dict[OutcomeId, int] = {}

    def __getitem__(self, order: OrderId) -> Order:
        """An order. Raises IllegalTransition for one that nobody here sent."""
        found = self._orders.get(order)
        if found is None:
            raise IllegalTransition(f"order {order}: not one of ours - reconcile with the venue")
        return found

    def find(self, order: OrderId) -> Order | None:
        """An order, or None if nobody here sent it."""
        return self._orders.get(order)

    def __contains__(self, order: OrderId) -> bool:
        return order in self._orders

    def __iter__(self) -> Iterator[Order]:
        """All orders, oldest first."""
        return iter(self._orders.values())

    def __len__(self) -> int:
        return len(self._orders)

    def send(
        self,
        intent: IntentId,
        number: int,
        leg: Leg,
        now: Nanos,
        route: Route | None = None,
        *,
        insists: bool = False,
    ) -> Order:
        """A new order, on its way from now on."""
        order = leaving(intent, number, leg, now, route, insists=insists)
        if order.id in self._orders:
            raise IllegalTransition(f"order {order.id}: exists already - an order is never sent twice")
        self._keep(order, now)
        return order

    def adopt(self, order: Order) -> None:
        """Take an order as a journal has it, when it was sent."""
        if order.id in self._orders:
            raise IllegalTransition(f"order {order.id}: stands in the journal twice - do not start, verify the journal")
        self._keep(order, order.created)

    def named(self, order: OrderId, venue_id: str) -> Order:
        """The order as its venue knows it, once it was drafted."""
        order_named = msgspec.structs.replace(self[order], venue_id=venue_id)
        self._keep(order_named, self._changed[order])
        return order_named

    def is_new(self, fill: Fill) -> bool:
        """Whether a fill is to be booked: it was not told before, and its settlement has not failed already.

        Raises IllegalTransition for one that cannot be, so that nothing is booked of it either.
        """
        key = (fill.order, fill.id)
        if fill.id and (key in self._fills or key in self._reversed):
            return False
        self[fill.order].after_fill(fill.size)
        return True

    def apply(self, event: OrderNews) -> Change:
        """Take in what was said of an order. How much filled is told by OrderFilled alone."""
        match event:
            case OrderFilled():
                change = self._filled(event)
            case FillSettled():
                change = self._settled(event)
            case FillReversed():
                change = self._taken_back(event)
            case _:
                change = self._reported(event)
        self._keep(change.after, event.received)
        return change

    def mined(self, event: FillMined) -> None:
        """What a provisional fill bought may be sold. Nothing, of a fill that was not told or is over."""
        key = (event.order, event.fill)
        fill = self._fills.get(key)
        if fill is not None and fill.provisional and key not in self._over and key not in self._mined:
            self._owe(fill, -1)
            self._mined.add(key)

    def foreign(self, fill: Fill) -> bool:
        """A trade of our account by an order that is not here; whether it is new."""
        key = (fill.order, fill.id)
        if key in self._fills or key in self._reversed:
            return False
        self._fills[key] = fill
        if fill.provisional and key not in self._over:
            self._owe(fill, 1)
        return True

    def foreign_ended(self, event: FillSettled | FillReversed) -> Fill | None:
        """The settlement of such a trade is over; the trade, if it failed and was told before."""
        key = (event.order, event.fill)
        fill, before = self._fills.get(key), key in self._over
        self._over.add(key)
        if fill is not None and fill.provisional and not before:
            self._owe_no_more(key, fill)
        if isinstance(event, FillSettled) or key in self._reversed:
            return None
        self._reversed.add(key)
        return fill

    def working(self) -> tuple[Order, ...]:
        """Orders that may still trade, unknown ones included."""
        return tuple(self._working.values())

    def working_in(self, market: MarketId) -> tuple[Order, ...]:
        """Those of one market."""
        there = self._in_market.get(market)
        return tuple(there.values()) if there else ()

    def unknown(self) -> tuple[Order, ...]:
        """Orders that wait for reconciliation."""
        return tuple(order for order in self._working.values() if order.status is OrderStatus.UNKNOWN)

    def changed_at(self, order: OrderId) -> Nanos:
        """When an order was last heard of, or sent."""
        return self._changed[order]

    def unsettled(self, outcome: OutcomeId) -> Size:
        """Contracts of an outcome that were bought and stand in no block yet: nobody can sell them."""
        return Size(self._unsettled.get(outcome, 0))

    def provisional(self) -> tuple[Fill, ...]:
        """Fills that may still be taken back, oldest first."""
        return tuple(fill for key, fill in self._fills.items() if fill.provisional and key not in self._over)

    def _reported(self, event: OrderReported) -> Change:
        before = self[event.order]
        if event.report in _TOLD_BY_FILLS:
            raise IllegalTransition(f"order {event.order}: {event.report} without its fill - reconcile with the venue")
        return Change(before, before.after(event.report), incident=_incident(before, event.report))

    def _filled(self, event: OrderFilled) -> Change:
        fill = event.fill
        before = self[fill.order]
        if not self.is_new(fill):
            return Change(before, before, remark=f"fill {fill.id} was told before: not counted again")
        after = before.after_fill(fill.size)
        key = (fill.order, fill.id)
        if fill.provisional and key in self._over:
            fill = msgspec.structs.replace(fill, provisional=False)
        if fill.id:
            self._fills[key] = fill
        if fill.provisional:
            self._owe(fill, 1)
        return Change(before, after, booked=fill, incident=_incident(before, Report.FILLED_PARTLY))

    def _settled(self, event: FillSettled) -> Change:
        before, key = self[event.order], (event.order, event.fill)
        fill = self._fills.get(key)
        if key in self._over:
            return Change(before, before, remark=f"fill {event.fill} was final before")
        self._over.add(key)
        if fill is None or not fill.provisional:
            return Change(before, before, remark=f"fill {event.fill} is final, and was not told as provisional")
        self._owe_no_more(key, fill)
        return Change(before, before, settled=fill)

    def _taken_back(self, event: FillReversed) -> Change:
        before, key = self[event.order], (event.order, event.fill)
        if key in self._reversed:
            return Change(before, before, remark=f"fill {event.fill} was taken back before")
        fill = self._fills.get(key)
        if fill is None:
            self._reversed.add(key)
            return Change(before, before, remark=f"fill {event.fill} failed before it was told: it will not count")
        after = before.after_reversal(fill.size)
        self._reversed.add(key)
        final = key in self._over or not fill.provisional
        if not final:
            self._over.add(key)
            self._owe_no_more(key, fill)
        why = f"fill {event.fill} of order {before.id} was final, and is taken back: {event.detail}" if final else ""
        return Change(before, after, undone=fill, incident=why)

    def _owe_no_more(self, key: tuple[OrderId, str], fill: Fill) -> None:
        if key in self._mined:
            self._mined.discard(key)
        else:
            self._owe(fill, -1)

    def _owe(self, fill: Fill, sign: int) -> None:
        if fill.side is Side.BUY:
            total = self._unsettled.get(fill.outcome, 0) + sign * fill.size
            if total:
                self._unsettled[fill.outcome] = total
            else:
                self._unsettled.pop(fill.outcome, None)

    def _keep(self, order: Order, at: Nanos) -> None:
        self._orders[order.id] = order
        self._changed[order.id] = at
        if order.status.final:
            self._working.pop(order.id, None)
            there = self._in_market.get(order.leg.market)
            if there is not None and there.pop(order.id, None) is not None and not there:
                del self._in_market[order.leg.market]
        else:
            self._working[order.id] = order
            self._in_market.setdefault(order.leg.market, {})[order.id] = order
        if len(self._orders) > self._full:
            self._forget(at)
            self._full = max(self._most, len(self._orders) + self._most // 10)

    def _forget(self, now: Nanos) -> None:
        """Drop the oldest that are over, with their fills, down to nine tenths of what may be kept."""
        unsettled = {fill.order for fill in self.provisional()}
        over = (
            order.id
            for order in self._orders.values()
            if order.status.final and order.id not in unsettled and now - self._changed[order.id] > FORGET_AFTER
        )
        gone = set(islice(over, len(self._orders) - self._most * 9 // 10))
        for order in gone:
            del self._orders[order], self._changed[order]
        self._fills = {key: fill for key, fill in self._fills.items() if key[0] not in gone}
        for told in (self._over, self._reversed, self._mined):
            told.difference_update([key for key in told if key[0] in gone])


def _incident(before: Order, report: Report) -> str:
    if before.status not in _WRONGLY_OVER or report not in _ALIVE:
        return ""
    return f"order {before.id} was taken for {before.status} and is alive: {report}"
