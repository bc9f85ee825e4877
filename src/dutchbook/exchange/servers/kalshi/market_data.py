"""Markets, books and trades for everybody (protocol sections 4.2 to 4.4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from dutchbook.domain.book import Level, Side
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import ONE, SECOND, Nanos
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History, Trade
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import market_not_found
from dutchbook.exchange.servers.kalshi.event_bodies import series_of
from dutchbook.exchange.servers.kalshi.formats import count_text, price_text, time_text
from dutchbook.exchange.servers.kalshi.identifiers import trade_id
from dutchbook.exchange.servers.kalshi.lifecycle import MarketTimes
from dutchbook.exchange.servers.kalshi.live_tier import Tier
from dutchbook.exchange.servers.kalshi.market_bodies import MarketBodies
from dutchbook.exchange.servers.kalshi.market_filters import MarketFilter
from dutchbook.exchange.servers.kalshi.paging import lazy_page
from dutchbook.exchange.servers.unhurried import Rows

_LARGEST_PAGE = 1_000
_DEEPEST = 100
_MOST_BOOKS = 100
_AT_ONCE = 30
"""Markets of a list that are written without a pause: half a millisecond."""


class MarketData:
    """Endpoints under `/markets`, and their historical twins."""

    def __init__(
        self, exchange: Exchange, history: History, bodies: MarketBodies, times: MarketTimes, tier: Tier
    ) -> None:
        self._exchange = exchange
        self._history = history
        self._bodies = bodies
        self._times = times
        self._tier = tier

    def endpoints(self) -> list[Endpoint]:
        return [
            _get("/markets", "GetMarkets", lambda call: self.markets(call, live=True)),
            _get("/markets/orderbooks", "GetMarketOrderbooks", self.orderbooks),
            _get("/markets/trades", "GetTrades", lambda call: self.trades(call, live=True)),
            _get("/markets/{ticker}", "GetMarket", lambda call: self.market(call, live=True)),
            _get("/markets/{ticker}/orderbook", "GetMarketOrderbook", self.orderbook),
            _get("/historical/cutoff", "GetHistoricalCutoff", self.cutoff),
            _get("/historical/markets", "GetHistoricalMarkets", lambda call: self.markets(call, live=False)),
            _get("/historical/markets/{ticker}", "GetHistoricalMarket", lambda call: self.market(call, live=False)),
            _get("/historical/trades", "GetTradesHistorical", lambda call: self.trades(call, live=False)),
        ]

    def markets(self, call: Call, *, live: bool) -> Answer:
        """`GET /markets` or `/historical/markets`, newest first."""
        chosen = MarketFilter.read(call.query)
        limit = call.query.limit(_LARGEST_PAGE)
        series, now = self._series() if chosen.series else {}, call.now
        newest = sorted(self._exchange.listings.values(), key=lambda each: (each.created, each.id), reverse=True)
        rows, cursor = lazy_page(
            lambda: newest,
            _ticker,
            call.query.text("cursor"),
            limit,
            lambda each: chosen.takes(each, series, self._times) and self._tier.is_live(each, now) is live,
        )
        markets = Rows(rows, lambda each: self._bodies.body(each, call.now), _AT_ONCE)
        return Answer({"markets": markets, "cursor": cursor})

    def market(self, call: Call, *, live: bool) -> Answer:
        """One market of its tier."""
        listing = self.listing(call.path["ticker"])
        if self._tier.is_live(listing, call.now) is not live:
            raise market_not_found()
        return Answer({"market": self._bodies.body(listing, call.now)})

    def orderbook(self, call: Call) -> Answer:
        """One book; `depth` 0 means all levels."""
        depth = call.query.bounded("depth", 0, _DEEPEST, 0)
        return Answer(self._book(self.listing(call.path["ticker"]).id, depth))

    def orderbooks(self, call: Call) -> Answer:
        """Several books; that unknown tickers are left out is an assumption."""
        tickers = call.query.names("tickers", _MOST_BOOKS)
        if not tickers:
            raise call.query.bad("'tickers' is required")
        known = [MarketId(ticker) for ticker in tickers if ticker in self._exchange.listings]
        return Answer({"orderbooks": [{"ticker": each} | self._book(each, 0) for each in known]})

    def trades(self, call: Call, *, live: bool) -> Answer:
        """Public trades, newest first."""
        query = call.query
        ticker = query.text("ticker")
        market = self.listing(ticker).id if ticker else None
        limit, ends = query.limit(_LARGEST_PAGE), (query.integer("min_ts"), query.integer("max_ts"))
        blocks = query.flag("is_block_trade")  # there are none here
        found, cursor = lazy_page(
            lambda: () if blocks else self._tiered(market, ends, call.now, live=live),
            _number,
            query.text("cursor"),
            limit,
        )
        return Answer({"trades": [trade_body(each) for each in found], "cursor": cursor})

    def cutoff(self, call: Call) -> Answer:
        """`GET /historical/cutoff`."""
        cutoff = time_text(self._tier.cutoff(call.now))
        return Answer(
            {
                "market_settled_ts": cutoff,
                "trades_created_ts": cutoff,
                "orders_updated_ts": time_text(self._tier.orders_cutoff(call.now)),
                "market_positions_last_updated_ts": cutoff,
            }
        )

    def listing(self, ticker: str) -> Listing:
        """A market by its ticker. Raises ApiError 404."""
        found = self._exchange.listings.get(MarketId(ticker))
        if found is None:
            raise market_not_found()
        return found

    def _book(self, market: MarketId, depth: int) -> dict[str, object]:
        bids, asks = self._exchange.book(market)
        return {
            "orderbook_fp": {
                "yes_dollars": _ascending(bids, depth, lambda level: level.price),
                "no_dollars": _ascending(asks, depth, lambda level: ONE - level.price),
            }
        }

    def _tiered(
        self, market: MarketId | None, ends: tuple[int | None, int | None], now: Nanos, *, live: bool
    ) -> Iterator[Trade]:
        cutoff = self._tier.cutoff(now)
        for each in self._history.newest(market):
            if (each.at >= cutoff) is live and in_range(each.at, *ends):
                yield each
            elif live and (each.at < cutoff or (ends[0] is not None and each.at < ends[0] * SECOND)):
                return

    def _series(self) -> Mapping[str, str]:
        return {listed.question.id: series_of(listed) for listed in self._exchange.questions.values()}


def in_range(at: Nanos, least: int | None, most: int | None) -> bool:
    """Whether an instant lies between two seconds, both inclusive."""
    return (least is None or at >= least * SECOND) and (most is None or at < (most + 1) * SECOND)


def trade_body(trade: Trade) -> dict[str, object]:
    """One public trade."""
    bought_yes = trade.side is Side.BUY
    return {
        "trade_id": trade_id(trade.number),
        "ticker": trade.market,
        "count_fp": count_text(trade.size),
        "yes_price_dollars": price_text(trade.price),
        "no_price_dollars": price_text(ONE - trade.price),
        "taker_side": "yes" if bought_yes else "no",
        "taker_outcome_side": "yes" if bought_yes else "no",
        "taker_book_side": "bid" if bought_yes else "ask",
        "created_time": time_text(trade.at),
        "is_block_trade": False,
    }


def _ascending(best_first: Sequence[Level], depth: int, price: Callable[[Level], int]) -> list[list[str]]:
    # The best is the last element, and a depth counts from the best.
    levels = best_first[:depth] if depth else best_first
    return [[price_text(price(level)), count_text(level.size)] for level in reversed(levels)]


def _ticker(listing: Listing) -> str:
    return listing.id


def _number(trade: Trade) -> str:
    return str(trade.number)


def _get(path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method="GET", path=path, operation=operation, handler=handler)
