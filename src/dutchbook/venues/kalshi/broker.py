"""One account at Kalshi: orders out over warm connections, with heads signed ahead; what comes of them as frames.

Cancels name the venue's order id, which comes with the answer to the order: a cancel that is wanted before waits for
it. They leave by the batch endpoint, whose one path is signed ahead as well.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Sequence
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order, OrderStatus, TimeInForce
from dutchbook.domain.ports import Frame
from dutchbook.domain.units import NEVER, SECOND, Nanos
from dutchbook.venues.budget import Budget, Filling
from dutchbook.venues.connection import KeptConnection, Reached, first_of
from dutchbook.venues.feed import FrameSink, NoticeSink
from dutchbook.venues.http import HttpReader
from dutchbook.venues.kalshi.account_reader import AccountReader
from dutchbook.venues.kalshi.drafting import KalshiDrafter
from dutchbook.venues.kalshi.exchange_watch import ExchangeWatch
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.inquiries import Inquiries
from dutchbook.venues.kalshi.limits import LIMITS
from dutchbook.venues.kalshi.open_orders import Learned, OpenOrders
from dutchbook.venues.kalshi.order_answers import Outcome, Placed, cancelled, placed
from dutchbook.venues.kalshi.order_codec import STATUS
from dutchbook.venues.kalshi.order_groups import OrderGroups
from dutchbook.venues.kalshi.sender import Sender
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.kalshi.sign_ahead import SignedAhead
from dutchbook.venues.kalshi.user_stream import KalshiUserChannel, UserWatch
from dutchbook.venues.kalshi.write_queue import CancelWish, WriteTerms
from dutchbook.venues.order_line import Dial, Later, LineTerms, OrderLine
from dutchbook.venues.surroundings import Surroundings
from dutchbook.venues.trading import Answered, Asked, Prepared, answered_frame

PRIVATE = 0
"""The number of the private connection among the feed's: those of market data count from 1."""
_OVERLAP = Nanos(10 * SECOND)
"""Fills are listed up to a second late, by the venue's clock; told again, they are told once."""

_TRIES = 3
_LOOK_S = 0.05

type Job = Callable[[], Coroutine[Any, Any, None]]


class BrokerTerms(msgspec.Struct, frozen=True, kw_only=True):
    """How one account is served. `group_contracts` may trade in 15 seconds before the venue's own switch goes off."""

    socket_s: float = 1.0
    """So long the socket may take to tell of an order's end or fills that an answer spoke of; then they are read."""
    late_s: float = 1.5
    """How late REST may show what happened: fills and positions come within a second."""
    status_s: float = 5.0
    group_contracts: int = 1_000
    sign_ahead: bool = True
    """Whether the heads of requests are signed before they are wanted."""
    write: WriteTerms = WriteTerms()
    line: LineTerms = LineTerms()
    watch: UserWatch = UserWatch()


