"""Polymarket's second realtime service ("PolyBolt"): prices by channel, with sequence numbers (section 4.7)."""

from typing import Protocol

import msgspec

from dutchbook.domain.units import Nanos
from dutchbook.exchange.polymarket_book import millis
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.polymarket.gamma_values import number
from dutchbook.exchange.servers.polymarket.price_series import PricePoint, PriceSeries
from dutchbook.exchange.servers.sockets import Connection, Conversation, Handshake, Refuse

type Body = dict[str, object]

_CRYPTO, _EQUITY = "price.crypto", "price.equity"
_CHANNELS = frozenset({_CRYPTO, f"{_CRYPTO}.twap", _EQUITY, f"{_EQUITY}.twap"})
_WINDOWS = frozenset({30, 60})
_SNAPSHOT_SECONDS = 120
TOO_LARGE = 4008
"""The close code of a frame above the limit. The protocol lists 4001, 4003 and 4008 without saying for what [?]."""


class BoltQuirks(msgspec.Struct, frozen=True, kw_only=True):
    """How the service behaves."""

    op_gap: Nanos = Nanos(110_000_000)
    """Operations that come sooner after each other are refused as `rate_limited`."""
    most_filters: int = 64
    largest_frame: int = 60_000
    source: str = "pyth"
    """Who is named as the source of prices; documented frames say so."""
    needs_login: bool = True


class Keys(Protocol):
    """Who may come in."""

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None: ...


class Login(msgspec.Struct, frozen=True, rename="camel"):
    """An API key."""

    api_key: str
    secret: str
    passphrase: str


class Filter(msgspec.Struct, frozen=True):
    """Which price of a channel is meant."""

    symbol: str
    window_seconds: int | None = None
    provider: str | None = None


class Subscription(msgspec.Struct, frozen=True):
    """One stream."""

    channel: str
    filter: Filter


class Operation(msgspec.Struct, frozen=True):
    """What a client sends."""

    op: str
    rid: str | None = None
    auth: Login | None = None
    subscriptions: tuple[Subscription, ...] = ()


_decode = msgspec.json.Decoder(Operation).decode


class PolyBolt:
    """All connections of the service. `publish` is told the same prices as the older stream."""

    def __init__(self, context: ServerContext, keys: Keys, quirks: BoltQuirks | None = None) -> None:
        self.quirks = quirks or BoltQuirks()
        self.keys = keys
        self.context = context
        self._series = PriceSeries()
        self._conversations: dict[BoltConversation, None] = {}

    def accept(self, handshake: Handshake) -> Conversation | Refuse:
        """The venue's answer to a handshake."""
        return BoltConversation(self) if handshake.path.rstrip("/") == "/ws" else Refuse(404, b"", "text/plain")

    def publish(self, symbol: str, value: int, at: Nanos) -> None:
        """A price in 1e-8 dollars: `btc/usd`, `aapl`."""
        point = self._series.add(symbol, value, at)
        if point is None:
            return
        for conversation in self._conversations:
            conversation.tell(point)

    def join(self, conversation: "BoltConversation") -> None:
        self._conversations[conversation] = None

    def leave(self, conversation: "BoltConversation") -> None:
        self._conversations.pop(conversation, None)

    def now(self) -> int:
        """The service's time in milliseconds."""
        return millis(self.context.told())

    def known(self, wanted: Subscription) -> bool:
        """Whether a filter makes sense on its channel."""
        crypto = wanted.channel.startswith(_CRYPTO)
        averaged = wanted.channel.endswith(".twap")
        window = wanted.filter.window_seconds
        return (
            (window in _WINDOWS if averaged else window is None)
            and bool(wanted.filter.symbol)
            and (not crypto or wanted.filter.symbol.endswith("usd"))
        )

    def snapshot(self, wanted: Subscription) -> Body:
        """The last two minutes of a price."""
        for symbol in self._series.symbols():
            if matches(wanted, symbol):
                points = self._series.last(symbol, _SNAPSHOT_SECONDS, 10**10)
                data = [self._value(wanted, point) for point in points]
                return {"symbol": wanted.filter.symbol, "source": self.quirks.source, "data": data}
        return {"symbol": wanted.filter.symbol, "source": self.quirks.source, "data": []}

    def update(self, wanted: Subscription, point: PricePoint) -> Body:
        """One value of a price."""
        value = self._value(wanted, point)
        return {
            "symbol": wanted.filter.symbol,
            "value": value["value"],
            "full_accuracy_value": value["full_accuracy_value"],
            "timestamp": value["timestamp"],
            "source": self.quirks.source,
        }

    def _value(self, wanted: Subscription, point: PricePoint) -> Body:
        window = wanted.filter.window_seconds
        value = point.value if window is None else self._series.average(point.symbol, window, point.second)
        return {
            "timestamp": point.second * 1_000,
            "value": number(value, 8),
            "full_accuracy_value": f"{value // 10**8}.{value % 10**8:08d}",
        }


