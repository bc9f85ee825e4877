"""Subscriptions of the socket: numbered streams of one channel on one connection, and who wants what."""

from collections.abc import Callable, Iterable, Iterator
from itertools import chain

from dutchbook.domain.identity import MarketId
from dutchbook.exchange.servers.sockets import Connection

NUMBERED = frozenset(
    {
        "orderbook_delta",
        "trade",
        "market_lifecycle_v2",
        "multivariate_market_lifecycle",
        "order_group_updates",
        "communications",
        "cfbenchmarks_value",
    }
)
"""Channels whose messages carry `seq` (protocol section 8.4)."""
PRIVATE = frozenset({"fill", "user_orders", "market_positions", "order_group_updates", "communications"})
"""Channels that show the connection's own account."""
CHANNELS = NUMBERED | PRIVATE | {"ticker"}
BY_MARKET = frozenset({"orderbook_delta", "ticker", "trade", "fill", "user_orders", "market_positions"})
"""Channels that may be limited to markets; `orderbook_delta` must be."""


class Subscription:
    """One `sid`, until it is `over`. Its numbers begin at 1.

    `markets` None means all of them, `topics` are the indices of a value feed. `overflowed` is asked before each
    message whether the subscription has just ended.
    """

    __slots__ = (
        "_connection",
        "_overflowed",
        "_told",
        "account",
        "channel",
        "markets",
        "over",
        "quiet_acks",
        "seq",
        "sid",
        "topics",
        "yes_price",
    )

    def __init__(
        self,
        sid: int,
        channel: str,
        account: str,
        connection: Connection,
        told: Callable[[], int],
        overflowed: Callable[["Subscription"], bool],
    ) -> None:
        self.sid = sid
        self.channel = channel
        self.account = account
        self.markets: dict[MarketId, None] | None = None
        self.topics: dict[str, None] = {}
        self.yes_price = False
        self.quiet_acks = False
        self.seq = 0
        self.over = False
        self._connection = connection
        self._told = told
        self._overflowed = overflowed

    def send(self, kind: bytes, body: bytes, command: int | None = None) -> None:
        """Send one message of this subscription; `body` is the JSON text of its `msg`. Takes the next number."""
        if self.over or self._overflowed(self):
            return
        asked = b"" if command is None else b',"id":%d' % command
        if self.channel in NUMBERED:
            self.seq += 1
            head = b'{"type":"%b"%b,"sid":%d,"seq":%d,"msg":' % (kind, asked, self.sid, self.seq)
        else:
            head = b'{"type":"%b"%b,"sid":%d,"msg":' % (kind, asked, self.sid)
        self._connection.send(b'%b%b,"sending_ts_ms":%d}\n' % (head, body, self._told()), channel=self.channel)

    def end(self, command: int | None) -> None:
        """Tell that it is over."""
        asked = b"" if command is None else b'"id":%d,' % command
        numbered = b""
        if self.channel in NUMBERED:
            self.seq += 1
            numbered = b',"seq":%d' % self.seq
        text = b'{"type":"unsubscribed",%b"sid":%d%b,"sending_ts_ms":%d}\n' % (asked, self.sid, numbered, self._told())
        self._connection.send(text, channel=self.channel)


class SubscriptionIndex:
    """Finds the subscriptions that want something, in the order in which they were made."""

    def __init__(self) -> None:
        self._of_all: dict[str, dict[Subscription, None]] = {channel: {} for channel in CHANNELS}
        self._of_market: dict[str, dict[MarketId, dict[Subscription, None]]] = {channel: {} for channel in CHANNELS}

    def add(self, subscription: Subscription, markets: Iterable[MarketId] | None) -> list[MarketId]:
        """Take a subscription in, or more markets of it (None: all). Gives the markets that it did not have."""
        if markets is None:
            self.remove(subscription)
            subscription.markets = None
            self._of_all[subscription.channel][subscription] = None
            return []
        if subscription.markets is None:
            subscription.markets = {}
        fresh = [market for market in dict.fromkeys(markets) if market not in subscription.markets]
        for market in fresh:
            subscription.markets[market] = None
            self._of_market[subscription.channel].setdefault(market, {})[subscription] = None
        return fresh

    def drop(self, subscription: Subscription, markets: Iterable[MarketId]) -> None:
        """Take markets out of a subscription."""
        if subscription.markets is None:
            return
        for market in markets:
            if subscription.markets.pop(market, 0) is None:
                wanting = self._of_market[subscription.channel][market]
                del wanting[subscription]
                if not wanting:
                    del self._of_market[subscription.channel][market]

    def remove(self, subscription: Subscription) -> None:
        """Forget a subscription."""
        self._of_all[subscription.channel].pop(subscription, None)
        self.drop(subscription, tuple(subscription.markets or ()))

    def of_all(self, channel: str) -> Iterator[Subscription]:
        """Those of a channel that name no markets."""
        return iter(tuple(self._of_all[channel]))

    def wanting(self, channel: str, market: MarketId) -> Iterable[Subscription]:
        """Those that want a channel's messages about a market."""
        of_market = self._of_market[channel].get(market)
        of_all = self._of_all[channel]
        if not of_all:
            return tuple(of_market) if of_market else ()
        return tuple(chain(of_all, of_market or ()))

    def watched(self, channel: str) -> bool:
        """Whether anybody wants anything of a channel."""
        return bool(self._of_all[channel] or self._of_market[channel])
