"""A desk around a broker: what it hears becomes events, and each event moves an order by the table of legal moves."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

import aiohttp
import msgspec
from pydantic import TypeAdapter

from dutchbook.domain.book import Side
from dutchbook.domain.errors import WireError
from dutchbook.domain.events import OrderEvent, OrderFilled, OrderReported, VenueStateChanged
from dutchbook.domain.identity import MarketId, kalshi_no, kalshi_yes
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Fill, IntentId, Leg, Order, OrderId, OrderStatus, Report, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.exchange.faults.plan import FaultSpec
from dutchbook.exchange.matching.messages import NewOrder, WorkingOrder
from dutchbook.venues.feed import FeedNotice
from dutchbook.venues.kalshi.broker import BrokerTerms, KalshiBroker
from dutchbook.venues.kalshi.drafting import KalshiAccount, KalshiDrafter
from dutchbook.venues.kalshi.order_codec import KalshiOrderCodec
from dutchbook.venues.kalshi.shards import Shards
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.trading import Asked, Prepared, read_answered
from tests.exchange.servers.kalshi.venue import LEP, START
from tests.venues.live.desk_side import session, surroundings
from tests.venues.live.sandbox_side import KEY, KalshiBox
from tests.venues.live.test_sign import ED25519
from tests.venues.live.virtual_time import VirtualTime, until

_FAULT: TypeAdapter[FaultSpec] = TypeAdapter(FaultSpec)
type Event = OrderEvent | VenueStateChanged


_SENT, _LOST = OrderStatus.SENDING, OrderStatus.UNKNOWN
_ALIVE = frozenset({_SENT, _LOST, OrderStatus.OPEN, OrderStatus.PARTLY_FILLED})
_MAY_FOLLOW = {
    Report.ACCEPTED: frozenset({_SENT, _LOST}),
    Report.REJECTED: frozenset({_SENT, _LOST}),
    Report.TIMEOUT: frozenset({_SENT}),
    Report.EXPIRED: _ALIVE - {_SENT},
}


class VirtualTimer:
    """A wake-up on a test's time."""

    def __init__(self, time: VirtualTime, seconds: float, wake: Callable[[], None]) -> None:
        self._wake: Callable[[], None] | None = wake
        self._task = asyncio.create_task(self._sleep(time, seconds))

    async def _sleep(self, time: VirtualTime, seconds: float) -> None:
        if seconds:
            await time.sleep(seconds)
        if self._wake is not None:
            self._wake()

    def cancel(self) -> None:
        self._wake = None


class Ledger:
    """Orders as their events move them, and the fills that were told."""

    def __init__(self) -> None:
        self.orders: dict[OrderId, Order] = {}
        self.events: list[Event] = []
        self.fills: list[Fill] = []

    def apply(self, events: Sequence[Event]) -> None:
        """Raises for what cannot follow: the table of moves forgives what a good codec never says."""
        for event in events:
            self.events.append(event)
            match event:
                case OrderReported(order=name, report=report):
                    before = self.orders[name].status
                    assert before in _MAY_FOLLOW.get(report, _ALIVE), f"{report} after {before}"
                    self.orders[name] = self.orders[name].after(report)
                case OrderFilled(fill=fill):
                    assert self.orders[fill.order].status in _ALIVE, "a fill of an order that is over"
                    self.orders[fill.order] = self.orders[fill.order].after_fill(fill.size)
                    self.fills.append(fill)
                case _:
                    pass

    def of[T](self, kind: type[T]) -> list[T]:
        return [event for event in self.events if isinstance(event, kind)]


