"""Open, high, low and close of one market by the minute and by the hour, kept while it trades."""

from collections.abc import Iterable, Iterator

import msgspec

from dutchbook.domain.units import HOUR, MINUTE, ONE, Nanos, Price, Size


class Ohlc(msgspec.Struct, frozen=True, gc=False):
    """First, highest, lowest and last value of a period."""

    open: Price
    high: Price
    low: Price
    close: Price

    def then(self, later: "Ohlc") -> "Ohlc":
        """Both periods as one."""
        return Ohlc(self.open, max(self.high, later.high), min(self.low, later.low), later.close)


class Candle(msgspec.Struct, frozen=True, gc=False):
    """One period [start, end) of a market, in terms of YES.

    `bid` and `ask` are the best quotes; where a side was empty a bid counts 0 and an ask 1 dollar. `price` is None
    without a trade; `traded` is the sum of price x size of its trades (1e-10 dollars), `open_interest` that at its end.
    """

    end: Nanos
    bid: Ohlc
    ask: Ohlc
    price: Ohlc | None
    volume: Size
    traded: int
    open_interest: Size

    @property
    def mean(self) -> Price | None:
        """The mean price of its trades, weighted by size."""
        return Price((self.traded + self.volume // 2) // self.volume) if self.volume else None

    def then(self, later: "Candle", end: Nanos) -> "Candle":
        """Both periods as one that ends at `end`."""
        price = (
            later.price if self.price is None else self.price if later.price is None else self.price.then(later.price)
        )
        return Candle(
            end,
            self.bid.then(later.bid),
            self.ask.then(later.ask),
            price,
            Size(self.volume + later.volume),
            self.traded + later.traded,
            later.open_interest,
        )


class CandleTape:
    """The candles of one market: the running minute, finished minutes and hours, each bounded in number.

    Minutes in which nothing happened have no candle.
    """

    __slots__ = ("_hours", "_minutes", "_most", "_running", "ask", "bid", "last", "open_interest")

    def __init__(self, minutes: int, hours: int) -> None:
        self.bid = Price(0)
        self.ask = ONE
        self.last: Price | None = None
        self.open_interest = Size(0)
        self._minutes: list[Candle] = []
        self._hours: list[Candle] = []
        self._most = minutes, hours
        self._running: _Running | None = None

    def quote(self, bid: Price, ask: Price, at: Nanos) -> None:
        """The best quotes are these from now on."""
        running = self._at(at)
        self.bid, self.ask = bid, ask
        running.quote(bid, ask)

    def trade(self, price: Price, size: Size, at: Nanos) -> None:
        """A trade at a price of YES."""
        self._at(at).trade(price, size)
        self.last = price

    def candles(self, period: Nanos, start: Nanos, end: Nanos) -> list[Candle]:
        """Those whose ends lie in [start, end], oldest first, the running one included.

        Periods of whole hours reach back as far as hours are kept, all others as far as minutes are.
        """
        whole_hours = period % HOUR == 0
        found = self._newest_hours(start - period) if whole_hours else self._newest_minutes(start - period)
        return [candle for candle in _grouped(reversed(list(found)), period) if start <= candle.end <= end]

    def volume_since(self, at: Nanos) -> Size:
        """What traded since the beginning of the hour that holds `at`."""
        since = at // HOUR * HOUR
        return Size(sum(candle.volume for candle in self._newest_hours(Nanos(since))))

    def before(self, at: Nanos) -> Candle | None:
        """The newest finished hour that ended by `at`."""
        return next((candle for candle in reversed(self._hours) if candle.end <= at), None)

    def _at(self, at: Nanos) -> "_Running":
        running = self._running
        if running is not None and at < running.end:
            return running
        if running is not None:
            self._close(running)
        self._running = running = _Running(Nanos((at // MINUTE + 1) * MINUTE), self.bid, self.ask)
        return running

    def _close(self, running: "_Running") -> None:
        minute = running.candle(self.open_interest)
        _keep(self._minutes, minute, self._most[0])
        hour = _end(minute.end, HOUR)
        if self._hours and self._hours[-1].end == hour:
            self._hours[-1] = self._hours[-1].then(minute, hour)
        else:
            _keep(self._hours, _ending(minute, hour), self._most[1])

    def _newest_minutes(self, since: int) -> Iterator[Candle]:
        if self._running is not None:
            yield self._running.candle(self.open_interest)
        yield from _until(reversed(self._minutes), since)

    def _newest_hours(self, since: int) -> Iterator[Candle]:
        if self._running is not None:
            minute = self._running.candle(self.open_interest)
            yield _ending(minute, _end(minute.end, HOUR))
        yield from _until(reversed(self._hours), since)


def _keep(candles: list[Candle], candle: Candle, most: int) -> None:
    """Append, and drop the oldest of too many. In a list: each empty deque takes 760 bytes."""
    candles.append(candle)
    if len(candles) > most:
        del candles[0]


class _Running:
    """The minute that is not over yet."""

    __slots__ = (
        "ask",
        "ask_high",
        "ask_low",
        "ask_open",
        "bid",
        "bid_high",
        "bid_low",
        "bid_open",
        "close",
        "end",
        "high",
        "low",
        "open",
        "traded",
        "volume",
    )

    def __init__(self, end: Nanos, bid: Price, ask: Price) -> None:
        self.end = end
        self.bid_open = self.bid_high = self.bid_low = self.bid = bid
        self.ask_open = self.ask_high = self.ask_low = self.ask = ask
        self.open: Price | None = None
        self.high = self.low = self.close = Price(0)
        self.volume = 0
        self.traded = 0

    def quote(self, bid: Price, ask: Price) -> None:
        self.bid = bid
        self.ask = ask
        if bid > self.bid_high:
            self.bid_high = bid
        elif bid < self.bid_low:
            self.bid_low = bid
        if ask > self.ask_high:
            self.ask_high = ask
        elif ask < self.ask_low:
            self.ask_low = ask

    def trade(self, price: Price, size: Size) -> None:
        if self.open is None:
            self.open = self.high = self.low = price
        elif price > self.high:
            self.high = price
        elif price < self.low:
            self.low = price
        self.close = price
        self.volume += size
        self.traded += price * size

    def candle(self, open_interest: Size) -> Candle:
        return Candle(
            self.end,
            Ohlc(self.bid_open, self.bid_high, self.bid_low, self.bid),
            Ohlc(self.ask_open, self.ask_high, self.ask_low, self.ask),
            None if self.open is None else Ohlc(self.open, self.high, self.low, self.close),
            Size(self.volume),
            self.traded,
            open_interest,
        )


def _end(end: Nanos, period: Nanos) -> Nanos:
    """The end of the period that holds the candle which ends at `end`."""
    return Nanos(-(-end // period) * period)


def _ending(candle: Candle, end: Nanos) -> Candle:
    return msgspec.structs.replace(candle, end=end)


def _until(newest: Iterable[Candle], since: int) -> Iterator[Candle]:
    for candle in newest:
        if candle.end <= since:
            return
        yield candle


def _grouped(candles: Iterable[Candle], period: Nanos) -> Iterator[Candle]:
    group: Candle | None = None
    for candle in candles:
        end = _end(candle.end, period)
        if group is not None and group.end == end:
            group = group.then(candle, end)
            continue
        if group is not None:
            yield group
        group = _ending(candle, end)
    if group is not None:
        yield group
