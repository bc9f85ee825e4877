"""Polymarket's user channel: who logged in, and what they are told of their orders and trades (section 4.5)."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import (
    ExchangeEvent,
    Matched,
    NewOrder,
    OrderChanged,
    Settlement,
    SettlementMoved,
)
from dutchbook.exchange.polymarket_book import millis
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.polymarket.frames import BookTexts
from dutchbook.exchange.servers.polymarket.identifiers import trade_id
from dutchbook.exchange.servers.polymarket.keepalive import Keepalive
from dutchbook.exchange.servers.polymarket.market_channel import INVALID_OPERATION, INVALID_SUBSCRIPTION
from dutchbook.exchange.servers.polymarket.user_events import (
    Owners,
    UserQuirks,
    killed_event,
    order_event,
    trade_event,
)
from dutchbook.exchange.servers.sockets import Connection

_POLICY = 1008
INVALID_KEY = "invalid api key"
"""Why a connection with wrong credentials is closed (1008); the protocol does not say how the venue does it [?]."""


class KeyRing(Owners, Protocol):
    """What the channel asks about API keys."""

    def account_of_key(self, api_key: str, secret: str, passphrase: str) -> str | None: ...


class Credentials(msgspec.Struct, frozen=True, rename="camel"):
    """An API key as the subscription carries it."""

    api_key: str
    secret: str
    passphrase: str


class UserRequest(msgspec.Struct, frozen=True):
    """The initial subscription, or a later change. Without markets all are meant."""

    type: str = ""
    operation: str = ""
    auth: Credentials | None = None
    markets: tuple[str, ...] | None = None


_decode = msgspec.json.Decoder(UserRequest).decode


class UserChannel:
    """All connections of the channel. Events come in the order of the exchange, one trade frame for each transition."""

    def __init__(
        self,
        exchange: Exchange,
        history: History,
        context: ServerContext,
        keys: KeyRing,
        books: BookTexts,
        quirks: UserQuirks | None = None,
    ) -> None:
        self.quirks = quirks or UserQuirks()
        self.keys = keys
        self._exchange = exchange
        self._history = history
        self._context = context
        self._books = books
        self._listeners: dict[str, dict[UserConversation, None]] = {}
        self._trades: dict[str, dict[str, list[str]]] = {}
        changed: Callable[..., None] = self._changed
        exchange.listen(changed, OrderChanged)
        exchange.listen(self._heard, Matched, SettlementMoved)

    def converse(self) -> "UserConversation":
        """The venue's side of a new connection."""
        return UserConversation(self)

    def join(self, conversation: "UserConversation", account: str) -> None:
        """Begin to tell a connection what happens to an account."""
        if account not in self._listeners:
            self._listeners[account] = {}
            trades = self._trades[account] = {}
            for match in self._history.matches(account):
                _note(trades, match, account)
        self._listeners[account][conversation] = None

    def leave(self, conversation: "UserConversation", account: str) -> None:
        """The connection is gone."""
        listeners = self._listeners.get(account, {})
        listeners.pop(conversation, None)
        if not listeners:
            self._listeners.pop(account, None)
            self._trades.pop(account, None)

    def killed(self, new: NewOrder, why: str) -> None:
        """Tell of an order that was refused for `why` at once; the exchange has no event for what it did not take."""
        if new.account in self._listeners:
            owner = self.keys.owner_of_order(new.id, new.account)
            payload = killed_event(new, owner, why, millis(self._context.told()))
            self._send(new.account, new.market, payload)

    def _heard(self, event: ExchangeEvent) -> None:
        if not self._listeners:
            return
        match event:
            case Matched():
                for account in self._told(event):
                    _note(self._trades[account], event, account)
                self._traded(event, Settlement.MATCHED)
            case SettlementMoved(match=matched, status=status) if status is not Settlement.MATCHED:
                self._traded(matched, status, event)
            case _:
                pass

    def _changed(self, event: OrderChanged) -> None:
        new = event.order.new
        if new.account not in self._listeners:
            return
        market = self._exchange.listings[new.market].market
        owner = self.keys.owner_of_order(new.id, new.account)
        trades = tuple(self._trades[new.account].get(new.id, ()))
        stamp = self._books.stamp(event.at)
        payload = order_event(event.order, event.change, market, owner, trades, stamp, self.quirks)
        self._send(new.account, new.market, payload)

    def _traded(self, matched: Matched, status: Settlement, moved: SettlementMoved | None = None) -> None:
        market = self._exchange.listings[matched.market].market
        stamp = self._books.stamp(matched.at if moved is None else moved.at)
        for account in self._told(matched):
            payload = trade_event(matched, account, status, market, self.keys, stamp, self.quirks)
            for _ in range(2 if self.quirks.repeat_trades else 1):
                self._send(account, matched.market, payload)

    def _told(self, matched: Matched) -> list[str]:
        """The parties of a match that somebody listens for, the taker first."""
        parties = {matched.taker.new.account: None}
        parties.update({pair.maker.order.new.account: None for pair in matched.pairs})
        return [account for account in parties if account in self._listeners]

    def _send(self, account: str, market: MarketId, payload: bytes) -> None:
        for conversation in self._listeners[account]:
            conversation.tell(market, payload)


class UserConversation:
    """One connection of the user channel."""

    __slots__ = ("_account", "_alive", "_channel", "_connection", "_markets")

    def __init__(self, channel: UserChannel) -> None:
        self._channel = channel
        self._account: str | None = None
        self._markets: set[str] | None = None
        """Whose events it is told; None for all."""

    def opened(self, connection: Connection) -> None:
        connection.channel = "user"
        self._connection = connection
        self._alive = Keepalive(connection, self._channel.quirks.ping_patience_s)

    def received(self, text: bytes) -> None:
        request = _request(text)
        if self._account is None:
            self._log_in(request)
        elif self._alive.answered(text):
            pass
        elif request is None or request.operation not in ("subscribe", "unsubscribe"):
            self._connection.send(INVALID_OPERATION)
        elif request.operation == "subscribe":
            self._widen(request.markets or ())
        elif self._markets is not None:
            self._markets -= set(request.markets or ())

    def closed(self) -> None:
        self._alive.end()
        if self._account is not None:
            self._channel.leave(self, self._account)

    def tell(self, market: MarketId, payload: bytes) -> None:
        """Send an event of one market, if it is wanted."""
        if self._markets is None or market in self._markets:
            self._connection.send(payload)

    def _log_in(self, request: UserRequest | None) -> None:
        if request is None or request.type.lower() != "user" or request.auth is None:
            self._connection.close(_POLICY, INVALID_SUBSCRIPTION)
            return
        auth = request.auth
        self._account = self._channel.keys.account_of_key(auth.api_key, auth.secret, auth.passphrase)
        if self._account is None:
            self._connection.close(_POLICY, INVALID_KEY)
            return
        self._markets = set(request.markets) if request.markets else None
        self._channel.join(self, self._account)

    def _widen(self, markets: tuple[str, ...]) -> None:
        if self._markets is not None:  # None already means all
            self._markets |= set(markets)


def _note(trades: dict[str, list[str]], match: Matched, account: str) -> None:
    number = trade_id(match.number)
    orders = [pair.maker.order for pair in match.pairs]
    for order in dict.fromkeys((match.taker, *orders)):
        if order.new.account == account:
            known = trades.setdefault(order.new.id, [])
            if number not in known:
                known.append(number)


def _request(text: bytes) -> UserRequest | None:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, RecursionError):
        return None
