"""A scenario as people write it: feeds, crowds of traders, and questions of seven kinds."""

from itertools import pairwise
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from dutchbook.domain.identity import Venue
from dutchbook.domain.quantities import Dollars, Duration, PriceSetting, RoomSettings, Share
from dutchbook.domain.units import DOLLAR, SECOND, Nanos
from dutchbook.exchange.living.chance import CERTAIN
from dutchbook.exchange.living.crowd_spec import CrowdSpec

_FARTHEST = Nanos(400 * 86_400 * SECOND)


def _listed(value: object) -> object:
    """A lone word may stand for a list of one."""
    return [value] if isinstance(value, str) else value


Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
Ticker = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]+$", max_length=20)]
Venues = Annotated[tuple[Venue, ...], BeforeValidator(_listed), Field(min_length=1)]


class FeedSpec(RoomSettings):
    """A price that everybody can watch."""

    symbol: str = Field(description="What the price feed calls it, for example btc/usd.")
    price: Dollars = Field(description="Where it stands at the start, in dollars.")
    volatility: Share = Field(description="Annual, for example 45%.")
    tick: Duration = Field(default="1s", description="How often it is published.")  # type: ignore[assignment]


class RewardSpec(RoomSettings):
    """Polymarket's liquidity reward of each market of a question."""

    max_spread: PriceSetting
    min_size: int = Field(ge=1, description="Contracts.")
    daily: Dollars


class IncentiveSpec(RoomSettings):
    """Kalshi's liquidity programme of each market of a question."""

    reward: Dollars = Field(description="For the whole life of the market, of all makers.")
    target_size: int = Field(ge=1, description="Contracts.")


class PauseSpec(RoomSettings):
    """A halt of trading that everybody sees."""

    after: Duration = Field(description="From the listing.")
    lasts: Duration


class QuestionSpec(RoomSettings):
    """What all kinds of questions have in common."""

    name: Slug = Field(description="Polymarket's slug; a rolling question appends its closing time.")
    ticker: Ticker = Field(description="Kalshi's series.")
    title: str
    category: str
    crowd: str = Field(description="Which of the scenario's crowds trades here.")
    venues: Venues = (Venue.POLYMARKET,)
    listed: Duration = Field(default="0s", description="When it appears, from the start.")  # type: ignore[assignment]
    lasts: Duration = Field(description="From the listing to the close.")
    every: Duration | None = Field(default=None, description="A new one is listed so often; without it, only one.")
    settles: Duration = Field(default="1m", description="From the close to the payout.")  # type: ignore[assignment]
    disputed: Share = Field(default="0", description="The chance that somebody objects to the decision of a market.")  # type: ignore[assignment]
    tick: PriceSetting = Field(default="0.01", description="Polymarket's tick; finer near 0 and 1.")  # type: ignore[assignment]
    kalshi_ticks: Literal["linear_cent", "tapered_deci_cent", "deci_cent"] = "linear_cent"
    fee: Share = Field(default="4%", description="Polymarket's fee rate.")  # type: ignore[assignment]
    taker_delay: Duration = Field(default="0s", description="Marketable orders wait so long.")  # type: ignore[assignment]
    kalshi_shard: int = Field(default=0, ge=0, le=9, description="Kalshi's `exchange_index`; cash is held by each.")
    kalshi_stricter: Share = Field(
        default="0",  # type: ignore[assignment]
        description="The chance that what counts as YES on Polymarket does not on Kalshi: subtly different rules.",
    )
    rewards: RewardSpec | None = None
    incentive: IncentiveSpec | None = None
    pause: PauseSpec | None = None

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not 0 < self.lasts <= _FARTHEST:
            raise ValueError("lasts must be more than 0s and at most 400d")
        if self.every is not None and self.every <= 0:
            raise ValueError("every must be more than 0s")
        if self.tick not in (1_000, 100, 50, 25, 10, 1):
            raise ValueError("tick must be one of 0.1, 0.01, 0.005, 0.0025, 0.001 or 0.0001")
        if len(set(self.venues)) < len(self.venues):
            raise ValueError("venues must not name one venue twice")
        return self


