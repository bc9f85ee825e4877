"""Settings of the reward maker: how it quotes, when it does not, and how it gives up what filled."""

from enum import StrEnum

from pydantic import Field

from dutchbook.catalogue.reward_settings import RewardFilters
from dutchbook.domain.quantities import Contracts, Dollars, Duration, Multiple, PriceSetting, RoomSettings, Share


class Quoting(StrEnum):
    """Where quotes stand."""

    BOUNDARY = "boundary"
    """The second-best bid, or the boundary of the reward where that is higher."""
    RESERVATION = "reservation"
    """Around a reservation price in logits: wider where flow is toxic, lower where more is held, within the band."""


class Completing(StrEnum):
    """When what filled is hedged by buying the other outcome, to be merged with it, in place of a sale."""

    NEVER = "never"
    CHEAPER = "cheaper"
    """Where that brings more than a sale, fees included."""
    UNSETTLED = "unsettled"
    """There, and where what filled is not settled when it has to be given up: a venue lets nobody sell it yet."""


class HedgeSettings(RoomSettings):
    """How contracts that a quote bought are given up."""

    max_bid_gap: PriceSetting = Field(
        "0.05",  # type: ignore[assignment]
        description="How far below its price what filled may be sold at once, in dollars a contract.",
    )
    stop_loss_pct: Share = Field(
        "10%",  # type: ignore[assignment]
        description="Sell at whatever is bid once the best bid is so far below what the contracts cost; 0 is off.",
    )
    take_profit_pct: Share = Field(
        "10%",  # type: ignore[assignment]
        description="Sell at the best bid once it is so far above what the contracts cost; 0 is off.",
    )
    dynamic_follow_enabled: bool = Field(
        default=True, description="Move a sale that rests when the book asks for another price."
    )
    completing: Completing = Field(
        default=Completing.UNSETTLED,
        description="When to buy the other outcome and merge both, in place of a sale: `never`, `cheaper`, or "
        "`unsettled` (also where what filled has to be given up and may not be sold yet).",
    )
    patience: Duration = Field(
        "1h",  # type: ignore[assignment]
        description="How long what filled is offered beside the best ask, where it pays neither spread nor fee, before "
        "bids are taken; 0s: bids are taken at once. A stop loss never waits.",
    )
    uncovered: Duration = Field(
        "4800ms",  # type: ignore[assignment]
        description="How long what filled may be neither sold, offered nor paired, because it is not settled, before "
        "the other outcome is bought at any price.",
    )
    retries: int = Field(10, ge=0, description="How often a hedge that came to nothing is tried again.")
    retry_delay: Duration = Field(
        "1s",  # type: ignore[assignment]
        gt=0,
        description="How long before it is tried again.",
    )
    cool_down: Duration = Field(
        "30s",  # type: ignore[assignment]
        gt=0,
        description="How long nothing is tried, nor quoted in that market, once all retries came to nothing.",
    )


