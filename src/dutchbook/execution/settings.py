"""Settings of execution."""

from enum import StrEnum

from pydantic import Field

from dutchbook.domain.quantities import Duration, PriceSetting, RoomSettings


class Sending(StrEnum):
    """In which order the legs of a basket leave."""

    TOGETHER = "together"
    """All at once: fastest, and a miss of one leg leaves the others filled."""
    THINNEST_FIRST = "thinnest_first"
    """The leg with the least depth alone, the rest at once when it filled: a miss of the likeliest costs nothing."""
    ONE_BY_ONE = "one_by_one"
    """Each after the one before it filled, thinnest first: slowest, and least at risk at any moment."""


class ExecutionSettings(RoomSettings):
    """How baskets are sent, how long an answer may take, and what a way home may cost."""

    sending: Sending = Field(
        default=Sending.TOGETHER,
        description="Order of the legs: `together`, `thinnest_first` (then the rest at once) or `one_by_one`.",
    )
    # Defaults are written as people write them; validation makes them integers.
    answer_timeout: Duration = Field(
        default="5s",  # type: ignore[assignment]
        description="An order without an answer for so long is unknown: never sent again, its worst case reserved.",
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
