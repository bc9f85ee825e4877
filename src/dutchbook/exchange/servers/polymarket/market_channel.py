"""Polymarket's market channel: who follows which tokens, and what they are sent (protocol section 4.1)."""

import asyncio
from collections.abc import Callable, Iterable
from enum import StrEnum

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.polymarket_book import WireBook, snapshot
from dutchbook.exchange.servers.polymarket.frames import BookTexts
from dutchbook.exchange.servers.polymarket.keepalive import Keepalive
from dutchbook.exchange.servers.polymarket.market_frames import MarketFrames
from dutchbook.exchange.servers.sockets import Connection

INVALID_OPERATION = b"INVALID OPERATION"
"""Said to a message that is no operation, and to a second initial subscription."""
INVALID_SUBSCRIPTION = "invalid subscription payload"
"""Why a connection is closed (1008) that begins with anything else than a subscription, a PING included."""
_POLICY = 1008

_YES, _NO, _YES_CUSTOM, _NO_CUSTOM = 1, 2, 4, 8
_BOTH, _BOTH_CUSTOM = _YES | _NO, _YES_CUSTOM | _NO_CUSTOM


class Again(StrEnum):
    """What happens to a subscription that names a token which is followed already."""

    TOGGLE = "toggle"
    """It sets whether the custom events of that token are sent, and nothing else."""
    REFUSE = "refuse"
    """The whole message is refused."""


class MarketQuirks(msgspec.Struct, frozen=True, kw_only=True):
    """How the channel behaves where the protocol leaves it open."""

    ping_patience_s: float | None = 30.0
    """A connection without a text PING for so long is dropped. The protocol says only to send one every 10 s [?]."""
    snapshot_limit: int | None = 500
    """Tokens of one connection beyond this many get no snapshot, as is reported of the real channel; None: all do."""
    again: Again = Again.TOGGLE
    book_after_tick_change: bool = True
    resolutions: bool = True
    """Whether `market_resolved` is sent; some users of the real channel never see it."""


class MarketRequest(msgspec.Struct, frozen=True):
    """The initial subscription, or a later change."""

    assets_ids: tuple[str, ...] = ()
    type: str = ""
    operation: str = ""
    custom_feature_enabled: bool | None = None
    initial_dump: bool = True
    level: int = 2


_decode = msgspec.json.Decoder(MarketRequest).decode


class MarketChannel:
    """All connections of the channel. One frame is encoded once and goes to all who follow its market.

    A `price_change` names both tokens and goes to whoever follows either of them [?]. `level` changes nothing: what it
    means is not documented.
    """

    def __init__(self, exchange: Exchange, books: BookTexts, quirks: MarketQuirks | None = None) -> None:
        self.quirks = quirks or MarketQuirks()
        self._exchange = exchange
        self._books = books
        self._followers: dict[MarketId, dict[MarketConversation, int]] = {}
        self._curious: dict[MarketConversation, None] = {}
        self._frames = MarketFrames(
            exchange, books, self, soon, book_after_tick_change=self.quirks.book_after_tick_change
        )

    def converse(self) -> "MarketConversation":
        """The venue's side of a new connection."""
        return MarketConversation(self)

    def follows(self, market: MarketId) -> bool:
        return market in self._followers

    def publish(self, payload: bytes, market: MarketId, outcome: OutcomeId | None, *, custom: bool = False) -> None:
        followers = self._followers.get(market)
        if followers is None:
            return
        if outcome is None:
            wanted = _BOTH_CUSTOM if custom else _BOTH
        else:
            wanted = self._bit(market, outcome) * (_YES_CUSTOM if custom else _YES)
        for conversation, bits in followers.items():
            if bits & wanted:
                conversation.send(payload)

    def announce(self, payload: bytes) -> None:
        for conversation in self._curious:
            conversation.send(payload)

    def follow(self, conversation: "MarketConversation", tokens: Iterable[str], *, custom: bool | None) -> list[str]:
        """Begin to send a connection what happens to tokens, and say which of them it did not follow before."""
        new = []
        for token in tokens:
            outcome = OutcomeId(token)
            market = self._exchange.market_of(outcome)
            if market is None:
                continue
            followers = self._followers.get(market)
            if followers is None:
                self._frames.watch(market)
                followers = self._followers[market] = {}
            before = followers.get(conversation, 0)
            bit = self._bit(market, outcome)
            bits = before | bit
            if custom is not None:
                bits = bits | bit * _YES_CUSTOM if custom else bits & ~(bit * _YES_CUSTOM)
            followers[conversation] = bits
            if not before & bit:
                new.append(token)
        if custom:
            self._curious[conversation] = None
        return new

    def leave(self, conversation: "MarketConversation", tokens: Iterable[str]) -> None:
        """Send a connection nothing more about tokens."""
        for token in tokens:
            outcome = OutcomeId(token)
            market = self._exchange.market_of(outcome)
            followers = self._followers.get(market) if market is not None else None
            if market is None or followers is None or conversation not in followers:
                continue
            followers[conversation] &= ~(self._bit(market, outcome) * (_YES | _YES_CUSTOM))
            if not followers[conversation]:
                del followers[conversation]
                if not followers:
                    del self._followers[market]

    def forget(self, conversation: "MarketConversation", tokens: Iterable[str]) -> None:
        """The connection is gone; it followed `tokens`."""
        self.leave(conversation, tokens)
        self._curious.pop(conversation, None)

    def dump(self, tokens: Iterable[str]) -> bytes:
        """The books of tokens as one array; those without a book are left out."""
        found: list[tuple[WireBook, OutcomeId]] = []
        for token in tokens:
            book = self._books.of_token(OutcomeId(token))
            if book is not None:
                found.append((book, OutcomeId(token)))
        return snapshot(found)

    def _bit(self, market: MarketId, outcome: OutcomeId) -> int:
        return _YES if self._exchange.listings[market].market.yes == outcome else _NO