class Trader:
    """The desk of one test. `send` does what the loop does: draft, put on record, place."""

    def __init__(self, box: KalshiBox, time: VirtualTime, broker: KalshiBroker, codec: KalshiOrderCodec) -> None:
        self.box = box
        self.time = time
        self.broker = broker
        self.codec = codec
        self.ledger = Ledger()
        self.frames: list[Frame] = []
        self.notices: list[FeedNotice] = []
        self.refused: list[WireError] = []
        self.numbers = 0

    def hear(self, frame: Frame) -> None:
        self.frames.append(frame)
        try:
            events = self.codec.decode(frame)
        except WireError as error:
            self.refused.append(error)
            return
        self.ledger.apply(events)

    def market(self, ticker: str = LEP) -> Market:
        listing = self.box.exchange.listings[MarketId(ticker)]
        return msgspec.structs.replace(listing.market, shard=listing.shard)

    def order(self, leg: Leg) -> Order:
        self.numbers += 1
        name = f"run-i{self.numbers}-1"
        return Order(
            id=OrderId(name),
            intent=IntentId(f"i{self.numbers}"),
            leg=leg,
            venue_id=name,
            status=OrderStatus.SENDING,
            created=self.time.now(),
        )

    def prepare(self, *legs: Leg) -> list[Prepared]:
        """Drafted and on record."""
        drafted = []
        for leg in legs:
            order = self.order(leg)
            drafted.append(self.broker.draft(order, self.market(leg.market), self.time.now()))
            self.ledger.orders[order.id] = order
            self.codec.know([order])
        return drafted

    def send(self, *legs: Leg) -> list[OrderId]:
        drafted = self.prepare(*legs)
        self.broker.place(drafted, self.time.now())
        return [one.order.id for one in drafted]

    def status(self, name: OrderId) -> OrderStatus:
        return self.ledger.orders[name].status

    async def settled(self, name: OrderId, *wanted: OrderStatus) -> None:
        """Wait until an order is in one of these states."""
        await until(lambda: self.status(name) in wanted)

    def working(self, name: OrderId) -> WorkingOrder:
        """An order of ann's as the venue has it."""
        return next(each for each in self.box.exchange.orders_of("ann") if each.new.client_id == name)

    def asked(self) -> list[Asked]:
        """What the requests were about that were answered."""
        return [read_answered(frame).asked for frame in self.frames if frame.source == "kalshi/orders"]

    def at_venue(self, name: OrderId) -> list[WorkingOrder]:
        return [each for each in self.box.exchange.orders_of("ann") if each.new.client_id == name]

    def rest(self, side: Side, cents: int, contracts: float, ticker: str = LEP) -> WorkingOrder:
        """An order of the account `maker`, straight into the engine."""
        self.numbers += 1
        return self.box.exchange.submit(
            NewOrder(
                id=f"maker-{self.numbers}",
                account="maker",
                market=MarketId(ticker),
                outcome=self.box.exchange.listings[MarketId(ticker)].market.yes,
                side=side,
                price=Price(cents * 100),
                size=Size(round(contracts * CONTRACT)),
            )
        )

    def turn_on(self, kind: str, **fields: object) -> None:
        self.box.board.turn_on(_FAULT.validate_python({"name": kind, "fault": kind, **fields}))

    def turn_off(self, kind: str) -> None:
        self.box.board.turn_off(kind)


def leg(
    side: Side = Side.BUY,
    cents: int = 40,
    contracts: float = 1,
    tif: TimeInForce = TimeInForce.GTC,
    *,
    no: bool = False,
    ticker: str = LEP,
    post_only: bool = False,
    expires: Nanos | None = None,
) -> Leg:
    """A leg of one market; of its NO if that is said."""
    return Leg(
        outcome=kalshi_no(ticker) if no else kalshi_yes(ticker),
        market=MarketId(ticker),
        side=side,
        limit=Price(cents * 100),
        size=Size(round(contracts * CONTRACT)),
        expected=Price(cents * 100),
        tif=tif,
        post_only=post_only,
        expires=expires,
    )


@asynccontextmanager
async def trading(
    terms: BrokerTerms = BrokerTerms(),  # noqa: B008 - a frozen value
    *,
    start: bool = True,
    box: KalshiBox | None = None,
    time: VirtualTime | None = None,
    account: KalshiAccount = KalshiAccount(),  # noqa: B008 - a frozen value
) -> AsyncIterator[Trader]:
    """Ann's desk against the exchange in a box, both on one time: a new one, or one that is there already."""
    time = time or VirtualTime(START)
    async with AsyncExitStack() as ends:
        if box is None:
            box = await ends.enter_async_context(KalshiBox(time).listening())
        http = await ends.enter_async_context(session(time))
        trader = _trader(box, time, http, terms, account)
        running = asyncio.create_task(trader.broker.run(trader.hear, trader.notices.append))
        try:
            if start:
                await until(lambda: running.done() or trader.broker.ready)
                await time.advance(2)  # the late sweep of the start is done, too
            yield trader
            assert not running.done(), running
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


def _trader(
    box: KalshiBox, time: VirtualTime, http: aiohttp.ClientSession, terms: BrokerTerms, account: KalshiAccount
) -> Trader:
    shards = Shards()
    broker = KalshiBroker(
        http,
        surroundings(time),
        KalshiSigner(KEY, ED25519, time),
        KalshiDrafter(account, shards),
        box.hosts,
        terms=terms,
        later=lambda seconds, wake: VirtualTimer(time, seconds, wake),
    )
    return Trader(box, time, broker, KalshiOrderCodec(shards, account.subaccount))
