"""What happens on the exchange, told to the subscriptions of the socket (protocol section 8)."""

from collections.abc import Callable

from dutchbook.domain.identity import MarketId, QuestionId
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import MILLISECOND, Nanos, Price
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.matching.messages import (
    BookMoved,
    Change,
    ExchangeEvent,
    GridMoved,
    LevelMove,
    ListingAdded,
    Matched,
    OrderChanged,
    Resolved,
    StatusMoved,
    WorkingOrder,
)
from dutchbook.exchange.servers.context import ServerContext
from dutchbook.exchange.servers.kalshi import lifecycle_frames as lifecycle
from dutchbook.exchange.servers.kalshi.auth import KalshiAuth
from dutchbook.exchange.servers.kalshi.book_frames import delta_body, eaten, snapshot_body
from dutchbook.exchange.servers.kalshi.identifiers import member_of
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.order_views import OrderViews
from dutchbook.exchange.servers.kalshi.private_frames import (
    MemberPositions,
    fill_body,
    market_position_body,
    update_reason,
    user_order_body,
)
from dutchbook.exchange.servers.kalshi.subscriptions import Subscription, SubscriptionIndex
from dutchbook.exchange.servers.kalshi.trade_frames import ticker_body, ticker_facts, trade_body
from dutchbook.exchange.servers.timers import Timers

FINAL_SNAPSHOT_AFTER = Nanos(800 * MILLISECOND)
"""How long after a market's close its books are told once more, empty (measured)."""
TRADE_FIRST_PPM = 60_000
"""In how many of a million matches trades are told before the changes of the book (measured)."""
_AT_ONCE = KalshiOptions.model_validate({"created_order_hidden": "0s", "changed_order_stale": "0s"})


