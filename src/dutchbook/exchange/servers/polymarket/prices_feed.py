"""Polymarket's real-time data stream (RTDS): prices by topic, with the quirks that were recorded (section 4.6)."""

from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Sequence
from hashlib import sha256

import msgspec

from dutchbook.domain.units import SECOND, Nanos
from dutchbook.exchange.polymarket_book import millis
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.polymarket.gamma_values import number
from dutchbook.exchange.servers.polymarket.keepalive import Keepalive
from dutchbook.exchange.servers.polymarket.price_series import PricePoint, PriceSeries
from dutchbook.exchange.servers.sockets import Connection, Conversation, Handshake, Refuse

type Body = dict[str, object]

_SNAPSHOT_SECONDS = 60
_SILENT_TOPICS = frozenset({"comments", "activity"})
"""Topics that are taken and on which nothing happens here."""


class Topic(msgspec.Struct, frozen=True, kw_only=True):
    """One stream. `label` is what its snapshots call themselves; `window_s` its averaging window."""

    name: str
    label: str
    crypto: bool = True
    slashed: bool = True
    scaled: bool = True
    """Whether `full_accuracy_value` is an integer scaled by 1e18, or a decimal."""
    window_s: int = 0

    def symbol(self, of: str) -> str | None:
        """What the topic calls a price, or None if it does not carry it."""
        if ("/" in of) is not self.crypto:
            return None
        return of if self.slashed or not self.crypto else f"{of.partition('/')[0]}usdt"


TOPICS = {
    topic.name: topic
    for topic in (
        Topic(name="crypto_prices", label="crypto_prices", slashed=False, scaled=False),
        # Recorded: the snapshot of a Chainlink subscription carries the other topic's name.
        Topic(name="crypto_prices_chainlink", label="crypto_prices"),
        Topic(name="crypto_prices_twap_thirty", label="crypto_prices_twap_thirty", window_s=30),
        Topic(name="crypto_prices_twap_sixty", label="crypto_prices_twap_sixty", window_s=60),
        Topic(name="equity_prices", label="equity_prices", crypto=False, scaled=False),
    )
}


class FeedQuirks(msgspec.Struct, frozen=True, kw_only=True):
    """How the feed behaves."""

    lag: Nanos = Nanos(1_300_000_000)
    """How far values come behind their own time: 1 to 2 s was recorded. They go out with the next value published."""
    empty_frames: bool = True
    """Whether an empty frame precedes the answer to a subscription; empty frames occur on the real feed."""
    ping_patience_s: float | None = 30.0


class Wanted(msgspec.Struct, frozen=True):
    """A subscription. `filters` is JSON in a text, or names joined by commas; without it all symbols are meant."""

    topic: str
    type: str = "*"
    filters: str = ""

    def symbols(self) -> frozenset[str] | None:
        """The symbols that are asked for, None for all. Raises ValueError for a filter that is neither form."""
        if not self.filters:
            return None
        if not self.filters.startswith("{"):
            return frozenset(name.strip() for name in self.filters.split(","))
        named = msgspec.json.decode(self.filters, type=dict[str, str])
        return frozenset({named["symbol"]}) if "symbol" in named else None

    @property
    def compact(self) -> bool:
        """Whether its JSON has no spaces: else there is a snapshot, but updates never come."""
        return not any(c in self.filters for c in " \n\t")


class FeedRequest(msgspec.Struct, frozen=True):
    """What a client sends."""

    action: str
    subscriptions: tuple[Wanted, ...] = ()


_decode = msgspec.json.Decoder(FeedRequest).decode


