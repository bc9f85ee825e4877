"""Paper fills: what would have become of our orders, judged by the books that we observe."""

from collections.abc import Sequence
from random import Random

from dutchbook.domain.book import Level, Side
from dutchbook.domain.errors import IllegalTransition
from dutchbook.domain.events import (
    BookSnapshot,
    GridChanged,
    GroupClosed,
    LevelAdded,
    LevelsSet,
    MarketEvent,
    MarketListed,
    MarketResolved,
    MarketStatusChanged,
    OrderFilled,
    OrderReported,
    TradePrinted,
)
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.operations import Operation
from dutchbook.domain.orders import Fill, Order, OrderId, Report, TimeInForce
from dutchbook.domain.ports import Books
from dutchbook.domain.pricing.fees import maker_fee, taker_fee
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.exchange.paper.admission import RESTING, killed, refusal
from dutchbook.exchange.paper.claims import claimed
from dutchbook.exchange.paper.mirror import at_least_as_good
from dutchbook.exchange.paper.observed import OVER, BookChange, MarketEventOfLife, ObservedBooks
from dutchbook.exchange.paper.resting import Resting, RestingOrders
from dutchbook.exchange.paper.settings import PaperSettings

type Answer = OrderReported | OrderFilled

_NOTHING: tuple[Answer, ...] = ()


