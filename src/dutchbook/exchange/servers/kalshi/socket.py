"""Kalshi's socket: signed handshakes, one conversation for each connection, one set of streams for all of them."""

from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.matching.messages import ExchangeEvent, ListingAdded
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.kalshi.auth import AuthRefused, KalshiAuth
from dutchbook.exchange.servers.kalshi.conversation import KalshiConversation
from dutchbook.exchange.servers.kalshi.group_watch import GroupWatch
from dutchbook.exchange.servers.kalshi.index_feed import Index, index_of
from dutchbook.exchange.servers.kalshi.streams import Streams
from dutchbook.exchange.servers.sockets import Handshake, Heartbeat, Refuse

PATH = "/trade-api/ws/v2"
HEARTBEAT = Heartbeat(10.0, b"heartbeat")
"""What to give to `serve_socket`: the venue's own pings (protocol section 8.1)."""


class KalshiSocket:
    """Accepts connections; give `accept` and HEARTBEAT to `serve_socket`. `publish` takes the ticks of price feeds.

    Two channels of the documentation exist and stay silent, because nothing here has what they tell of:
    `communications` (requests for quotes) and `multivariate_market_lifecycle` (combos). Paid and 5 Hz value feeds are
    unknown channels here. `history` may be shared with the REST server; without one it keeps its own.
    """

    def __init__(
        self, exchange: Exchange, context: ServerContext, auth: KalshiAuth, history: History | None = None
    ) -> None:
        self._exchange = exchange
        self._context = context
        self._auth = auth
        self._streams = Streams(exchange, history or History(exchange), context, auth)
        self._groups = GroupWatch(exchange, self._streams.index, context)
        self._indices: dict[str, Index] = {}
        self._numbers = {listing.number: market for market, listing in exchange.listings.items()}
        exchange.listen(self._heard, ListingAdded)

    def accept(self, handshake: Handshake) -> KalshiConversation | Refuse:
        """A conversation for a handshake that is signed, or the answer that it gets."""
        if handshake.path != PATH:
            return Refuse(404, b'{"error":{"code":"not_found","message":"not found"}}')
        try:
            account = self._auth.check("GET", handshake.path, handshake.headers)
        except AuthRefused as refused:
            return Refuse(refused.status, refused.body)
        return KalshiConversation(
            account, self._exchange, self._streams, self._context, self._numbers.get, self._groups
        )

    def publish(self, symbol: str, value: int, at: Nanos) -> None:
        """A tick of a price feed (`btc/usd`; 1e-8 dollars), told as the index that settles markets."""
        name = index_of(symbol)
        if name is None:
            return
        body = self._indices.setdefault(name, Index(name)).body(value, at)
        for subscription in self._streams.index.of_all("cfbenchmarks_value"):
            if name in subscription.topics:
                subscription.send(b"cfbenchmarks_value", body)

    def close(self) -> None:
        """Forget what was to be told later."""
        self._streams.close()
        self._groups.close()

    def _heard(self, event: ExchangeEvent) -> None:
        if isinstance(event, ListingAdded):
            self._numbers[self._exchange.listings[event.market].number] = event.market