class TemperSpec(RoomSettings):
    """How restless beliefs are; `drift` and `news_size` are shares of the smaller of a chance and its opposite."""

    step: Duration = Field(default="30s", description="Between two small moves, on average.")  # type: ignore[assignment]
    drift: Share = Field(default="0.8%", description="Deviation of one small move.")  # type: ignore[assignment]
    news_every: Duration | None = Field(default=None, description="Between two jumps, on average.")
    news_size: Share = Field(default="40%", description="The largest jump.")  # type: ignore[assignment]


class BinarySpec(QuestionSpec):
    """One market by itself."""

    kind: Literal["binary"]
    chance: Share
    beliefs: TemperSpec = TemperSpec()


class PlaceholderSpec(RoomSettings):
    """An unnamed slot of an election, and who it turns out to be."""

    slot: str = Field(default="Candidate K", description="What it is called until then.")
    chance: Share
    named: str
    after: Duration = Field(description="From the listing.")


class ElectionSpec(QuestionSpec):
    """Exactly one of several candidates, or the "Other"; negRisk on Polymarket, exclusive on Kalshi."""

    kind: Literal["election"]
    candidates: dict[str, Share] = Field(min_length=2)
    placeholder: PlaceholderSpec | None = None
    other: Share = Field(default="0", description='The chance of the "Other"; 0 means there is none.')  # type: ignore[assignment]
    beliefs: TemperSpec = TemperSpec()

    @model_validator(mode="after")
    def _whole(self) -> Self:
        total = sum(self.candidates.values()) + self.other + (self.placeholder.chance if self.placeholder else 0)
        if total != CERTAIN:
            raise ValueError(f"candidates, placeholder and other must add up to 100%, not {total / 10_000}%")
        if self.placeholder and not 0 < self.placeholder.after < self.lasts:
            raise ValueError("placeholder: after must lie within lasts")
        return self


class BracketsSpec(QuestionSpec):
    """The highest temperature of a day in whole degrees: exactly one bracket wins."""

    kind: Literal["brackets"]
    expected: int = Field(description="Degrees.")
    spread: int = Field(default=3, ge=1, le=30, description="Standard deviation of what is unknown, degrees.")
    edges: tuple[int, ...] = Field(min_length=1, description="Where one bracket ends and the next begins, rising.")
    surprise: int = Field(default=0, ge=0, description="How far the expectation of a day lies off `expected`, at most.")

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if any(low >= high for low, high in pairwise(self.edges)):
            raise ValueError("edges must rise")
        return self


class UpDownSpec(QuestionSpec):
    """Whether a price ends where its window began, or above. The window is the last `window` before the close."""

    kind: Literal["up_down"]
    feed: str
    window: Duration
    average: Duration = Field(default="0s", description="Polymarket reads the mean of so long.")  # type: ignore[assignment]
    kalshi_average: Duration = Field(default="1m", description="Kalshi does.")  # type: ignore[assignment]

    @model_validator(mode="after")
    def _within(self) -> Self:
        if not 0 < self.window <= self.lasts:
            raise ValueError("window must be more than 0s and at most lasts")
        return self


class ThresholdsSpec(QuestionSpec):
    """Whether a price closes at or above each of some strikes."""

    kind: Literal["thresholds"]
    feed: str
    strikes: tuple[Dollars, ...] = Field(default=(), description="In dollars, rising; or name `rungs` and `gap`.")
    rungs: int = Field(default=0, ge=0, le=50, description="So many strikes around the price at the listing.")
    gap: Dollars = DOLLAR
    average: Duration = "0s"  # type: ignore[assignment]
    kalshi_average: Duration = "1m"  # type: ignore[assignment]

    @model_validator(mode="after")
    def _some(self) -> Self:
        if bool(self.strikes) == bool(self.rungs):
            raise ValueError("name either strikes, or rungs and gap")
        if any(low >= high for low, high in pairwise(self.strikes)):
            raise ValueError("strikes must rise")
        return self


