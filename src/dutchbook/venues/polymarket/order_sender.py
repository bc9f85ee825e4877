"""Sending orders and cancels: which go together, what they cost, when they leave, and what their answers teach us.

An order's bytes are written within the call, unless the rate limits make it wait; nothing is ever sent twice by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import batched

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import Order, OrderStatus
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.venues.budget import Bill, Budget
from dutchbook.venues.departures import Departure, Departures
from dutchbook.venues.order_line import OrderLine
from dutchbook.venues.polymarket import order_limits as limits
from dutchbook.venues.polymarket.credentials import RequestOutline, RequestSigner
from dutchbook.venues.polymarket.loose_ends import LooseEnds
from dutchbook.venues.polymarket.order_answers import Fate, Judged, judge_cancel, judge_orders
from dutchbook.venues.polymarket.order_body import MOST_ORDERS, NO_ORDER, ORDER_PATH, ORDERS_PATH, orders_body
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.signer_pace import SignerPace, rate_word
from dutchbook.venues.polymarket.venue_condition import VenueCondition
from dutchbook.venues.trading import Answered, Asked, Exchange, OrderDenied, Prepared

CANCEL_ALL_PATH = "/cancel-all"
MOST_CANCELS = 100
"""Ids in one request: fewer than a signer's bucket holds at the lowest tier."""
MOST_SENT = 50_000
"""Orders that are remembered."""
MOST_SEALED = 1_024
"""Requests that are kept ready; of more the oldest go."""
_PROBE = (NO_ORDER,)


class Way(msgspec.Struct, frozen=True):
    """What requests leave by: their signer, the limits, and the connections behind them."""

    requests: RequestSigner
    budget: Budget
    departures: Departures
    line: OrderLine
    now: Callable[[], Nanos]


class Sent(msgspec.Struct, frozen=True):
    """What is remembered of an order that was sent."""

    market: MarketId
    created: Nanos
    post_only: bool
    again: bool = False
    """Whether it was sent more than once: that a copy never left says nothing of the one before."""


class _Batch(msgspec.Struct, frozen=True):
    """Signed orders that leave together."""

    ids: tuple[str, ...]
    bodies: tuple[bytes, ...]
    outline: RequestOutline
    """Their request, but for its time."""

    def without(self, ids: frozenset[str] | None) -> list[tuple[str, bytes]]:
        """The others with their bodies; None for none of them."""
        return [] if ids is None else [pair for pair in zip(self.ids, self.bodies, strict=True) if pair[0] not in ids]


