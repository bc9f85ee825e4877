"""The exchange in a box, one venue at a time: a tape of random orders behind the real servers, in a story's time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from random import Random

import aiohttp

from dutchbook.app.live.feeds import Link
from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue, kalshi_yes
from dutchbook.domain.markets import Market
from dutchbook.domain.ports import Clock
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import NewOrder, Refused, SelfTrade
from dutchbook.exchange.rules import POLYMARKET
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.kalshi.rest import KalshiRest
from dutchbook.exchange.servers.kalshi.socket import HEARTBEAT, PATH, KalshiSocket
from dutchbook.exchange.servers.polymarket.clob import PolymarketClob
from dutchbook.exchange.servers.polymarket.gamma import PolymarketGamma
from dutchbook.exchange.servers.polymarket.sockets import PolymarketSockets
from dutchbook.exchange.servers.sockets import serve_socket
from dutchbook.venues.kalshi.discovery import KalshiWanted
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.kalshi.live import LiveKalshi
from dutchbook.venues.kalshi.sign import KalshiSigner
from dutchbook.venues.polymarket.discovery import PolymarketWanted
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from dutchbook.venues.polymarket.live import LivePolymarket
from dutchbook.venues.surroundings import Surroundings
from tests.exchange.servers.kalshi.venue import BITCOIN, CONSISTENT, HEAT, JIM, LEP, make_exchange, pem
from tests.exchange.servers.kalshi.venue import START as KALSHI_START
from tests.exchange.servers.polymarket import data_stage
from tests.venues.live.test_sign import ED25519

KEY = "key-ann"
HOST = "127.0.0.1"


class _StageClock(data_stage.Clock):
    """A story's time as the stage's clock."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.now = clock.now  # type: ignore[method-assign]

    def pass_(self, nanos: int) -> None:
        """Nothing: the story's time passes by itself."""


class PolymarketBox(data_stage.Stage):
    """Three exclusive markets and one more, with two traders; `act` makes something happen."""

    venue = Venue.POLYMARKET
    start = data_stage.START

    def __init__(self, clock: Clock, seed: int) -> None:
        super().__init__(seed)
        self.clock = _StageClock(clock)
        self.exchange = Exchange(POLYMARKET, self.clock, Random(seed))
        self.board = Switchboard(FaultPlan(), Random(seed), self.clock)
        self.board.attach(self.exchange)
        self.context = ServerContext(self.venue, self.clock, self.board, Random(seed), self.exchange.advance)
        self.history = History(self.exchange)
        self.clob = PolymarketClob(self.exchange, self.history, self.context)
        self.hosts = PolymarketHosts()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        sockets = PolymarketSockets(self.exchange, self.history, self.context, self.clob.auth, self.clob.books)
        gamma = PolymarketGamma(self.exchange, self.context, self.history)
        self.open()
        rest = await serve_http(self.clob.application(), HOST, 0)
        names = await serve_http(gamma.application(), HOST, 0)
        socket = await serve_socket(HOST, 0, sockets.accept, self.context)
        self.hosts = PolymarketHosts(
            clob=f"http://{HOST}:{rest.port}", gamma=f"http://{HOST}:{names.port}", ws=f"ws://{HOST}:{socket.port}"
        )
        try:
            yield
        finally:
            for server in (socket, names, rest):
                await server.close()

    def link(self, session: aiohttp.ClientSession, around: Surroundings) -> Link:
        """The desk's own client of this venue."""
        live = LivePolymarket(session, around, self.hosts)
        return Link(self.venue, live, partial(live.discover, PolymarketWanted()))

    def act(self) -> None:
        """What the stage calls a step, unless the engine takes nothing now."""
        with suppress(Refused):
            self.step()

    def markets(self) -> tuple[Market, ...]:
        return tuple(listing.market for listing in self.exchange.listings.values())


class KalshiBox:
    """Three markets of two events, with one trader; `act` makes something happen."""

    venue = Venue.KALSHI
    start = KALSHI_START

    def __init__(self, clock: Clock, seed: int) -> None:
        self.clock = clock
        self.exchange = make_exchange(clock)  # type: ignore[arg-type]  # it only asks for the time
        self.board = Switchboard(FaultPlan(), Random(seed), clock)
        self.board.attach(self.exchange)
        self.context = ServerContext(self.venue, clock, self.board, Random(seed), self.exchange.advance)
        self.history = History(self.exchange)
        self.rest = KalshiRest(self.exchange, self.history, self.context, CONSISTENT)
        self.rest.auth.add_key(KEY, pem(), "ann")
        self.rng = Random(seed)
        self.orders = 0
        self.hosts = KalshiHosts()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        sockets = KalshiSocket(self.exchange, self.context, self.rest.auth, self.history)
        rest = await serve_http(self.rest.application(), HOST, 0)
        socket = await serve_socket(HOST, 0, sockets.accept, self.context, HEARTBEAT)
        self.hosts = KalshiHosts(f"http://{HOST}:{rest.port}/trade-api/v2", f"ws://{HOST}:{socket.port}{PATH}")
        try:
            yield
        finally:
            sockets.close()
            await socket.close()
            await rest.close()

    def link(self, session: aiohttp.ClientSession, around: Surroundings) -> Link:
        """The desk's own client of this venue."""
        live = LiveKalshi(session, around, self.hosts, signer=self.signer())
        return Link(self.venue, live, partial(live.discover, KalshiWanted()))

    def signer(self) -> KalshiSigner:
        return KalshiSigner(KEY, ED25519, self.clock)

    def act(self) -> None:
        """An order of the maker, which may trade with another of its own kind, or a cancel."""
        live = [order.new.id for order in self.exchange.open_orders("maker")]
        with suppress(Refused):
            if len(live) > 25 or (live and self.rng.random() < 0.3):
                self.exchange.cancel("maker", self.rng.choice(live))
            else:
                self.exchange.submit(self._order(self.rng.choice(("maker", "maker", "bob"))))

    def _order(self, account: str) -> NewOrder:
        self.orders += 1
        rng, ticker = self.rng, MarketId(self.rng.choice((LEP, JIM, HEAT)))
        side = rng.choice((Side.BUY, Side.SELL))
        away = rng.randrange(-1, 12) * 100
        return NewOrder(
            id=f"order-{self.orders}",
            account=account,
            market=ticker,
            outcome=kalshi_yes(ticker),
            side=side,
            price=Price(5_000 - away if side is Side.BUY else 5_000 + away),
            size=Size(rng.randrange(1, 60 if account == "maker" else 5) * CONTRACT),
            client_id=f"client-{self.orders}",
            self_trade=SelfTrade.CANCEL_TAKER,
        )

    def markets(self) -> tuple[Market, ...]:
        return tuple(listing.market for listing in self.exchange.listings.values() if listing.id != BITCOIN)


type Box = PolymarketBox | KalshiBox


def make_box(venue: Venue, clock: Clock, seed: int) -> Box:
    return PolymarketBox(clock, seed) if venue is Venue.POLYMARKET else KalshiBox(clock, seed)


def start_of(venue: Venue) -> Nanos:
    return PolymarketBox.start if venue is Venue.POLYMARKET else KalshiBox.start
