"""The exchange in a box on loopback, both venues, on a time that the test moves."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId, OutcomeId, Venue, kalshi_yes
from dutchbook.domain.markets import Market
from dutchbook.domain.units import CONTRACT, ONE, Price, Size
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
from dutchbook.venues.kalshi.hosts import KalshiHosts
from dutchbook.venues.polymarket.hosts import PolymarketHosts
from tests.exchange.servers.kalshi.venue import BITCOIN, HEAT, JIM, LEP, make_exchange, pem
from tests.exchange.servers.polymarket import data_stage
from tests.venues.live.virtual_time import VirtualTime

type Side2 = dict[int, int]
type Books = dict[OutcomeId, tuple[Side2, Side2]]
"""Bids and asks of each outcome."""

KEY = "key-ann"


class _Now(data_stage.Clock):
    """The test's time as the stage's clock."""

    def __init__(self, time: VirtualTime) -> None:
        super().__init__()
        self.now = time.now  # type: ignore[method-assign]

    def pass_(self, nanos: int) -> None:
        """Nothing: the test moves time."""


class PolymarketBox(data_stage.Stage):
    """Four markets and two traders; `act` makes something happen."""

    def __init__(self, time: VirtualTime, seed: int = 3) -> None:
        super().__init__(seed)
        self.clock = _Now(time)
        self.exchange = Exchange(POLYMARKET, self.clock, Random(seed))
        self.board = Switchboard(FaultPlan(), Random(seed), self.clock)
        self.board.attach(self.exchange)
        self.context = ServerContext(Venue.POLYMARKET, self.clock, self.board, Random(seed), self.exchange.advance)
        self.hosts = PolymarketHosts()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["PolymarketBox"]:
        history = History(self.exchange)
        clob = PolymarketClob(self.exchange, history, self.context)
        sockets = PolymarketSockets(self.exchange, history, self.context, clob.auth, clob.books)
        gamma = PolymarketGamma(self.exchange, self.context, history)
        self.open()
        rest = await serve_http(clob.application(), "127.0.0.1", 0)
        names = await serve_http(gamma.application(), "127.0.0.1", 0)
        socket = await serve_socket("127.0.0.1", 0, sockets.accept, self.context)
        self.hosts = PolymarketHosts(
            clob=f"http://127.0.0.1:{rest.port}",
            gamma=f"http://127.0.0.1:{names.port}",
            ws=f"ws://127.0.0.1:{socket.port}",
        )
        try:
            yield self
        finally:
            for server in (socket, names, rest):
                await server.close()

    def act(self) -> None:
        """What the stage calls a step, unless the engine takes nothing now."""
        with suppress(Refused):
            self.step()

    def markets(self) -> tuple[Market, ...]:
        return tuple(listing.market for listing in self.exchange.listings.values())

    def books(self) -> Books:
        found: Books = {}
        for market in self.markets():
            bids, asks = self.exchange.book(market.id)
            found[market.yes] = _rows(bids), _rows(asks)
            found[market.no] = _mirrored(asks), _mirrored(bids)
        return found


class KalshiBox:
    """Four markets and some traders; `act` makes something happen."""

    def __init__(self, time: VirtualTime, seed: int = 3) -> None:
        self.exchange = make_exchange(time)  # type: ignore[arg-type]  # it only asks for the time
        self.board = Switchboard(FaultPlan(), Random(seed), time)
        self.board.attach(self.exchange)
        self.context = ServerContext(Venue.KALSHI, time, self.board, Random(seed), self.exchange.advance)
        self.rng = Random(seed)
        self.orders = 0
        self.hosts = KalshiHosts()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["KalshiBox"]:
        history = History(self.exchange)
        venue = KalshiRest(self.exchange, history, self.context)
        venue.auth.add_key(KEY, pem(), "ann")
        sockets = KalshiSocket(self.exchange, self.context, venue.auth, history)
        rest = await serve_http(venue.application(), "127.0.0.1", 0)
        socket = await serve_socket("127.0.0.1", 0, sockets.accept, self.context, HEARTBEAT)
        self.hosts = KalshiHosts(f"http://127.0.0.1:{rest.port}/trade-api/v2", f"ws://127.0.0.1:{socket.port}{PATH}")
        try:
            yield self
        finally:
            sockets.close()
            await socket.close()
            await rest.close()

    def act(self) -> None:
        """An order of a maker, which may trade, or a cancel."""
        live = [order.new.id for order in self.exchange.open_orders("maker")]
        with suppress(Refused):
            if len(live) > 25 or (live and self.rng.random() < 0.3):
                self.exchange.cancel("maker", self.rng.choice(live))
            else:
                self.exchange.submit(self._order())

    def _order(self) -> NewOrder:
        self.orders += 1
        ticker = MarketId(self.rng.choice((LEP, JIM, HEAT)))
        side = self.rng.choice((Side.BUY, Side.SELL))
        away = self.rng.randrange(-1, 12) * 100
        return NewOrder(
            id=f"order-{self.orders}",
            account="maker",
            market=ticker,
            outcome=kalshi_yes(ticker),
            side=side,
            price=Price(5_000 - away if side is Side.BUY else 5_000 + away),
            size=Size(self.rng.randrange(1, 60) * CONTRACT),
            client_id=f"client-{self.orders}",
            self_trade=SelfTrade.CANCEL_TAKER,
        )

    def markets(self) -> tuple[Market, ...]:
        return tuple(listing.market for listing in self.exchange.listings.values() if listing.id != BITCOIN)

    def books(self) -> Books:
        found: Books = {}
        for market in self.markets():
            bids, asks = self.exchange.book(market.id)
            found[market.yes] = _rows(bids), _rows(asks)
        return found


type Box = PolymarketBox | KalshiBox


def _rows(levels: Sequence[Level]) -> Side2:
    return {level.price: level.size for level in levels}


def _mirrored(levels: Sequence[Level]) -> Side2:
    return {ONE - level.price: level.size for level in levels}
