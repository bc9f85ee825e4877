"""What is said over the control socket: one JSON line for a request, one for its answer."""

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


class ShowOrders(msgspec.Struct, frozen=True, tag="orders"):
    """Orders at work, those without an answer first; with `all` those that ended too, newest first, at most `limit`."""

    all: bool = False
    limit: int = 100


class ShowPositions(msgspec.Struct, frozen=True, tag="positions"):
    """What is held."""


class ShowFills(msgspec.Struct, frozen=True, tag="fills"):
    """The latest trades of this run, newest first."""

    limit: int = 100


class ShowLatency(msgspec.Struct, frozen=True, tag="latency"):
    """How long each stage of the way of an order took so far."""


class ShowSnapshot(msgspec.Struct, frozen=True, tag="snapshot"):
    """The desk as it stands. The same picture serves everybody who asks within a moment."""


class ShowMarkets(msgspec.Struct, frozen=True, tag="markets"):
    """Markets whose id, title or question contains `search`, at most `limit`: those traded or held first."""

    search: str = ""
    venue: str = ""
    limit: int = 100
    over: bool = False
    """Those that are decided too."""


class ShowBook(msgspec.Struct, frozen=True, tag="book"):
    """Both books of a market, `depth` levels a side."""

    market: str
    depth: int = 20


class ShowBundle(msgspec.Struct, frozen=True, tag="bundle"):
    """A bundle with its legs, and the levels that they would be bought or sold at."""

    bundle: str
    depth: int = 20


class ShowRisk(msgspec.Struct, frozen=True, tag="risk"):
    """How far each limit is used, and what keeps the desk or a part of it from trading."""


class ShowVenues(msgspec.Struct, frozen=True, tag="venues"):
    """How each venue fares."""


class ShowStrategies(msgspec.Struct, frozen=True, tag="strategies"):
    """What runs, and what of it is paused."""


class HeedHalt(msgspec.Struct, frozen=True, tag="heed_halt"):
    """See now whether a halt was ordered: the answer says what is being cancelled. It orders none."""


class Cancel(msgspec.Struct, frozen=True, tag="cancel"):
    """Cancel an order, all of a market, or (both None) all."""

    order: str | None = None
    market: str | None = None
    by: str = ""
    why: str = ""


class Reconcile(msgspec.Struct, frozen=True, tag="reconcile"):
    """Compare with the venues now."""

    by: str = ""
    why: str = ""


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """No new orders, of one strategy or (empty) of all; what rests stays."""

    strategy: str = ""
    by: str = ""
    why: str = ""


class Unpause(msgspec.Struct, frozen=True, tag="resume"):
    """Lift a pause."""

    strategy: str = ""
    by: str = ""
    why: str = ""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """End the run: no new orders, cancel what opens risk (with `all` what closes it too), wait, exit."""

    all: bool = False
    by: str = ""
    why: str = ""


type Show = (
    ShowOrders
    | ShowPositions
    | ShowFills
    | ShowLatency
    | ShowSnapshot
    | ShowMarkets
    | ShowBook
    | ShowBundle
    | ShowRisk
    | ShowVenues
    | ShowStrategies
)
"""What is only looked at."""
type Steer = Cancel | Reconcile | Pause | Unpause | Stop
"""What is done. `by` says who wants it (`cli:ann`, `web:ann`, `telegram:7`; empty is the command line), `why` the
reason in their words; both go on record."""
type Request = Show | Steer | HeedHalt


class Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the desk says. `error` is one line in the manner of all errors, and then nothing was done.

    `unknown` are orders of which nobody knows whether they live, in the answer to `Stop` and `Reconcile`.
    `total` counts what there is where a list was cut at its limit.
    """

    mode: str
    run: str
    error: str = ""
    said: str = ""
    total: int | None = None
    orders: tuple[OrderRow, ...] | None = None
    positions: tuple[PositionRow, ...] | None = None
    fills: tuple[FillRow, ...] | None = None
    unknown: tuple[OrderRow, ...] | None = None
    stages: tuple[StageFigures, ...] | None = None
    snapshot: DeskSnapshot | None = None
    markets: tuple[MarketRow, ...] | None = None
    books: tuple[BookDepth, ...] | None = None
    bundle: BundleDetail | None = None
    limits: tuple[LimitRow, ...] | None = None
    locks: tuple[LockRow, ...] | None = None
    venues: tuple[VenueRow, ...] | None = None
    lines: tuple[str, ...] | None = None
    """The newest that connections said of themselves."""
    strategies: tuple[StrategyRow, ...] | None = None


encode = msgspec.json.Encoder().encode
decode_request = msgspec.json.Decoder(Request).decode
decode_answer = msgspec.json.Decoder(Answer).decode
