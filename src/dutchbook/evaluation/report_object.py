"""The report of a run: one value for every mode, which is drawn in a terminal, as a page and as JSON.

Money is in micro-dollars, shares are in millionths, times are UTC nanoseconds, and a `Lasted` is a length of time in
nanoseconds. None is "not known" or "too little to say", never zero.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import NewType

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.units import Money, Nanos, Size

Lasted = NewType("Lasted", int)
"""Nanoseconds from one moment to another."""
Ppm = NewType("Ppm", int)
"""Millionths: 10_000 is one per cent."""


class Grade(StrEnum):
    """How much the market data of a run can show."""

    DEPTH = "depth"
    """Frames as the venue sent them, whole books: what an order would have met is known but for those who react."""
    STATES = "book states"
    """Normalised states of books: no hash or sequence could be checked."""
    NONE = "none kept"
    """No recording is left of what the run saw."""


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A figure from `sample` observations, with the 95 % interval that they leave. `note` says what is missing."""

    value: float | None
    low: float | None = None
    high: float | None = None
    sample: int = 0
    note: str = ""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Which run this was, and by which hashes it can be told apart. `ended` is false for one that was cut off."""

    run: str
    mode: str
    strategies: tuple[str, ...]
    source: str
    code: str
    """The program that ran; empty where the run did not keep it."""
    settings: str
    """SHA-256 of all settings."""
    data: str
    """SHA-256 over the segments of what it saw; empty where nothing was kept."""
    grade: Grade
    journal_head: str
    journal_lines: int
    began: Nanos | None
    last: Nanos | None
    ended: bool


class Capital(msgspec.Struct, frozen=True, kw_only=True):
    """Where the money came from and where it is. `net` is after fees: `equity` less `opening` less what was put in.

    `realised` and `unrealised` are before fees and of this run alone; what was held at the beginning counts at cost.
    """

    opening: Money
    put_in: Money
    equity: Money
    cash: Money
    positions_at_cost: Money
    realised: Money
    unrealised: Money
    fees: Money
    refunds: Money
    rewards: Money
    """What venues say they paid for quotes. It comes as cash that the books adopt: part of `put_in`, not of `net`."""
    net: Money
    share: Ppm | None
    """The net result for each dollar that was there at the beginning or put in."""


class CurvePoint(msgspec.Struct, frozen=True):
    """Equity at a moment, the profit since the beginning, and how far below its highest index it was."""

    at: Nanos
    equity: Money
    profit: Money
    below: Ppm


class Drawdown(msgspec.Struct, frozen=True, kw_only=True):
    """The deepest fall from a peak. `recovered` is None if the peak was not reached again."""

    share: Ppm
    money: Money
    peak: Nanos
    trough: Nanos
    recovered: Nanos | None


class Period(msgspec.Struct, frozen=True):
    """The result of a day or a month, by its first day: `2026-11-21`, `2026-11`."""

    name: str
    net: Money
    share: Ppm


class Bin(msgspec.Struct, frozen=True):
    """How many trades came to a net result from `least` up to, without, `under`."""

    least: Money
    under: Money
    trades: int


class Performance(msgspec.Struct, frozen=True, kw_only=True):
    """What the result is worth once its size and its chance are looked at. A trade is a basket with its ways home.

    Ratios are by whole UTC days, a year has 365 of them, and money earns nothing elsewhere.
    """

    trades: int
    won: int
    lost: int
    open_trades: int
    win_rate: Estimate
    expectancy: Estimate
    """Dollars a trade."""
    profit_factor: float | None
    average_win: Money | None
    average_loss: Money | None
    sharpe: Estimate
    sortino: Estimate
    calmar: float | None
    drawdown: Drawdown | None
    days: tuple[Period, ...]
    months: tuple[Period, ...]
    spread: tuple[Bin, ...]
    """How results of trades are spread; empty with too few of them."""


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What one strategy, venue, category or way of closing contributed.

    `net` is of what was closed, after all its fees; `held` is what the open part stands at, less its cost and fees,
    None where something of it has no price. `trades` counts baskets, of ways of closing lots.
    """

    name: str
    trades: int
    won: int
    net: Money
    fees: Money
    spent: Money
    held: Money | None


