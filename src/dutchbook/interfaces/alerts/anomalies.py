"""Markets that behave as they did not before: volume, single trades, depth, one-sided flow.

Dollars are money of the trades at their prices; a purchase of NO counts as a sale of YES. Thresholds are the user's.
Nothing here knows why: an alert says what was seen, and no strategy trades on it.
"""

from collections import deque
from collections.abc import Iterable, Iterator

from dutchbook.config.alert_settings import AnomalySettings
from dutchbook.domain.book import Side
from dutchbook.domain.events import (
    BookLost,
    BookSnapshot,
    LevelAdded,
    LevelsSet,
    MarketEvent,
    MarketListed,
    TradePrinted,
)
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.markets import Market
from dutchbook.domain.units import Money, Nanos, Price, Size, notional_down
from dutchbook.interfaces.alerts.notices import Notice
from dutchbook.interfaces.words import money, price, size
from dutchbook.storage.alert_words import Occasion, Tier

_MILLION = 1_000_000
NEAR = Price(500)
"""Depth is what rests within 5 cents of the best price."""
_COMPARED = 12
"""Windows before the present one that it is compared with; at least a quarter of them must be known."""


class _Flow:
    """The trades of one market, window by window."""

    __slots__ = ("before", "bought", "sold", "told", "window")

    def __init__(self, window: int) -> None:
        self.window = window
        self.bought = self.sold = 0
        self.before: deque[int] = deque(maxlen=_COMPARED)
        self.told = False

    @property
    def all(self) -> int:
        return self.bought + self.sold


class _Depth:
    """What rests on both sides of one outcome, and how much there was near the best prices at each look."""

    __slots__ = ("asks", "bids", "looks", "touched")

    def __init__(self) -> None:
        self.bids: dict[Price, int] = {}
        self.asks: dict[Price, int] = {}
        self.looks: deque[tuple[Nanos, int]] = deque()
        self.touched = False

    def near(self) -> int:
        """Contracts within `NEAR` of the best price of each side."""
        found = 0
        if self.bids:
            best = max(self.bids)
            found += sum(held for at, held in self.bids.items() if at >= best - NEAR)
        if self.asks:
            best = min(self.asks)
            found += sum(held for at, held in self.asks.items() if at <= best + NEAR)
        return found


