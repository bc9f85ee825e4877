"""Where a quote stands: plain functions of the book, the reward's terms and the grid. Middles are doubled prices."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from dutchbook.domain.book import BookView, Level
from dutchbook.domain.markets import PriceGrid
from dutchbook.domain.pricing.making import informed_half_spread, quotes_around, reservation_price
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import CONTRACT, ONE, Price, Size

CENT = Price(100)
LOW_MIDDLE = Price(2 * 1_000)
"""Twice 0.10: where any outcome's middle is not above it, all outcomes are quoted or none."""
DEEPEST = 64
"""Levels of a side that are looked at."""
_MILLION = 1_000_000


class Place(StrEnum):
    """What decided a quote's price."""

    SECOND = "second-best bid"
    BOUNDARY = "boundary of the reward"
    RESERVATION = "reservation price"
    LOWER = "price below it by what fills lost"


class Sight(NamedTuple):
    """One outcome's book without our own orders: bids and asks, best first."""

    bids: Sequence[Level]
    asks: Sequence[Level]

    @property
    def middle(self) -> int | None:
        """Twice the middle; None where a side is empty."""
        return self.bids[0].price + self.asks[0].price if self.bids and self.asks else None


class Worth(NamedTuple):
    """What makes a reservation price: the value of a contract in dollars, and how many more of it than of its twin are
    held; the risk aversion per dollar, and the share of those who trade that know the outcome."""

    fair: float
    held: float
    aversion: float
    informed: float


class Target(NamedTuple):
    """A quote that is wanted."""

    price: Price
    size: Size
    place: Place


def sight(book: BookView) -> Sight:
    """A book in which nothing is ours."""
    return Sight(list(islice(book.bids(), DEEPEST)), list(islice(book.asks(), DEEPEST)))


def reward_floor(middle: int, terms: RewardTerms) -> Price:
    """The document's lower boundary: the middle less the reward's largest spread, a cent inside; rounded down.

    mid - (rewards_max_spread - 1) / 100 with the spread in cents; at least 0.
    """
    return Price(max(0, (middle - 2 * (terms.max_spread - CENT)) // 2))


def quote_size(terms: RewardTerms, least: Size, multiplier: int, otherwise: Size = CONTRACT) -> Size:
    """The least size that earns times the multiplier (millionths), in whole contracts, no less than can be ordered.

    Where every size earns it is a multiple of `otherwise`.
    """
    earning = terms.min_size or otherwise
    wanted = max(earning * multiplier // _MILLION, terms.min_size, least)
    return Size(-(-wanted // _MILLION) * _MILLION)


def boundary_quote(seen: Sight, terms: RewardTerms, grid: PriceGrid) -> tuple[Price, Place] | None:
    """The second-best bid, or the boundary of the reward where that is higher. None without two bids and an ask."""
    middle = seen.middle
    if middle is None or len(seen.bids) < 2:
        return None
    floor = reward_floor(middle, terms)
    second = seen.bids[1].price
    if second >= floor:
        return second, Place.SECOND
    found = grid.below(floor)
    return None if found is None else (max(found, second), Place.BOUNDARY)


def reservation_quote(seen: Sight, terms: RewardTerms, grid: PriceGrid, worth: Worth) -> tuple[Price, Place] | None:
    """The bid around a reservation price, in logits (M1, M2), rounded down, and never above the best bid.

    None where that earns nothing: beyond the largest spread of the reward, or without two bids and an ask.
    """
    middle = seen.middle
    if middle is None or len(seen.bids) < 2:
        return None
    reservation = reservation_price(worth.fair, worth.aversion, worth.held)
    wanted = quotes_around(reservation, informed_half_spread(worth.informed)).bid
    price = grid.below(Price(min(int(wanted * ONE), seen.bids[0].price)))
    if price is None or middle - 2 * price >= 2 * terms.max_spread:
        return None
    return price, Place.RESERVATION


def lowered(price: Price, by: Price, middle: int, terms: RewardTerms, grid: PriceGrid) -> Price | None:
    """A price less what fills there lose, rounded down; None where that earns nothing any more."""
    found = grid.below(Price(max(0, price - by)))
    return None if found is None or middle - 2 * found >= 2 * terms.max_spread else found


def both_needed(middles: Iterable[int | None]) -> bool:
    """Whether all outcomes are quoted or none: where any middle is at most 0.10, or unknown."""
    return any(middle is None or middle <= LOW_MIDDLE for middle in middles)


def deviates(current: Price, wanted: Price, threshold: int) -> bool:
    """Whether a quote is off by more than a share (millionths) of the wanted price."""
    return abs(current - wanted) * _MILLION > wanted * threshold


def mirrored(price: Price) -> Price:
    """Where an order for one outcome stands in the book of the other."""
    return Price(ONE - price)
