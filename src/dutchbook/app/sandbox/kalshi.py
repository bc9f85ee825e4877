"""The simulated Kalshi: its world side, its two servers, its test accounts."""

from contextlib import AsyncExitStack

from dutchbook.app.sandbox.accounts import SandboxAccounts, public_key
from dutchbook.app.sandbox.addresses import HOST, KalshiAddresses
from dutchbook.app.sandbox.polymarket import PURSE
from dutchbook.domain.identity import Venue
from dutchbook.exchange.history import History
from dutchbook.exchange.living.world import World
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.http import serve_http
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.rest import KalshiRest
from dutchbook.exchange.servers.kalshi.socket import HEARTBEAT, KalshiSocket
from dutchbook.exchange.servers.sockets import serve_socket

REST_PATH = "/trade-api/v2"
SOCKET_PATH = "/trade-api/ws/v2"


class KalshiVenue:
    """Everything that a client of Kalshi can reach."""

    def __init__(self, world: World, context: ServerContext, accounts: SandboxAccounts, *, hurried: bool) -> None:
        """`hurried`: clients are let in however often they ask."""
        exchange = world.exchanges[Venue.KALSHI]
        self._context = context
        history = History(exchange)
        self.rest = KalshiRest(exchange, history, context, KalshiOptions(limit_rates=not hurried))
        self.socket = KalshiSocket(exchange, context, self.rest.auth, history)
        world.listen_prices(self.socket.publish)
        self.accounts = tuple(account.key_id for account in accounts.kalshi)
        shards = {question.kalshi_shard for question in world.spec.questions} - {0}  # later questions' too
        for account in accounts.kalshi:
            exchange.open_account(account.key_id, PURSE)
            for shard in sorted(shards):
                exchange.deposit(account.key_id, PURSE, shard)
            self.rest.auth.add_key(account.key_id, public_key(account), account.key_id)

    async def listen(self, first: int, ends: AsyncExitStack) -> KalshiAddresses:
        """Serve on two ports from `first` on, or on any two. Raises OSError for a port that is taken."""
        rest = await serve_http(self.rest.application(), HOST, first)
        ends.push_async_callback(rest.close)
        socket = await serve_socket(HOST, first and first + 1, self.socket.accept, self._context, HEARTBEAT)
        ends.push_async_callback(socket.close)
        ends.callback(self.socket.close)
        return KalshiAddresses(f"http://{HOST}:{rest.port}{REST_PATH}", f"ws://{HOST}:{socket.port}{SOCKET_PATH}")
