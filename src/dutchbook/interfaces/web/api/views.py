"""What the API gives of a running desk: its rows, with the mode and the run that they are of."""

import msgspec

from dutchbook.evaluation.desk_rows import (
    BookDepth,
    BundleDetail,
    LimitRow,
    LockRow,
    MarketRow,
    StrategyRow,
    VenueRow,
)
from dutchbook.evaluation.snapshot import DeskSnapshot, FillRow, OrderRow, PositionRow, StageFigures


class Done(msgspec.Struct, frozen=True):
    """What was done, in a line."""

    said: str


class SnapshotView(msgspec.Struct, frozen=True, kw_only=True):
    """The newest picture of the desk. `age` is the time since it came, `connected` whether the desk answers now."""

    connected: bool
    trouble: str
    age: float | None
    snapshot: DeskSnapshot | None


class _OfRun(msgspec.Struct, frozen=True, kw_only=True):
    """Something of the running desk, with the mode and the run that it is of."""

    mode: str
    run: str


class OrdersView(_OfRun, frozen=True, kw_only=True):
    """Orders of the running desk."""

    orders: tuple[OrderRow, ...]


class PositionsView(_OfRun, frozen=True, kw_only=True):
    """What the running desk holds."""

    positions: tuple[PositionRow, ...]


class FillsView(_OfRun, frozen=True, kw_only=True):
    """The latest trades of the run. `total` counts those that are remembered."""

    total: int
    fills: tuple[FillRow, ...]


class LatencyView(_OfRun, frozen=True, kw_only=True):
    """How long each stage of the way of an order takes."""

    stages: tuple[StageFigures, ...]


class MarketsView(_OfRun, frozen=True, kw_only=True):
    """Markets that the running desk knows. `total` counts all that fit what was asked."""

    total: int
    markets: tuple[MarketRow, ...]


class MarketView(_OfRun, frozen=True, kw_only=True):
    """A market with both books."""

    market: MarketRow
    books: tuple[BookDepth, ...]


class BundleView(_OfRun, frozen=True, kw_only=True):
    """A bundle, leg by leg."""

    bundle: BundleDetail


class RiskView(_OfRun, frozen=True, kw_only=True):
    """Limits and locks."""

    limits: tuple[LimitRow, ...]
    locks: tuple[LockRow, ...]


class VenuesView(_OfRun, frozen=True, kw_only=True):
    """How venues fare; `lines` are the newest that their connections said."""

    venues: tuple[VenueRow, ...]
    lines: tuple[str, ...]


class StrategiesView(_OfRun, frozen=True, kw_only=True):
    """What runs."""

    strategies: tuple[StrategyRow, ...]


class StoppedView(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended: orders that rest on purpose, and those of which nobody knows whether they live."""

    said: str
    orders: tuple[OrderRow, ...]
    unknown: tuple[OrderRow, ...]
