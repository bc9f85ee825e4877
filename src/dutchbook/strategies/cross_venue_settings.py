"""Settings of arbitrage across venues, over pairs that a person approved."""

from enum import StrEnum

import msgspec
from pydantic import Field, field_validator

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.quantities import Dollars, Duration, PriceSetting, RoomSettings, Share
from dutchbook.domain.units import Money, Nanos, Price
from dutchbook.strategies.settings import BundleSettings


class FirstLeg(StrEnum):
    """Where leg-and-hedge begins."""

    THINNEST = "thinnest"
    """At the venue whose depth within the limit is the smaller: what may miss comes first, and costs nothing then."""
    POLYMARKET = "polymarket"
    KALSHI = "kalshi"


class CrossVenueSettings(RoomSettings):
    """When YES here and NO there is worth trading. Time and yield are those of `bundle`."""

    # Defaults are written as people write them; validation makes them integers.
    mismatch: Share = Field(
        default="1%",  # type: ignore[assignment]
        description="The probability reckoned with that both venues settle a pair differently, and both legs lose: an "
        "upper bound, charged on each set, where `dutchbook pairs add --mismatch` named no other for the pair.",
    )
    atomic_edge: PriceSetting = Field(
        default="0.005",  # type: ignore[assignment]
        description="Least profit of each set for `atomic-arb`, after both venues' fees and the mismatch.",
    )
    atomic_depth: Share = Field(
        default="80%",  # type: ignore[assignment]
        description="How much of each level shown `atomic-arb` counts on: what vanishes meanwhile makes one of its "
        "fill-or-kill orders miss.",
    )
    hedge_edge: PriceSetting = Field(
        default="0.01",  # type: ignore[assignment]
        description="The same profit for `leg-and-hedge`, which is at risk between its legs.",
    )
    hedge_depth: Share = Field(
        default="50%",  # type: ignore[assignment]
        description="How much of each level shown at the second venue `leg-and-hedge` counts on; at the first it takes "
        "what there is.",
    )
    hedge_reach: PriceSetting = Field(
        default="0.02",  # type: ignore[assignment]
        description="How much dearer than shown the second leg of `leg-and-hedge` may be bought at once, in dollars a "
        "contract, and never beyond what the pair pays.",
    )
    hedge_within: Duration = Field(
        default="30s",  # type: ignore[assignment]
        description="How long a leg that filled alone may wait for the other one, while that venue is halted or asks "
        "too much. After that it is unwound within `execution.unwind_loss`, or kept with the reason.",
    )
    first_leg: FirstLeg = Field(
        default=FirstLeg.THINNEST,
        description="Where `leg-and-hedge` begins: `thinnest`, or always at the venue that is slower for you.",
    )
    max_basket_cash: Dollars = Field(
        default="500",  # type: ignore[assignment]
        gt=0,
        description="The most cash that one basket may bind at both venues together, fees included.",
    )

    @field_validator("atomic_depth", "hedge_depth")
    @classmethod
    def _some_depth(cls, share: int) -> int:
        if share <= 0:
            raise ValueError("must be more than 0: with no depth to count on nothing can be traded")
        return share


class PairDemands(msgspec.Struct, frozen=True, kw_only=True):
    """What a strategy asks of a pair: fits `appraisal.Demands`."""

    edge: Price
    max_basket_cash: Money
    capital_yield: int
    least_yield: int
    settlement_delay: Nanos
    overdue_lockup: Nanos
    max_legs: int = 2

    def least_edge(self, kind: BundleKind) -> Price:  # noqa: ARG002 - all pairs are of one kind
        """The least profit of a set after fees and mismatch."""
        return self.edge


def demands(edge: Price, bundle: BundleSettings, pairs: CrossVenueSettings) -> PairDemands:
    """An edge with what holds for time and cash."""
    return PairDemands(
        edge=edge,
        max_basket_cash=pairs.max_basket_cash,
        capital_yield=bundle.capital_yield,
        least_yield=bundle.least_yield,
        settlement_delay=bundle.settlement_delay,
        overdue_lockup=bundle.overdue_lockup,
    )
