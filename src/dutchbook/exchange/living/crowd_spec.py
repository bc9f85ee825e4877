"""Who trades in a question: the makers, the takers and how fast they are."""

from typing import Annotated, Any, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from dutchbook.domain.quantities import Duration, PriceSetting, RoomSettings, Share


def _parts(value: Any) -> Any:
    return value.split("..") if isinstance(value, str) else value


def _in_order(value: tuple[int, int]) -> tuple[int, int]:
    if value[0] > value[1]:
        raise ValueError("must be the shortest and the longest time, for example 200ms..3s")
    return value


Sizes = Annotated[tuple[int, int, int], BeforeValidator(_parts)]
"""Contracts that 5 %, half and 95 % of all stay below, written `10..100..1000`."""
Reaction = Annotated[tuple[Duration, Duration], BeforeValidator(_parts), AfterValidator(_in_order)]
"""The shortest and the longest time until something is noticed, written `200ms..3s`."""


class MakerSpec(RoomSettings):
    """Firms that quote both sides around what they believe, lean against their inventory and pull quotes on news."""

    count: int = Field(default=3, ge=1, le=50)
    half_spread: PriceSetting = Field(description="From belief to the best quote, at even chances; less near 0 and 1.")
    noise: PriceSetting = Field(description="Standard deviation of the belief around the truth, at even chances.")
    levels: int = Field(default=4, ge=1, le=99, description="On each side.")
    stride: int = Field(default=1, ge=1, le=50, description="Ticks between two levels.")
    sizes: Sizes
    requote: Duration = Field(description="Between two looks at the market, on average.")
    moves: int = Field(default=2, ge=0, le=50, description="Levels whose size is renewed at a look, at most.")
    reaction: Reaction = Field(default="300ms..3s", description="Until news is noticed.")  # type: ignore[assignment]
    shy: Duration = Field(default="10s", description="How long quotes stay away after news.")  # type: ignore[assignment]
    skew: PriceSetting = Field(default="0.005", description="How far quotes lean for one full inventory.")  # type: ignore[assignment]
    inventory: int = Field(default=20_000, ge=1, description="Contracts that count as a full inventory.")
    follows_feed: bool = Field(default=False, description="Looks again at each tick of the price feed.")


class NoiseSpec(RoomSettings):
    """People who trade for reasons of their own."""

    every: Duration = Field(description="Between two trades in one market, on average.")
    sizes: Sizes
    resting: Share = Field(default="30%", description="How many post a limit order instead of taking.")  # type: ignore[assignment]
    patience: Duration = Field(default="10m", description="How long such an order waits, on average.")  # type: ignore[assignment]


class InformedSpec(RoomSettings):
    """Traders who know the truth a little better and sooner than others, and take what is priced beside it."""

    every: Duration
    sizes: Sizes
    noise: PriceSetting = "0.01"  # type: ignore[assignment]
    margin: PriceSetting = Field(default="0.01", description="The least profit after fees.")  # type: ignore[assignment]
    reaction: Reaction = Field(default="200ms..4s", description="Until news is noticed.")  # type: ignore[assignment]


class FarmerSpec(RoomSettings):
    """Rests just within the reward spread on both sides, for the reward."""

    size: int = Field(default=200, ge=1)
    requote: Duration = "1m"  # type: ignore[assignment]


class ArbitrageSpec(RoomSettings):
    """Closes gaps between the markets of a question, or between venues, some time after they open."""

    reaction: Reaction = "20ms..2s"  # type: ignore[assignment]
    attention: Share = Field(
        default="85%", description="How many gaps are noticed at once; the rest takes five times longer."
    )  # type: ignore[assignment]
    margin: PriceSetting = Field(default="0.002", description="The least profit a set, after fees.")  # type: ignore[assignment]
    size: int = Field(default=500, ge=1, description="Contracts at once, at most.")


class CrowdSpec(RoomSettings):
    """A population. No two markets are alike: each draws its own spread, depth and pace around what is written here."""

    variety: Sizes = Field(
        default="60..100..180",  # type: ignore[assignment]
        description="Spreads, sizes and waiting times of a market against those written here, in percent.",
    )
    mood: PriceSetting = Field(
        default="0.003",  # type: ignore[assignment]
        description="How far all makers of a market are wrong together: standard deviation at even chances.",
    )
    longshot: PriceSetting = Field(
        default="0",  # type: ignore[assignment]
        description="What makers add to the price of what hardly ever happens, and take off what nearly always does.",
    )
    makers: tuple[MakerSpec, ...] = Field(min_length=1)
    noise: NoiseSpec | None = None
    informed: InformedSpec | None = None
    farmer: FarmerSpec | None = None
    bundles: ArbitrageSpec | None = Field(default=None, description="Within a question.")
    cross_venue: ArbitrageSpec | None = Field(default=None, description="Between the venues of a question.")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        for who, sizes in self._sizes():
            if not 0 < sizes[0] <= sizes[1] <= sizes[2]:
                raise ValueError(f"{who}: sizes must be three rising numbers, for example 10..100..1000")
        return self

    def _sizes(self) -> list[tuple[str, tuple[int, int, int]]]:
        found = [("variety", self.variety), *(("makers", maker.sizes) for maker in self.makers)]
        found += [("noise", self.noise.sizes)] if self.noise else []
        return found + ([("informed", self.informed.sizes)] if self.informed else [])
