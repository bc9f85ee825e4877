"""One account at Polymarket: its orders, cancels and questions go out here, its answers come back as frames.

An order's bytes are written within `place`. No order is sent twice by itself, whatever the answer; reads are.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from functools import partial
from typing import Any, NoReturn
from urllib.parse import urlsplit

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import Nanos
from dutchbook.venues.budget import Bill, Budget, Filling
from dutchbook.venues.connection import KeptConnection, Reached, first_of
from dutchbook.venues.departures import Departure, Departures
from dutchbook.venues.feed import FrameSink, NoticeSink
from dutchbook.venues.order_line import Dial, Later, LineTerms, OrderLine
from dutchbook.venues.polymarket.account import PolymarketAccount
from dutchbook.venues.polymarket.credentials import Credentials, RequestSigner
from dutchbook.venues.polymarket.heartbeat import EVERY_S, Heartbeat, fed
from dutchbook.venues.polymarket.heartbeat import PATH as HEARTBEAT_PATH
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.loose_ends import LooseEnds
from dutchbook.venues.polymarket.order_limits import Tier, order_limits
from dutchbook.venues.polymarket.order_sender import OrderSender, Way
from dutchbook.venues.polymarket.order_signing import PolymarketDrafter
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.private_reads import PrivateReads
from dutchbook.venues.polymarket.signer_pace import RATE_HEADERS
from dutchbook.venues.polymarket.user_stream import CONNECTION, UserStream
from dutchbook.venues.polymarket.venue_condition import VenueCondition
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Answered, Asked, Exchange, Prepared, answered_frame

_LOOK_S = 0.25
_PROBE_S = 5.0
_BEAT_PATIENCE_S = 4.0
_READS = LineTerms(warm=2, most=4)


class Seat(msgspec.Struct, frozen=True, kw_only=True):
    """An account, and what it takes to trade from it. `held` says which tokens may be in it."""

    account: PolymarketAccount
    drafter: PolymarketDrafter
    writer: OrderWriter
    credentials: Credentials
    held: Callable[[], Iterable[OutcomeId]]
    tier: Tier = Tier.STANDARD


type Job = Callable[[], Coroutine[Any, Any, None]]
"""A question, not begun yet: one that never begins leaves nothing behind."""


class PolymarketBroker:
    """A `Broker`. Give `dial` and `later` to replace the network and the loop's timers."""

    venue = Venue.POLYMARKET

    def __init__(
        self,
        seat: Seat,
        hosts: PolymarketHosts,
        around: Surroundings,
        *,
        dial: Dial | None = None,
        later: Later | None = None,
        terms: LineTerms = LineTerms(),  # noqa: B008 - a frozen value
    ) -> None:
        self._seat = seat
        self._around = around
        self._now = around.clock.now
        kept = msgspec.structs.replace(terms, keep=RATE_HEADERS)
        self._line = OrderLine(hosts.clob, around, kept, dial=dial, later=later)
        self._reading = OrderLine(hosts.clob, around, _READS, dial=dial, later=later)
        budget = Budget(order_limits(seat.tier), around.clock, around.sleep)
        self._way = Way(
            requests=RequestSigner(seat.account.address, seat.credentials, urlsplit(hosts.clob).netloc),
            budget=budget,
            departures=Departures(budget, later or _on_the_loop),
            line=self._line,
            now=self._now,
        )
        # Queues of their own: no order waits behind a question.
        self._questions = Departures(budget, later or _on_the_loop)
        self._owed = asyncio.Event()
        self._loose = LooseEnds(self._owed.set)
        self._condition = VenueCondition()
        self._sweep_wanted = asyncio.Event()
        self._sender = OrderSender(
            self._way, seat.writer, self._loose, self._condition, self._tell, self._sweep_wanted.set
        )
        self._reads = PrivateReads(self._get, seat.account, around)
        self._stream = UserStream(hosts.ws, seat.credentials, around, self._heard, self._opened)
        self._heartbeat = Heartbeat(self._post_heartbeat)
        self._guarded = asyncio.Event()
        self._since = around.clock.now()
        self._jobs: list[Job] = []
        self._group: asyncio.TaskGroup | None = None
        self._sink: FrameSink | None = None
        self._early: list[Frame] = []
        self._failed: asyncio.Future[NoReturn] | None = None

    @property
    def ready(self) -> bool:
        """Whether orders can leave at once."""
        return self._line.ready

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """See `Drafter.draft`."""
        prepared = self._seat.drafter.draft(order, market, now)
        if prepared.order.venue_id == prepared.venue_id:
            return prepared
        named = msgspec.structs.replace(prepared.order, venue_id=prepared.venue_id)
        return Prepared(named, market, prepared.venue_id, prepared.content)

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """See `SignsAhead.sign_ahead`."""
        prepared = self._seat.drafter.draft_ahead(order, market, now)
        self._seat.writer.ahead(prepared.content)
        return prepared

    def seal(self, prepared: Sequence[Prepared]) -> None:
        """See `SignsAhead.seal`."""
        self._sender.seal(prepared)

    def rehearse(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """See `SignsAhead.rehearse`."""
        self._sender.rehearse(prepared, now)

    def renew_ahead(self, now: Nanos) -> bool:
        """See `SignsAhead.renew_ahead`."""
        return self._sender.renew(now)

    def good_until(self, now: Nanos) -> Nanos:
        """See `SignsAhead.good_until`."""
        return self._seat.drafter.good_until(now)

    def forget_ahead(self) -> None:
        """See `SignsAhead.forget_ahead`."""
        self._seat.drafter.forget_ahead()
        self._seat.writer.forget_ahead()
        self._sender.forget_ahead()

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """See `Broker.place`. One order goes as `POST /order`, several in batches of 15."""
        self._sender.place(prepared, now)

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:
        """See `Broker.cancel`. Orders that wait for the rate limits do not leave any more."""
        self._sender.cancel(orders, now)

    def cancel_all(self, now: Nanos) -> None:
        """See `Broker.cancel_all`."""
        self._sender.cancel_all(now)

    def query(self, order: Order, now: Nanos) -> None:
        """See `Broker.query`."""
        self._start(partial(self._query, order.venue_id, order.leg.market, order.created, now))

    def watch(self, signed: Callable[[], None]) -> None:
        """`signed` is called when the orders of a call are signed, before their bytes leave."""
        self._sender.signed = signed

    def since(self, at: Nanos) -> None:
        """See `Broker.since`."""
        self._since = at

    def sweep(self, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """See `Broker.sweep`. Of several wishes while one is served, one more is."""
        self._sweep_wanted.set()

    def guard(self, *, on: bool) -> None:
        """See `Broker.guard`. Turned off, the venue cancels all open orders ten seconds later."""
        if on:
            self._guarded.set()
        else:
            self._guarded.clear()

    def fillings(self) -> tuple[Filling, ...]:
        """See `Paced.fillings`."""
        return self._way.budget.fillings()

    async def run(self, frames: FrameSink, notices: NoticeSink) -> None:
        """See `Broker.run`. Raises what a sink raised, and VenueRefused if the venue refuses the user channel."""
        self._failed = asyncio.get_running_loop().create_future()
        self._sink = frames
        early, self._early = self._early, []
        for frame in early:
            self._emit(frame)
        self._sweep_wanted.set()
        connection = KeptConnection(self.venue, CONNECTION, self._stream, self._around, notices, Reached())
        duties = (self._line.run(), self._reading.run(), connection.keep(), self._feed(), self._sweep(), self._tidy())
        try:
            async with asyncio.TaskGroup() as group:
                self._group = group
                for duty in (*duties, self._probe(), *(job() for job in self._jobs)):
                    group.create_task(duty)
                self._jobs.clear()
                await self._failed
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None
        finally:
            self._group = self._sink = None

    # Questions.

    async def _query(self, venue_id: str, market: MarketId, since: Nanos, sent: Nanos) -> None:
        exchanges = await self._reads.order(venue_id, market, since)
        self._loose.listed(exchanges, self._now())
        self._tell(Answered(asked=Asked.QUERY, sent=sent, exchanges=exchanges, ids=(venue_id,)))

    async def _query_trade(self, trade: str, sent: Nanos) -> None:
        exchanges = await self._reads.trade(trade)
        self._loose.listed(exchanges, self._now())
        self._tell(Answered(asked=Asked.QUERY, sent=sent, exchanges=exchanges))

    async def _sweep(self) -> NoReturn:
        while True:
            await self._sweep_wanted.wait()
            self._sweep_wanted.clear()
            sent = self._now()
            exchanges = await self._reads.account(self._since, self._seat.held())
            self._tell(Answered(asked=Asked.SWEEP, sent=sent, exchanges=exchanges))
            if all(each.status == 200 for each in exchanges):
                self._since = max(self._since, sent)

    async def _get(self, path: str, bills: Sequence[Bill]) -> Exchange:
        """One read over its own connections, when the limits let it."""
        told: asyncio.Future[Exchange] = asyncio.get_running_loop().create_future()

        def write() -> None:
            request = self._way.requests.request("GET", path, b"", self._now())
            self._reading.send(request, lambda exchange: None if told.done() else told.set_result(exchange))

        self._questions.leave(Departure(tuple(bills), (), write))
        return await told

    # Duties.

    async def _feed(self) -> NoReturn:
        """Feed the dead-man switch. What fails, and what works again, is told; all else is not worth a frame."""
        well = True
        while True:
            await self._guarded.wait()
            sent = self._now()
            exchange = await self._heartbeat.beat()
            if not (fed(exchange) and well):
                self._tell(Answered(asked=Asked.HEARTBEAT, sent=sent, exchanges=(exchange,)))
            if fed(exchange) and not well:
                self._sweep_wanted.set()  # the venue may have cancelled everything meanwhile
            well = fed(exchange)
            await self._around.sleep(EVERY_S)

    async def _post_heartbeat(self, body: bytes) -> Exchange:
        request = self._way.requests.request("POST", HEARTBEAT_PATH, body, self._now())
        return await self._line.ask(request, urgent=True, answer_s=_BEAT_PATIENCE_S)

    async def _tidy(self) -> NoReturn:
        """Ask for what the user channel owes."""
        while True:
            if not self._loose.owing:
                self._owed.clear()
                await self._owed.wait()
            await self._around.sleep(_LOOK_S)
            now = self._now()
            overdue = self._loose.overdue(now)
            for trade in overdue.trades:
                self._start(partial(self._query_trade, trade, now))
            for id_ in overdue.orders:
                if (known := self._sender.sent.get(id_)) is not None:
                    self._start(partial(self._query, id_, known.market, known.created, now))

    async def _probe(self) -> NoReturn:
        """While the venue takes less than everything, see now and then whether that is over."""
        while True:
            await self._around.sleep(_PROBE_S)
            if self._condition.troubled:
                self._sender.probe()

    def _start(self, job: Job) -> None:
        """Begin a question; before `run`, when it begins."""
        if self._group is None:
            self._jobs.append(job)
        else:
            self._group.create_task(job())

    # What comes.

    def _heard(self, frame: Frame) -> None:
        self._emit(frame)
        self._loose.heard(frame.payload, frame.received)

    def _opened(self) -> None:
        self._sweep_wanted.set()

    def _tell(self, answered: Answered) -> None:
        self._emit(answered_frame(self.venue, answered, self._now()))

    def _emit(self, frame: Frame) -> None:
        """Hand a frame on. What the sink raises ends `run`, not the connection whose callback this is."""
        if self._sink is None:
            self._early.append(frame)
            return
        try:
            self._sink(frame)
        except Exception as error:  # noqa: BLE001 - the edge of a callback: raised by `run`
            if self._failed is not None and not self._failed.done():
                self._failed.set_exception(error)


def _on_the_loop(delay_s: float, call: Callable[[], None]) -> asyncio.TimerHandle:
    return asyncio.get_running_loop().call_later(delay_s, call)
