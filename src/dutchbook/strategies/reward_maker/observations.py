"""What the reward maker saw and did beside its orders: frozen lines for the journal."""

from collections.abc import Mapping

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, Venue
from dutchbook.domain.units import Money, Nanos


class QuoteRefused(msgspec.Struct, frozen=True, tag="quote_refused"):
    """A safety check stands in the way of a quote, from now on. `limit` is the setting with its value."""

    market: MarketId
    outcome: OutcomeId
    rule: str
    limit: str
    found: str
    at: Nanos


class QuoteAllowed(msgspec.Struct, frozen=True, tag="quote_allowed"):
    """Nothing stands in the way any more. `lasted` is how long it did."""

    market: MarketId
    outcome: OutcomeId
    rule: str
    lasted: Nanos
    at: Nanos


class MakerFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What the reward maker did: quotes wanted and withdrawn, fills of them and of hedges, sales and completions.

    `refused` is how often each check came to stand in the way, `quoting` how many markets have a quote now.
    """

    markets: int
    quoting: int
    rewarded: int
    quotes: int
    withdrawn: int
    fills: int
    hedges: int
    merges: int
    unhedged: Money
    refused: Mapping[str, int]


class MarketsChosen(msgspec.Struct, frozen=True, tag="markets_chosen"):
    """The markets that are quoted from now on, best first. `left` were quoted until now.

    `rewarded` is how many there are with a reward, `unfit` how many of them each rule keeps out.
    """

    chosen: tuple[MarketId, ...]
    left: tuple[MarketId, ...]
    rewarded: int
    unfit: Mapping[str, int]
    at: Nanos


class HedgeFailed(msgspec.Struct, frozen=True, tag="hedge_failed"):
    """What filled could not be given up, however often it was tried. Until `again` the market is left alone."""

    market: MarketId
    outcome: OutcomeId
    tries: int
    reason: str
    again: Nanos
    at: Nanos


class RewardsSampled(msgspec.Struct, frozen=True, tag="rewards_sampled"):
    """What a sample at this moment gives us, by market, in micro-dollars, and all samples of the UTC day so far."""

    earned: Mapping[MarketId, Money]
    today: Money
    at: Nanos


class MarketCompared(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One market: our share of the running day by the rule and by the venue, what the stated day paid and should have.

    By the rule means: by our samples, with all that the others have counted against us.
    """

    market: MarketId
    share_ppm: int = 0
    stated_ppm: int | None = None
    earned: Money | None = None
    paid: Money | None = None


class RewardsCompared(msgspec.Struct, frozen=True, kw_only=True, tag="rewards_compared"):
    """A venue's statement beside our own reckoning.

    `unscored` are orders that the rule scores and the venue does not, `unforeseen` the other way round.
    """

    venue: Venue
    day: Nanos
    markets: tuple[MarketCompared, ...]
    unscored: tuple[str, ...]
    unforeseen: tuple[str, ...]
    at: Nanos


type RewardObservation = RewardsSampled | RewardsCompared
type MakerObservation = QuoteRefused | QuoteAllowed | MarketsChosen | HedgeFailed | RewardObservation
