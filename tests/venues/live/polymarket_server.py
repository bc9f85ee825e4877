"""A small strict Polymarket on loopback, written from the protocol reference: REST, Gamma pages and the market channel.

What a client does against the protocol is noted in `violations`, which every test expects to stay empty.
"""

import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from dutchbook.venues.polymarket.hosts import PolymarketHosts
from tests.venues.polymarket.venue_side import CONDITION, NO, YES, VenueBook, pair

type Answer = Callable[[web.Request], web.StreamResponse | None]
"""What a fault answers instead, or None to let a request pass."""

START_MS = 1_767_225_600_000
_FIRST_KEYS = {"type", "assets_ids", "custom_feature_enabled", "initial_dump", "level"}
_NEXT_KEYS = {"operation", "assets_ids", "custom_feature_enabled"}


class Reader:
    """One client on the market channel."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.assets: list[str] = []
        self.pings = 0
        self.messages: list[dict[str, Any]] = []


class PolymarketServer:
    """The venue. `at_ms` is its clock, which tests move; faults are attributes."""

    def __init__(self) -> None:
        self.books: dict[str, VenueBook] = dict(zip((YES, NO), pair(), strict=True))
        self.conditions: dict[str, str] = {YES: CONDITION, NO: CONDITION}
        self.changed: dict[str, int] = dict.fromkeys(self.books, START_MS)
        self.violations: list[str] = []
        self.readers: list[Reader] = []
        self.requests: list[str] = []
        self.bodies: list[Any] = []
        self.hosts = PolymarketHosts()
        self.frozen = False
        """Pings are answered, nothing else is sent."""
        self.deaf = False
        """Not even pings are answered."""
        self.withheld: set[str] = set()
        """Assets whose snapshots the socket does not send."""
        self.handshake: int | None = None
        """Answer handshakes with this status."""
        self.answers: dict[str, Answer] = {}
        self.pages: list[dict[str, Any]] = []

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["PolymarketServer"]:
        app = web.Application()
        app.router.add_get("/ws/market", self._market_channel)
        app.router.add_route("*", "/{path:.*}", self._rest)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host = f"127.0.0.1:{runner.addresses[0][1]}"
        self.hosts = PolymarketHosts(f"http://{host}", f"http://{host}", f"http://{host}", f"ws://{host}")
        try:
            yield self
        finally:
            await self.hang_up()
            await runner.cleanup()

    # What happens on the exchange.

    def list_market(self, condition: str, yes: str, no: str, books: tuple[VenueBook, VenueBook]) -> None:
        for asset, book in zip((yes, no), books, strict=True):
            self.books[asset] = book
            self.conditions[asset] = condition
            self.changed[asset] = START_MS

    async def place(self, price: str, size: str, at_ms: int, *, silently: bool = False) -> None:
        """A bid for YES, which is an ask for NO; `silently` the socket says nothing of it."""
        mirror = f"{1 - float(price):.2f}".rstrip("0")
        self.books[YES].set("BUY", price, size)
        self.books[NO].set("SELL", mirror, size)
        self.changed.update({YES: at_ms, NO: at_ms})
        rows = [
            {"asset_id": YES, "price": price, "size": size, "side": "BUY", "hash": self.books[YES].hash(at_ms)},
            {"asset_id": NO, "price": mirror, "size": size, "side": "SELL", "hash": self.books[NO].hash(at_ms)},
        ]
        message = {"market": CONDITION, "price_changes": rows, "timestamp": str(at_ms), "event_type": "price_change"}
        if not silently:
            await self.tell(message)

    async def tell(self, message: Mapping[str, object] | list[Any]) -> None:
        """Send a message to everybody, unless the sockets are frozen."""
        for reader in self.readers:
            await self._send(reader, message)

    async def hang_up(self) -> None:
        """Break all connections."""
        for reader in tuple(self.readers):
            transport = reader.socket._req.transport if reader.socket._req else None
            if transport is not None:
                transport.abort()

    # The market channel.

    async def _market_channel(self, request: web.Request) -> web.StreamResponse:
        if self.handshake is not None:
            return web.Response(status=self.handshake, text="no")
        self._check_agent(request)
        socket = web.WebSocketResponse(autoping=True)
        await socket.prepare(request)
        reader = Reader(socket)
        self.readers.append(reader)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._received(reader, message.data)
        finally:
            self.readers.remove(reader)
        return socket

    async def _received(self, reader: Reader, text: str) -> None:
        if text == "PING":
            reader.pings += 1
            if not self.deaf:
                await reader.socket.send_str("PONG")
            return
        said = json.loads(text)
        reader.messages.append(said)
        first = "type" in said
        if first != (len(reader.messages) == 1):
            self.violations.append(f"the first message has a type and only that: {said}")
        if set(said) - (_FIRST_KEYS if first else _NEXT_KEYS) or (first and said["type"] != "market"):
            self.violations.append(f"unknown words: {said}")
        assets = said["assets_ids"]
        if not all(isinstance(asset, str) and asset.isdigit() for asset in assets):
            self.violations.append(f"assets are texts of digits: {assets}")
        if said.get("operation") == "unsubscribe":
            reader.assets = [asset for asset in reader.assets if asset not in assets]
            return
        if set(assets) & set(reader.assets) or len(set(assets)) < len(assets):
            self.violations.append(f"duplicate assets: {assets}")
        reader.assets += assets
        if len(reader.assets) > 500:
            self.violations.append("more than 500 assets on one socket")
        await self._dump(reader, assets)

    async def _dump(self, reader: Reader, assets: list[str]) -> None:
        known = [asset for asset in assets if asset in self.books and asset not in self.withheld]
        await self._send(reader, [self._book(asset) for asset in known])

    def _book(self, asset: str) -> dict[str, object]:
        return self.books[asset].frame(self.changed[asset])

    async def _send(self, reader: Reader, message: Mapping[str, object] | list[Any]) -> None:
        if not self.frozen and not reader.socket.closed:
            await reader.socket.send_str(json.dumps(message, separators=(",", ":")))

    # REST.

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        self._check_agent(request)
        self.requests.append(request.path_qs)
        fault = self.answers.get(request.path)
        answer = fault(request) if fault is not None else None
        if answer is not None:
            return answer
        match request.method, request.path:
            case "GET", "/time":
                return web.json_response(START_MS // 1_000)
            case "GET", "/book":
                asset = request.query["token_id"]
                if asset not in self.books:
                    return web.json_response({"error": "No orderbook exists for the requested token id"}, status=404)
                return self._json(self.books[asset].body(self.changed[asset]))
            case "POST", "/books":
                return await self._books(request)
            case "GET", "/tick-size":
                return web.json_response({"minimum_tick_size": 0.01})
            case "GET", "/fee-rate":
                return web.json_response({"base_fee": 1000})
            case "GET", "/prices-history":
                self._check_history(request)
                return web.json_response({"history": [{"t": 1_767_225_600, "p": 0.505}]})
            case "GET", "/events/keyset":
                return self._page(request)
            case _:
                return web.json_response({"error": "not found"}, status=404)

    async def _books(self, request: web.Request) -> web.StreamResponse:
        asked = await request.json()
        self.bodies.append(asked)
        if request.content_type != "application/json" or len(asked) > 500:
            self.violations.append("POST /books takes JSON with at most 500 tokens")
            return web.json_response({"error": "Payload exceeds the limit"}, status=400)
        known = [one["token_id"] for one in asked if one["token_id"] in self.books]
        return self._json([self.books[asset].body(self.changed[asset]) for asset in reversed(known)])

    def _check_history(self, request: web.Request) -> None:
        if set(request.query) != {"market", "startTs", "endTs", "fidelity"}:
            self.violations.append(f"prices-history does not know {set(request.query)}")

    def _page(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if "offset" in query or int(query["limit"]) > 100:
            return web.json_response({"error": "no offset, at most 100"}, status=422)
        index = int(query.get("after_cursor", "0"))
        page = dict(self.pages[index]) if index < len(self.pages) else {"events": []}
        if "next_cursor" not in page and index + 1 < len(self.pages):
            page["next_cursor"] = str(index + 1)
        return self._json(page)

    def _json(self, body: object) -> web.Response:
        return web.Response(text=json.dumps(body, separators=(",", ":")), content_type="application/json")

    def _check_agent(self, request: web.Request) -> None:
        agent = request.headers.get("User-Agent", "")
        if not agent or "python" in agent.lower() or "aiohttp" in agent.lower():
            self.violations.append(f"{request.path}: the network in front refuses the user agent {agent!r}")
