"""One client of the socket: its commands, and what they are answered (protocol sections 8.2 and 8.3)."""

from collections.abc import Callable, Iterable

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import MarketId
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.kalshi.formats import millis
from dutchbook.exchange.servers.kalshi.group_watch import GroupWatch
from dutchbook.exchange.servers.kalshi.index_feed import INDICES
from dutchbook.exchange.servers.kalshi.socket_commands import Command, CommandRefused, Params, command_of
from dutchbook.exchange.servers.kalshi.streams import Streams
from dutchbook.exchange.servers.kalshi.subscriptions import BY_MARKET, CHANNELS, Subscription
from dutchbook.exchange.servers.sockets import Connection

_encode = msgspec.json.Encoder().encode
MOST_MARKETS = 500_000
"""Market subscriptions of one session (protocol section 7.3)."""


class KalshiConversation:
    """Answers one connection of `account`. `by_number` finds markets by the id that the socket calls `market_id`."""

    def __init__(
        self,
        account: str,
        exchange: Exchange,
        streams: Streams,
        context: ServerContext,
        by_number: Callable[[str], MarketId | None],
        groups: GroupWatch,
    ) -> None:
        self._account = account
        self._exchange = exchange
        self._streams = streams
        self._context = context
        self._by_number = by_number
        self._groups = groups
        self._connection: Connection | None = None
        self._subscriptions: dict[int, Subscription] = {}
        self._last_sid = 0
        self._commands: dict[str, Callable[[Command], None]] = {
            "subscribe": self._subscribe,
            "unsubscribe": self._unsubscribe,
            "update_subscription": self._update,
            "list_subscriptions": self._list,
        }
        self._actions: dict[str, Callable[[Command, Params, Subscription], None]] = {
            "add_markets": self._add_markets,
            "delete_markets": self._delete_markets,
            "get_snapshot": self._get_snapshot,
            "subscribe_indices": self._add_indices,
            "unsubscribe_indices": self._drop_indices,
            "indexlist": self._list_indices,
        }

    def opened(self, connection: Connection) -> None:
        self._connection = connection

    def closed(self) -> None:
        for subscription in self._subscriptions.values():
            self._streams.index.remove(subscription)
        self._subscriptions.clear()
        self._connection = None

    def received(self, text: bytes) -> None:
        command = Command()
        try:
            command = command_of(text)
            self._commands.get(command.cmd, _unknown)(command)
        except CommandRefused as refused:
            self._answer("error", command.id, refused.body())

    def _subscribe(self, command: Command) -> None:
        params = command.read()
        if not params.channels:
            raise CommandRefused(3)
        channels = list(dict.fromkeys(params.channels))
        if any(channel not in CHANNELS for channel in channels):
            raise CommandRefused(8)
        markets = self._markets(params, by_number="ticker" in channels)
        if "orderbook_delta" in channels and not markets:
            raise CommandRefused(14)
        topics = _topics(params) if "cfbenchmarks_value" in channels else []
        known = {subscription.channel: subscription for subscription in self._subscriptions.values()}
        fresh: list[tuple[Subscription, list[MarketId]]] = []
        for channel in channels:
            wanted = markets if channel in BY_MARKET else []
            if channel in known:
                self._widen(command, params, known[channel], wanted, topics)
            else:
                fresh.append(self._begin(command, params, channel, wanted, topics))
        # All acknowledgements come before the first snapshot, as captured.
        for subscription, wanted in fresh:
            self._first_messages(subscription, wanted, params)
        self._groups.begin()

    def _begin(
        self, command: Command, params: Params, channel: str, markets: list[MarketId], topics: list[str]
    ) -> tuple[Subscription, list[MarketId]]:
        self._last_sid += 1
        subscription = Subscription(
            self._last_sid, channel, self._account, self._open(), self._told_ms, self._overflowed
        )
        subscription.yes_price = params.use_yes_price
        subscription.quiet_acks = params.skip_ticker_ack
        subscription.topics = dict.fromkeys(topics)
        self._subscriptions[subscription.sid] = subscription
        self._streams.index.add(subscription, markets or None)
        self._answer("subscribed", command.id, _encode({"channel": channel, "sid": subscription.sid}))
        return subscription, markets

    def _widen(
        self, command: Command, params: Params, subscription: Subscription, markets: list[MarketId], topics: list[str]
    ) -> None:
        """Subscribing again adds what is new, and is answered `ok`."""
        subscription.topics.update(dict.fromkeys(topics))
        fresh = [] if subscription.markets is None else self._streams.index.add(subscription, markets or None)
        self._ok(command, subscription)
        self._first_messages(subscription, fresh, params)

    def _first_messages(self, subscription: Subscription, markets: Iterable[MarketId], params: Params) -> None:
        if subscription.channel == "orderbook_delta":
            for market in markets:
                self._streams.snapshot(subscription, market)
        elif subscription.channel == "ticker" and params.send_initial_snapshot:
            for market in markets if subscription.markets is not None else tuple(self._exchange.listings):
                self._streams.ticker(subscription, market)

    def _unsubscribe(self, command: Command) -> None:
        params = command.read()
        named = params.sids or ([params.sid] if params.sid is not None else [])
        if not named:
            raise CommandRefused(4)
        if any(sid not in self._subscriptions for sid in named):
            raise CommandRefused(7)
        for sid in dict.fromkeys(named):
            subscription = self._subscriptions.pop(sid)
            self._streams.index.remove(subscription)
            subscription.end(command.id or None)

    def _update(self, command: Command) -> None:
        params = command.read()
        subscription = self._subscriptions.get(params.one_sid())
        if subscription is None:
            raise CommandRefused(7)
        if not params.action:
            raise CommandRefused(15)
        action = self._actions.get(params.action)
        of_indices = params.action in ("subscribe_indices", "unsubscribe_indices", "indexlist")
        if action is None or of_indices != (subscription.channel == "cfbenchmarks_value"):
            raise CommandRefused(13)
        action(command, params, subscription)

    def _add_markets(self, command: Command, params: Params, subscription: Subscription) -> None:
        markets = self._named(params, subscription)
        # Adding markets to a subscription of all of them limits nothing.
        fresh = [] if subscription.markets is None else self._streams.index.add(subscription, markets)
        self._ok(command, subscription)
        self._first_messages(subscription, fresh, params)

    def _delete_markets(self, command: Command, params: Params, subscription: Subscription) -> None:
        self._streams.index.drop(subscription, self._named(params, subscription))
        self._ok(command, subscription)

    def _get_snapshot(self, command: Command, params: Params, subscription: Subscription) -> None:
        if subscription.channel != "orderbook_delta":
            raise CommandRefused(13)
        markets = self._named(params, subscription)
        for market in markets:
            if market not in (subscription.markets or {}):
                raise CommandRefused(11, market)
        for market in markets:
            self._streams.snapshot(subscription, market, command.id or None)

    def _add_indices(self, command: Command, params: Params, subscription: Subscription) -> None:
        subscription.topics.update(dict.fromkeys(_topics(params)))
        self._ok(command, subscription)

    def _drop_indices(self, command: Command, params: Params, subscription: Subscription) -> None:
        for topic in _topics(params):
            subscription.topics.pop(topic, None)
        self._ok(command, subscription)

    def _list_indices(self, command: Command, params: Params, subscription: Subscription) -> None:  # noqa: ARG002
        subscription.send(b"ok", _encode({"index_ids": list(INDICES.values())}), command.id or None)

    def _list(self, command: Command) -> None:
        rows = [{"channel": each.channel, "sid": each.sid} for each in self._subscriptions.values()]
        self._answer("ok", command.id, _encode(rows))

    def _ok(self, command: Command, subscription: Subscription) -> None:
        body: dict[str, object] = {}
        if subscription.channel == "cfbenchmarks_value":
            body["index_ids"] = list(subscription.topics)
        elif subscription.markets is not None and not subscription.quiet_acks:
            body["market_tickers"] = list(subscription.markets)
        subscription.send(b"ok", _encode(body), command.id or None)

    def _named(self, params: Params, subscription: Subscription) -> list[MarketId]:
        if subscription.channel not in BY_MARKET:
            raise CommandRefused(13)
        markets = self._markets(params, by_number=subscription.channel == "ticker")
        if not markets:
            raise CommandRefused(14)
        return markets

    def _markets(self, params: Params, *, by_number: bool) -> list[MarketId]:
        """The markets that are named. That an unknown one refuses the whole command with 11 is an assumption."""
        markets: dict[MarketId, None] = {}
        for ticker in params.tickers():
            if ticker not in self._exchange.listings:
                raise CommandRefused(11, ticker)
            markets[MarketId(ticker)] = None
        for number in params.numbers():
            found = self._by_number(number) if by_number else None
            if found is None:
                raise CommandRefused(11)
            markets[found] = None
        if len(markets) + sum(len(each.markets or ()) for each in self._subscriptions.values()) > MOST_MARKETS:
            raise CommandRefused(26)
        return list(markets)

    def _answer(self, kind: str, command: int, body: bytes) -> None:
        asked = b'"id":%d,' % command if command else b""
        text = b'{"type":"%b",%b"msg":%b,"sending_ts_ms":%d}\n' % (kind.encode(), asked, body, self._told_ms())
        self._open().send(text, channel="commands")

    def _overflowed(self, subscription: Subscription) -> bool:
        """End a subscription whose buffer a fault lets run over. That the error names the `sid` is an assumption."""
        board = self._context.switchboard
        if board.quiet:
            return False
        connection = self._open()
        if not board.overflows(self._context.venue, subscription.channel, connection.id):
            return False
        subscription.over = True
        self._streams.index.remove(subscription)
        del self._subscriptions[subscription.sid]
        said = CommandRefused(25).body()
        text = b'{"type":"error","sid":%d,"msg":%b,"sending_ts_ms":%d}\n' % (subscription.sid, said, self._told_ms())
        connection.send(text, channel="commands")
        return True

    def _open(self) -> Connection:
        if self._connection is None:
            raise DutchbookError("Kalshi socket: a message of a connection that is closed - read none after `closed`")
        return self._connection

    def _told_ms(self) -> int:
        return millis(self._context.told())


def _unknown(command: Command) -> None:  # noqa: ARG001
    raise CommandRefused(5)


def _topics(params: Params) -> list[str]:
    if not params.index_ids:
        raise CommandRefused(24)
    known = set(INDICES.values())
    if params.index_ids == ["all"]:
        return list(INDICES.values())
    if not known.issuperset(params.index_ids):
        raise CommandRefused(11)
    return params.index_ids
