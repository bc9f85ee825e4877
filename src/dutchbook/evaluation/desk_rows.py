"""What a running desk tells of its markets, limits, venues and strategies to screens that want more than a snapshot.

Prices, sizes, money and times are the integers of the domain; `None` is "not known" or "nobody", never zero.
"""

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.markets import MarketStatus
from dutchbook.domain.units import Money, Nanos, Price, Size


class MarketRow(msgspec.Struct, frozen=True, kw_only=True):
    """A market with the top of its YES book. `held` and `held_no` are contracts of ours, `working` orders at work."""

    id: MarketId
    venue: Venue
    question: QuestionId
    question_title: str
    title: str
    labels: tuple[str, str]
    category: str = ""
    status: MarketStatus
    closes: Nanos | None = None
    payout: Price | None = None
    """What a YES pays once the market is decided."""
    rules: str = ""
    bid: Price | None = None
    bid_size: Size | None = None
    ask: Price | None = None
    ask_size: Size | None = None
    age: Nanos | None = None
    usable: bool = False
    held: Size = Size(0)
    held_no: Size = Size(0)
    working: int = 0
    bundles: int = 0
    """How many bundles have a leg in it."""


class BookDepth(msgspec.Struct, frozen=True, kw_only=True):
    """The best levels of one outcome, best first. `usable` is false while nobody knows the book."""

    outcome: OutcomeId
    market: MarketId
    title: str
    label: str
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    age: Nanos | None
    usable: bool


class BundleLegRow(msgspec.Struct, frozen=True, kw_only=True):
    """One leg of a bundle, with the levels that it would trade at, best first."""

    outcome: OutcomeId
    market: MarketId
    title: str
    label: str
    side: Side
    top: Price | None
    levels: tuple[Level, ...]
    age: Nanos | None
    usable: bool


class BundleDetail(msgspec.Struct, frozen=True, kw_only=True):
    """A bundle and what stands in its way. `cost` is of a set at the top, before fees; `ratio` is cost / payoff."""

    bundle: BundleId
    kind: BundleKind
    title: str
    payoff: Price
    cost: Price | None
    ratio: int | None
    standing: str
    declined: str
    """Why it was not wanted when it was last priced at full depth."""
    releases: Nanos | None
    legs: tuple[BundleLegRow, ...]


class LimitRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far a limit is used: `used` of `limit`. `about` names a market or a venue; empty is the whole desk."""

    rule: str
    about: str
    title: str
    used: Money
    limit: Money
    binds: str
    """Which setting the limit comes from."""


class LockRow(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps the desk, a venue or a strategy from opening. `lift` says how it ends."""

    about: str
    reason: str
    since: Nanos | None = None
    until: Nanos | None = None
    lift: str = ""


class RateRow(msgspec.Struct, frozen=True, kw_only=True):
    """A rate that a venue allows: requests or tokens `left` of the `capacity` that may come at once."""

    name: str
    left: float
    capacity: int


class VenueRow(msgspec.Struct, frozen=True, kw_only=True):
    """How a venue fares: its own word (`state`), whether orders may leave (`denied` says why not), and what flows."""

    venue: Venue
    state: str
    since: Nanos | None
    denied: str
    age: Nanos | None
    """Since its last frame."""
    markets: int
    books: int
    books_usable: int
    losses: int
    """How often books were lost: gaps, hashes that do not fit, connections that ended."""
    cash: Money | None
    exposure: Money
    orders_working: int
    orders_unknown: int
    rates: tuple[RateRow, ...] = ()
    """Of orders and cancels, where orders really leave."""


class StrategyRow(msgspec.Struct, frozen=True, kw_only=True):
    """A strategy at work, with what is at work for it now."""

    name: str
    paused: str | None
    intents_working: int
    orders_working: int
    committed: Money
    """What its intents at work may cost."""
    max_loss: Money