class PricesFeed:
    """All connections of the feed. The world publishes; symbols with a slash are crypto, others equities."""

    def __init__(self, context: ServerContext, quirks: FeedQuirks | None = None) -> None:
        self.quirks = quirks or FeedQuirks()
        self._context = context
        self._series = PriceSeries()
        self._waiting: deque[PricePoint] = deque()
        self._told: dict[str, int] = {}
        self._conversations: dict[FeedConversation, None] = {}
        self._made = 0

    def accept(self, handshake: Handshake) -> Conversation | Refuse:
        """The venue's answer to a handshake."""
        if handshake.path != "/":
            return Refuse(403, b'{"message":"Forbidden"}')
        self._made += 1
        return FeedConversation(self, _connection_id(self._made))

    def publish(self, symbol: str, value: int, at: Nanos) -> None:
        """A price in 1e-8 dollars. What is old enough by now goes out."""
        point = self._series.add(symbol, value, at)
        if point is not None:
            self._waiting.append(point)
        while self._waiting and self._waiting[0].second * SECOND + self.quirks.lag <= at:
            self._tell(self._waiting.popleft())

    def join(self, conversation: "FeedConversation") -> None:
        self._conversations[conversation] = None

    def leave(self, conversation: "FeedConversation") -> None:
        self._conversations.pop(conversation, None)

    def snapshots(self, wanted: Wanted) -> list[bytes]:
        """The last minute of each symbol that a subscription means, as it was told so far."""
        topic = TOPICS[wanted.topic]
        symbols = wanted.symbols()
        frames = []
        for of, until in self._told.items():
            name = topic.symbol(of)
            if name is not None and (symbols is None or name in symbols):
                points = self._series.last(of, _SNAPSHOT_SECONDS, until)
                frames.append(self._snapshot(topic, name, of, points))
        return frames

    def _snapshot(self, topic: Topic, name: str, of: str, points: Sequence[PricePoint]) -> bytes:
        data = [{"timestamp": p.second * 1_000, "value": number(self._value(topic, of, p), 8)} for p in points]
        payload = {"data": data, "symbol": name}
        told = millis(self._context.told())
        return msgspec.json.encode({"payload": payload, "timestamp": told, "topic": topic.label, "type": "subscribe"})

    def _tell(self, point: PricePoint) -> None:
        self._told[point.symbol] = point.second
        now = millis(self._context.told())
        for topic in TOPICS.values():
            name = topic.symbol(point.symbol)
            if name is None or not self._conversations:
                continue
            payload = self._payload(topic, name, point, now)
            for conversation in self._conversations:
                conversation.tell(topic.name, name, payload, now)

    def _payload(self, topic: Topic, name: str, point: PricePoint, now: int) -> Body:
        value = self._value(topic, point.symbol, point)
        body: Body = {
            "full_accuracy_value": str(value * 10**10) if topic.scaled else f"{value // 10**8}.{value % 10**8:08d}",
            **({} if topic.crypto else {"received_at": now}),
            "symbol": name,
            "timestamp": point.second * 1_000,
            "value": number(value, 8),
        }
        return body | {"window_s": topic.window_s} if topic.window_s else body

    def _value(self, topic: Topic, of: str, point: PricePoint) -> int:
        return self._series.average(of, topic.window_s, point.second) if topic.window_s else point.value


class FeedConversation:
    """One connection of the feed."""

    __slots__ = ("_alive", "_connection", "_feed", "_id", "_wanted")

    def __init__(self, feed: PricesFeed, name: str) -> None:
        self._feed = feed
        self._id = name
        self._wanted: dict[tuple[str, str], frozenset[str] | None] = {}

    def opened(self, connection: Connection) -> None:
        connection.channel = "prices"
        self._connection = connection
        self._alive = Keepalive(connection, self._feed.quirks.ping_patience_s, lower_case=True)
        self._feed.join(self)

    def received(self, text: bytes) -> None:
        if self._alive.answered(text):
            return
        request = _request(text)
        if request is None:
            return  # one bad topic or filter spoils the whole message, and nothing says so
        if request.action == "unsubscribe":
            for wanted in request.subscriptions:
                self._wanted.pop((wanted.topic, wanted.filters), None)
        elif request.action == "subscribe":
            self._subscribe(request)

    def closed(self) -> None:
        self._alive.end()
        self._feed.leave(self)

    def tell(self, topic: str, symbol: str, payload: Body, now: int) -> None:
        """Send an update, if it is wanted."""
        for (name, _), symbols in self._wanted.items():
            if name == topic and (symbols is None or symbol in symbols):
                update = {
                    "connection_id": self._id,
                    "payload": payload,
                    "timestamp": now,
                    "topic": topic,
                    "type": "update",
                }
                self._connection.send(msgspec.json.encode(update))
                return

    def _subscribe(self, request: FeedRequest) -> None:
        if self._feed.quirks.empty_frames:
            self._connection.send(b"")
        for wanted in request.subscriptions:
            if wanted.topic in _SILENT_TOPICS:
                continue
            for frame in self._feed.snapshots(wanted):
                self._connection.send(frame)
            if wanted.compact:
                self._wanted[wanted.topic, wanted.filters] = wanted.symbols()


def _request(text: bytes) -> FeedRequest | None:
    """A request all of whose subscriptions can be understood."""
    try:
        request = _decode(text)
        for wanted in request.subscriptions:
            if wanted.topic not in TOPICS and wanted.topic not in _SILENT_TOPICS:
                return None
            if wanted.topic in TOPICS:
                wanted.symbols()
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return request


def _connection_id(number_: int) -> str:
    return urlsafe_b64encode(sha256(f"connection/{number_}".encode()).digest()[:11]).decode()