class MatchSpec(QuestionSpec):
    """A match: the home side wins. Trading starts with the listing, play `starts` after it and ends at the close."""

    kind: Literal["match"]
    home: str
    away: str
    league: str = Field(default="league", description="Its abbreviation in the feed of scores.")
    starts: Duration
    periods: int = Field(default=90, ge=1, le=500)
    home_rate: Share = Field(default="1.6%", description="The home side scores in a period.")  # type: ignore[assignment]
    away_rate: Share = Field(default="1.3%", description="The away side does.")  # type: ignore[assignment]
    clear_on_start: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not 0 <= self.starts < self.lasts:
            raise ValueError("starts must come before the close (lasts)")
        if self.home_rate + self.away_rate > CERTAIN:
            raise ValueError("home_rate and away_rate must not exceed 100% together")
        return self


class DatesSpec(QuestionSpec):
    """Whether something happens by each of some dates; the last one is the close."""

    kind: Literal["dates"]
    by: dict[Annotated[str, Field(min_length=1)], Share] = Field(min_length=2)
    dates: tuple[Duration, ...] = Field(min_length=2, description="One for each of `by`, from the listing, rising.")
    step: Duration = "5m"  # type: ignore[assignment]
    drift: Share = "0.8%"  # type: ignore[assignment]

    @model_validator(mode="after")
    def _ladder(self) -> Self:
        if len(self.by) != len(self.dates):
            raise ValueError("by and dates must have equally many entries")
        if any(low >= high for low, high in pairwise(self.dates)):
            raise ValueError("dates must rise")
        chances = list(self.by.values())
        if any(low > high for low, high in pairwise(chances)):
            raise ValueError("by: a later date cannot be less likely")
        if self.dates[-1] != self.lasts:
            raise ValueError("the last of dates must equal lasts")
        return self


AnyQuestion = Annotated[
    BinarySpec | ElectionSpec | BracketsSpec | UpDownSpec | ThresholdsSpec | MatchSpec | DatesSpec,
    Field(discriminator="kind"),
]


class CopiesSpec(RoomSettings):
    """Makes a scenario large: so many copies of each of its copied questions, named apart by number."""

    of: tuple[Slug, ...] = Field(min_length=1)
    markets: int = Field(default=0, ge=0, le=100_000, description="Copy until there are at least so many markets.")


class WhaleSpec(RoomSettings):
    """A rich trader whose wallet address is public, with opinions of its own."""

    wallet: Annotated[str, StringConstraints(pattern=r"^0x[0-9a-f]{40}$")] = "0x" + "57a1e" * 8
    every: Duration = Field(default="2h", description="Between two purchases, on average.")  # type: ignore[assignment]
    size: int = Field(default=20_000, ge=1, description="Contracts of one purchase, typically.")
    slices: int = Field(default=20, ge=1, le=1_000)
    over: Duration = Field(default="10m", description="How long one purchase takes.")  # type: ignore[assignment]


class ScenarioSpec(RoomSettings):
    """A living market, whole."""

    name: Slug
    description: str = ""
    feeds: tuple[FeedSpec, ...] = ()
    crowds: dict[str, CrowdSpec] = Field(min_length=1)
    questions: tuple[AnyQuestion, ...] = Field(min_length=1)
    copies: CopiesSpec | None = None
    whale: WhaleSpec | None = None
    maintenance: bool = Field(default=True, description="Kalshi pauses on Thursdays from 03:00 to 05:00 in New York.")
    retail: int = Field(default=200, ge=1, le=100_000, description="How many small accounts each venue has.")

    @model_validator(mode="after")
    def _named(self) -> Self:
        names = [question.name for question in self.questions]
        for kind, seen in (
            ("name", names),
            ("ticker", [question.ticker for question in self.questions]),
            ("symbol", [feed.symbol for feed in self.feeds]),
        ):
            if twice := next((word for word in seen if seen.count(word) > 1), None):
                raise ValueError(f"{kind} {twice} is given twice")
        for question in self.questions:
            _known("crowd", question.crowd, list(self.crowds), question.name)
            if isinstance(question, UpDownSpec | ThresholdsSpec):
                _known("feed", question.feed, [feed.symbol for feed in self.feeds], question.name)
        for name in self.copies.of if self.copies else ():
            _known("copies", name, names, "the scenario")
        return self


def _known(kind: str, word: str, words: list[str], where: str) -> None:
    if word not in words:
        said = "{kind} {word} of {where} is not there: write one of {words}"
        told = {"kind": kind, "word": word, "where": where, "words": ", ".join(words) or "(none)"}
        raise PydanticCustomError("unknown_name", said, told)
