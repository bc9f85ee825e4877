"""Settings of risk: the limits, each a share of the bankroll and, if wanted, an amount; the tighter one holds."""

from typing import Annotated

from pydantic import AfterValidator, Field

from dutchbook.domain.quantities import Dollars, Duration, PriceSetting, RoomSettings, Share
from dutchbook.domain.units import Nanos, decimal_text


def _more_than_nothing(value: int) -> int:
    if value <= 0:
        raise ValueError("must be more than 0: a limit of 0 would refuse or halt everything")
    return value


Limit = Annotated[Share, AfterValidator(_more_than_nothing)]
Amount = Annotated[Dollars, AfterValidator(_more_than_nothing)]
Age = Annotated[Duration, AfterValidator(_more_than_nothing)]


class RiskSettings(RoomSettings):
    """What the guardian refuses. A share has a companion in dollars; where both are set, the tighter one holds."""

    # Defaults are written as people write them; validation makes them integers.
    position_limit: Limit = Field(
        default="10%",  # type: ignore[assignment]
        description="Most capital in one market, as a share of the bankroll: positions at cost and all that orders may "
        "still add. A leg of a bundle counts in its market as if nothing else of the bundle were filled.",
    )
    position_limit_dollars: Amount | None = Field(default=None, description="Most capital in one market, in dollars.")
    venue_limit: Limit = Field(
        default="50%",  # type: ignore[assignment]
        description="Most capital at one venue, as a share of the bankroll.",
    )
    venue_limit_dollars: Amount | None = Field(default=None, description="Most capital at one venue, in dollars.")
    deployed_limit: Limit = Field(
        default="100%",  # type: ignore[assignment]
        description="Most capital in all markets, as a share of the bankroll. Cash at hand limits it too.",
    )
    deployed_limit_dollars: Amount | None = Field(default=None, description="Most capital in all markets, in dollars.")
    ratcheting_stop: Limit = Field(
        default="20%",  # type: ignore[assignment]
        description="The desk halts when its equity falls so far below its high-water mark.",
    )
    daily_loss: Limit = Field(
        default="10%",  # type: ignore[assignment]
        description="Opening pauses until the next UTC day when this share of the bankroll was lost since midnight.",
    )
    daily_loss_dollars: Amount | None = Field(default=None, description="Most loss in one UTC day, in dollars.")
    stale_price: Age = Field(
        default="5s",  # type: ignore[assignment]
        description="An intent is refused when it, or the last sign of life of a connection behind it, is older.",
    )
    unchanged_book: Age = Field(
        default="1h",  # type: ignore[assignment]
        description="Opening is refused on a book that has not changed for so long, even on a live connection.",
    )
    slippage: Limit = Field(
        default="5%",  # type: ignore[assignment]
        description="How much worse than expected, and than the book shows now, a limit may be: a share of the price.",
    )
    slippage_floor: PriceSetting = Field(
        default="0.05",  # type: ignore[assignment]
        description="Slippage of so many dollars a contract is always allowed: ticks are coarse at small prices.",
    )
    exit_slippage: PriceSetting = Field(
        default="0.25",  # type: ignore[assignment]
        description="Slippage allowed in dollars a contract where an intent only reduces risk.",
    )

    no_opening_before_close: Duration = Field(
        default="0s",  # type: ignore[assignment]
        description="Nothing is opened in a market that closes within this time; 0 lets everything be opened.",
    )

    def remarks(self) -> tuple[str, ...]:
        """Settings that are possible but never bind, because another limit comes first."""
        pairs = (
            ("position_limit", "venue_limit", "the venue limit refuses first"),
            ("venue_limit", "deployed_limit", "the deployed limit refuses first"),
            ("daily_loss", "ratcheting_stop", "the stop halts the desk before the day's pause can"),
            ("stale_price", "unchanged_book", "an unchanged book is refused first"),
        )
        found = []
        for wide, tight, effect in pairs:
            first, second = getattr(self, wide), getattr(self, tight)
            if first > second:
                show = _seconds if wide == "stale_price" else percent
                found.append(f"risk.{wide} ({show(first)}) is above risk.{tight} ({show(second)}): {effect}")
        return tuple(found)


def percent(ppm: int) -> str:
    """Millionths as a percentage.

    >>> percent(100_000), percent(12_500)
    ('10%', '1.25%')
    """
    return decimal_text(ppm, 4).rstrip("0").rstrip(".") + "%"


def _seconds(nanos: Nanos) -> str:
    return decimal_text(nanos, 9).rstrip("0").rstrip(".") + "s"
