"""Settings of the portfolio."""

from typing import Annotated

from pydantic import AfterValidator, Field

from dutchbook.domain.quantities import Dollars, RoomSettings
from dutchbook.domain.units import Money


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
