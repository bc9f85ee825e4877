"""A small strict Kalshi on loopback, written from the protocol reference: signed socket, numbered messages, REST reads.

What a client does against the protocol is noted in `violations`, which every test expects to stay empty.
"""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MILLISECOND
from dutchbook.venues.kalshi.hosts import KalshiHosts

type Answer = Callable[[web.Request], web.StreamResponse | None]

PREFIX = "/trade-api/v2"
WS_PATH = "/trade-api/ws/v2"
CHANNELS = {"orderbook_delta", "trade", "ticker", "market_lifecycle_v2"}
SUBSCRIBE = {"channels", "market_tickers", "use_yes_price"}
UPDATE = {"sid", "action", "market_tickers"}


class Book:
    """Bids of both outcomes, as texts to contracts in hundredths."""

    def __init__(self, yes: dict[str, int], no: dict[str, int]) -> None:
        self.sides = {"yes": yes, "no": no}

    def rows(self, side: str) -> list[list[str]]:
        return [[price, f"{size / 100:.2f}"] for price, size in sorted(self.sides[side].items())]


class Reader:
    """One client on the socket: its subscriptions, by number."""

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.channels: dict[int, str] = {}
        self.tickers: dict[int, list[str]] = {}
        self.seq: dict[int, int] = {}
        self.ids: list[int] = []
        self.commands: list[dict[str, Any]] = []

    def number(self, sid: int) -> dict[str, int]:
        self.seq[sid] += 1
        return {"sid": sid, "seq": self.seq[sid]}


