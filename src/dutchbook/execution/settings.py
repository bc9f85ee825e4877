"""Settings of execution."""

from enum import StrEnum

from pydantic import Field

from dutchbook.domain.quantities import Dollars, Duration, PriceSetting, RoomSettings, Share


class Sending(StrEnum):
    """In which order the legs of a basket leave."""

    TOGETHER = "together"
    """All at once: fastest, and a miss of one leg leaves the others filled."""
    THINNEST_FIRST = "thinnest_first"
    """The leg with the least depth alone, the rest at once when it filled: a miss of the likeliest costs nothing."""
    ONE_BY_ONE = "one_by_one"
    """Each after the one before it filled, thinnest first: slowest, and least at risk at any moment."""


class Redeem(StrEnum):
    """What becomes of shares in markets that are decided, where a venue does not pay by itself."""

    AUTO = "auto"
    OFF = "off"
    """They stay where they are until somebody redeems them elsewhere."""


class ExecutionSettings(RoomSettings):
    """How baskets are sent, how long an answer may take, and what a way home may cost."""

    sending: Sending = Field(
        default=Sending.TOGETHER,
        description="Order of the legs: `together`, `thinnest_first` (then the rest at once) or `one_by_one`.",
    )
    # Defaults are written as people write them; validation makes them integers.
    decide_ahead: bool = Field(
        default=True,
        description="Work out in idle moments what near misses would lead to if one price moved, and which quote "
        "follows one whose cancel is out, so that the orders leave as soon as that happens. What is decided does not "
        "change by it. Timestamps of orders then come in steps of ten seconds, rounded down.",
    )
    spin: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="How long after a frame the desk stays awake for the next one, while something is decided ahead "
        "at its venue. It hears it some tens of microseconds sooner, goes through what is ready meanwhile "
        "so that it is near, and keeps a core busy: `5ms` where that is worth it.",
    )
    sign_ahead: bool = Field(
        default=True,
        description="Sign what was decided ahead in idle moments too, so that it only has to be written. Without it no "
        "signature is made before its order leaves.",
    )
    answer_timeout: Duration = Field(
        default="5s",  # type: ignore[assignment]
        description="An order without an answer for so long is unknown: never sent again, its worst case reserved.",
    )
    insist_after: Duration = Field(
        default="1s",  # type: ignore[assignment]
        gt=0,
        description="The same for orders that insist (all of the reward maker): asked for at once then, and sent once "
        "more as they are, up to three times, where their venue does not find them. Their cancels are repeated after "
        "so long.",
    )
    patience: Duration = Field(
        default="30s",  # type: ignore[assignment]
        description="A resting leg that did not fill for so long is cancelled.",
    )
    unwind_loss: PriceSetting = Field(
        default="0.10",  # type: ignore[assignment]
        description="The most that unwinding a leg may lose on each contract, in dollars below (or above) its price.",
    )
    reach: PriceSetting = Field(
        default="0.02",  # type: ignore[assignment]
        description="How far beyond the price that the book shows a way home may still trade, in dollars a contract.",
    )
    ways_home: int = Field(
        default=3,
        ge=0,
        le=20,
        description="How often a basket with a missing leg tries to get home before it is kept as it is.",
    )
    look_again: Duration = Field(
        default="500ms",  # type: ignore[assignment]
        gt=0,
        description="How often a leg that filled alone looks for its hedge while its window is open: see "
        "`cross_venue.hedge_within`.",
    )
    assumed_fill_rate: Share = Field(
        default="100%",  # type: ignore[assignment]
        description="How many of the baskets of which a leg filled are taken to fill whole, until it is measured. What "
        "the others cost is taken off each edge.",
    )
    fill_rate_weight: int = Field(
        default=20, ge=0, description="As many measured baskets weigh as much as `assumed_fill_rate`."
    )
    slippage_tolerance: Share = Field(
        default="2%",  # type: ignore[assignment]
        description="The worst price of each order of a plan: at most so much beyond the price that was expected, "
        "and never beyond the limit of its intent.",
    )
    limit_ttl: Duration = Field(
        default="300s",  # type: ignore[assignment]
        gt=0,
        description="How long a limit order rests before it is cancelled; for an iceberg, each part that is shown.",
    )
    twap_enabled: bool = Field(
        default=True, description="Whether TWAP plans are sliced over time; without, they trade at once like `market`."
    )
    twap_slices: int = Field(default=5, ge=1, le=100, description="In how many slices a TWAP plan trades.")
    twap_gap: Duration = Field(
        default="30s",  # type: ignore[assignment]
        gt=0,
        description="The time from one slice of a TWAP plan to the next.",
    )
    iceberg_threshold: Dollars = Field(
        default="500",  # type: ignore[assignment]
        description="From this notional on a limit order shows only a part of its size.",
    )
    iceberg_shown: Share = Field(
        default="20%",  # type: ignore[assignment]
        gt=0,
        description="The share of the size that an iceberg shows, and shows again as it fills.",
    )
    adaptive_pricing: bool = Field(
        default=False,
        description="Let limit orders choose between taking, joining the queue and waiting, by the depth, the price of "
        "taking the whole size, the imbalance, the momentum, and what such choices were worth before.",
    )
    entry_review: Duration = Field(
        default="5s",  # type: ignore[assignment]
        gt=0,
        description="How often a choice of `adaptive_pricing` is made anew.",
    )
    markout_after: Duration = Field(
        default="30s",  # type: ignore[assignment]
        gt=0,
        description="How long after a fill the price is looked at again, to judge the choice that led to it.",
    )
    reconcile_every: Duration = Field(
        default="60s",  # type: ignore[assignment]
        gt=0,
        description="How often orders, positions and cash are compared with each venue, besides after reconnections.",
    )
    difference_stands: Duration = Field(
        default="20s",  # type: ignore[assignment]
        description="A difference from a venue is corrected once two of its statements, so far apart, agree on it: "
        "venues show what happened moments late.",
    )
    absent_after: Duration = Field(
        default="30s",  # type: ignore[assignment]
        description="An unknown order counts as never placed only if three questions, spread over so long, did not "
        "find it. Less than 30s is for the sandbox alone: a venue may take an order later than it answers.",
    )
    redeem: Redeem = Field(
        default=Redeem.AUTO,
        description="Whether winning shares are redeemed at Polymarket once their market is decided: `auto` or `off`. "
        "Kalshi pays by itself.",
    )
    cancel_timeout: Duration = Field(
        default="5s",  # type: ignore[assignment]
        gt=0,
        description="A cancel that nothing is heard of for so long is asked about, and sent again.",
    )