class OrderSender:
    """Orders and cancels of one account. `tell` hears every answer; `doubt` that the account should be read again."""

    def __init__(
        self,
        way: Way,
        writer: OrderWriter,
        loose: LooseEnds,
        condition: VenueCondition,
        tell: Callable[[Answered], None],
        doubt: Callable[[], None],
    ) -> None:
        self._way = way
        self._writer = writer
        self._loose = loose
        self._condition = condition
        self._tell = tell
        self._doubt = doubt
        self._pace = SignerPace(way.budget)
        self._probing = False
        self.signed: Callable[[], None] = _nobody
        """Called when the orders of a call are signed."""
        self._sealed: dict[tuple[str, ...], _Batch] = {}
        self._stamped: dict[tuple[str, ...], bytes] = {}
        self._stamped_in = 0
        """The second of these requests."""
        self._unstamped: list[_Batch] = []
        self.sent: dict[str, Sent] = {}
        """Orders by the venue's name."""

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """See `Broker.place`. One order goes as `POST /order`, several in batches of 15."""
        sealed = self._sealed.pop(_ids(prepared), None) if self._sealed else None
        if sealed is not None:
            self.signed()
            self._leave(sealed)
        else:
            self._sign_and_leave(prepared, now)
        for one in prepared:
            known = self.sent.get(one.venue_id)
            if known is not None and one.order.status is OrderStatus.UNKNOWN:
                self.sent[one.venue_id] = msgspec.structs.replace(known, again=True)
            self._remember(one.venue_id, Sent(one.market.id, now, one.order.leg.post_only))

    def seal(self, prepared: Sequence[Prepared]) -> None:
        """Have the request of orders that may leave together ready, if all of them were signed ahead."""
        bodies = [self._writer.signed_ahead(one.content) for one in prepared]
        whole = [body for body in bodies if body is not None]
        if len(prepared) <= MOST_ORDERS and len(whole) == len(bodies):
            ids = _ids(prepared)
            batch = self._sealed[ids] = self._batch(zip(ids, whole, strict=True))
            self._unstamped.append(batch)
            if len(self._sealed) > MOST_SEALED:
                del self._sealed[next(iter(self._sealed))]

    def rehearse(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """Find the request and pay for it, and have that back."""
        sealed = self._sealed.get(_ids(prepared))
        if sealed is not None:
            self._way.line.rehearse(self._request(sealed, now))
            bills = _BILLS[len(sealed.ids)]
            if self._way.departures.pay(bills):
                self._way.budget.give_back(bills)

    def renew(self, now: Nanos) -> bool:
        """Stamp one of those requests with the second that it is; False if all are."""
        second = now // SECOND
        if second != self._stamped_in:
            self._stamped_in = second
            self._stamped.clear()
            self._unstamped = list(self._sealed.values())
        if not self._unstamped:
            return False
        batch = self._unstamped.pop()
        self._stamped[batch.ids] = self._way.requests.stamped(batch.outline, now)
        return True

    def forget_ahead(self) -> None:
        """Nothing of that is wanted any more."""
        self._sealed.clear()
        self._stamped.clear()
        self._unstamped.clear()

    def _sign_and_leave(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        signed: list[tuple[str, bytes]] = []
        for one in prepared:
            try:
                signed.append((one.venue_id, self._writer.body(one)))
            except OrderDenied as denied:
                self._not_sent((one.venue_id,), str(denied), now)
        self.signed()
        for part in batched(signed, MOST_ORDERS):
            self._leave(self._batch(part))

    def _batch(self, signed: Iterable[tuple[str, bytes]]) -> _Batch:
        ids, bodies = zip(*signed, strict=True)
        if len(ids) == 1:
            outline = self._way.requests.outline("POST", ORDER_PATH, bodies[0])
        else:
            outline = self._way.requests.outline("POST", ORDERS_PATH, orders_body(bodies))
        return _Batch(ids, bodies, outline)

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:
        """See `Broker.cancel`. Orders that wait for the rate limits, or for a connection, do not leave any more."""
        wanted = tuple(order.venue_id for order in orders)
        for order in orders:
            self._remember(order.venue_id, Sent(order.leg.market, order.created, order.leg.post_only))
        stayed = self._withdraw(frozenset(wanted), now)
        rest = [id_ for id_ in wanted if id_ not in stayed or self.sent[id_].again]
        for ids in batched(rest, MOST_CANCELS):
            self._cancel(ids)

    def cancel_all(self, now: Nanos) -> None:
        """See `Broker.cancel_all`."""
        self._withdraw(None, now)
        bills = _bills(limits.CANCEL_ALL, limits.CANCELS, 1)
        write = partial(self._write, Asked.CANCEL_ALL, (), CANCEL_ALL_PATH, b"")
        self._way.departures.leave(Departure(bills, (), write), urgent=True)

    def probe(self) -> None:
        """See whether the venue takes cancels: cancel what does not exist. One at a time."""
        if not self._probing:
            self._probing = True
            self._cancel(_PROBE)

    def _leave(self, batch: _Batch) -> None:
        departures, bills = self._way.departures, _BILLS[len(batch.ids)]
        if departures.pay(bills):
            self._write_orders(batch)
        else:
            departures.leave(Departure(bills, batch.ids, partial(self._write_orders, batch), batch))

    def _write_orders(self, batch: _Batch) -> None:
        """The bytes leave here, or wait for a connection."""
        now = self._way.now()
        request = self._request(batch, now)
        self._way.line.send(request, partial(self._answered, Asked.PLACE, batch.ids, now), cargo=batch)

    def _request(self, batch: _Batch, now: Nanos) -> bytes:
        """The request that leaves now."""
        request = self._stamped.get(batch.ids) if now // SECOND == self._stamped_in else None
        return self._way.requests.stamped(batch.outline, now) if request is None else request

    def _cancel(self, ids: tuple[str, ...]) -> None:
        if len(ids) == 1:
            bills = _bills(limits.DELETE_ORDER, limits.CANCELS, 1)
            path, body = ORDER_PATH, msgspec.json.encode({"orderID": ids[0]})
        else:
            bills = _bills(limits.DELETE_ORDERS, limits.CANCELS, len(ids))
            path, body = ORDERS_PATH, msgspec.json.encode(ids)
        write = partial(self._write, Asked.CANCEL, ids, path, body)
        self._way.departures.leave(Departure(bills, ids, write), urgent=True)

    def _write(self, asked: Asked, ids: tuple[str, ...], path: str, body: bytes) -> None:
        """The bytes of a cancel leave here, or wait for a connection."""
        now = self._way.now()
        request = self._way.requests.request("DELETE", path, body, now)
        self._way.line.send(request, partial(self._answered, asked, ids, now), urgent=True)

    def _withdraw(self, wanted: frozenset[str] | None, now: Nanos) -> frozenset[str]:
        """Orders that wait and are not wanted any more; None for all. What would have left with them goes on without.

        They wait for the rate limits, or for a connection: those have been paid for.
        """

        def among(cargo: object) -> bool:
            return isinstance(cargo, _Batch) and (wanted is None or not wanted.isdisjoint(cargo.ids))

        unpaid = [each.cargo for each in self._way.departures.withdraw(lambda each: among(each.cargo))]
        stayed: list[str] = []
        for go_on, found in ((self._leave, unpaid), (self._write_orders, self._way.line.withdraw(among))):
            for batch in found:
                if isinstance(batch, _Batch):
                    keep = batch.without(wanted)
                    kept = {id_ for id_, _ in keep}
                    stayed += [id_ for id_ in batch.ids if id_ not in kept]
                    if keep:
                        go_on(self._batch(keep))
        if stayed:
            self._not_sent(tuple(stayed), "cancelled before it left", now)
        return frozenset(stayed)

    def _remember(self, id_: str, sent: Sent) -> None:
        self.sent.setdefault(id_, sent)
        if len(self.sent) > MOST_SENT:
            del self.sent[next(iter(self.sent))]

    def _not_sent(self, ids: tuple[str, ...], why: str, now: Nanos) -> None:
        exchange = Exchange(path=ORDER_PATH, failure=why, left=False)
        self._tell(Answered(asked=Asked.PLACE, sent=now, exchanges=(exchange,), ids=ids))

    def _answered(self, asked: Asked, ids: tuple[str, ...], sent: Nanos, exchange: Exchange) -> None:
        self._pace.answered(limits.PLACES if asked is Asked.PLACE else limits.CANCELS, exchange)
        self._tell(Answered(asked=asked, sent=sent, exchanges=(exchange,), ids=ids))
        if asked is Asked.PLACE:
            self._learn_places(ids, judge_orders(exchange, ids))
        else:
            self._learn_cancels(ids, exchange)

    def _learn_places(self, ids: tuple[str, ...], judged: Judged) -> None:
        now = self._way.now()
        self._loose.answered(ids, judged, now)
        self._condition.judged(judged, now)
        for id_, verdict in zip(ids, judged.verdicts, strict=True):
            if verdict.fate is Fate.ACCEPTED:
                self._condition.took(resting=id_ in self.sent and self.sent[id_].post_only)
        if judged.untrusted:
            self._doubt()

    def _learn_cancels(self, ids: tuple[str, ...], exchange: Exchange) -> None:
        now = self._way.now()
        judged = judge_cancel(exchange)
        self._condition.judged(judged, now)
        if ids == _PROBE:
            self._probing = False
        if judged.untrusted:
            self._doubt()
        if judged.answer is None:
            return
        self._condition.answers(now)
        gone = [id_ for id_ in judged.answer.not_canceled if id_ in self.sent]
        self._loose.cancelled((*judged.answer.canceled, *gone), now)
        told = rate_word(exchange.headers).remaining is not None  # then the venue's count has it already
        if exchange.path == CANCEL_ALL_PATH and judged.answer.canceled and not told:
            self._way.budget.owe(limits.CANCELS, len(judged.answer.canceled))


def _bills(groups: Sequence[str], signer: str, tokens: int) -> tuple[Bill, ...]:
    return ((signer, tokens), *((group, 1) for group in groups))


_BILLS = {
    1: _bills(limits.POST_ORDER, limits.PLACES, 1),
    **{number: _bills(limits.POST_ORDERS, limits.PLACES, number) for number in range(2, MOST_ORDERS + 1)},
}
"""What a request with so many orders costs."""


def _ids(prepared: Sequence[Prepared]) -> tuple[str, ...]:
    return tuple([one.venue_id for one in prepared])


def _nobody() -> None:
    """Hears nothing."""