class KalshiServer:
    """The venue. Faults are attributes."""

    def __init__(self, pem: str, key_id: str, clock: Clock) -> None:
        key = load_pem_private_key(pem.encode(), None)
        assert isinstance(key, Ed25519PrivateKey)
        self._public = key.public_key()
        self._key_id = key_id
        self._clock = clock
        self.books: dict[str, Book] = {}
        self.violations: list[str] = []
        self.readers: list[Reader] = []
        self.requests: list[str] = []
        self.hosts = KalshiHosts()
        self.frozen = False
        self.skip = 0
        """So many of the next messages are numbered and not sent."""
        self.knows_snapshots = True
        """Whether `get_snapshot` is an action here."""
        self.gives_snapshots = True
        self.answers: dict[str, Answer] = {}
        self.events: list[dict[str, Any]] = []
        self.series: dict[str, dict[str, Any]] = {}
        self.page = 200

    @asynccontextmanager
    async def listening(self) -> AsyncIterator["KalshiServer"]:
        app = web.Application()
        app.router.add_get(WS_PATH, self._socket)
        app.router.add_get(PREFIX + "/{path:.*}", self._rest)
        runner = web.AppRunner(app, shutdown_timeout=0.1, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host = f"127.0.0.1:{runner.addresses[0][1]}"
        self.hosts = KalshiHosts(f"http://{host}{PREFIX}", f"ws://{host}{WS_PATH}")
        try:
            yield self
        finally:
            await self.hang_up()
            await runner.cleanup()

    async def hang_up(self) -> None:
        for reader in tuple(self.readers):
            request = reader.socket._req
            if request is not None and request.transport is not None:
                request.transport.abort()

    async def change(self, ticker: str, side: str, price: str, hundredths: int) -> None:
        """An order comes or goes: told to everybody who subscribed."""
        levels = self.books[ticker].sides[side]
        levels[price] = levels.get(price, 0) + hundredths
        if not levels[price]:
            del levels[price]
        body = {"market_ticker": ticker, "price_dollars": price, "delta_fp": f"{hundredths / 100:.2f}", "side": side}
        for reader in self.readers:
            for sid, channel in reader.channels.items():
                if channel == "orderbook_delta" and ticker in reader.tickers[sid]:
                    await self._say(reader, {"type": "orderbook_delta", **reader.number(sid), "msg": body})

    # The socket.

    async def _socket(self, request: web.Request) -> web.StreamResponse:
        refusal = self._refusal(request)
        if refusal is not None:
            return web.json_response({"error": refusal}, status=401)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        reader = Reader(socket)
        self.readers.append(reader)
        try:
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    await self._command(reader, json.loads(message.data))
        finally:
            self.readers.remove(reader)
        return socket

    def _refusal(self, request: web.Request) -> dict[str, str] | None:
        headers = request.headers
        stamp = headers.get("KALSHI-ACCESS-TIMESTAMP", "")
        if headers.get("KALSHI-ACCESS-KEY") != self._key_id:
            return {"code": "authentication_error", "message": "authentication_error", "details": "NOT_FOUND"}
        if not stamp.isdigit() or abs(self._clock.now() // MILLISECOND - int(stamp)) > 10_000:
            return {"code": "header_timestamp_expired", "message": "header timestamp expired"}
        try:
            text = f"{stamp}GET{request.path}".encode()
            self._public.verify(b64decode(headers["KALSHI-ACCESS-SIGNATURE"], validate=True), text)
        except InvalidSignature:
            return {"code": "authentication_error", "details": "INCORRECT_API_KEY_SIGNATURE"}
        return None

    async def _command(self, reader: Reader, said: dict[str, Any]) -> None:
        reader.commands.append(said)
        if set(said) != {"id", "cmd", "params"} or said["id"] <= 0 or said["id"] in reader.ids:
            self.violations.append(f"a command has a new id, cmd and params: {said}")
        reader.ids.append(said["id"])
        if said["cmd"] == "subscribe":
            await self._subscribe(reader, said["id"], said["params"])
        elif said["cmd"] == "update_subscription":
            await self._update(reader, said["id"], said["params"])
        else:
            self.violations.append(f"unknown command {said}")

    async def _subscribe(self, reader: Reader, number: int, params: dict[str, Any]) -> None:
        channels, tickers = params["channels"], params.get("market_tickers", [])
        if set(params) - SUBSCRIBE or set(channels) - CHANNELS:
            self.violations.append(f"unknown words: {params}")
        if "orderbook_delta" in channels and (not tickers or params.get("use_yes_price") is not False):
            self.violations.append(f"books need tickers, and the flag said explicitly: {params}")
        if "market_lifecycle_v2" in channels and tickers:
            self.violations.append("the lives of markets take no filter")
        if set(channels) & set(reader.channels.values()):
            self.violations.append(f"subscribed twice: {channels}")
        for channel in channels:
            sid = len(reader.channels) + 1
            reader.channels[sid], reader.tickers[sid], reader.seq[sid] = channel, list(tickers), 0
            await self._say(reader, {"type": "subscribed", "id": number, "msg": {"channel": channel, "sid": sid}})
            if channel == "orderbook_delta":
                await self._snapshots(reader, sid, tickers)

    async def _update(self, reader: Reader, number: int, params: dict[str, Any]) -> None:
        sid, action, tickers = params["sid"], params["action"], params["market_tickers"]
        if set(params) - UPDATE or sid not in reader.channels:
            self.violations.append(f"unknown words or subscription: {params}")
            return
        inside = reader.tickers[sid]
        if action == "get_snapshot":
            if not self.knows_snapshots:
                error = {"code": 13, "msg": "Unsupported action"}
                await self._say(reader, {"type": "error", "id": number, "msg": error})
                return
            await self._snapshots(reader, sid, [one for one in tickers if one in inside], number)
            return
        if action == "add_markets":
            fresh = [one for one in tickers if one not in inside]
            inside += fresh
        elif action == "delete_markets":
            reader.tickers[sid] = [one for one in inside if one not in tickers]
            fresh = []
        else:
            self.violations.append(f"unknown action {action}")
            return
        said = {"type": "ok", "id": number, **reader.number(sid), "msg": {"market_tickers": reader.tickers[sid]}}
        await self._say(reader, said)
        if reader.channels[sid] == "orderbook_delta":
            await self._snapshots(reader, sid, fresh)

    async def _snapshots(self, reader: Reader, sid: int, tickers: list[str], number: int | None = None) -> None:
        for ticker in tickers if self.gives_snapshots else []:
            book = self.books.get(ticker)
            if book is None:
                continue
            body: dict[str, Any] = {"market_ticker": ticker, "market_id": "x"}
            body.update((f"{side}_dollars_fp", book.rows(side)) for side in ("yes", "no") if book.sides[side])
            said: dict[str, Any] = {"type": "orderbook_snapshot", **reader.number(sid), "msg": body}
            await self._say(reader, said if number is None else {**said, "id": number})

    async def _say(self, reader: Reader, message: dict[str, Any]) -> None:
        if self.frozen:
            return
        if self.skip:
            self.skip -= 1
            return
        await reader.socket.send_str(json.dumps(message, separators=(",", ":")) + "\n")

    # REST.

    async def _rest(self, request: web.Request) -> web.StreamResponse:
        path = request.path.removeprefix(PREFIX)
        self.requests.append(request.path_qs)
        fault = self.answers.get(path)
        answer = fault(request) if fault is not None else None
        if answer is not None:
            return answer
        if path == "/exchange/status":
            return web.json_response({"exchange_active": True, "trading_active": False})
        if path == "/markets/orderbooks":
            return self._books(request)
        if path == "/events":
            return self._events(request)
        if path.startswith("/series/"):
            return web.json_response({"series": self.series[path.rpartition("/")[2]]})
        if path == "/series":
            return web.json_response({"series": list(self.series.values())})
        if path.endswith("/orderbook"):
            return web.json_response({"orderbook_fp": self._book(path.split("/")[2])})
        return web.json_response({"error": {"code": "not_found", "message": "not found"}}, status=404)

    def _books(self, request: web.Request) -> web.StreamResponse:
        asked = request.query.getall("tickers")
        if len(asked) > 100 or any("," in one for one in asked):
            self.violations.append("at most 100 tickers, each a parameter of its own")
        known = [one for one in asked if one in self.books]
        return web.json_response({"orderbooks": [{"ticker": one, "orderbook_fp": self._book(one)} for one in known]})

    def _book(self, ticker: str) -> dict[str, Any]:
        book = self.books[ticker]
        return {"yes_dollars": book.rows("yes"), "no_dollars": book.rows("no")}

    def _events(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        if int(query["limit"]) > 200 or query.get("with_nested_markets") != "true":
            self.violations.append(f"events are asked for with their markets, 200 at most: {dict(query)}")
        found = [event for event in self.events if query.get("series_ticker") in (None, event["series_ticker"])]
        cursor = query.get("cursor", "")
        # A cursor that is not known is answered with page one, as the venue does it.
        start = int(cursor) if cursor.isdigit() else 0
        more = str(start + self.page) if start + self.page < len(found) else ""
        return web.json_response({"events": found[start : start + self.page], "cursor": more})
