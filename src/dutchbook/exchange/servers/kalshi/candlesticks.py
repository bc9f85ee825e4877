"""Candlesticks by market, event and tier (protocol section 4.5)."""

from collections.abc import Callable, Iterator, Sequence

from dutchbook.domain.identity import MarketId, QuestionId
from dutchbook.domain.units import MINUTE, SECOND, Nanos, Price, Size
from dutchbook.exchange.candles import Candle, Ohlc
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.kalshi.calls import Answer, Call, Endpoint
from dutchbook.exchange.servers.kalshi.errors import market_not_found, not_found
from dutchbook.exchange.servers.kalshi.event_bodies import listings_of
from dutchbook.exchange.servers.kalshi.formats import count_text, price_text, seconds
from dutchbook.exchange.servers.kalshi.options import KalshiOptions
from dutchbook.exchange.servers.kalshi.parameters import Parameters

_INTERVALS = (1, 60, 1_440)
_MOST_CANDLES = 5_000
"""Of one market in one call: not documented, assumed."""
_MOST_OF_ALL = 10_000
_MOST_MARKETS = 100


class Span:
    """The periods that a call asks for."""

    def __init__(self, query: Parameters) -> None:
        minutes = query.needed("period_interval")
        if minutes not in _INTERVALS:
            raise query.bad("'period_interval' must be one of 1, 60, 1440")
        start, end = query.needed("start_ts"), query.needed("end_ts")
        if not 0 <= start <= end <= 1 << 33:
            raise query.bad("'start_ts' must not be after 'end_ts'")
        self.period = Nanos(minutes * MINUTE)
        self.start = Nanos(start * SECOND)
        self.end = Nanos(end * SECOND)
        self.count = (end - start) // (minutes * 60) + 1
        self.carry = bool(query.flag("include_latest_before_start"))


class Candlesticks:
    """The four candlestick endpoints."""

    def __init__(self, exchange: Exchange, history: History, options: KalshiOptions) -> None:
        self._exchange = exchange
        self._history = history
        self._options = options

    def endpoints(self) -> list[Endpoint]:
        one = "/series/{series_ticker}/markets/{ticker}/candlesticks"
        event = "/series/{series_ticker}/events/{ticker}/candlesticks"
        return [
            _get(one, "GetMarketCandlesticks", self.market),
            _get(event, "GetMarketCandlesticksByEvent", self.event),
            _get("/markets/candlesticks", "BatchGetMarketCandlesticks", self.batch),
            _get("/historical/markets/{ticker}/candlesticks", "GetMarketCandlesticksHistorical", self.historical),
        ]

    def market(self, call: Call) -> Answer:
        """One market's candles. That any series in the path will do is an assumption."""
        span = self._span(call.query, 1, _MOST_CANDLES)
        market = self._market(call.path["ticker"])
        return Answer({"ticker": market, "candlesticks": self._candles(market, span, call.now)})

    def batch(self, call: Call) -> Answer:
        """Up to 100 markets in one call; unknown ones are left out (an assumption)."""
        tickers = call.query.names("market_tickers", _MOST_MARKETS)
        if not tickers:
            raise call.query.bad("'market_tickers' is required")
        span = self._span(call.query, len(tickers), _MOST_OF_ALL)
        known = [MarketId(ticker) for ticker in tickers if ticker in self._exchange.listings]
        rows = [{"market_ticker": each, "candlesticks": self._candles(each, span, call.now)} for each in known]
        return Answer({"markets": rows})

    def event(self, call: Call) -> Answer:
        """All markets of an event; nothing is ever cut short, so the end is the one asked for."""
        listed = self._exchange.questions.get(QuestionId(call.path["ticker"]))
        if listed is None:
            raise not_found()
        markets: Sequence[Listing] = listings_of(self._exchange, listed)
        span = self._span(call.query, max(len(markets), 1), _MOST_OF_ALL)
        return Answer(
            {
                "market_tickers": [each.id for each in markets],
                "market_candlesticks": [self._candles(each.id, span, call.now) for each in markets],
                "adjusted_end_ts": seconds(span.end),
            }
        )

    def historical(self, call: Call) -> Answer:
        """The same candles with the older member names."""
        span = self._span(call.query, 1, _MOST_CANDLES)
        market = self._market(call.path["ticker"])
        return Answer(
            {"ticker": market, "candlesticks": [_renamed(each) for each in self._candles(market, span, call.now)]}
        )

    def _span(self, query: Parameters, markets: int, most: int) -> Span:
        span = Span(query)
        if span.count * markets > most:
            raise query.bad(f"more than {most} candlesticks")
        return span

    def _market(self, ticker: str) -> MarketId:
        if ticker not in self._exchange.listings:
            raise market_not_found()
        return MarketId(ticker)

    def _candles(self, market: MarketId, span: Span, now: Nanos) -> list[dict[str, object]]:
        end = Nanos(min(span.end, now + span.period))
        earlier = self._history.candles(market, span.period, Nanos(0), Nanos(span.start - 1))
        before = earlier[-1] if earlier else None
        found: Sequence[Candle] = self._history.candles(market, span.period, span.start, end)
        if self._options.quiet_candles:
            found = list(_filled(found, before, span, end))
        return _bodies(found, earlier, span)


