"""What the exchange in a box publishes about its markets beyond what trading needs."""

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.markets import Market, Question
from dutchbook.domain.units import SECOND, Money, Nanos, Price, Size


class RewardProgramme(msgspec.Struct, frozen=True, kw_only=True):
    """Polymarket's liquidity reward of one market (protocol section 7.4)."""

    max_spread: Price
    """The largest distance from the adjusted midpoint that scores."""
    min_size: Size
    daily_rate: Money
    min_age: Nanos = Nanos(3_500_000_000)
    """How long an order must have rested to score."""


class IncentiveProgramme(msgspec.Struct, frozen=True, kw_only=True):
    """Kalshi's liquidity programme of one market (protocol section 10)."""

    id: str
    starts: Nanos
    ends: Nanos
    reward: Money
    """For the whole period, of all makers."""
    target_size: Size
    discount_ppm: int = 500_000
    """What each cent away from the best bid leaves of a score, in millionths."""


class Ruling(msgspec.Struct, frozen=True):
    """What a venue has said about a market's outcome, and has not paid yet."""

    payout: Price
    """Of one YES."""
    at: Nanos
    disputed: bool = False


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """A market as it is published: `market` plus names, texts and programmes."""

    market: Market
    slug: str
    number: str
    """Gamma's id (decimal), or the UUID that Kalshi's socket calls `market_id`."""
    description: str = ""
    group_title: str = ""
    """Its name within the question: "Alice", "60-62 °F"."""
    category: str = ""
    tags: tuple[str, ...] = ()
    created: Nanos
    resolution_source: str = ""
    taker_delay: Nanos = Nanos(0)
    """How long marketable orders wait before they are matched."""
    delay_blocks: bool = True
    """Whether the answer to a delayed order waits for its end (crypto) or says `delayed` at once (sports)."""
    game_start: Nanos | None = None
    clear_on_start: bool = False
    generation: int = 2
    """Which Polymarket exchange contract settles it: 2, or 3 (protocol section 1.1)."""
    rewards: RewardProgramme | None = None
    incentives: tuple[IncentiveProgramme, ...] = ()
    shard: int = 0
    """Kalshi's `exchange_index`."""
    ruling: Ruling | None = None
    """Set between the decision and the payout: `determined` at Kalshi, `proposed` at Polymarket."""
    settlement_timer: Nanos = Nanos(60 * SECOND)
    """Kalshi's wait from the ruling to the payout."""

    @property
    def id(self) -> MarketId:
        return self.market.id


class QuestionListing(msgspec.Struct, frozen=True, kw_only=True):
    """A question as it is published."""

    question: Question
    slug: str
    number: str
    """Gamma's event id (decimal)."""
    description: str = ""
    tags: tuple[str, ...] = ()
    created: Nanos
    ends: Nanos | None = None
    augmented: bool = False
    """A negRisk question with placeholders."""
    settlement_sources: tuple[str, ...] = ()
    series_title: str = ""
    frequency: str = "custom"
    fee_type: str = "quadratic"
    """Kalshi's words for the fee model of the series."""
    shard: int = 0