class BoltConversation:
    """One connection. Each channel counts its frames from 1."""

    __slots__ = ("_account", "_bolt", "_connection", "_last_op", "_sent", "_wanted")

    def __init__(self, bolt: PolyBolt) -> None:
        self._bolt = bolt
        self._account: str | None = None
        self._last_op: Nanos | None = None
        self._sent: dict[str, int] = {}
        self._wanted: dict[Subscription, None] = {}

    def opened(self, connection: Connection) -> None:
        connection.channel = "prices"
        self._connection = connection
        self._bolt.join(self)

    def received(self, text: bytes) -> None:
        if len(text) > self._bolt.quirks.largest_frame:
            self._connection.close(TOO_LARGE, "frame too large")
            return
        request = _request(text)
        if request is None:
            self._refuse("bad_op", None)
        elif request.op == "ping":
            self._say({"op": "pong"}, request)
        elif self._too_soon():
            self._refuse("rate_limited", request)
        elif request.op == "auth":
            self._log_in(request)
        elif request.op == "subscribe":
            self._subscribe(request)
        elif request.op == "unsubscribe":
            for wanted in request.subscriptions:
                self._wanted.pop(wanted, None)
                self._say({"op": "unsubscribed", "channel": wanted.channel}, request)
        else:
            self._refuse("bad_op", request)

    def closed(self) -> None:
        self._bolt.leave(self)

    def tell(self, point: PricePoint) -> None:
        """Send a value on the channels that carry it."""
        for wanted in self._wanted:
            if matches(wanted, point.symbol):
                self._data(wanted.channel, self._bolt.update(wanted, point), snapshot=False)

    def _log_in(self, request: Operation) -> None:
        login = request.auth
        if login is None:
            self._refuse("auth_invalid", request)
            return
        self._account = self._bolt.keys.account_of_key(login.api_key, login.secret, login.passphrase)
        if self._account is None:
            self._refuse("auth_failed", request)
        else:
            self._say({"op": "authed"}, request)

    def _subscribe(self, request: Operation) -> None:
        for wanted in request.subscriptions:
            if reason := self._objection(wanted):
                self._refuse(reason, request, wanted.channel)
                continue
            self._wanted[wanted] = None
            self._say({"op": "subscribed", "channel": wanted.channel}, request)
            self._data(wanted.channel, self._bolt.snapshot(wanted), snapshot=True)

    def _objection(self, wanted: Subscription) -> str | None:
        if self._bolt.quirks.needs_login and self._account is None:
            return "auth_required"
        if wanted.channel not in _CHANNELS:
            return "bad_channel"
        if not self._bolt.known(wanted):
            return "bad_filter"
        return "sub_limit" if len(self._wanted) >= self._bolt.quirks.most_filters else None

    def _too_soon(self) -> bool:
        now, last = self._bolt.context.clock.now(), self._last_op
        if last is not None and now - last < self._bolt.quirks.op_gap:
            return True
        self._last_op = now
        return False

    def _data(self, channel: str, payload: Body, *, snapshot: bool) -> None:
        sequence = self._sent[channel] = self._sent.get(channel, 0) + 1
        frame: Body = {"v": 1, "channel": channel, "seq": sequence, "ts": self._bolt.now()}
        if snapshot:
            frame["snapshot"] = True
        self._connection.send(msgspec.json.encode(frame | {"payload": payload}))

    def _refuse(self, code: str, request: Operation | None, channel: str | None = None) -> None:
        body: Body = {"op": "error", "code": code}
        self._say(body if channel is None else body | {"channel": channel}, request)

    def _say(self, body: Body, request: Operation | None) -> None:
        if request is not None and request.rid is not None:
            body = body | {"rid": request.rid}
        self._connection.send(msgspec.json.encode(body), bypass_faults=body["op"] == "pong")


def matches(wanted: Subscription, symbol: str) -> bool:
    """Whether a subscription means a price of the world: `btcusd` is `btc/usd`."""
    crypto = "/" in symbol
    return wanted.channel.startswith(_CRYPTO) is crypto and wanted.filter.symbol == symbol.replace("/", "")


def _request(text: bytes) -> Operation | None:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None