def _bodies(candles: Sequence[Candle], earlier: Sequence[Candle], span: Span) -> list[dict[str, object]]:
    previous = next((each.price.close for each in reversed(earlier) if each.price is not None), None)
    rows = []
    if span.carry and earlier:
        # A candle for the first boundary behind the start, without prices of its own.
        first = Nanos(-(-span.start // span.period) * span.period)
        if not candles or candles[0].end > first:
            rows.append(_body(_quiet(earlier[-1], first), previous))
    for candle in candles:
        rows.append(_body(candle, previous))
        if candle.price is not None:
            previous = candle.price.close
    return rows


def _filled(candles: Sequence[Candle], before: Candle | None, span: Span, end: Nanos) -> Iterator[Candle]:
    """The candles with quiet ones between them, from the first known quote on."""
    known = {candle.end: candle for candle in candles}
    last = before
    at = Nanos(-(-span.start // span.period) * span.period)
    while at <= end:
        candle = known.get(at)
        if candle is not None:
            last = candle
            yield candle
        elif last is not None:
            yield _quiet(last, at)
        at = Nanos(at + span.period)


def _quiet(last: Candle, end: Nanos) -> Candle:
    bid, ask = last.bid.close, last.ask.close
    return Candle(end, Ohlc(bid, bid, bid, bid), Ohlc(ask, ask, ask, ask), None, Size(0), 0, last.open_interest)


def _body(candle: Candle, previous: Price | None) -> dict[str, object]:
    return {
        "end_period_ts": seconds(candle.end),
        "yes_bid": _ohlc(candle.bid),
        "yes_ask": _ohlc(candle.ask),
        "price": _prices(candle, previous),
        "volume_fp": count_text(candle.volume),
        "open_interest_fp": count_text(candle.open_interest),
    }


def _ohlc(values: Ohlc) -> dict[str, str]:
    return {
        "open_dollars": price_text(values.open),
        "low_dollars": price_text(values.low),
        "high_dollars": price_text(values.high),
        "close_dollars": price_text(values.close),
    }


def _prices(candle: Candle, previous: Price | None) -> dict[str, str | None]:
    """Without a trade all are null but `previous_dollars`, the close of the last trade before."""
    price, mean = candle.price, candle.mean
    own: dict[str, str | None] = dict.fromkeys(("open_dollars", "low_dollars", "high_dollars", "close_dollars"))
    if price is not None:
        own.update(_ohlc(price))
    return {
        **own,
        "mean_dollars": None if mean is None else price_text(mean),
        "previous_dollars": None if previous is None else price_text(previous),
        "min_dollars": own["low_dollars"],
        "max_dollars": own["high_dollars"],
    }


def _renamed(body: dict[str, object]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in body.items():
        plain = name.removesuffix("_fp").removesuffix("_dollars")
        found[plain] = _renamed(value) if isinstance(value, dict) else value
    if isinstance(price := found.get("price"), dict):
        price.pop("min", None)
        price.pop("max", None)
    return found


def _get(path: str, operation: str, handler: Callable[[Call], Answer]) -> Endpoint:
    return Endpoint(method="GET", path=path, operation=operation, handler=handler)
