"""Reading orders and their places in the queue (protocol section 5.4)."""

from collections.abc import Callable, Iterator

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.matching.messages import OrderState, WorkingOrder
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import not_found
from dutchbook.exchange.servers.kalshi.formats import count_text
from dutchbook.exchange.servers.kalshi.identifiers import member_of
from dutchbook.exchange.servers.kalshi.live_tier import Tier
from dutchbook.exchange.servers.kalshi.market_data import in_range
from dutchbook.exchange.servers.kalshi.order_views import OrderView, OrderViews
from dutchbook.exchange.servers.kalshi.paging import lazy_page
from dutchbook.exchange.servers.kalshi.portfolio_bodies import STATUS_WORDS, order_body

_LARGEST_PAGE = 1_000
_MOST_EVENTS = 10
_MOST_MARKETS = 1_000
_STATUSES = ("resting", "canceled", "executed")


class OrderReads:
    """GET endpoints of orders."""

    def __init__(self, exchange: Exchange, views: OrderViews, tier: Tier) -> None:
        self._exchange = exchange
        self._views = views
        self._tier = tier

    def endpoints(self) -> list[Endpoint]:
        return [
            _get("/portfolio/orders", "GetOrders", lambda call: self.orders(call, live=True)),
            _get("/portfolio/orders/queue_positions", "GetOrderQueuePositions", self.queue_positions),
            _get("/portfolio/orders/{order_id}", "GetOrder", self.order),
            _get("/portfolio/orders/{order_id}/queue_position", "GetOrderQueuePosition", self.queue_position),
            _get("/historical/orders", "GetHistoricalOrders", lambda call: self.orders(call, live=False)),
        ]

    def orders(self, call: Call, *, live: bool) -> Answer:
        """A member's orders, newest first. Time filters look at the creation."""
        query = call.query
        ticker, events = query.text("ticker"), set(query.names("event_ticker", _MOST_EVENTS))
        status, limit = query.one_of("status", _STATUSES), query.limit(_LARGEST_PAGE)
        ends, shard = (query.integer("min_ts"), query.integer("max_ts")), query.integer("exchange_index")
        cutoff = self._tier.orders_cutoff(call.now)
        account = call.account()

        def keep(view: OrderView) -> bool:
            listing = self._exchange.listings[view.new.market]
            return (
                (not ticker or view.new.market == ticker)
                and (not events or listing.market.question in events)
                and (not status or STATUS_WORDS[view.state] == status)
                and in_range(view.placed, *ends)
                and shard in (None, -1, listing.shard)
                and (view.resting or view.updated >= cutoff) is live
            )

        behind = query.text("cursor")
        # Further pages go through all orders: the one that a cursor names may have ended since.
        resting = status == "resting" and not behind
        found, cursor = lazy_page(
            lambda: self._candidates(account, call.now, resting=resting), _order_id, behind, limit, keep
        )
        return Answer({"orders": [self.body(view) for view in found], "cursor": cursor})

    def order(self, call: Call) -> Answer:
        """One order: 404 while a new one is hidden."""
        view = self._views.view(self.own(call), call.now)
        if view is None:
            raise not_found()
        return Answer({"order": self.body(view)})

    def queue_position(self, call: Call) -> Answer:
        """Contracts ahead of one resting order."""
        order = self.own(call)
        if order.state is not OrderState.LIVE:
            raise not_found()
        return Answer({"queue_position_fp": count_text(self._exchange.ahead(order.new.id))})

    def queue_positions(self, call: Call) -> Answer:
        """Of all resting orders in some markets or one event; which of them is needed is an assumption."""
        tickers, event = call.query.names("market_tickers", _MOST_MARKETS), call.query.text("event_ticker")
        if not tickers and not event:
            raise call.query.bad("'market_tickers' or 'event_ticker' is required")
        rows = [
            {
                "order_id": order.new.id,
                "market_ticker": order.new.market,
                "queue_position_fp": count_text(self._exchange.ahead(order.new.id)),
            }
            for order in self._exchange.open_orders(call.account())
            if order.state is OrderState.LIVE and self._asked(order.new.market, tickers, event)
        ]
        return Answer({"queue_positions": rows})

    def own(self, call: Call) -> WorkingOrder:
        """The order that the path names, if it is the member's. Raises ApiError 404."""
        order = self._exchange.order(call.path["order_id"])
        if order is None or not _may_see(call, order):
            raise not_found()
        return order

    def body(self, view: OrderView) -> dict[str, object]:
        return order_body(view, self._exchange.listings[view.new.market].shard)

    def _candidates(self, account: str, now: Nanos, *, resting: bool) -> Iterator[OrderView]:
        """Newest first. Who asks for resting orders is not made to wait for all that ever were."""
        if resting:
            views = self._views.resting(account, now)[::-1]
            return iter(sorted(views, key=lambda view: view.placed, reverse=True))
        return self._views.views(reversed(self._exchange.orders_of(account)), now)

    def _asked(self, market: MarketId, tickers: list[str], event: str) -> bool:
        return market in tickers or (bool(event) and self._exchange.listings[market].market.question == event)


def _order_id(view: OrderView) -> str:
    return view.new.id


def _may_see(call: Call, order: WorkingOrder) -> bool:
    """Reading by id takes no subaccount: all of the member's orders are found, unless the key is locked to one."""
    member, number = member_of(order.new.account)
    locked = None if call.key is None else call.key.subaccount
    return member == call.member and locked in (None, number)


def _get(path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method="GET", path=path, operation=operation, handler=handler, scope="read")