class MarketConversation:
    """One connection of the market channel."""

    __slots__ = ("_alive", "_channel", "_connection", "_tokens", "send")

    send: Callable[[bytes], None]
    """Sends one frame."""

    def __init__(self, channel: MarketChannel) -> None:
        self._channel = channel
        self._tokens: dict[str, None] | None = None
        """What it follows, in the order of subscription; None before the initial subscription."""

    def opened(self, connection: Connection) -> None:
        connection.channel = "market"
        self._connection = connection
        self.send = connection.send
        self._alive = Keepalive(connection, self._channel.quirks.ping_patience_s)

    def received(self, text: bytes) -> None:
        request = _request(text)
        if self._tokens is None:
            if request is None or request.type.lower() != "market" or request.operation:
                self._connection.close(_POLICY, INVALID_SUBSCRIPTION)
                return
            self._tokens = {}
            self._subscribe(request)
        elif self._alive.answered(text):
            pass
        elif request is None or request.operation not in ("subscribe", "unsubscribe"):
            self._connection.send(INVALID_OPERATION)
        elif request.operation == "subscribe":
            self._subscribe(request)
        else:
            self._channel.leave(self, request.assets_ids)
            for token in request.assets_ids:
                self._tokens.pop(token, None)

    def closed(self) -> None:
        self._alive.end()
        self._channel.forget(self, self._tokens or ())

    def _subscribe(self, request: MarketRequest) -> None:
        held = self._tokens
        if held is None:
            raise RuntimeError("a connection subscribes before its initial subscription was read")
        quirks = self._channel.quirks
        if quirks.again is Again.REFUSE and (held.keys() & set(request.assets_ids) or _repeats(request.assets_ids)):
            self._connection.send(b'{"error":"duplicate assets"}')
            return
        room = None if quirks.snapshot_limit is None else max(0, quirks.snapshot_limit - len(held))
        new = self._channel.follow(self, request.assets_ids, custom=request.custom_feature_enabled)
        held.update(dict.fromkeys(new))
        if request.initial_dump and (new or not request.operation):
            self._connection.send(self._channel.dump(new[:room]))


def soon(call: Callable[[], None]) -> None:
    """Run `call` once the work that is under way in the running event loop has ended."""
    asyncio.get_running_loop().call_soon(call)


def _request(text: bytes) -> MarketRequest | None:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None


def _repeats(tokens: tuple[str, ...]) -> bool:
    return len(set(tokens)) < len(tokens)
