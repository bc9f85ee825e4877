"""Settings of the bundle strategy."""

from typing import Self

from pydantic import Field, model_validator

from dutchbook.domain.bundles import BundleKind
from dutchbook.domain.quantities import Dollars, Duration, PriceSetting, RoomSettings, Share
from dutchbook.domain.units import Price


class BundleSettings(RoomSettings):
    """When a bundle is worth trading, and which ones are watched as near misses."""

    edge_buy_both: PriceSetting = Field(
        "0.01",  # type: ignore[assignment]
        description="Least profit of each set after fees for YES and NO of one market: 0.01 means that a set may cost "
        "0.99 with its fees. Only books that do not mirror each other are ever traded this way.",
    )
    edge_split_sell: PriceSetting = Field(
        "0.01",  # type: ignore[assignment]
        description="The same for splitting a dollar into YES and NO and selling both.",
    )
    edge_all_yes: PriceSetting = Field(
        "0",  # type: ignore[assignment]
        description="The same for every YES of an exhaustive question. 0 means: anything above costs and fees.",
    )
    edge_all_no: PriceSetting = Field(
        "0",  # type: ignore[assignment]
        description="The same for every NO of an exclusive question.",
    )
    edge_ladder: PriceSetting = Field(
        "0",  # type: ignore[assignment]
        description="The same for YES of a wider claim with NO of a narrower one that implies it.",
    )
    max_basket_cash: Dollars = Field(
        "500",  # type: ignore[assignment]
        gt=0,
        description="The most cash that one basket may bind, fees included.",
    )
    max_legs: int = Field(30, ge=2, description="Bundles of more legs are watched, never traded.")
    capital_yield: Share = Field(
        "4%",  # type: ignore[assignment]
        description="What idle cash earns in a year. Capital locked until settlement is charged with it, set by set.",
    )
    least_yield: Share = Field(
        "10%",  # type: ignore[assignment]
        description="The hurdle: a locked-up basket must earn at least this a year on the cash it binds, after fees.",
    )
    settlement_delay: Duration = Field(
        "2h",  # type: ignore[assignment]
        description="Added to the announced settlement time: the challenge window of an optimistic oracle.",
    )
    overdue_lockup: Duration = Field(
        "7d",  # type: ignore[assignment]
        description="The lock-up assumed where the announced settlement time has passed: about as long as a dispute.",
    )
    near_miss_from: Share = Field(
        0, description="A near miss costs at least this much more than it pays, before fees, as a share of the payoff."
    )
    near_miss_to: Share = Field(
        "2%",  # type: ignore[assignment]
        description="A near miss costs at most this much more than it pays, before fees: 2% by default.",
    )
    near_miss_mirrored: bool = Field(
        default=True,
        description="Count YES and NO of one mirrored book among the near misses. Their cost is 1 plus the spread, and "
        "below 1 only by a fault of the data.",
    )
    repeat_after: Duration = Field(
        "1s",  # type: ignore[assignment]
        description="How long an intent with the same size and limits is not proposed again.",
    )

    def least_edge(self, kind: BundleKind) -> Price:
        """The least profit of a set after fees, for a kind of bundle."""
        edges = {
            BundleKind.BUY_BOTH: self.edge_buy_both,
            BundleKind.SPLIT_SELL: self.edge_split_sell,
            BundleKind.ALL_YES: self.edge_all_yes,
            BundleKind.ALL_NO: self.edge_all_no,
            BundleKind.LADDER: self.edge_ladder,
        }
        return edges[kind]

    @model_validator(mode="after")
    def _range_not_empty(self) -> Self:
        if self.near_miss_from > self.near_miss_to:
            raise ValueError("near_miss_from must not exceed near_miss_to")
        return self
