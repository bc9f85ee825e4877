"""What is traded: questions, markets, their price grids, strikes and fee schedules. Facts only, no prices."""

from enum import StrEnum

import msgspec

from dutchbook.domain.identity import MarketId, OutcomeId, QuestionId, Venue
from dutchbook.domain.units import ONE, Money, Nanos, Price, Size


class PriceBand(msgspec.Struct, frozen=True):
    """Valid prices from `start` to `end` inclusive: start + k * step."""

    start: Price
    end: Price
    step: Price


class PriceGrid(msgspec.Struct, frozen=True):
    """The prices a market accepts. Prices 0 and 1 dollar are on no grid: nobody can trade there."""

    bands: tuple[PriceBand, ...]

    @classmethod
    def uniform(cls, tick: Price) -> "PriceGrid":
        """One tick size over the whole range, as on Polymarket: tick <= price <= 1 - tick."""
        return cls((PriceBand(Price(0), ONE, tick),))

    def contains(self, price: Price) -> bool:
        """Whether an order at `price` would be accepted."""
        if not 0 < price < ONE:
            return False
        return any(b.start <= price <= b.end and (price - b.start) % b.step == 0 for b in self.bands)

    def below(self, price: Price) -> Price | None:
        """The highest price of the grid that is not above `price`; None if there is none."""
        best = 0
        for band in self.bands:
            top = min(price, band.end, ONE - 1)
            if top >= band.start:
                best = max(best, top - (top - band.start) % band.step)
        return Price(best) if best else None

    def above(self, price: Price) -> Price | None:
        """The lowest price of the grid that is not below `price`; None if there is none."""
        best = int(ONE)
        for band in self.bands:
            low = max(price, band.start, 1)
            found = low + (band.start - low) % band.step
            if found <= band.end:
                best = min(best, found)
        return Price(best) if best < ONE else None

    def finest(self) -> Price:
        """The smallest step anywhere on the grid."""
        return Price(min(b.step for b in self.bands))


class PolymarketFees(msgspec.Struct, frozen=True, tag="polymarket"):
    """Polymarket's fee schedule of one market.

    `rate_ppm` is the rate in millionths (0.072 is 72_000), `exponent` that of p(1 - p), `rebate_ppm` the share of taker
    fees that makers get back. Source: Gamma `feeSchedule`, CLOB `fd`.
    """

    rate_ppm: int
    exponent: int = 1
    taker_only: bool = True
    rebate_ppm: int = 0


class KalshiFees(msgspec.Struct, frozen=True, tag="kalshi"):
    """Kalshi's fee schedule of one market: model rates in millionths, multiplier applied.

    `unit` is the account's balance precision: 100 micro-dollars for direct members, 10_000 behind a broker (FCM).
    """

    taker_ppm: int = 70_000
    maker_ppm: int = 0
    unit: Money = Money(100)


class NoFees(msgspec.Struct, frozen=True, tag="none"):
    """A market that charges nothing."""


type FeeSchedule = PolymarketFees | KalshiFees | NoFees


class StrikeKind(StrEnum):
    """How a market's strikes decide it, in the words of Kalshi's `strike_type` (protocol section 3.4)."""

    GREATER = "greater"
    GREATER_OR_EQUAL = "greater_or_equal"
    LESS = "less"
    LESS_OR_EQUAL = "less_or_equal"
    BETWEEN = "between"
    BEFORE = "before"
    """YES if it happens by a deadline: a rung of a ladder of dates; `cap` is the deadline in UTC nanoseconds."""


class Strike(msgspec.Struct, frozen=True):
    """A threshold from structured fields, never titles: in millionths of the underlying's unit, or UTC nanoseconds."""

    kind: StrikeKind
    floor: int | None = None
    cap: int | None = None


class MarketStatus(StrEnum):
    """Where a market stands in its life."""

    UNOPENED = "unopened"
    OPEN = "open"
    PAUSED = "paused"
    CLOSED = "closed"
    RESOLVED = "resolved"


class Market(msgspec.Struct, frozen=True, kw_only=True):
    """One yes/no proposition. `yes` and `no` are outcome 0 and 1 of the venue, whatever their labels ("Up", "Down")."""

    id: MarketId
    venue: Venue
    question: QuestionId
    title: str
    yes: OutcomeId
    no: OutcomeId
    labels: tuple[str, str] = ("Yes", "No")
    grid: PriceGrid
    min_size: Size
    """The smallest resting order, in contracts."""
    min_notional: Money = Money(0)
    """The smallest marketable order, in dollars."""
    fees: FeeSchedule
    status: MarketStatus = MarketStatus.OPEN
    opens: Nanos | None = None
    closes: Nanos | None = None
    settles: Nanos | None = None
    """When the payout is expected: the lock-up of capital ends here."""
    strike: Strike | None = None
    neg_risk: bool = False
    placeholder: bool = False
    """An unnamed slot of an augmented question: its meaning is not known yet, so no arbitrage may hold it."""
    catch_all: bool = False
    """The "Other" of a question: its meaning narrows while names are added."""
    payout: Price | None = None
    """What one YES pays, once resolved; NO pays the rest."""
    rules: str = ""
    shard: int | None = None
    """The instance of Kalshi's exchange that it trades on, with cash and rate budgets of its own; None: not told."""

    @property
    def shared_book(self) -> bool:
        """Whether the venue publishes one book for both outcomes (Kalshi); Polymarket sends one for each token."""
        return self.venue is Venue.KALSHI


_STAGE = {
    MarketStatus.UNOPENED: 0,
    MarketStatus.OPEN: 1,
    MarketStatus.PAUSED: 1,
    MarketStatus.CLOSED: 2,
    MarketStatus.RESOLVED: 3,
}


def relisted(known: Market, listed: Market) -> Market:
    """`listed`, a newer description of `known`, whose status counts only where it moves the market on in its life.

    Metadata lags behind what venues tell at once (Gamma's answers are up to five minutes old): it takes back no pause,
    no close and no result.
    """
    moved_on = _STAGE[listed.status] > _STAGE[known.status]
    return msgspec.structs.replace(
        listed,
        status=listed.status if moved_on else known.status,
        payout=known.payout if listed.payout is None else listed.payout,
    )


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """A group of markets that ask one thing. Both flags are promises of the venue, not guesses from titles."""

    id: QuestionId
    venue: Venue
    title: str
    markets: tuple[MarketId, ...]
    exclusive: bool = False
    """At most one market resolves YES."""
    exhaustive: bool = False
    """At least one market resolves YES."""
    convertible: bool = False
    """NO shares can be converted into YES of the others and cash (Polymarket negRisk)."""
    conversion_fee_ppm: int = 0
    neg_risk_id: str = ""
    """What the contract that converts calls the question (Gamma's `negRiskMarketID`); empty where nobody told."""
    category: str = ""
    series: str = ""
