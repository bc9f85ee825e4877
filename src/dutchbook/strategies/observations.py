"""What the bundle strategy saw without acting on it: frozen lines for the journal."""

from enum import StrEnum

import msgspec

from dutchbook.domain.bundles import BundleId, BundleKind
from dutchbook.domain.identity import MarketId, OutcomeId
from dutchbook.domain.units import Money, Nanos, Price, Size


class Closing(StrEnum):
    """How a near miss ended."""

    OPENED = "opened into an opportunity"
    """Its cost fell below its payoff, it was priced at full depth at once, and it paid after all costs."""
    BELOW = "below its payoff, not executable"
    """The same, but it did not pay: fees, time, size or a book that could not be trusted took the profit."""
    CROSSED = "crossed"
    """The cost of a mirrored pair fell to its payoff: a fault of the data."""
    DRIFTED = "drifted away"
    BOOK_LOST = "book lost"
    """A leg has nobody to trade with, or its book is unknown."""
    RESOLVED = "resolved"
    """The bundle is no more: a market resolved, closed, or the question changed."""


class Lack(msgspec.Struct, frozen=True):
    """What keeps a bundle from breaking even after fees at the top of its books.

    `short` is how much cheaper a set would have to be, rounded up; negative or zero where one set would pay.
    `leg` is the outcome whose book has the widest spread: where a better quote is likeliest.
    """

    short: Price
    leg: OutcomeId


class NearMissOpened(msgspec.Struct, frozen=True, tag="near_miss_opened"):
    """A bundle came into the range of near misses. `ratio_ppm` is cost / payoff before fees, in millionths."""

    bundle: BundleId
    kind: BundleKind
    ratio_ppm: int
    lack: Lack
    at: Nanos


class NearMissClosed(msgspec.Struct, frozen=True, tag="near_miss_closed"):
    """A near miss ended. `best_ppm` is the lowest cost / payoff it had."""

    bundle: BundleId
    kind: BundleKind
    how: Closing
    lasted: Nanos
    best_ppm: int
    at: Nanos


class OpportunitySeen(msgspec.Struct, frozen=True, tag="opportunity"):
    """A bundle could be executed at a profit after all costs: the first time since its cost fell below its payoff."""

    bundle: BundleId
    kind: BundleKind
    size: Size
    cost: Money
    fees: Money
    edge: Money
    at: Nanos


class CrossedBook(msgspec.Struct, frozen=True, tag="crossed"):
    """Both outcomes of a mirrored market together cost a dollar or less, or bring one or more: a fault of the data.

    `total` is what the two quotes add up to.
    """

    market: MarketId
    total: Price
    at: Nanos


type Observation = NearMissOpened | NearMissClosed | OpportunitySeen | CrossedBook