class KalshiBroker:
    """A `Broker`. The session is for reading alone, and the caller's to close. Make a new broker for each run."""

    venue = Venue.KALSHI

    def __init__(  # noqa: PLR0913 - `dial` and `later` stand for the world outside
        self,
        session: aiohttp.ClientSession,
        surroundings: Surroundings,
        signer: KalshiSigner,
        drafter: KalshiDrafter,
        hosts: KalshiHosts = KalshiHosts(),  # noqa: B008 - a frozen value
        terms: BrokerTerms = BrokerTerms(),  # noqa: B008 - a frozen value
        *,
        dial: Dial | None = None,
        later: Later | None = None,
    ) -> None:
        """Give `dial` and `later` to replace the network that orders leave by, and the loop's timers."""
        self._around = surroundings
        self._now = surroundings.clock.now
        self._drafter = drafter
        self._terms = terms
        account = drafter.account
        clock, sleep = surroundings.clock, surroundings.sleep
        signed = SignedAhead(hosts.rest, signer, clock, ahead=terms.sign_ahead)
        parts = urlsplit(hosts.rest)
        line_terms = msgspec.structs.replace(terms.line, ping=signed.prefix + STATUS)
        line = self.line = OrderLine(
            f"{parts.scheme}://{parts.netloc}", surroundings, line_terms, dial=dial, later=later
        )
        self._sender = Sender(
            line,
            signed,
            clock,
            terms.write,
            subaccount=account.subaccount,
            group_of=self._group_of,
            tell=self._answered,
        )
        self._orders = OpenOrders(account.subaccount)
        http = HttpReader(hosts.rest, session, Budget(LIMITS, clock, sleep), surroundings, headers=signer.headers)
        self._reader = AccountReader(http, sleep, account.subaccount, self._orders.client_id)
        self._inquiries = Inquiries(
            self._reader, self._orders, surroundings, self._answered, socket_s=terms.socket_s, late_s=terms.late_s
        )
        self._groups = OrderGroups(
            self._sender.switch, terms.group_contracts, account.subaccount, self._cancel_outside_groups
        )
        self._watch = ExchangeWatch(line, signed.unsigned(STATUS), clock, self._answered, terms.status_s)
        self._channel = KalshiUserChannel(
            hosts.ws, signer, surroundings, self._heard, self._inquiries.catch_up, terms.watch
        )
        self._flying: dict[str, Order] = {}
        self._carried: dict[str, str] = {}
        self._wanted: dict[str, Order] = {}
        self._again: set[str] = set()
        """Orders that were sent once more: that a copy never left says nothing of the one before."""
        self._frames: FrameSink | None = None
        self._failure: asyncio.Future[None] | None = None

    @property
    def ready(self) -> bool:
        """Whether orders can leave at once, and what becomes of them is heard."""
        return self.reachable and self._channel.live

    @property
    def reachable(self) -> bool:
        """Whether orders can leave at once."""
        return self.line.ready

    def guarded(self, shard: int) -> bool:
        """Whether orders that rest on a shard are under the venue's switch."""
        return self._groups.armed(shard)

    # What the desk asks for.

    def draft(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """See `Drafter.draft`."""
        prepared = self._drafter.draft(order, market, now)
        self._want_group(order, market)
        return prepared

    def sign_ahead(self, order: Order, market: Market, now: Nanos) -> Prepared:
        """See `SignsAhead.sign_ahead`. Signatures cover no body here: there is only the order to check and to write."""
        return self._drafter.draft(order, market, now)

    def good_until(self, now: Nanos) -> Nanos:  # noqa: ARG002 - the port's signature
        """See `SignsAhead.good_until`: a draft has no time."""
        return NEVER

    def seal(self, prepared: Sequence[Prepared]) -> None:
        """Nothing: what orders leave by has headers alone to sign, which is done each second."""

    def rehearse(self, prepared: Sequence[Prepared], now: Nanos) -> None:
        """See `SignsAhead.rehearse`: nothing."""

    def renew_ahead(self, now: Nanos) -> bool:  # noqa: ARG002 - the port's signature
        """See `SignsAhead.renew_ahead`: headers are signed each second by others."""
        return False

    def forget_ahead(self) -> None:
        """See `SignsAhead.forget_ahead`: nothing is kept."""

    def place(self, prepared: Sequence[Prepared], now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """See `Broker.place`. What the write budget does not allow now leaves as soon as it does, or never."""
        for one in prepared:
            self._orders.place(one.market)
            self._want_group(one.order, one.market)
            self._flying[one.venue_id] = one.order
            if one.order.status is OrderStatus.UNKNOWN:
                self._again.add(one.venue_id)
        self._sender.place(prepared)

    def cancel(self, orders: Sequence[Order], now: Nanos) -> None:
        """See `Broker.cancel`. What has not left never will; what has no name yet is cancelled once it has one."""
        wishes: list[CancelWish] = []
        for order in orders:
            if self._sender.withdraw(order.venue_id) and order.venue_id not in self._again:
                continue
            wish = self._orders.wish(order.venue_id, order.leg.market)
            if wish is not None:
                wishes.append(wish)
                continue
            self._wanted[order.venue_id] = order
            if order.venue_id not in self._flying:
                self.query(order, now)
        self._sender.cancel(wishes)

    def cancel_all(self, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """See `Broker.cancel_all`: the switch of the order groups, and by id what carries none of them."""
        self._sender.withdraw_all("everything is cancelled")
        self._wanted.update(self._flying)
        self._groups.trigger_all()
        self._cancel_outside_groups(self._groups.ids)

    def query(self, order: Order, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """See `Broker.query`."""
        self._inquiries.query(order)

    def since(self, at: Nanos) -> None:
        """See `Broker.since`."""
        self._inquiries.since(at)

    def sweep(self, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """See `Broker.sweep`."""
        self._inquiries.sweep()

    def guard(self, *, on: bool) -> None:
        """See `Broker.guard`: order groups for what rests."""
        self._groups.guard(on=on)

    def leave(self, now: Nanos) -> None:  # noqa: ARG002 - the port's signature
        """See `Leaves.leave`: order groups that no order carries."""
        flying = {self._carried.get(name, "") for name in self._flying}
        self._groups.leave(self._orders.groups() | flying)

    @property
    def leaving(self) -> bool:
        """See `Leaves.leaving`."""
        return self._groups.leaving

    def fillings(self) -> tuple[Filling, ...]:
        """See `Paced.fillings`."""
        return self._sender.budget.fillings()

    async def run(self, frames: FrameSink, notices: NoticeSink) -> None:
        """See `Broker.run`. Raises what a sink raised, and VenueRefused if the venue refuses the key from the start."""
        sleep = self._around.sleep
        connection = KeptConnection(Venue.KALSHI, PRIVATE, self._channel, self._around, notices, Reached())
        self._frames = frames
        self._failure = asyncio.get_running_loop().create_future()
        try:
            async with asyncio.TaskGroup() as group:
                for work in (self._sender.run(sleep), connection.keep(), self._watch.run(sleep), self._inquiries.run()):
                    group.create_task(work)
                group.create_task(self._fail())
                group.create_task(self._learn_limits())
                group.create_task(self._arm())
        except BaseExceptionGroup as failures:
            raise first_of(failures) from None
        finally:
            self._frames = None

    # What came back.

    def _answered(self, answered: Answered) -> None:
        """Hand an answer on, then act on it. The outermost edge of a callback: what fails here ends `run`."""
        try:
            self._tell(answered_frame(Venue.KALSHI, answered, self._now()))
            match answered.asked:
                case Asked.PLACE:
                    self._learn_placed(answered)
                case Asked.CANCEL:
                    self._learn_cancelled(answered)
                case Asked.QUERY | Asked.SWEEP:
                    self._act(self._orders.read(answered))
                case _:
                    pass
        except Exception as error:  # noqa: BLE001 - told to `run`, which raises it
            self._broke(error)

    def _heard(self, frame: Frame) -> None:
        """A frame of the private socket. What a sink raises ends the connection, and `run`."""
        self._tell(frame)
        self._act(self._orders.heard(frame.payload))

    def _tell(self, frame: Frame) -> None:
        if self._frames is None:
            raise RuntimeError("a broker sends while it runs")
        self._frames(frame)

    def _learn_placed(self, answered: Answered) -> None:
        for name, said in zip(answered.ids, placed(answered), strict=True):
            order = self._flying.pop(name, None)
            if order is not None:
                self._learn_one(name, order, said)
            if said.outcome is Outcome.GARBLED:
                self._inquiries.sweep()
            if "paused" in said.detail:
                self._watch.look()

    def _learn_one(self, name: str, order: Order, said: Placed) -> None:
        match said.outcome:
            case Outcome.TAKEN:
                self._again.discard(name)
                group, market = self._carried.pop(name, ""), order.leg.market
                rests, filled = bool(said.resting), said.filled
                self._act(self._orders.taken(name, said.order_id, market, group, rests=rests, filled=filled))
                self._cancel_wanted((name,))
            case Outcome.REFUSED | Outcome.KILLED:
                self._wanted.pop(name, None)
            case Outcome.UNKNOWN | Outcome.GARBLED:
                if name in self._wanted:
                    self.query(order, self._now())

    def _learn_cancelled(self, answered: Answered) -> None:
        """A success must be seen in the order itself; a failure may mean that it is over."""
        if any("paused" in said.detail for said in cancelled(answered)):
            self._watch.look()
        self._inquiries.verify(answered.ids)

    def _act(self, learned: Learned) -> None:
        """Do what new names make possible, and ask for those that are missing."""
        self._cancel_wanted(learned.named)
        for order_id in learned.strange:
            self._inquiries.look_up(order_id)
        for order_id in learned.owing:
            self._inquiries.collect(order_id)
        for group in learned.triggered:
            self._groups.triggered(group)

    # Cancels.

    def _cancel_wanted(self, named: Iterable[str]) -> None:
        orders = [order for name in named if (order := self._wanted.pop(name, None)) is not None]
        if orders:
            self.cancel(orders, self._now())

    def _cancel_outside_groups(self, groups: Iterable[str] = ()) -> None:
        self._sender.cancel(self._orders.outside(frozenset(groups)))

    def _want_group(self, order: Order, market: Market) -> None:
        if market.shard is not None and _waits(order):
            self._groups.want(market.shard)

    def _group_of(self, prepared: Prepared) -> str:
        shard = prepared.market.shard
        if shard is None or not _waits(prepared.order):
            return ""
        name = prepared.venue_id
        if name not in self._again or name not in self._carried:  # sent once more, it is what it was
            self._carried[name] = self._groups.of(shard)
        return self._carried[name]

    async def _arm(self) -> None:
        """Have order groups before the first order that rests, once there is a line to ask for them."""
        while not self.line.ready:
            await self._around.sleep(_LOOK_S)
        self._groups.reachable()

    async def _learn_limits(self) -> None:
        """The account's own write budget, in place of the least that there is."""
        found = await self._reader.limits()
        if found is not None:
            self._sender.budget.relimit(found)

    def _broke(self, error: Exception) -> None:
        if self._failure is not None and not self._failure.done():
            self._failure.set_exception(error)

    async def _fail(self) -> None:
        """End `run` with what failed in a callback."""
        if self._failure is not None:
            await self._failure


def _waits(order: Order) -> bool:
    """Whether an order may rest."""
    return order.leg.tif in (TimeInForce.GTC, TimeInForce.GTD)
