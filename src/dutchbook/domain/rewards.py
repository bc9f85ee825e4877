"""What a venue pays for quotes that rest near the middle of a market: terms, offers, and what it says was earned."""

import msgspec

from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import Money, Nanos, Price, Size


class SideScoring(msgspec.Struct, frozen=True, kw_only=True):
    """Kalshi's way to score: each side by itself, from its own best bid down, without a band or a middle.

    Orders at the levels that together first reach `target_size` qualify; `discount_ppm` is what each cent away from the
    best bid leaves of a score, in millionths.
    """

    target_size: Size
    discount_ppm: int


class RewardTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Liquidity rewards of one market, as its venue states them.

    `daily` is what the venue pays for a day to all who quote there. Orders score if they rest within `max_spread` of
    the adjusted middle with at least `min_size` contracts. `since` and `until` bound the programme, where it says.
    """

    market: MarketId
    daily: Money
    max_spread: Price
    min_size: Size
    since: Nanos | None = None
    until: Nanos | None = None
    multiplier_ppm: int = 1_000_000
    """The in-game multiplier of scores, in millionths."""
    min_age: Nanos | None = None
    """How long an order must have rested to score, where the venue says."""
    sides: SideScoring | None = None
    """Kalshi's rule in place of the band: then `max_spread` is a dollar and `min_size` nothing."""


class RewardOffer(msgspec.Struct, frozen=True, kw_only=True):
    """The terms of one market with what the venue says beside them."""

    terms: RewardTerms
    volume_24h: Money | None = None
    """Traded in the last 24 hours, where the venue says."""


class OrderScoring(msgspec.Struct, frozen=True):
    """Whether the venue says that an order of ours earns now; `venue_id` is its name at the venue."""

    venue_id: str
    scores: bool


class MarketEarnings(msgspec.Struct, frozen=True, kw_only=True):
    """What the venue says of one market: our share of the day's scores so far, and what a past day paid."""

    market: MarketId
    share_ppm: int | None = None
    """Millionths of all makers' scores of the running UTC day; None where the venue does not say."""
    earned: Money | None = None
    """Of the day that the statement names; None where the venue does not say."""