class Streams:
    """Listens to one exchange and pushes to whoever subscribed. Texts are made once, whoever many want them."""

    def __init__(self, exchange: Exchange, history: History, context: ServerContext, auth: KalshiAuth) -> None:
        self.index = SubscriptionIndex()
        self._exchange = exchange
        self._history = history
        self._context = context
        self._timers = Timers(context)
        self._views = OrderViews(exchange, history, _AT_ONCE)
        self._positions = MemberPositions(exchange, history)
        self._pending: BookMoved | None = None
        self._tickers: dict[MarketId, dict[str, object]] = {}
        self._statuses = {market: listing.market.status for market, listing in exchange.listings.items()}
        self._closes = {market: listing.market.closes for market, listing in exchange.listings.items()}
        self._events = {listing.market.question for listing in exchange.listings.values()}
        self._told: dict[str, tuple[Price, int, int]] = {}
        self._ruled = {market for market, listing in exchange.listings.items() if listing.ruling is not None}
        self._readers: dict[type, Callable[..., None]] = {
            BookMoved: self._book_moved,
            Matched: self._matched,
            OrderChanged: self._order_changed,
            StatusMoved: self._status_moved,
            ListingAdded: self._listed,
            GridMoved: self._grid_moved,
            Resolved: self._resolved,
        }
        exchange.listen(self._heard)
        auth.on_member(self._follow)

    def snapshot(self, subscription: Subscription, market: MarketId, command: int | None = None) -> None:
        """Send a whole book as it is now."""
        self.settle()
        listing = self._exchange.listings[market]
        bids, asks = self._exchange.book(market)
        body = snapshot_body(listing, bids, asks, yes_price=subscription.yes_price)
        subscription.send(b"orderbook_snapshot", body, command)

    def ticker(self, subscription: Subscription, market: MarketId) -> None:
        """Send the present state of a ticker."""
        facts = ticker_facts(self._exchange, self._history, self._exchange.listings[market])
        subscription.send(b"ticker", ticker_body(facts, self._context.told()))

    def settle(self) -> None:
        """Tell a change of the book whose cause was still awaited."""
        if self._pending is not None:
            moved, self._pending = self._pending, None
            self._deltas(moved, None)

    def close(self) -> None:
        """Forget what was to be told later."""
        self._timers.close()

    def _follow(self, member: str) -> None:
        self._views.follow(member)
        self._positions.follow(member)

    def _heard(self, event: ExchangeEvent) -> None:
        pending = self._pending
        if pending is not None:
            self._pending = None
            # What an order did to the book is told first, and its order behind it: then its owner's tag is known.
            caused = isinstance(event, OrderChanged) and event.order.new.market == pending.market
            self._deltas(pending, event.order if caused and isinstance(event, OrderChanged) else None)
        reader = self._readers.get(type(event))
        if reader is not None:
            reader(event)

    def _book_moved(self, event: BookMoved) -> None:
        if not event.traded:  # the changes of a match are told one by one, from the match itself
            self._pending = event

    def _deltas(self, event: BookMoved, order: WorkingOrder | None) -> None:
        listing = self._exchange.listings[event.market]
        wanting = self.index.wanting("orderbook_delta", event.market)
        for move in event.moves if wanting else ():
            texts = _DeltaTexts(listing, move, event.at, order)
            for subscription in wanting:
                subscription.send(b"orderbook_delta", texts.of(subscription))
        self._tick(listing, event.at)

    def _matched(self, event: Matched) -> None:
        listing = self._exchange.listings[event.market]
        trades_first = self._context.rng.randrange(1_000_000) < TRADE_FIRST_PPM
        for tell in (self._trades, self._eaten) if trades_first else (self._eaten, self._trades):
            tell(event, listing)
        self._tick(listing, event.at)
        self._fills(event, listing)

    def _eaten(self, event: Matched, listing: Listing) -> None:
        wanting = self.index.wanting("orderbook_delta", event.market)
        for pair in event.pairs if wanting else ():
            # Whether the maker's own connections see a tag here is unconfirmed: assumed not.
            texts = _DeltaTexts(listing, eaten(pair, listing.market.yes), event.at, None)
            for subscription in wanting:
                subscription.send(b"orderbook_delta", texts.of(subscription))

    def _trades(self, event: Matched, listing: Listing) -> None:
        wanting = self.index.wanting("trade", event.market)
        for pair in event.pairs if wanting else ():
            body = trade_body(event, pair, listing.market.yes)
            for subscription in wanting:
                subscription.send(b"trade", body)

    def _fills(self, event: Matched, listing: Listing) -> None:
        changed: dict[str, None] = {}
        for pair in event.pairs:
            for party in (pair.taker, pair.maker):
                account = party.order.new.account
                if not self._positions.follows(account):
                    continue
                position = self._positions.fill(event.market, party, pair.size, listing.market.yes)
                changed[account] = None
                body = fill_body(event, pair, party, listing, position)
                self._privately("fill", b"fill", account, event.market, body)
        for account in changed:
            self._position(account, event.market)

    def _position(self, account: str, market: MarketId) -> None:
        body = market_position_body(account, market, self._positions.of(account, market))
        self._privately("market_positions", b"market_position", account, market, body)

    def _order_changed(self, event: OrderChanged) -> None:
        order, new = event.order, event.order.new
        if not self._positions.follows(new.account):
            return
        before = self._told.pop(new.id, None)
        if event.change in (Change.PLACED, Change.UPDATED):
            self._told[new.id] = (new.price, new.size, order.filled)
        view = self._views.view(order, event.at)
        if view is None or not self.index.watched("user_orders"):
            return
        traded = event.change is Change.UPDATED and (before is None or order.filled > before[2])
        smaller = before is not None and new.price == before[0] and new.size < before[1]
        reason = update_reason(event, traded=traded, smaller=smaller)
        body = user_order_body(view, self._exchange.listings[new.market].shard, reason)
        self._privately("user_orders", b"user_order", new.account, new.market, body)

    def _privately(self, channel: str, kind: bytes, account: str, market: MarketId, body: bytes) -> None:
        member = member_of(account)[0]
        for subscription in self.index.wanting(channel, market):
            if subscription.account == member:
                subscription.send(kind, body)

    def _tick(self, listing: Listing, at: Nanos) -> None:
        wanting = self.index.wanting("ticker", listing.id)
        if not wanting:
            return
        facts = ticker_facts(self._exchange, self._history, listing)
        if facts == self._tickers.get(listing.id):
            return
        self._tickers[listing.id] = facts
        body = ticker_body(facts, at)
        for subscription in wanting:
            subscription.send(b"ticker", body)

    def _status_moved(self, event: StatusMoved) -> None:
        before, self._statuses[event.market] = self._statuses.get(event.market), event.status
        listing = self._exchange.listings[event.market]
        closes = listing.market.closes
        if event.status is MarketStatus.PAUSED:
            self._live(lifecycle.pause_body(event.market, paused=True))
        elif event.status is MarketStatus.OPEN and before is MarketStatus.PAUSED:
            self._live(lifecycle.pause_body(event.market, paused=False))
        elif event.status is MarketStatus.CLOSED:
            if closes is None or event.at < closes:
                self._live(lifecycle.close_date_body(event.market, event.at))
            self._close_books(event.market, event.at)

    def _close_books(self, market: MarketId, at: Nanos) -> None:
        if self.index.wanting("orderbook_delta", market):
            self._timers.at(Nanos(at + FINAL_SNAPSHOT_AFTER), lambda: self._final(market))

    def _final(self, market: MarketId) -> None:
        for subscription in self.index.wanting("orderbook_delta", market):
            self.snapshot(subscription, market)

    def _listed(self, event: ListingAdded) -> None:
        listing = self._exchange.listings[event.market]
        market, closes = listing.market, listing.market.closes
        if event.market not in self._statuses:
            self._event_listed(market.question)
            self._live(lifecycle.created_body(listing))
        elif listing.ruling is not None:
            # A dispute and its end have no message of their own.
            self._determined(event.market, listing.ruling.payout, listing.ruling.at)
        else:
            self._live(lifecycle.metadata_body(listing))
            if closes is not None and closes != self._closes.get(event.market):
                self._live(lifecycle.close_date_body(event.market, closes))
        self._statuses[event.market], self._closes[event.market] = market.status, closes

    def _event_listed(self, question: QuestionId) -> None:
        listed = self._exchange.questions.get(question)
        if listed is not None and question not in self._events:
            self._events.add(question)
            self._live(lifecycle.event_body(listed), b"event_lifecycle")

    def _grid_moved(self, event: GridMoved) -> None:
        self._live(lifecycle.grid_body(self._exchange.listings[event.market]))

    def _resolved(self, event: Resolved) -> None:
        before, self._statuses[event.market] = self._statuses.get(event.market), MarketStatus.RESOLVED
        if before is not MarketStatus.CLOSED:
            self._close_books(event.market, event.at)
        self._determined(event.market, event.payout, event.at)
        self._live(lifecycle.settled_body(event.market, event.at))
        for account, _ in self._positions.settle(event.market, event.payout):
            self._position(account, event.market)

    def _determined(self, market: MarketId, payout: Price, at: Nanos) -> None:
        if market not in self._ruled:
            self._ruled.add(market)
            self._live(lifecycle.determined_body(market, payout, at))

    def _live(self, body: bytes, kind: bytes = b"market_lifecycle_v2") -> None:
        for subscription in self.index.of_all("market_lifecycle_v2"):
            subscription.send(kind, body)


class _DeltaTexts:
    """The texts of one change: each made when somebody first needs it."""

    __slots__ = ("_at", "_listing", "_made", "_member", "_move", "_own")

    def __init__(self, listing: Listing, move: LevelMove, at: Nanos, order: WorkingOrder | None) -> None:
        self._listing = listing
        self._move = move
        self._at = at
        self._member, number = member_of(order.new.account) if order is not None else ("", 0)
        self._own = (order.new.client_id, number) if order is not None else None
        self._made: dict[tuple[bool, bool], bytes] = {}

    def of(self, subscription: Subscription) -> bytes:
        """What this subscription is told."""
        tagged = self._own is not None and subscription.account == self._member
        key = (subscription.yes_price, tagged)
        text = self._made.get(key)
        if text is None:
            text = self._made[key] = delta_body(
                self._listing,
                self._move,
                self._at,
                yes_price=subscription.yes_price,
                own=self._own if tagged else None,
            )
        return text