class Anomalies:
    """Fed with market events in order; `look` compares depths, now and then."""

    def __init__(self, settings: AnomalySettings, markets: Iterable[Market]) -> None:
        self._settings = settings
        self._markets: dict[OutcomeId, Market] = {}
        self._flows: dict[MarketId, _Flow] = {}
        self._depths: dict[OutcomeId, _Depth] = {}
        for market in markets:
            self._learn(market)

    def take(self, event: MarketEvent, mode: str) -> list[Notice]:
        """What an event gives to tell."""
        match event:
            case TradePrinted():
                return list(self._trade(event, mode))
            case BookSnapshot(outcome=outcome, bids=bids, asks=asks):
                book = self._depths.setdefault(outcome, _Depth())
                book.bids = {level.price: level.size for level in bids}
                book.asks = {level.price: level.size for level in asks}
                book.touched = True
            case LevelsSet(changes=changes):
                for change in changes:
                    self._set(change.outcome, change.side, change.price, change.size)
            case LevelAdded(outcome=outcome, side=side, price=at, delta=delta):
                if (known := self._depths.get(outcome)) is not None:
                    held = (known.bids if side is Side.BUY else known.asks).get(at, 0)
                    self._set(outcome, side, at, held + delta)
            case BookLost(outcomes=outcomes):
                for outcome in outcomes:  # what is not known is compared with nothing
                    self._depths.pop(outcome, None)
            case MarketListed(market=market):
                self._learn(market)
            case _:
                pass
        return []

    def look(self, now: Nanos, mode: str) -> list[Notice]:
        """Compare the depth of each book that changed with what it was a window ago."""
        found = []
        for outcome, book in self._depths.items():
            if not book.touched:
                continue
            book.touched = False
            near = book.near()
            while book.looks and book.looks[0][0] < now - self._settings.window:
                book.looks.popleft()
            if book.looks and (notice := self._depth_notice(outcome, book, near, now, mode)) is not None:
                book.looks.clear()
                found.append(notice)
            book.looks.append((now, near))
        return found

    def _learn(self, market: Market) -> None:
        self._markets[market.yes] = self._markets[market.no] = market

    def _set(self, outcome: OutcomeId, side: Side, at: Price, held: int) -> None:
        book = self._depths.get(outcome)
        if book is None:  # its snapshot was not seen yet
            return
        levels = book.bids if side is Side.BUY else book.asks
        if held > 0:
            levels[at] = held
        else:
            levels.pop(at, None)
        book.touched = True

    def _trade(self, trade: TradePrinted, mode: str) -> Iterator[Notice]:
        market = self._markets.get(trade.outcome)
        if market is None:
            return
        worth = notional_down(trade.price, trade.size)
        window = trade.received // self._settings.window
        flow = self._flows.setdefault(market.id, _Flow(window))
        if window > flow.window:
            yield from self._closed(flow, market, trade.received, mode)
            quiet = min(window - flow.window - 1, _COMPARED)
            flow.before.extend([flow.all, *[0] * quiet])
            flow.window, flow.bought, flow.sold, flow.told = window, 0, 0, False
        if (trade.taker is Side.BUY) is (trade.outcome == market.yes):
            flow.bought += worth
        else:
            flow.sold += worth
        if worth >= self._settings.large_trade:
            what = f"{trade.taker} {size(trade.size)} at {price(trade.price)}, worth {money(worth)}"
            yield self._notice(trade.received, mode, Occasion.LARGE_TRADE, market, f"Large trade: {money(worth)}", what)
        if not flow.told and self._unusual(flow):
            flow.told = True
            usual = Money(sum(flow.before) // len(flow.before))
            text = f"{money(Money(flow.all))} in this window, {money(usual)} in an average one before"
            yield self._notice(trade.received, mode, Occasion.UNUSUAL_VOLUME, market, "Unusual volume", text)

    def _unusual(self, flow: _Flow) -> bool:
        if flow.all < self._settings.least_volume or 4 * len(flow.before) < _COMPARED:
            return False
        return flow.all * len(flow.before) * _MILLION >= self._settings.volume_factor * sum(flow.before)

    def _closed(self, flow: _Flow, market: Market, at: Nanos, mode: str) -> Iterator[Notice]:
        """A window is over: was its flow one-sided?"""
        net = flow.bought - flow.sold
        if flow.all >= self._settings.least_volume and abs(net) * _MILLION >= self._settings.flow_imbalance * flow.all:
            way = "purchases" if net > 0 else "sales"
            text = f"{money(Money(flow.bought))} bought, {money(Money(flow.sold))} sold (YES) in one window"
            yield self._notice(at, mode, Occasion.FLOW_IMBALANCE, market, f"Nearly all {way}", text)

    def _depth_notice(self, outcome: OutcomeId, book: _Depth, near: int, now: Nanos, mode: str) -> Notice | None:
        market = self._markets.get(outcome)
        before = book.looks[0][1]
        if market is None or before < self._settings.least_depth:
            return None
        if abs(near - before) * _MILLION < self._settings.depth_change * before:
            return None
        text = f"{size(Size(before))} contracts rested within 5 cents of the best prices, now {size(Size(near))}"
        title = "Depth vanished" if near < before else "Depth came"
        return self._notice(now, mode, Occasion.DEPTH_CHANGE, market, title, text)

    def _notice(self, at: Nanos, mode: str, occasion: Occasion, market: Market, title: str, text: str) -> Notice:
        return Notice(
            at=at,
            occasion=occasion,
            tier=Tier.IMPORTANT,
            mode=mode,
            title=f"{title}: {market.title}",
            text=f"{market.title} ({market.venue})\n{text}",
            subject=market.id,
        )
