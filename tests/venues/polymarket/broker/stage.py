"""A broker and its codec at the simulated venue, and a small desk that believes what they tell and refuses nonsense."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

from pydantic import TypeAdapter

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import (
    AccountStated,
    FillReversed,
    FillSettled,
    ForeignFill,
    OrderFilled,
    OrderReported,
    VenueState,
    VenueStateChanged,
)
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, IntentId, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, DOLLAR, SECOND, Money, Nanos, Price, Size
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.sockets import PolymarketSockets
from dutchbook.exchange.servers.polymarket.user_events import UserQuirks
from dutchbook.exchange.servers.sockets import serve_socket
from dutchbook.venues.feed import FeedNotice
from dutchbook.venues.order_line import LineTerms
from dutchbook.venues.polymarket.account import polymarket_account
from dutchbook.venues.polymarket.broker import PolymarketBroker, Seat
from dutchbook.venues.polymarket.credentials import Credentials
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.order_codec import PolymarketOrderCodec, Told
from dutchbook.venues.polymarket.order_signing import PolymarketDrafter, PolymarketSigner, SigningCaps
from dutchbook.venues.polymarket.order_writer import OrderWriter
from dutchbook.venues.polymarket.own_trades import Identity
from dutchbook.venues.polymarket.trade_book import Listings
from dutchbook.venues.sockets import connect
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import OrderDenied
from tests.exchange.servers.polymarket.clob_stage import ALL_TOKENS, PLAIN, YES, Clock, Desk
from tests.venues.live.virtual_time import VirtualTime, until

KEY = "0x" + "00" * 31 + "01"
ADDRESS = "0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf"
CAPS = SigningCaps(max_notional=Money(1_000_000 * DOLLAR))
_FAULT: TypeAdapter[FaultSpec] = TypeAdapter(FaultSpec)


class VenueTime(VirtualTime):
    """The venue's clock is the desk's: one time for both, with the timers that belong to it."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        super().__init__(clock.at)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _now(self) -> Nanos:
        return self.clock.at

    @_now.setter
    def _now(self, now: Nanos) -> None:
        self.clock.at = now

    def later(self, delay_s: float, call: Callable[[], None]) -> "asyncio.Handle | _Timer":
        if not delay_s:
            return asyncio.get_running_loop().call_soon(call)
        return _Timer(asyncio.get_running_loop().create_task(self._call(delay_s, call)), self._tasks)

    async def _call(self, delay_s: float, call: Callable[[], None]) -> None:
        await self.sleep(delay_s)
        call()


class _Timer:
    def __init__(self, task: asyncio.Task[None], all_: set[asyncio.Task[None]]) -> None:
        self._task = task
        all_.add(task)
        task.add_done_callback(all_.discard)

    def cancel(self) -> None:
        if self._task is not asyncio.current_task():
            self._task.cancel()


