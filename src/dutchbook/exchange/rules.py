"""In what two venues differ behind one matching engine, and the modes in which an engine may run."""

from enum import StrEnum

import msgspec

from dutchbook.domain.identity import Venue
from dutchbook.domain.pricing.polymarket_fees import FeeRounding
from dutchbook.domain.units import DOLLAR, SECOND, Money, Nanos, Price, Size


class Mode(StrEnum):
    """What the engine takes at all (Polymarket protocol section 3.6; Kalshi's pauses, section 13 point 15)."""

    NORMAL = "normal"
    RESTARTING = "restarting"
    """Neither orders nor cancels."""
    POST_ONLY = "post_only"
    """Post-only orders and cancels."""
    CANCEL_ONLY = "cancel_only"
    """Cancels alone. At Kalshi: the trading pause."""
    DISABLED = "disabled"
    """Nothing, not even cancels. At Kalshi: the exchange pause."""


type Span = tuple[Nanos, Nanos]
"""The shortest and the longest wait; drawn evenly between them."""


class SettlementDelays(msgspec.Struct, frozen=True, kw_only=True):
    """How long a trade takes on its chain: from matching to mined (or to trouble), and from mined to confirmed.

    `retried` is the wait from RETRYING to mined or failed. The spans are assumptions (protocol section 11, point 7).
    """

    mined: Span = (Nanos(2 * SECOND), Nanos(5 * SECOND))
    confirmed: Span = (Nanos(3 * SECOND), Nanos(6 * SECOND))
    retried: Span = (Nanos(5 * SECOND), Nanos(20 * SECOND))


class EdgeGrid(msgspec.Struct, frozen=True, kw_only=True):
    """A finer grid near the ends: once a price is below `low` or above `high`, `coarse` ticks become `fine` for good.

    The venue's "price" is taken as what it shows: the midpoint, or the last trade where the spread is above ten cents.
    """

    low: Price = Price(400)
    high: Price = Price(9_600)
    coarse: Price = Price(100)
    fine: Price = Price(10)


class VenueRules(msgspec.Struct, frozen=True, kw_only=True):
    """One venue's rules. The constants below are the venues as their protocol references describe them."""

    venue: Venue
    netting: bool
    """Signed positions: a YES and a NO of one account become a dollar at once. Else both tokens are held."""
    fak_without_match_is_refused: bool
    unfillable_fok_is_refused: bool = True
    settlement_delays: SettlementDelays | None
    """None where a match is final at once."""
    fail_ppm: int = 0
    """How many of a million trades fail after they were matched."""
    retry_ppm: int = 0
    """How many of a million trades are retried before they are mined."""
    unique_client_ids: bool
    """Whether a client id may be used once only, for ever, by each account."""
    gtd_early: Nanos = Nanos(0)
    """How long before its stated time an order expires."""
    smallest: Size
    """The smallest order of any kind, whatever the market says."""
    smallest_rests_only: bool
    """Whether the market's own smallest size binds only orders that may rest."""
    reserves_by_market: bool
    """Whether orders in different markets may count on the same cash, until a fill takes it (protocol section 3.2)."""
    closes_on_time: bool
    """Whether trading ends by itself when a market's `closes` is reached."""
    cancels_on_reopen: bool
    """Whether resting orders are cancelled when a paused market opens again."""
    edge_grid: EdgeGrid | None = None
    fee_rounding: FeeRounding = FeeRounding.HALF_UP
    smallest_payment: Money = Money(0)
    """The smallest rebate or reward that is paid."""
    group_window: Nanos = Nanos(15 * SECOND)


POLYMARKET = VenueRules(
    venue=Venue.POLYMARKET,
    netting=False,
    fak_without_match_is_refused=True,
    settlement_delays=SettlementDelays(),
    unique_client_ids=False,
    gtd_early=Nanos(60 * SECOND),
    smallest=Size(1),
    smallest_rests_only=True,
    reserves_by_market=True,
    closes_on_time=False,
    cancels_on_reopen=False,
    edge_grid=EdgeGrid(),
    smallest_payment=Money(DOLLAR),
)

KALSHI = VenueRules(
    venue=Venue.KALSHI,
    netting=True,
    fak_without_match_is_refused=False,
    settlement_delays=None,
    unique_client_ids=True,
    smallest=Size(10_000),
    smallest_rests_only=False,
    reserves_by_market=False,
    closes_on_time=True,
    cancels_on_reopen=True,
)
