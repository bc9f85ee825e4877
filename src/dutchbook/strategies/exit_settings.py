"""Settings of exits."""

from pydantic import Field

from dutchbook.domain.quantities import Duration, PriceSetting, RoomSettings, Share


class ExitSettings(RoomSettings):
    """When a position that stands alone is given up. What is part of a set that pays whatever happens is never touched.

    Each rule is off at 0.
    """

    stop_loss: Share = Field(
        default="20%",  # type: ignore[assignment]
        description="Sell when the bid is so far below what the position cost, a contract.",
    )
    take_profit: Share = Field(
        default="30%",  # type: ignore[assignment]
        description="Sell when the bid is so far above what the position cost, a contract.",
    )
    max_holding: Duration = Field(
        default="240h",  # type: ignore[assignment]
        description="Sell a position that was bought so long ago.",
    )
    sure_price: PriceSetting = Field(
        default="0.99",  # type: ignore[assignment]
        description="Sell at this bid: the rest is not worth the wait for the resolution. Not below what it cost.",
    )
    before_close: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="Sell when the market closes within this time: near its resolution a price jumps, or is not there.",
    )
    reach: PriceSetting = Field(
        default="0.02",  # type: ignore[assignment]
        description="How far below the bid that is shown an exit may still sell, in dollars a contract.",
    )
    repeat_after: Duration = Field(
        default="30s",  # type: ignore[assignment]
        description="How long an exit that did not come about is not tried again.",
    )