class LittleDesk:
    """Orders and positions by what was told alone. What cannot follow raises; what is told twice is found."""

    def __init__(self) -> None:
        self.orders: dict[OrderId, Order] = {}
        self.fills: dict[tuple[OrderId, str], Fill] = {}
        self.settled: set[tuple[OrderId, str]] = set()
        self.reversed: set[tuple[OrderId, str]] = set()
        self.foreign: list[Fill] = []
        self.state = VenueState.UP
        self.stated: list[AccountStated] = []
        self.late: list[Fill] = []
        self.restarted = False
        """A codec that knows what was booked, but not how it ended, may tell an end again."""

    def learn(self, events: Sequence[Told]) -> None:
        for event in events:
            self._learn(event)

    def _learn(self, event: Told) -> None:
        match event:
            case OrderReported(order=id_, report=report):
                self.orders[id_] = self.orders[id_].after(report)
            case OrderFilled(fill=fill):
                self._fill(fill)
            case FillSettled(order=id_, fill=fill_id):
                self._end(self.settled, self.reversed, (id_, fill_id))
            case FillReversed(order=id_, fill=fill_id):
                self._end(self.reversed, self.settled, (id_, fill_id))
            case ForeignFill(fill=fill):
                self.foreign.append(fill)
            case VenueStateChanged(state=state):
                assert state is not self.state or event.reason or event.until
                self.state = state
            case AccountStated():
                self.stated.append(event)
            case _:
                pass

    def _end(self, same: set[tuple[OrderId, str]], other: set[tuple[OrderId, str]], key: tuple[OrderId, str]) -> None:
        assert key in self.fills
        assert key not in other
        assert self.restarted or key not in same
        same.add(key)

    def _fill(self, fill: Fill) -> None:
        key = fill.order, fill.id
        assert key not in self.fills, f"told twice: {fill}"
        self.fills[key] = fill
        if not fill.provisional:
            self.settled.add(key)
        order = self.orders[fill.order]
        if order.status.final and order.status is not OrderStatus.FILLED:
            self.late.append(fill)
        else:
            self.orders[fill.order] = order.after_fill(fill.size)

    def filled(self, id_: OrderId) -> int:
        """What traded and was not taken back."""
        return sum(fill.size for key, fill in self.fills.items() if fill.order == id_ and key not in self.reversed)