class PaperExchange:
    """Answers orders as the venue would have, had it known them. Does no I/O and has no clock: times are handed in.

    What it supposes, and in which direction it errs:

    - An order meets the book as we observe it when the order arrives, `latency` plus an even draw of `jitter` after it
      left. The observed book is older than the venue's: counts in our favour unless the latency setting covers it.
    - Depth is taken once: what we took is missing for our later orders, of both outcomes of the market, until the level
      shrinks or vanishes (see `Taken`). Nobody reacts to our trades: in our favour.
    - All fills of one order happen at one instant, each at the level's price with the taker's fee of that level alone,
      rounded against us.
    - A resting order trades only when an opposite level reaches it, or when somebody's trade prints strictly through
      its price; a print exactly at its price is taken to have served those before us. It fills later than at the venue
      and never gets a share of its own level: against us. Its fills are the maker's, at its own limit.
    - An order may arrive between two messages of one venue instant, and meets a book between two states: either way.
    - An order that meets a book that is unknown or crossed is killed: against us.
    - Money and holdings are not checked here: risk and the ledger do.
    """

    def __init__(self, books: Books, settings: PaperSettings, rng: Random) -> None:
        self._books = ObservedBooks(books)
        self._settings = settings
        self._rng = rng
        self._flying: dict[OrderId, tuple[Order, MarketId]] = {}
        self._resting = RestingOrders()

    def rearm(self) -> None:
        """Nothing: what rests here ends with the desk."""

    def stand_down(self, now: Nanos) -> None:
        """Nothing: what rests on paper is cancelled order by order, and nobody else has any there."""

    def prepare(self, order: Order, market: Market, now: Nanos) -> Order:  # noqa: ARG002 - the port's signature
        """The order itself: on paper it has no other name, and is judged as it arrives."""
        return order

    def adopt(self, orders: Sequence[Order], told: Sequence[tuple[str, str]], since: Nanos) -> None:
        """Nothing: a simulated order does not outlive its run."""

    def depart(self, now: Nanos) -> None:
        """Nothing: each order is on its way as soon as it is submitted."""

    def same(self, order: Order, market: Market) -> bool:  # noqa: ARG002 - the port's signature
        """Never: on paper every order is answered, and none is sent twice."""
        return False

    def offer(self, order: Order, market: Market, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """Raises IllegalTransition: see `same`."""
        raise IllegalTransition(f"order {order.id}: sent again at {now} - on paper every order is answered")

    def query(self, order: OrderId, now: Nanos) -> None:
        """Nothing: on paper every order is answered."""

    def sweep(self, venue: Venue, now: Nanos) -> None:
        """Nothing: on paper the desk's own ledger is the account."""

    def moving(self, venue: Venue) -> bool:  # noqa: ARG002 - the port's signature
        """Never: on paper what is booked is done."""
        return False

    def operates(self, venue: Venue) -> bool:  # noqa: ARG002 - the port's signature
        """Never: on paper an operation is done once it is booked."""
        return False

    def operate(self, operation: Operation, now: Nanos) -> None:
        """Raises IllegalTransition: there is nobody to ask."""
        raise IllegalTransition(f"operation {operation.id} at {now}: on paper it is only booked")

    def follow_operation(self, operation: Operation, reference: str) -> None:
        """Raises IllegalTransition: there is nobody to ask."""
        raise IllegalTransition(f"operation {operation.id} ({reference}): on paper it is only booked")

    def submit(self, order: Order, market: Market, now: Nanos) -> Nanos:
        """Send an order; returns when it arrives: call `arrive` then. Raises IllegalTransition for an id used twice."""
        if order.id in self._flying or order.id in self._resting:
            raise IllegalTransition(f"order {order.id}: sent twice to the paper exchange - give each order its own id")
        self._books.know(market)
        self._flying[order.id] = (order, market.id)
        return self._travels(now)

    def cancel(self, orders: Sequence[OrderId], now: Nanos) -> Nanos:  # noqa: ARG002 - the port names them, as venues do
        """Send cancels; returns when they arrive: call `cancel_arrived` for each then."""
        return self._travels(now)

    def arrive(self, order_id: OrderId, now: Nanos) -> list[Answer]:
        """What becomes of an order as it arrives. Raises IllegalTransition if it is not on its way."""
        flying = self._flying.pop(order_id, None)
        if flying is None:
            raise IllegalTransition(f"order {order_id}: arrives at the paper exchange without having been sent")
        order, market = flying[0], self._books.market(flying[1])
        levels = self._within_limit(order, market)
        why = refusal(order, market, marketable=bool(levels) or order.leg.tif not in RESTING, now=now)
        if why is not None:
            return [OrderReported(order_id, Report.REJECTED, now, why)]
        if (fault := self._books.fault(order.leg.outcome)) is not None:
            return [OrderReported(order_id, Report.CANCELLED, now, fault)]
        return self._match(order, market, levels, now)

    def cancel_arrived(self, order_id: OrderId, now: Nanos) -> list[Answer]:
        """The answer to a cancel: nothing if the order does not rest (it is done, or has not arrived yet)."""
        if not self._resting.remove(order_id):
            return []
        return [OrderReported(order_id, Report.CANCELLED, now, "cancelled")]

    def observe(self, event: MarketEvent) -> Sequence[Answer]:
        """Learn from the market, after `event` was applied to the books. Returns what it does to resting orders."""
        if not self._books.any_known:
            return _NOTHING
        match event:
            case LevelAdded() | LevelsSet() | GroupClosed() | BookSnapshot():
                return self._book_moved(event) if self._resting or self._books.any_taken else _NOTHING
            case TradePrinted():
                return self._printed(event) if self._resting else _NOTHING
            case MarketStatusChanged() | MarketResolved() | GridChanged() | MarketListed():
                return self._market_changed(event)
            case _:
                return _NOTHING

    def depth(self, outcome: OutcomeId, side: Side) -> list[Level]:
        """What an order of `side` could take, best first: the observed levels less what we took. Empty if unusable."""
        return self._books.depth(outcome, side)

    def unclaimed(self, outcome: OutcomeId, side: Side) -> list[Level]:
        """`depth` less what our orders on their way would take: what a new order may count on."""
        levels = self.depth(outcome, side)
        for order, market_id in self._flying.values():
            market = self._books.market(market_id)
            if outcome in (market.yes, market.no):
                levels = claimed(levels, order.leg, order.leg.size, market, (outcome, side))
        return levels

    def resting(self) -> tuple[OrderId, ...]:
        """Ids of the orders that rest."""
        return tuple(self._resting)

    def _travels(self, now: Nanos) -> Nanos:
        return Nanos(now + self._settings.latency + self._rng.randrange(self._settings.jitter + 1))

    def _within_limit(self, order: Order, market: Market) -> list[Level]:
        leg = order.leg
        if leg.outcome not in (market.yes, market.no):
            return []
        return [lv for lv in self.depth(leg.outcome, leg.side) if at_least_as_good(leg.side, lv.price, leg.limit)]

    def _match(self, order: Order, market: Market, levels: list[Level], now: Nanos) -> list[Answer]:
        leg = order.leg
        if leg.tif is TimeInForce.FOK and sum(lv.size for lv in levels) < leg.size:
            return [OrderReported(order.id, Report.CANCELLED, now, killed(market, leg.tif))]
        answers: list[Answer] = [OrderReported(order.id, Report.ACCEPTED, now)] if leg.tif in RESTING else []
        left = leg.size - self._take(order, market, levels, now, answers)
        if left and leg.tif in RESTING:
            self._resting.add(order, market.id, left)
        elif left:
            answers.append(OrderReported(order.id, Report.CANCELLED, now, killed(market, leg.tif)))
        return answers

    def _take(self, order: Order, market: Market, levels: list[Level], now: Nanos, answers: list[Answer]) -> int:
        """Trade against levels, best first, as a taker; returns how much."""
        leg, left = order.leg, int(order.leg.size)
        for level in levels:
            size = Size(min(left, level.size))
            if not size:
                break
            self._books.take(market, leg, level.price, size)
            answers.append(_fill(order, market, level.price, size, now, maker=False))
            left -= size
        return leg.size - left

    def _book_moved(self, event: BookChange) -> Sequence[Answer]:
        """Keep the overlay honest, then see whether a level reached one of our resting orders."""
        moved = self._books.learn(event)
        if not moved or not self._resting or not _whole(event):
            return _NOTHING
        answers: list[Answer] = []
        for market_id in moved:
            for resting in self._resting.of_market(market_id):
                self._reached(resting, event.received, answers)
        return answers

    def _reached(self, resting: Resting, now: Nanos, answers: list[Answer]) -> None:
        """Fill a resting order from opposite levels at or beyond its limit."""
        leg, market = resting.order.leg, self._books.market(resting.market)
        if self._books.fault(leg.outcome) is not None:
            return
        for level in self._within_limit(resting.order, market):
            size = Size(min(resting.remaining, level.size))
            self._books.take(market, leg, level.price, size)
            self._fill_resting(resting, size, now, answers)
            if not resting.remaining:
                return

    def _printed(self, trade: TradePrinted) -> Sequence[Answer]:
        market = self._books.known(trade.outcome)
        if market is None:
            return _NOTHING
        answers: list[Answer] = []
        for resting, size in self._resting.passed_by(trade, market):
            self._fill_resting(resting, size, trade.received, answers)
        return answers

    def _fill_resting(self, resting: Resting, size: Size, now: Nanos, answers: list[Answer]) -> None:
        resting.remaining -= size
        if not resting.remaining:
            self._resting.remove(resting.order.id)
        market = self._books.market(resting.market)
        answers.append(_fill(resting.order, market, resting.order.leg.limit, size, now, maker=True))

    def _market_changed(self, event: MarketEventOfLife) -> Sequence[Answer]:
        market = self._books.market_changed(event)
        if market is None or market.status not in OVER:
            return _NOTHING
        over = [resting.order.id for resting in self._resting.of_market(market.id)]
        for order_id in over:
            self._resting.remove(order_id)
        return [
            OrderReported(order_id, Report.CANCELLED, event.received, f"market {market.status}") for order_id in over
        ]


def _fill(order: Order, market: Market, price: Price, size: Size, now: Nanos, *, maker: bool) -> OrderFilled:
    charge = maker_fee if maker else taker_fee
    fill = Fill(
        order=order.id,
        intent=order.intent,
        outcome=order.leg.outcome,
        market=market.id,
        side=order.leg.side,
        price=price,
        size=size,
        fee=charge(market.fees, price, size),
        at=now,
        maker=maker,
    )
    return OrderFilled(fill, now)


def _whole(event: BookChange) -> bool:
    return event.complete if isinstance(event, LevelsSet | BookSnapshot) else True