class AgeRow(msgspec.Struct, frozen=True, kw_only=True):
    """Orders that worked for less than `under` (None: longer than all rows before), and how many traded in it."""

    under: Lasted | None
    orders: int
    filled: int
    share: Ppm | None


class OrderFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What became of orders. `sent` left the desk; `stopped` were halted or refused on their last step."""

    sent: int
    stopped: int
    by_status: Mapping[str, int]
    were_unknown: int
    unknown: tuple[str, ...]
    fills: int
    by_making: int
    """Fills of orders that rested."""
    fill_ratio: Estimate
    """Orders that traded at all, of those that are over."""
    by_age: tuple[AgeRow, ...]
    first_fill: Lasted | None
    """Median time to the first trade, of orders that had one."""


class Decisions(msgspec.Struct, frozen=True, kw_only=True):
    """What strategies wanted, and what risk said."""

    intents: int
    approved: int
    refused: int
    refusals: Mapping[str, int]
    observed: Mapping[str, int]


class Slippage(msgspec.Struct, frozen=True, kw_only=True):
    """How much worse than a reference fills were, in dollars a contract: positive is worse for us.

    `against` is `arrival` (what the book showed on average when the order was decided) or `middle` (half-way between
    bid and ask when it left). `cost` is the whole of it.
    """

    against: str
    each: Estimate
    contracts: Size
    cost: Money


class Exposure(msgspec.Struct, frozen=True, kw_only=True):
    """How much was at work: positions at cost. `turnover` is what was traded for each dollar of mean equity."""

    mean: Money
    most: Money
    most_at: Nanos | None
    share_of_time: Ppm
    """Of the run with any position."""
    traded: Money
    turnover: float | None


class TradeRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trade that is over. `ways` says how its parts were closed."""

    trade: str
    strategy: str
    kind: str
    title: str
    venue: str
    opened: Nanos
    closed: Nanos
    contracts: Size
    cost: Money
    proceeds: Money
    fees: Money
    net: Money
    ways: str


class OpenRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is held at the end. `value` is at the last bid or at its payout, None where neither is known."""

    outcome: OutcomeId
    market: MarketId
    venue: Venue
    title: str
    label: str
    size: Size
    cost: Money
    value: Money | None


class IncidentRow(msgspec.Struct, frozen=True):
    """Something that a person should know of."""

    at: Nanos
    kind: str
    text: str


class DataFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the run saw of its markets. `gaps` are stretches in which it heard less than it should have."""

    frames: int
    events: int
    faults: int
    gaps: int | None
    whole: bool


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What another way of doing would have brought in the same markets and time."""

    name: str
    net: Money | None
    low: Money | None = None
    high: Money | None = None
    note: str = ""


class Verdict(StrEnum):
    """What a figure says of its target."""

    MET = "met"
    """The whole interval is on the good side."""
    MISSED = "missed"
    """The whole interval is on the bad side."""
    UNDECIDED = "undecided"
    """The interval contains the target: too little was seen to say."""
    NO_DATA = "no data"


class Unit(StrEnum):
    """What a measure is counted in."""

    RATIO = "ratio"
    SHARE = "share"
    SECONDS = "seconds"


class Score(msgspec.Struct, frozen=True, kw_only=True):
    """One measure of success beside its target."""

    name: str
    target: float
    above: bool
    """Whether more than the target is good."""
    unit: Unit
    actual: Estimate
    verdict: Verdict


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. `limits` say in words what these data cannot show."""

    identity: Identity
    capital: Capital
    performance: Performance
    curve: tuple[CurvePoint, ...]
    by_strategy: tuple[Slice, ...]
    by_venue: tuple[Slice, ...]
    by_category: tuple[Slice, ...]
    by_exit: tuple[Slice, ...]
    apart: Money
    """What the net result counts and the tables by strategy do not: sets that several trades made whole, positions
    without a price, which stand at cost, and fees that came back."""
    decisions: Decisions
    orders: OrderFigures
    slippage: tuple[Slippage, ...]
    exposure: Exposure
    comparisons: tuple[Comparison, ...]
    best: tuple[TradeRow, ...]
    worst: tuple[TradeRow, ...]
    held: tuple[OpenRow, ...]
    incidents: tuple[IncidentRow, ...]
    incident_counts: Mapping[str, int]
    data: DataFigures
    scores: tuple[Score, ...]
    limits: tuple[str, ...]