class Stage:
    """Everything together."""

    def __init__(self, options: ClobOptions | None = None, quirks: UserQuirks | None = None) -> None:
        self.venue = Desk(options)
        self.exchange = self.venue.exchange
        self.board = self.venue.context.switchboard
        self.board.attach(self.exchange)
        self.time = VenueTime(self.venue.clock)
        self.quirks = quirks
        self.frames: list[Frame] = []
        self.events: list[Told] = []
        self.errors: list[WireError] = []
        self.notices: list[FeedNotice] = []
        self.desk = LittleDesk()
        self.broker: PolymarketBroker
        self.codec: PolymarketOrderCodec
        self.remembered: dict[MarketId, Market] = {}
        """Markets that the desk knows otherwise than they are."""
        self._count = 0

    @asynccontextmanager
    async def playing(self, cash: int = 10_000, held: int = 1_000) -> AsyncIterator["Stage"]:
        history = self.venue.history
        clob = self.venue.clob
        sockets = PolymarketSockets(
            self.exchange, history, self.venue.context, clob.auth, clob.books, user_quirks=self.quirks
        )
        clob.on_killed(sockets.user.killed)
        funder = clob.auth.register(ADDRESS)
        self.exchange.open_account(funder, Money(cash * DOLLAR))
        if held:
            self.exchange.split(funder, PLAIN, Size(held * CONTRACT))
        self.key = clob.auth.create(funder)
        rest = await serve_http(clob.application(), "127.0.0.1", 0)
        socket = await serve_socket("127.0.0.1", 0, sockets.accept, self.venue.context)
        self.hosts = PolymarketHosts(clob=f"http://127.0.0.1:{rest.port}", ws=f"ws://127.0.0.1:{socket.port}")
        self.make()
        running = asyncio.create_task(self.broker.run(self.take, self.notices.append))
        try:
            await until(lambda: self.broker.ready and self.notices and self.desk.stated)
            yield self
            assert not running.done(), running
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running
            await socket.close()
            await rest.close()

    def make(self) -> None:
        """A broker and a codec, as at a start."""
        account = polymarket_account(address=ADDRESS, salt_seed="stage", owner=self.key.id)
        seat = Seat(
            account=account,
            drafter=PolymarketDrafter(account),
            writer=OrderWriter(PolymarketSigner(KEY, account, CAPS), self.key.id),
            credentials=Credentials(key=self.key.id, secret=self.key.secret, passphrase=self.key.passphrase),
            held=lambda: [OutcomeId(token) for token in ALL_TOKENS],
        )
        around = Surroundings(self.time, Random(7), self.time.sleep, connect)
        self.broker = PolymarketBroker(seat, self.hosts, around, later=self.time.later, terms=LineTerms(warm=3, most=6))
        self.me = Identity(self.key.id, account.funder)
        self.listings = Listings(self.market, self.market_of)
        self.codec = PolymarketOrderCodec(self.me, self.listings)

    def market(self, id_: MarketId) -> Market | None:
        if id_ in self.remembered:
            return self.remembered[id_]
        listing = self.exchange.listings.get(id_)
        return None if listing is None else listing.market

    def market_of(self, token: OutcomeId) -> Market | None:
        id_ = self.exchange.market_of(token)
        return None if id_ is None else self.market(id_)

    def take(self, frame: Frame) -> None:
        self.frames.append(frame)
        try:
            events = self.codec.decode(frame)
        except WireError as error:
            self.errors.append(error)
            return
        self.events += events
        self.desk.learn(events)

    # What the desk does.

    def order(
        self,
        side: Side,
        price: int,
        size: float,
        *,
        outcome: OutcomeId = YES,
        market: MarketId = PLAIN,
        tif: TimeInForce = TimeInForce.GTC,
        **more: Any,
    ) -> Order:
        self._count += 1
        size_ = Size(round(size * CONTRACT))
        leg = Leg(outcome, market, side, Price(price), size_, Price(price), tif, **more)
        name = OrderId(f"run-i{self._count}-1")
        return Order(
            id=name,
            intent=IntentId(f"run-i{self._count}"),
            leg=leg,
            status=OrderStatus.SENDING,
            created=self.time.now(),
        )

    def place(self, *orders: Order) -> list[Order]:
        """Draft, record and send; those that were denied are not among the result."""
        prepared = []
        for order in orders:
            market = self.market(order.leg.market)
            assert market is not None
            with suppress(OrderDenied):
                prepared.append(self.broker.draft(order, market, self.time.now()))
        sent = [one.order for one in prepared]
        assert all(order.venue_id for order in sent)
        self.desk.orders.update({order.id: order for order in sent})
        self.codec.know(sent)
        self.broker.place(prepared, self.time.now())
        return sent

    async def placed(self, *orders: Order) -> list[Order]:
        """As `place`, and wait until each is told of."""
        sent = self.place(*orders)
        await until(lambda: all(self.now(order).status is not OrderStatus.SENDING for order in sent))
        return [self.now(order) for order in sent]

    def cancel(self, *orders: Order) -> None:
        self.broker.cancel(orders, self.time.now())

    def now(self, order: Order) -> Order:
        return self.desk.orders[order.id]

    async def ended(self, order: Order, seconds: int = 60) -> Order:
        """Let time pass until an order is final."""
        for _ in range(4 * seconds):
            for _ in range(50):
                await asyncio.sleep(0)
            if self.now(order).status.final:
                break
            await self.pass_time(0.25)
        return self.now(order)

    async def pass_time(self, seconds: float) -> None:
        await self.time.advance(seconds)
        self.board.advance()
        self.exchange.advance()
        self.venue.clob.advance()

    async def happen(self, condition: Callable[[], object], seconds: float = 60) -> None:
        """Let time pass until something is so."""
        for _ in range(round(4 * seconds)):
            for _ in range(50):
                await asyncio.sleep(0)
                if condition():
                    return
            await self.pass_time(0.25)
        raise AssertionError("it did not happen")

    # What happens at the venue.

    def turn_on(self, kind: str, **fields: object) -> None:
        self.board.turn_on(_FAULT.validate_python({"name": kind, "fault": kind, **fields}))

    def turn_off(self, kind: str) -> None:
        self.board.turn_off(kind)

    def crowd(self, side: Side, cents: int, contracts: float, token: OutcomeId = YES) -> None:
        self.venue.crowd(side, cents, contracts, token=token)

    def resting(self) -> dict[str, int]:
        """What rests at the venue, with what remains of it."""
        return {order.new.id: order.remaining for order in self.exchange.open_orders(ADDRESS.lower())}

    def requests(self) -> Counter[str]:
        return Counter(frame.source for frame in self.frames)


def seconds(value: float) -> Nanos:
    return Nanos(round(value * SECOND))
