"""The simulated Polymarket: its world side, its nine servers, its test accounts."""

from contextlib import AsyncExitStack

from dutchbook.app.sandbox.accounts import SandboxAccounts, relayer_key
from dutchbook.app.sandbox.addresses import HOST, PolymarketAddresses
from dutchbook.app.sandbox.scores import scores_of
from dutchbook.domain.identity import Venue
from dutchbook.domain.units import DOLLAR, Money
from dutchbook.exchange.history import History
from dutchbook.exchange.living.world import World
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.polymarket.chain import PolygonChain
from dutchbook.exchange.servers.polymarket.clob import PolymarketClob
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions
from dutchbook.exchange.servers.polymarket.data_api import PolymarketData
from dutchbook.exchange.servers.polymarket.gamma import PolymarketGamma
from dutchbook.exchange.servers.polymarket.polybolt import PolyBolt
from dutchbook.exchange.servers.polymarket.prices_feed import PricesFeed
from dutchbook.exchange.servers.polymarket.relayer import PolymarketRelayer
from dutchbook.exchange.servers.polymarket.scores_feed import ScoresFeed
from dutchbook.exchange.servers.polymarket.sockets import PolymarketSockets
from dutchbook.exchange.servers.polymarket.wallets import SignatureType
from dutchbook.exchange.servers.sockets import serve_socket

PURSE = Money(10_000 * DOLLAR)
"""What each test account begins with."""


class PolymarketVenue:
    """Everything that a client of Polymarket can reach."""

    def __init__(self, world: World, context: ServerContext, accounts: SandboxAccounts, *, hurried: bool) -> None:
        """`hurried`: clients are let in however often they ask."""
        exchange = world.exchanges[Venue.POLYMARKET]
        history = History(exchange)
        self._context = context
        self.clob = PolymarketClob(exchange, history, context, ClobOptions(per_ip="admit" if hurried else "delay"))
        self.gamma = PolymarketGamma(exchange, context, history)
        self.data = PolymarketData(exchange, history, context)
        self.sockets = PolymarketSockets(exchange, history, context, self.clob.auth, self.clob.books)
        self.clob.on_killed(self.sockets.user.killed)
        self.prices = PricesFeed(context)
        self.realtime = PolyBolt(context, self.clob.auth)
        self.sports = ScoresFeed()
        self.chain = PolygonChain(exchange, context)
        self.relayer = PolymarketRelayer(exchange, context, self.clob.auth)
        world.listen_prices(self.prices.publish)
        world.listen_prices(self.realtime.publish)
        world.listen_scores(scores_of(exchange, self.sports.publish))
        self.accounts = tuple(account.funder.lower() for account in accounts.polymarket)
        for account in accounts.polymarket:
            exchange.open_account(account.funder.lower(), PURSE)
            self.clob.auth.wallets.register(account.address, account.funder, SignatureType(account.signature_type))
            self.relayer.register(relayer_key(account), account.address)

    async def listen(self, first: int, ends: AsyncExitStack) -> PolymarketAddresses:
        """Serve on nine ports from `first` on, or on any nine. Raises OSError for a port that is taken."""
        applications = (
            self.clob.application(),
            self.gamma.application(),
            self.data.application(),
            self.chain.application(),
            self.relayer.application(),
        )
        http = []
        for i, application in zip((0, 1, 2, 7, 8), applications, strict=True):
            server = await serve_http(application, HOST, first and first + i)
            ends.push_async_callback(server.close)
            http.append(f"http://{HOST}:{server.port}")
        ws = []
        accepting = (self.sockets.accept, self.prices.accept, self.realtime.accept, self.sports.accept)
        for i, accept in enumerate(accepting, 3):
            socket = await serve_socket(HOST, first and first + i, accept, self._context)
            ends.push_async_callback(socket.close)
            ws.append(f"ws://{HOST}:{socket.port}")
        return PolymarketAddresses(*http[:3], *ws, *http[3:])
