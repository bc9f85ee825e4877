"""Kalshi's socket on loopback: plain clients that sign their handshakes, frames as they come."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from random import Random

import aiohttp
import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.identity import MarketId, Venue, kalshi_no, kalshi_yes
from dutchbook.domain.units import CONTRACT, Price, Size
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.faults.plan import FaultPlan, FaultSpec
from dutchbook.exchange.faults.switchboard import Switchboard
from dutchbook.exchange.matching.messages import NewOrder, SelfTrade, WorkingOrder
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.kalshi.auth import KalshiAuth
from dutchbook.exchange.servers.kalshi.socket import HEARTBEAT, PATH, KalshiSocket
from dutchbook.exchange.servers.sockets import serve_socket
from tests.exchange.servers.kalshi.venue import LEP, Clock, make_exchange, pem, signed

type Message = dict[str, object]


class Client:
    """A plain client: everything that it got, raw and decoded."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self._asked = 1_000

    async def ask(self, cmd: str, *, id: int = 1, **params: object) -> list[Message]:  # noqa: A002
        """Send a command and give all that came until it was surely answered."""
        await self.say({"id": id, "cmd": cmd, "params": params})
        return await self.heard()

    async def say(self, command: object) -> None:
        text = command if isinstance(command, bytes) else msgspec.json.encode(command)
        await self.socket.send_str(text.decode())

    async def heard(self) -> list[Message]:
        """All frames until now, decoded."""
        return [msgspec.json.decode(frame) for frame in await self.frames()]

    async def frames(self) -> list[bytes]:
        """All frames until now: up to the answer to a command that changes nothing."""
        self._asked += 1
        await self.say({"id": self._asked, "cmd": "list_subscriptions"})
        answer = f'{{"type":"ok","id":{self._asked},'
        found: list[bytes] = []
        while True:
            frame = (await self.socket.receive(timeout=5)).data
            assert isinstance(frame, str), frame
            if frame.startswith(answer):
                return found
            found.append(frame.encode())

    async def subscribe(self, *channels: str, **params: object) -> list[Message]:
        await self.say({"id": 1, "cmd": "subscribe", "params": {"channels": list(channels), **params}})
        return await self.heard()


class SocketStage:
    """The venue with its socket. Orders go straight into the engine."""

    def __init__(self, exchange: Exchange, clock: Clock, socket: KalshiSocket, board: Switchboard, url: str) -> None:
        self.exchange = exchange
        self.clock = clock
        self.socket = socket
        self.board = board
        self._url = url
        self._session = aiohttp.ClientSession()
        self._clients: list[Client] = []
        self._orders = 0

    async def connect(self, key: str = "key-ann", headers: Mapping[str, str] | None = None) -> Client:
        given = signed("GET", PATH, key, self.clock.now()) if headers is None else headers
        client = Client(await self._session.ws_connect(self._url + PATH, headers=given))
        self._clients.append(client)
        return client

    async def close(self) -> None:
        for client in self._clients:
            await client.socket.close()
        await self._session.close()

    def order(
        self,
        account: str,
        side: Side,
        price: str,
        contracts: float,
        ticker: str = LEP,
        *,
        no: bool = False,
        **rest: object,
    ) -> WorkingOrder:
        """An order that crosses trades at once."""
        self._orders += 1
        order = NewOrder(
            id=f"order-{self._orders}",
            account=account,
            market=MarketId(ticker),
            outcome=kalshi_no(ticker) if no else kalshi_yes(ticker),
            side=side,
            price=Price(round(float(price) * 10_000)),
            size=Size(round(contracts * CONTRACT)),
            client_id=f"client-{self._orders}",
            self_trade=SelfTrade.CANCEL_TAKER,
        )
        return self.exchange.submit(msgspec.structs.replace(order, **rest))


@asynccontextmanager
async def socket_stage(*faults: FaultSpec) -> AsyncIterator[SocketStage]:
    """ann and bob have the keys `key-ann` and `key-bob`."""
    clock = Clock()
    exchange = make_exchange(clock)
    board = Switchboard(FaultPlan(faults=faults), Random(3), clock)
    context = ServerContext(Venue.KALSHI, clock, board, Random(5), exchange.advance)
    auth = KalshiAuth(context.told)
    for name in ("ann", "bob"):
        auth.add_key(f"key-{name}", pem(), name)
    socket = KalshiSocket(exchange, context, auth)
    server = await serve_socket("127.0.0.1", 0, socket.accept, context, HEARTBEAT)
    stage = SocketStage(exchange, clock, socket, board, f"http://127.0.0.1:{server.port}")
    try:
        yield stage
    finally:
        await stage.close()
        await server.close()
        socket.close()
