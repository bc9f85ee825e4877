"""Settings of the portfolio."""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from dutchbook.domain.identity import Venue
from dutchbook.domain.quantities import Dollars, RoomSettings, Share
from dutchbook.domain.units import Money

_MILLION = 1_000_000


def _some(value: Money) -> Money:
    if value <= 0:
        raise ValueError("must be more than 0 dollars, for example 500")
    return value


class PortfolioSettings(RoomSettings):
    """What the desk starts with."""

    bankroll: Annotated[Dollars, AfterValidator(_some)] = Field(
        default="10000",  # type: ignore[assignment]  # written as a user writes it
        description="Dollars the desk starts with on paper; the limits of risk are shares of it. "
        "Deposits and withdrawals change it, profits do not.",
    )
    at_polymarket: Share | None = Field(
        default=None,
        description="How much of the bankroll lies at Polymarket on paper, as a share; what lies there pays for "
        "nothing at Kalshi. Empty, like the next one: all of it is good for either.",
    )
    at_kalshi: Share | None = Field(default=None, description="The same for Kalshi.")

    def by_venue(self, cash: Money) -> Mapping[Venue, Money]:
        """What of `cash` lies at which venue on paper, rounded down; nothing where it is not told apart."""
        shares = {Venue.POLYMARKET: self.at_polymarket, Venue.KALSHI: self.at_kalshi}
        return {venue: Money(cash * share // _MILLION) for venue, share in shares.items() if share is not None}

    @model_validator(mode="after")
    def _no_more_than_all(self) -> Self:
        if (self.at_polymarket or 0) + (self.at_kalshi or 0) > _MILLION:
            raise ValueError("at_polymarket and at_kalshi must not be more than 100% together")
        return self
