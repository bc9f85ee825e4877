"""What a running desk shows when it is asked."""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import TypedDict, assert_never

from msgspec import structs

from dutchbook.app.assembly import Parts
from dutchbook.app.control.market_views import books_of, bundle_detail, market_row, market_rows
from dutchbook.app.control.rows import fill_rows, order_rows, position_rows
from dutchbook.app.control.standing import limit_rows, lock_rows, strategy_rows, venue_rows
from dutchbook.app.control.wire import (
    Show,
    ShowBook,
    ShowBundle,
    ShowFills,
    ShowLatency,
    ShowMarkets,
    ShowOrders,
    ShowPositions,
    ShowRisk,
    ShowSnapshot,
    ShowStrategies,
    ShowVenues,
)
from dutchbook.domain.events import Cause, Event, FillReversed, FillSettled, OrderFilled
from dutchbook.domain.identity import MarketId, Venue
from dutchbook.domain.orders import Fill, Order, OrderStatus
from dutchbook.evaluation.desk_rows import BookDepth, BundleDetail, LimitRow, LockRow, MarketRow, StrategyRow, VenueRow
from dutchbook.evaluation.snapshot import DeskSnapshot, FillRow, OrderRow, PositionRow, StageFigures
from dutchbook.risk.settings import RiskSettings

_KEPT_FILLS = 1_000
_KEPT_LINES = 100


class Shown(TypedDict, total=False):
    """The fields of an answer that show something."""

    total: int
    orders: tuple[OrderRow, ...]
    positions: tuple[PositionRow, ...]
    fills: tuple[FillRow, ...]
    stages: tuple[StageFigures, ...]
    snapshot: DeskSnapshot
    markets: tuple[MarketRow, ...]
    books: tuple[BookDepth, ...]
    bundle: BundleDetail
    limits: tuple[LimitRow, ...]
    locks: tuple[LockRow, ...]
    venues: tuple[VenueRow, ...]
    lines: tuple[str, ...]
    strategies: tuple[StrategyRow, ...]


class Showcase:
    """Looks into one running desk, and remembers what a desk itself forgets: the latest trades, lines and losses."""

    def __init__(
        self,
        parts: Parts,
        risk: RiskSettings,
        picture: Callable[[], DeskSnapshot],
        stages: Callable[[], tuple[StageFigures, ...]],
        brokers: Mapping[Venue, object] | None = None,
    ) -> None:
        self._parts = parts
        self._desk = parts.desk
        self._risk = risk
        self._picture = picture
        self._stages = stages
        self._brokers = brokers or {}
        self._fills: deque[Fill] = deque(maxlen=_KEPT_FILLS)
        self._lines: deque[str] = deque(maxlen=_KEPT_LINES)
        self.losses: Counter[Venue] = Counter()
        """How often books of each venue were lost."""
        parts.loop.bus.subscribe(self._hear)

    def said(self, line: str) -> None:
        """A connection said something of itself."""
        self._lines.appendleft(line)

    def show(self, request: Show) -> Shown:  # noqa: C901 - one case for each request
        """What is asked for. Raises UsageError for what is not there."""
        match request:
            case ShowOrders():
                return {"orders": order_rows(self._desk, self._orders(request), self._desk.now)}
            case ShowPositions():
                return {"positions": position_rows(self._desk)}
            case ShowFills(limit=limit):
                return {"fills": fill_rows(self._desk, list(self._fills)[:limit]), "total": len(self._fills)}
            case ShowLatency():
                return {"stages": self._stages()}
            case ShowSnapshot():
                return {"snapshot": self._picture()}
            case ShowMarkets():
                rows, total = market_rows(self._parts, request)
                return {"markets": rows, "total": total}
            case ShowBook(market=market):
                row = market_row(self._parts, MarketId(market))
                return {"markets": (row,), "books": books_of(self._parts, request)}
            case ShowBundle():
                return {"bundle": bundle_detail(self._parts, request)}
            case ShowRisk():
                return {"limits": limit_rows(self._parts, self._risk), "locks": lock_rows(self._parts)}
            case ShowVenues():
                return {"venues": venue_rows(self._parts, self.losses, self._brokers), "lines": tuple(self._lines)}
            case ShowStrategies():
                return {"strategies": strategy_rows(self._parts)}
            case _:
                assert_never(request)

    def _orders(self, request: ShowOrders) -> list[Order]:
        if not request.all:
            working = self._desk.execution.orders.working()
            return sorted(working, key=lambda order: order.status is not OrderStatus.UNKNOWN)
        return list(self._desk.execution.orders)[: -request.limit - 1 : -1]

    def _hear(self, event: Event, cause: Cause) -> None:  # noqa: ARG002 - the bus tells causes too
        if isinstance(event, OrderFilled):
            self._fills.appendleft(event.fill)
        elif isinstance(event, FillSettled | FillReversed):
            self._settle(event)

    def _settle(self, event: FillSettled | FillReversed) -> None:
        for place, fill in enumerate(self._fills):
            if (fill.order, fill.id) != (event.order, event.fill):
                continue
            if isinstance(event, FillReversed):
                del self._fills[place]
            else:
                self._fills[place] = structs.replace(fill, provisional=False)
            return
