"""Settings of the choice among markets with liquidity rewards; names and defaults of the classic reward maker."""

from enum import StrEnum

from pydantic import Field

from dutchbook.domain.quantities import Contracts, Dollars, Duration, Multiple, PriceSetting, RoomSettings, Words


class RankBy(StrEnum):
    """What the best markets have most of."""

    NET_INCOME = "net_income"
    """Expected reward less what fills are expected to cost, in dollars a day."""
    REWARD_RATIO = "reward_ratio"
    """Four times our size by that of the four best levels, times the daily reward."""


class SpreadRange(RoomSettings):
    """The best ask less the best bid, in dollars, both ends included; without one there is no limit."""

    min: PriceSetting | None = Field(None, description="The least.")
    max: PriceSetting | None = Field(
        "0.05",  # type: ignore[assignment]
        description="The most.",
    )


class VolumeRange(RoomSettings):
    """What was traded in 24 hours, in dollars, as the venue says; without an end there is no limit."""

    min: Dollars | None = Field(None, description="The least.")
    max: Dollars | None = Field(None, description="The most.")


class MinSizeRange(RoomSettings):
    """The least size that earns, in contracts; without an end there is no limit."""

    min: Contracts | None = Field(None, description="The least.")
    max: Contracts | None = Field(
        "20",  # type: ignore[assignment]
        description="The most.",
    )


class RateRange(RoomSettings):
    """What the venue pays a day to all who quote there, in dollars; without an end there is no limit."""

    min: Dollars | None = Field(
        "5",  # type: ignore[assignment]
        description="The least.",
    )
    max: Dollars | None = Field(None, description="The most.")


class RewardFilters(RoomSettings):
    """Which markets with liquidity rewards are good enough to be quoted, and which of them are best."""

    spread_range: SpreadRange = SpreadRange.model_validate({})
    volume_24hr_range: VolumeRange = VolumeRange.model_validate({})
    rewards_min_size_range: MinSizeRange = MinSizeRange.model_validate({})
    rate_per_day_range: RateRange = RateRange.model_validate({})
    min_days_until_end: int = Field(
        7,
        ge=0,
        description="The days left until the market ends, at least. One without a known end is left out; 0: off.",
    )
    question_blacklist: Words = Field(("Trump",), description="Words that no title may contain, whatever their case.")
    min_reward_ratio: Multiple = Field(0, description="The least reward ratio.")
    rank_by: RankBy = Field(
        default=RankBy.NET_INCOME,
        description="`net_income` (expected reward less what fills cost) or `reward_ratio` (size by competing size).",
    )
    look_again: Duration = Field(
        "300s",  # type: ignore[assignment]
        gt=0,
        description="How often the venues are asked what they pay.",
    )
    max_watched: int = Field(
        500, ge=1, le=10_000, description="How many rewarded markets are watched at most: those that pay most a day."
    )
    fills_per_day: Multiple = Field(
        "6",  # type: ignore[assignment]
        description="How often a quote at the middle is expected to fill in a day, until fills tell.",
    )
    fill_decay: Multiple = Field(
        "80",  # type: ignore[assignment]
        description="How fast fills become rarer with the distance from the middle: by e^(-80 x distance in dollars).",
    )
    adverse_move: PriceSetting = Field(
        "0.01",  # type: ignore[assignment]
        description="How far the middle is expected to move against a fill, in dollars, until markouts tell.",
    )
