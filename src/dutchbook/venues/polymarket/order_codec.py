"""Polymarket's answers and user channel as events of our orders, by the order outcome table."""

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    AccountStated,
    CancelFailed,
    OrderEvent,
    OrderMissing,
    VenueStateChanged,
)
from dutchbook.domain.identity import Venue
from dutchbook.domain.orders import Order, OrderId, Report, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos, Size, size_of
from dutchbook.venues.polymarket import order_wire as wire
from dutchbook.venues.polymarket.account_sweep import (
    TRADES,
    read_account,
    read_trades,
    stated_order,
    stated_positions,
)
from dutchbook.venues.polymarket.known_orders import KnownOrder, KnownOrders
from dutchbook.venues.polymarket.order_answers import Fate, Verdict, judge_cancel, judge_orders, mode_of
from dutchbook.venues.polymarket.own_trades import (
    Identity,
)
from dutchbook.venues.polymarket.trade_book import Listings, Row, TradeBook
from dutchbook.venues.polymarket.venue_condition import VenueCondition
from dutchbook.venues.trading import Answered, Asked, Exchange, orders_source, read_answered, user_source

__all__ = ["Listings", "PolymarketOrderCodec", "Told"]

type Told = OrderEvent | VenueStateChanged

_ORDER = "/data/order/"
_MATCHED = "matched orders can't be canceled"
_SETTLED = "CONFIRMED"
_FAILED = "FAILED"
_IMMEDIATE = frozenset({TimeInForce.FOK, TimeInForce.IOC})
_EXPIRED = ("CANCELED_EXPIRED_ORDER", "CANCELED_ORDER_TIMED_OUT")
_STATUS_PREFIX = "ORDER_STATUS_"