class RewardMakerSettings(RoomSettings):
    """How markets with liquidity rewards are quoted."""

    quoting: Quoting = Field(
        default=Quoting.BOUNDARY,
        description="`boundary` (the second-best bid, or the boundary of the reward) or `reservation` (in logits "
        "around a reservation price).",
    )
    risk_aversion: Multiple = Field(
        "0.004",  # type: ignore[assignment]
        description="Of `reservation`: how much what is held moves the price, in logits for each contract.",
    )
    informed_share: Share = Field(
        "4%",  # type: ignore[assignment]
        description="Of `reservation`: how many of those who trade know more; the distance from the price follows.",
    )
    order_size_multiplier: Multiple = Field(
        "1.0",  # type: ignore[assignment]
        gt=0,
        description="The size of a quote as a multiple of the least size that earns.",
    )
    size_where_all_earn: Contracts = Field(
        "20",  # type: ignore[assignment]
        gt=0,
        description="What is taken for the least size that earns where a venue names none (Kalshi).",
    )
    max_exposure_per_market: Dollars = Field(
        "25",  # type: ignore[assignment]
        gt=0,
        description="The most that open purchases and what filled and is not hedged may bind in one market.",
    )
    budget: Dollars | None = Field(
        None,
        gt=0,
        description="What the quotes of all markets together may bind, divided at each scan so that it earns most: "
        "sizes follow from it. Empty: every size is the least that earns times `order_size_multiplier`.",
    )
    max_markets: int = Field(10, ge=1, le=5_000, description="How many markets are quoted at most.")
    min_profit_margin: Share = Field(
        "0.05%",  # type: ignore[assignment]
        description="The least profit of a sale that no bid near its cost takes, as a share of the price.",
    )
    price_cliff_threshold: PriceSetting = Field(
        "0.05",  # type: ignore[assignment]
        description="The largest step from a quote to the bid behind it, and from that to the next.",
    )
    min_protection_size_multiplier: Multiple = Field(
        "1.0",  # type: ignore[assignment]
        description="What stands at the two best bids must be at least so many times the size of a quote.",
    )
    min_protection_size_multiplier_hedge: Multiple = Field(
        "5.0",  # type: ignore[assignment]
        description="The same for the third-best bid and those behind it, within `hedge_sell.max_bid_gap`.",
    )
    volatility_check: bool = Field(default=True, description="Whether markets that move too much are not quoted.")
    volatility_threshold: Share = Field(
        "3%",  # type: ignore[assignment]
        description="The largest standard deviation of the middle, as a share of its mean.",
    )
    volatility_window: int = Field(30, ge=2, le=1_000, description="Over how many looks at the middle.")
    volatility_every: Duration = Field(
        "30s",  # type: ignore[assignment]
        gt=0,
        description="The time between two such looks: 30 of them are 15 minutes.",
    )
    price_deviation_threshold: Share = Field(
        0, description="A quote moves once its price is off by more than this share of it; 0: by a tick or more."
    )
    jump_threshold: PriceSetting = Field(
        "0.03",  # type: ignore[assignment]
        description="Quotes are withdrawn while the middle moved by more than this within `jump_window`; 0 is off.",
    )
    jump_window: Duration = Field(
        "60s",  # type: ignore[assignment]
        gt=0,
        description="How long a move of the middle keeps quotes away: whoever knows more trades in that time.",
    )
    markout_after: Duration = Field(
        "60s",  # type: ignore[assignment]
        description="How long after a fill it is judged by the middle, to quote wider where fills lose; 0s is off.",
    )
    markout_memory: Duration = Field(
        "2h",  # type: ignore[assignment]
        gt=0,
        description="For how long a judged fill counts.",
    )
    markout_allowance: PriceSetting = Field(
        "0.005",  # type: ignore[assignment]
        description="What a contract may lose by then, since rewards pay for it. By what it loses more, on average, "
        "quotes of that outcome stand lower; beyond the largest spread of the reward there are none.",
    )
    flow_threshold: Multiple = Field(
        "6",  # type: ignore[assignment]
        description="A quote is withdrawn while the flow of orders against it is more than so many times what stands "
        "at the best prices; 0 is off.",
    )
    flow_half_life: Duration = Field(
        "10s",  # type: ignore[assignment]
        gt=0,
        description="How soon half of that flow is forgotten.",
    )
    one_sided_fills: int = Field(
        3,
        ge=0,
        description="An outcome of which so many quotes filled within `one_sided_window`, and none of the other, is "
        "not quoted for the rest of it; 0 is off.",
    )
    one_sided_window: Duration = Field(
        "10m",  # type: ignore[assignment]
        gt=0,
        description="How long fills count as one-sided.",
    )
    max_loss_per_question: Dollars | None = Field(
        "100",  # type: ignore[assignment]
        gt=0,
        description="What all that is held and quoted in the markets of one negRisk question may lose together in its "
        "worst outcome. Empty: no limit.",
    )
    update_interval: Duration = Field(
        "1200s",  # type: ignore[assignment]
        gt=0,
        description="How often the markets are chosen anew. Those that stay keep their quotes.",
    )
    order_retries: int = Field(
        3, ge=0, description="How often a quote that the venue refused is wanted again at once, as a new order."
    )
    order_retry_delay: Duration = Field(
        "1s",  # type: ignore[assignment]
        gt=0,
        description="How long before it is.",
    )
    quote_rests: Duration = Field(
        "1h",  # type: ignore[assignment]
        gt=0,
        description="How long a quote rests at most before it is placed anew.",
    )
    quiet_before_close: Duration = Field(
        "1h",  # type: ignore[assignment]
        description="Nothing is quoted in a market that closes within this time: its price may jump to its result.",
    )
    filters: RewardFilters = RewardFilters.model_validate({})
    hedge_sell: HedgeSettings = HedgeSettings.model_validate({})
