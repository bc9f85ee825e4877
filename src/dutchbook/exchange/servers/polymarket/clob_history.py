"""`/prices-history` of the CLOB: one point a step, from the candles of the market (section 2.1)."""

from collections.abc import Mapping, Sequence

import msgspec
from aiohttp import web

from dutchbook.domain.ports import Clock
from dutchbook.domain.units import MINUTE, ONE, SECOND, Nanos
from dutchbook.exchange.candles import Candle
from dutchbook.exchange.exchange import Exchange
from dutchbook.exchange.history import History
from dutchbook.exchange.listing import Listing
from dutchbook.exchange.servers.polymarket import clob_errors as words
from dutchbook.exchange.servers.polymarket.clob_errors import Problem, answer
from dutchbook.exchange.servers.polymarket.clob_json import read
from dutchbook.exchange.servers.polymarket.clob_market_rows import number, shown_price
from dutchbook.exchange.servers.polymarket.clob_markets import listing_of_token
from dutchbook.exchange.servers.polymarket.clob_options import ClobOptions

_HOUR = 3_600
INTERVALS: Mapping[str, int | None] = {
    "1h": _HOUR,
    "6h": 6 * _HOUR,
    "1d": 24 * _HOUR,
    "1w": 7 * 24 * _HOUR,
    "1m": 30 * 24 * _HOUR,
    "max": None,
    "all": None,
}
_MOST_POINTS = 20_000
_LATEST = 10**10
_TOO_LONG = "invalid filters: 'startTs' and 'endTs' interval is too long"


class _Batch(msgspec.Struct, frozen=True):
    markets: list[str]
    interval: str = ""
    fidelity: int = 1
    start_ts: int | None = None
    end_ts: int | None = None


_batch = msgspec.json.Decoder(_Batch)


class PricesHistory:
    """Midpoints, or last trades where the spread is wide; steps in which nothing happened repeat the one before."""

    def __init__(self, exchange: Exchange, history: History, clock: Clock, options: ClobOptions) -> None:
        self._exchange = exchange
        self._history = history
        self._clock = clock
        self._options = options

    def one(self, request: web.Request) -> web.Response:
        """`GET /prices-history`."""
        query = request.query
        listing = listing_of_token(self._exchange, query.get("market", ""))
        start, end = self._span(query.get("interval", ""), _number(query, "startTs"), _number(query, "endTs"))
        fidelity = _number(query, "fidelity")
        return answer(
            {"history": self._points(listing, query["market"], start, end, 1 if fidelity is None else fidelity)}
        )

    async def many(self, request: web.Request) -> web.Response:
        """`POST /batch-prices-history`: unknown tokens are left out."""
        wanted = read(_batch, await request.read())
        if len(wanted.markets) > self._options.max_histories:
            raise Problem(400, words.TOO_LARGE)
        start, end = self._span(wanted.interval, wanted.start_ts, wanted.end_ts)
        found = {}
        for token in wanted.markets:
            try:
                listing = listing_of_token(self._exchange, token)
            except Problem:
                continue
            found[token] = self._points(listing, token, start, end, wanted.fidelity)
        return answer({"history": found})

    def _span(self, interval: str, start: int | None, end: int | None) -> tuple[int, int]:
        """Seconds from and to. An interval wins over times, as nobody has written down which does."""
        now = self._clock.now() // SECOND
        if interval:
            if interval not in INTERVALS:
                raise Problem(400, "invalid filters: 'interval' is not supported")
            length = INTERVALS[interval]
            return (0 if length is None else now - length), now
        if start is None and end is None:
            raise Problem(400, "invalid filters: 'interval' or 'startTs' and 'endTs' must be given")
        first, last = start or 0, min(now if end is None else end, now)
        if not (0 <= first <= _LATEST and last >= 0):
            raise Problem(400, _TOO_LONG)
        return first, last

    def _points(self, listing: Listing, token: str, start: int, end: int, fidelity: int) -> list[dict[str, object]]:
        if not 1 <= fidelity <= 60 * 24 * 30:
            raise Problem(400, "invalid filters: 'fidelity' is out of range")
        step = Nanos(fidelity * MINUTE)
        first = max(start * SECOND, listing.created)
        if (end * SECOND - first) // step > _MOST_POINTS:
            raise Problem(400, _TOO_LONG)
        candles = self._history.candles(listing.id, step, Nanos(first), Nanos(end * SECOND + step))
        yes = token == listing.market.yes
        return _filled(candles, step, end * SECOND, yes=yes)


def _filled(candles: Sequence[Candle], step: Nanos, end: int, *, yes: bool) -> list[dict[str, object]]:
    """A point at the beginning of each period from the first candle on."""
    points: list[dict[str, object]] = []
    for number_, candle in enumerate(candles):
        last = candle.price.close if candle.price is not None else None
        shown = shown_price(candle.bid.close, candle.ask.close, last)
        price = number(shown if yes else 10 * ONE - shown, 5)
        until = candles[number_ + 1].end if number_ + 1 < len(candles) else end + step
        at = candle.end
        while at < until and at - step <= end:
            points.append({"t": (at - step) // SECOND, "p": price})
            at = Nanos(at + step)
    return points


def _number(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > 10:
        raise Problem(400, f"invalid filters: '{name}' is not a number")
    return int(text)