class PolymarketOrderCodec:
    """An `OrderCodec`. Deterministic from what it was told and the frames; does no I/O."""

    def __init__(self, me: Identity, listings: Listings) -> None:
        self._listings = listings
        self._orders = KnownOrders()
        self._book = TradeBook(me, listings, self._orders)
        self._condition = VenueCondition()
        self._readers: Mapping[Asked, Callable[[Answered, Nanos], Sequence[Told]]] = {
            Asked.PLACE: self._placed,
            Asked.CANCEL: self._cancelled,
            Asked.CANCEL_ALL: self._cancelled,
            Asked.QUERY: self._queried,
            Asked.SWEEP: self._swept,
            Asked.HEARTBEAT: self._heart_beat,
        }

    def know(self, orders: Iterable[Order]) -> None:
        """See `OrderCodec.know`."""
        self._orders.know(orders)

    def offered(self, order: Order) -> None:
        """See `OrderCodec.offered`."""
        if (known := self._orders.get(order.venue_id)) is not None:
            known.copies += 1

    def told(self, fills: Iterable[tuple[str, str]]) -> None:
        """See `OrderCodec.told`."""
        self._book.told(fills)

    def decode(self, frame: Frame) -> Sequence[Told]:
        """See `OrderCodec.decode`."""
        try:
            if frame.source == user_source(Venue.POLYMARKET):
                return self._heard(frame)
            if frame.source == orders_source(Venue.POLYMARKET):
                answered = read_answered(frame)
                reader = self._readers.get(answered.asked)
                events = [] if reader is None else reader(answered, frame.received)
                return [*events, *self._condition.changes(frame.received)]
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise WireError(Venue.POLYMARKET, str(error), frame.payload) from error
        return ()

    # The user channel.

    def _heard(self, frame: Frame) -> Sequence[Told]:
        whole: list[wire.UserOrder | Row] = []
        for raw in _messages(frame.payload):
            match wire.read_event_type(raw).event_type:
                case "order":
                    whole.append(wire.read_user_order(raw))
                case "trade":
                    whole.append(self._book.row(wire.read_trade(raw)))
                case _:
                    pass
        events: list[Told] = []
        for one in whole:
            if isinstance(one, Row):
                events += self._book.learn([one], frame.received)
            else:
                events += self._order_event(one, frame.received)
        return events

    def _order_event(self, event: wire.UserOrder, received: Nanos) -> Sequence[Told]:
        known = self._orders.get(event.id)
        if known is None:
            return ()
        immediate = known.order.leg.tif in _IMMEDIATE
        matched = size_of(event.size_matched) if event.size_matched else (Size(0) if immediate else None)
        kind, status = event.type.upper(), event.status
        known.seen(received)
        if kind == "CANCELLATION":
            report = Report.EXPIRED if status in _EXPIRED else Report.CANCELLED
            known.ends(report, status.removeprefix("CANCELED_").removeprefix("CANCELED"), matched)
            events: list[Told] = []
        else:
            events = list(known.exists(received))
            known.delayed = status == "DELAYED"
            if matched is not None:
                known.matched = max(known.matched, matched)
            if status == "MATCHED":
                known.ends(Report.CANCELLED, "all that could be was matched", matched)
        return [*events, *known.close(received)]

    # Answers.

    def _placed(self, answered: Answered, received: Nanos) -> Sequence[Told]:
        [exchange] = answered.exchanges
        judged = judge_orders(exchange, answered.ids)
        self._condition.judged(judged, received)
        events: list[Told] = []
        for id_, verdict in zip(answered.ids, judged.verdicts, strict=True):
            known = self._orders.get(id_)
            if known is not None:
                events += self._fate(known, verdict, received)
        return events

    def _fate(self, known: KnownOrder, verdict: Verdict, received: Nanos) -> Sequence[Told]:
        match verdict.fate:
            case Fate.UNKNOWN:
                return known.report(Report.TIMEOUT, received, verdict.detail)
            case Fate.REJECTED if known.one_refused():
                return known.report(Report.TIMEOUT, received, f"{verdict.detail} - another copy of it is out")
            case Fate.REJECTED:
                told = known.report(Report.REJECTED, received, verdict.detail)
                if told:
                    return told
                known.ends(Report.CANCELLED, verdict.detail, known.accounted)
                return known.close(received)
            case Fate.ACCEPTED:
                self._condition.took(resting=known.order.leg.post_only)
                events = known.exists(received)
                known.delayed = verdict.status == "delayed"
                if verdict.status == "matched":
                    matched = _matched(known, verdict)
                    if matched is not None:
                        known.matched = max(known.matched, matched)
                    if known.order.leg.tif in _IMMEDIATE:
                        known.ends(Report.CANCELLED, "the rest was killed", matched)
                return [*events, *known.close(received)]

    def _cancelled(self, answered: Answered, received: Nanos) -> Sequence[Told]:
        [exchange] = answered.exchanges
        judged = judge_cancel(exchange)
        self._condition.judged(judged, received)
        if judged.answer is None:
            return [
                CancelFailed(known.order.id, received, judged.detail, judged.ambiguous)
                for known in self._meant(answered)
                if not known.status.final
            ]
        self._condition.answers(received)
        return self._cancels(judged.answer, answered, received)

    def _cancels(self, answer: wire.CancelAnswer, answered: Answered, received: Nanos) -> Sequence[Told]:
        events: list[Told] = []
        done = {id_.lower() for id_ in answer.canceled}
        reasons = {id_.lower(): reason for id_, reason in answer.not_canceled.items()}
        for id_ in done:
            if (known := self._orders.get(id_)) is not None:
                # How much of it had traded, the user channel says, or a query.
                known.seen(received)
                known.ends(Report.CANCELLED, "cancelled", None)
                events += known.close(received)
        for known in self._meant(answered):
            id_ = known.order.venue_id.lower()
            if id_ in done or known.status.final or (answered.asked is Asked.CANCEL_ALL and id_ not in reasons):
                continue
            reason = reasons.get(id_, "the answer does not name it")
            # One that is gone has ended in a way that this answer does not tell.
            gone = id_ not in reasons or "not found" in reason or "already" in reason
            if reason == _MATCHED:
                events += known.exists(received)
            events.append(CancelFailed(known.order.id, received, reason[:200], gone))
        return events

    def _meant(self, answered: Answered) -> Sequence[KnownOrder]:
        """The orders that a cancel was about: of a cancel of everything, all that may be open."""
        if answered.asked is Asked.CANCEL_ALL:
            return [known for known in self._orders.by_id.values() if not known.status.final]
        return [known for id_ in answered.ids if (known := self._orders.get(id_)) is not None]

    def _queried(self, answered: Answered, received: Nanos) -> Sequence[Told]:
        order = next((each for each in answered.exchanges if each.path.startswith(_ORDER)), None)
        listed = [each for each in answered.exchanges if each.path.startswith(TRADES)]
        rows = self._book.rows(read_trades(listed)) if listed and all(each.status == 200 for each in listed) else None
        found = None if order is None or order.status != 200 else wire.read_open_order(order.body)
        events: list[Told] = []
        known = self._orders.get(answered.ids[0]) if answered.ids else None
        if known is not None and found is not None:
            events += self._found(known, found, received)
        events += self._book.learn(rows or (), received)
        if known is None or order is None:
            return events
        if found is not None:
            return [*events, *known.close(received)]
        gone = order.status in (200, 404)
        return [*events, *self._gone(known, answered, received)] if gone and rows is not None else events

    def _found(self, known: KnownOrder, row: wire.OpenOrder, received: Nanos) -> Sequence[Told]:
        if row.id.lower() != known.order.venue_id.lower():
            raise ValueError(f"asked for order {known.order.venue_id}, told of {row.id[:80]}")
        events = known.exists(received)
        known.matched = max(known.matched, size_of(row.size_matched or "0"))
        status = row.status.upper().removeprefix(_STATUS_PREFIX)
        known.delayed = status == "DELAYED"
        if status.startswith("CANCELED") or status in ("MATCHED", "INVALID"):
            known.ends(Report.CANCELLED, status.lower(), known.matched)
        return events

    def _gone(self, known: KnownOrder, answered: Answered, received: Nanos) -> Sequence[Told]:
        try:
            return known.gone(answered.sent, received)
        except ValueError:
            return [OrderMissing(known.order.id, received, "neither among open orders nor among trades")]

    def _swept(self, answered: Answered, received: Nanos) -> Sequence[Told]:
        reading = read_account(answered.exchanges)
        rows = self._book.rows(reading.trades, strictly=True)
        orders = tuple(stated_order(row, self._listings.market, self._id_of(row.id)) for row in reading.orders)
        positions = stated_positions(reading, self._listings.holding)
        # Nothing was changed so far: any row that cannot be mapped leaves everything as it was.
        events: list[Told] = []
        for row in reading.orders:
            if (known := self._orders.get(row.id)) is not None:
                events += self._found(known, row, received)
        events += self._book.learn(rows, received)
        for known in self._orders.by_id.values():
            events += known.close(received)
        self._condition.account_read()
        stated = AccountStated(
            venue=Venue.POLYMARKET,
            cash=reading.cash,
            positions=positions,
            orders=orders,
            asked=answered.sent,
            received=received,
        )
        return [*events, stated]

    def _heart_beat(self, answered: Answered, _: Nanos) -> Sequence[Told]:
        [exchange] = answered.exchanges
        ok = exchange.status is not None and 200 <= exchange.status < 300
        self._condition.heart("" if ok else _failure(exchange))
        if (mode := mode_of(exchange)) is not None:
            self._condition.learn(mode, answered.sent)
        return ()

    def _id_of(self, venue_id: str) -> OrderId | None:
        known = self._orders.get(venue_id)
        return None if known is None else known.order.id


def _matched(known: KnownOrder, verdict: Verdict) -> Size | None:
    """The shares that traded at once, if the answer says it in a form that can be read."""
    text = verdict.taking if known.order.leg.side is Side.BUY else verdict.making
    try:
        return size_of(text)
    except ValueError:
        return None


def _messages(payload: bytes) -> Sequence[bytes | msgspec.Raw]:
    """The channel sends objects, and now and then lists of them."""
    return wire.read_many(payload) if payload.lstrip()[:1] == b"[" else (payload,)


def _failure(exchange: Exchange) -> str:
    return exchange.failure or f"{exchange.status} {' '.join(exchange.body.split())[:120]}"
