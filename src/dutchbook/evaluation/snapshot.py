"""What screens and lists show: frozen pictures of a desk at work, of a recording's bundles, and of why things happened.

Filled by the app, drawn by the interfaces. Prices, sizes, money and times are the integers of the domain; ratios are
cost / payoff in millionths, before fees; `None` is "not known" or "nobody", never zero.
"""

import msgspec

from dutchbook.domain.book import Side
from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.orders import IntentId, OrderId, OrderStatus
from dutchbook.domain.units import Money, Nanos, Price, Size
from dutchbook.strategies.reward_maker.observations import MakerFigures
from dutchbook.strategies.reward_maker.verifying import RewardsToday


class BookRow(msgspec.Struct, frozen=True, kw_only=True):
    """Top of one outcome's book. `fault` says why it is not usable."""

    outcome: OutcomeId
    title: str
    label: str
    bid: Price | None
    bid_size: Size | None
    ask: Price | None
    ask_size: Size | None
    age: Nanos | None = None
    fault: str | None = None


class BundleRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle at the top of its books. `standing` is a word: under, near, far, unpriced."""

    bundle: BundleId
    kind: BundleKind
    title: str
    legs: int
    ratio: int | None
    standing: str


class PoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A near miss: how long it has been one, the lowest ratio since, and how much cheaper a set would have to be."""

    bundle: BundleId
    kind: BundleKind
    title: str
    ratio: int
    best: int
    lasted: Nanos
    short: Price | None = None


class BasketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A basket at work: legs filled of legs in all, the cash it binds, the profit expected of it, and its stage."""

    intent: IntentId
    title: str
    filled: int
    legs: int
    cost: Money
    edge: Money
    stage: str


class FillRow(msgspec.Struct, frozen=True, kw_only=True):
    """A trade of ours. `settled` is false while it may still be taken back."""

    at: Nanos
    title: str
    label: str
    side: Side
    price: Price
    size: Size
    fee: Money
    order: OrderId = OrderId("")
    market: MarketId = MarketId("")
    settled: bool = True


class OrderRow(msgspec.Struct, frozen=True, kw_only=True):
    """An order of ours as it stands. `kind` is its time in force, with `post-only` where it is."""

    id: OrderId
    venue_id: str
    market: MarketId
    title: str
    label: str
    side: Side
    limit: Price
    size: Size
    filled: Size
    status: OrderStatus
    kind: str
    created: Nanos
    age: Nanos


class PositionRow(msgspec.Struct, frozen=True, kw_only=True):
    """What is held of an outcome; `settled` may be sold. `value` is at the bid, None where there is none.

    `state` is `redeemable` or `redeeming` once its market is decided, and empty before: `bid` is what it pays then.
    """

    outcome: OutcomeId
    market: MarketId
    title: str
    label: str
    size: Size
    settled: Size
    cost: Money
    bid: Price | None
    value: Money | None
    state: str = ""
    yes: bool = True
    """Whether it is the market's YES."""
    exclusive: str = ""
    """The question of which at most one market pays YES, if the market is of such a one."""
    certain: bool = False
    """Whether one of that question's markets surely pays YES, and all of them are held."""
    question: str = ""
    """The title of the market's question."""
    category: str = ""


BUCKETS_US = (10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000)
"""Upper ends of the classes of a stage's histogram, in microseconds; one more class holds what took longer."""


class StageFigures(msgspec.Struct, frozen=True, kw_only=True):
    """How long one stage of the way of an order took so far: microseconds, of the newest samples.

    `histogram` counts them by the classes of `BUCKETS_US`.
    """

    stage: str
    median_us: float
    p99_us: float
    count: int
    histogram: tuple[int, ...] = ()


class AlertRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something that a person should hear of: what it is about, and when it was found."""

    at: Nanos
    subject: str
    text: str


class DeskSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A desk at one instant.

    `strategies` are those that it runs. `source` says what is watched and `notice` what must be known of it: that
    opportunities are planted; `said` is the newest that its connections said of themselves. Rows are the ones worth
    showing, newest or nearest first; the counters count all. Profit: `realised` is gross, `equity` after fees,
    positions marked conservatively. `data_age` is the time since the last frame.
    """

    mode: str
    strategies: tuple[str, ...] = ()
    source: str
    notice: str = ""
    said: str = ""
    at: Nanos
    elapsed: Nanos
    frames: int
    frames_per_second: float
    data_age: Nanos | None
    books: tuple[BookRow, ...] = ()
    books_total: int = 0
    books_usable: int = 0
    bundles: tuple[BundleRow, ...] = ()
    bundles_total: int = 0
    near_misses: tuple[PoolRow, ...] = ()
    near_misses_open: int = 0
    near_misses_seen: int = 0
    opportunities: int = 0
    intents: int = 0
    refused: int = 0
    refusals: dict[str, int] = {}
    orders: int = 0
    orders_working: int = 0
    baskets: tuple[BasketRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    fills_total: int = 0
    bankroll: Money
    cash: Money
    equity: Money
    high_water: Money
    realised: Money
    unrealised: Money
    fees: Money
    alerts: tuple[AlertRow, ...] = ()
    alerts_total: int = 0
    exposure: Money = Money(0)
    """What is held, at its cost, and what open purchases may still spend."""
    reserved: Money = Money(0)
    """The latter part of it."""
    halted: str | None = None
    paused: str | None = None
    run: str = ""
    journal_lines: int = 0
    journal_head: str = ""
    stages: tuple[StageFigures, ...] = ()
    """From a frame to the venue's answer, where orders really leave."""
    rewards: RewardsToday | None = None
    """What quotes for rewards earn, where any are wanted."""
    maker: MakerFigures | None = None
    """What the reward maker did, if it runs."""


class ScanRow(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle over a whole recording: its ratio at the end, its lowest one and when, and its time as a near miss."""

    bundle: BundleId
    kind: BundleKind
    venue: Venue
    title: str
    legs: int
    payoff: Price
    ratio: int | None
    lowest: int | None
    lowest_at: Nanos | None
    near_misses: int
    near_for: Nanos


class ArbitrageRow(msgspec.Struct, frozen=True, kw_only=True):
    """An opportunity in a recording: what could be executed at full depth, after level-by-level fees, and its verdict.

    `annual` is the simple yield a year on the cash bound, in millionths; None where the payoff comes at once.
    """

    at: Nanos
    bundle: BundleId
    kind: BundleKind
    venue: Venue
    title: str
    legs: int
    size: Size
    cost: Money
    fees: Money
    edge: Money
    annual: int | None
    verdict: str


class RunRow(msgspec.Struct, frozen=True, kw_only=True):
    """A run that left a journal. `ended` is false for one that is still going or was killed."""

    run: str
    mode: str
    started: Nanos | None
    lines: int
    head: str
    ended: bool


class DeskStatus(msgspec.Struct, frozen=True, kw_only=True):
    """What stands in a home folder: whether a desk runs (its process), whether it is halted, and the latest runs.

    `stages` is what the running desk measured of the way of its orders; `silent` says why it did not answer.
    """

    home: str
    mode: str
    process: int | None = None
    strategies: tuple[str, ...] = ()
    """What the desk runs that is at work, or what the settings say."""
    halted: str | None = None
    halted_by: str | None = None
    halted_at: Nanos | None = None
    runs: tuple[RunRow, ...] = ()
    stages: tuple[StageFigures, ...] = ()
    silent: str = ""


class CheckResult(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the doctor. `verdict` is pass, warn or fail; `fix` says what to do unless it passed."""

    name: str
    verdict: str
    found: str
    fix: str = ""


class ExplainStep(msgspec.Struct, frozen=True, kw_only=True):
    """One link of a chain of causes, from what happened back to the bytes. `ref` is a journal line or a frame."""

    ref: str
    at: Nanos | None
    what: str
    text: str


class WhyNotRow(msgspec.Struct, frozen=True, kw_only=True):
    """A reason why a market's bundles were not traded: which rule or condition, how often, and its latest words."""

    reason: str
    count: int
    latest: str
    """For a bundle that cost more than it pays: its words at the lowest cost."""
    at: Nanos | None = None
    lasted: Nanos | None = None
    """How long a condition lasted in all; None for what happens in a moment."""


class WhyNot(msgspec.Struct, frozen=True, kw_only=True):
    """Why nothing was traded in a market, or what was."""

    market: str
    title: str
    bundles: int
    near_misses: int
    opportunities: int
    approved: int
    rows: tuple[WhyNotRow, ...] = ()
