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


class OrdersView(msgspec.Struct, frozen=True, kw_only=True):
    """Orders of the running desk."""

    mode: str
    run: str
    orders: tuple[OrderRow, ...]


class PositionsView(msgspec.Struct, frozen=True, kw_only=True):
    """What the running desk holds."""

    mode: str
    run: str
    positions: tuple[PositionRow, ...]


class FillsView(msgspec.Struct, frozen=True, kw_only=True):
    """The latest trades of the run. `total` counts those that are remembered."""

    mode: str
    run: str
    total: int
    fills: tuple[FillRow, ...]


class LatencyView(msgspec.Struct, frozen=True, kw_only=True):
    """How long each stage of the way of an order takes."""

    mode: str
    run: str
    stages: tuple[StageFigures, ...]


class MarketsView(msgspec.Struct, frozen=True, kw_only=True):
    """Markets that the running desk knows. `total` counts all that fit what was asked."""

    mode: str
    run: str
    total: int
    markets: tuple[MarketRow, ...]


class MarketView(msgspec.Struct, frozen=True, kw_only=True):
    """A market with both books."""

    mode: str
    run: str
    market: MarketRow
    books: tuple[BookDepth, ...]


class BundleView(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle, leg by leg."""

    mode: str
    run: str
    bundle: BundleDetail


class RiskView(msgspec.Struct, frozen=True, kw_only=True):
    """Limits and locks."""

    mode: str
    run: str
    limits: tuple[LimitRow, ...]
    locks: tuple[LockRow, ...]


class VenuesView(msgspec.Struct, frozen=True, kw_only=True):
    """How venues fare; `lines` are the newest that their connections said."""

    mode: str
    run: str
    venues: tuple[VenueRow, ...]
    lines: tuple[str, ...]


class StrategiesView(msgspec.Struct, frozen=True, kw_only=True):
    """What runs."""

    mode: str
    run: str
    strategies: tuple[StrategyRow, ...]


class StoppedView(msgspec.Struct, frozen=True, kw_only=True):
    """How a run ended: orders that rest on purpose, and those of which nobody knows whether they live."""

    said: str
    orders: tuple[OrderRow, ...]
    unknown: tuple[OrderRow, ...]
