"""At what price contracts that a quote bought are given up: plain functions of the book and what they cost."""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from dutchbook.domain.book import Level
from dutchbook.domain.markets import FeeSchedule, PriceGrid
from dutchbook.domain.pricing.fees import taker_fee
from dutchbook.domain.units import ONE, Money, Price, Size, notional_down, notional_up
from dutchbook.strategies.reward_maker.quoting import Sight
from dutchbook.strategies.reward_maker.settings import HedgeSettings

_MILLION = 1_000_000


class Way(StrEnum):
    """What decided the price of a sale."""

    LEVEL = "the lowest bid that takes all"
    BEST_BID = "the best bid"
    COST = "cost and the least profit"
    OFFER = "the best ask, beside others"
    ABOVE_BIDS = "the lowest price that waits, too few dollars to trade at once"
    TAKE_PROFIT = "take profit"
    STOP_LOSS = "stop loss"


class Sale(NamedTuple):
    """A price, and whether bids wait there."""

    price: Price
    way: Way

    @property
    def takes(self) -> bool:
        """Whether it trades at once, as far as the book shows."""
        return self.way not in (Way.COST, Way.OFFER, Way.ABOVE_BIDS)


class Lot(NamedTuple):
    """Contracts to be given up, and what one of them cost, rounded up."""

    size: Size
    cost: Price


def sale(lot: Lot, seen: Sight, grid: PriceGrid, settings: HedgeSettings, margin: int) -> Sale | None:
    """How to sell a lot. None where no price on the grid is high enough.

    In this order: take profit or stop loss; the lowest level that takes all within `max_bid_gap` of the cost; the best
    bid if that is within; else cost or the middle, whichever is higher, and the least profit (`margin`, millionths).
    """
    (size, cost), bids, middle = lot, seen.bids, seen.middle
    best = bids[0].price if bids else None
    if best is not None:
        if settings.take_profit_pct and best * _MILLION >= cost * (_MILLION + settings.take_profit_pct):
            return Sale(best, Way.TAKE_PROFIT)
        if settings.stop_loss_pct and best * _MILLION <= cost * (_MILLION - settings.stop_loss_pct):
            return Sale(level_for(bids, size) or best, Way.STOP_LOSS)
        lowest = cost - settings.max_bid_gap
        level = level_for(bids, size)
        if level is not None and level >= lowest:
            return Sale(level, Way.LEVEL)
        if best >= lowest:
            return Sale(best, Way.BEST_BID)
    wanted = max(cost, 0 if middle is None else -(-middle // 2))
    price = grid.above(Price(min(ONE, -(-wanted * (_MILLION + margin) // _MILLION))))
    return None if price is None else Sale(price, Way.COST)


def offer(seen: Sight) -> Sale | None:
    """A sale that waits beside the others who sell: it pays neither spread nor fee, and may earn rewards too."""
    return Sale(seen.asks[0].price, Way.OFFER) if seen.asks else None


def above_bids(seen: Sight, grid: PriceGrid) -> Sale | None:
    """A sale that waits nearest to the bids: for what they may not take, since it is worth too few dollars."""
    price = grid.above(Price(seen.bids[0].price + 1)) if seen.bids else None
    return None if price is None else Sale(price, Way.ABOVE_BIDS)


def level_for(bids: Sequence[Level], size: Size) -> Price | None:
    """The price of the level at which bids, best first, take all of `size`; None if they do not."""
    there = 0
    for level in bids:
        there += level.size
        if there >= size:
            return level.price
    return None


def proceeds(bids: Sequence[Level], size: Size, fees: FeeSchedule) -> Money | None:
    """What selling all of `size` into these bids brings, fees taken off, rounded down; None if they do not take it."""
    left, brought = int(size), 0
    for level in bids:
        part = Size(min(left, level.size))
        brought += notional_down(level.price, part) - taker_fee(fees, level.price, part)
        left -= part
        if not left:
            return Money(brought)
    return None


class Completion(NamedTuple):
    """What completing to pairs of a dollar brings, less what the other outcome costs; and the worst price of that."""

    worth: Money
    worst: Price


def completion(asks: Sequence[Level], size: Size, fees: FeeSchedule) -> Completion | None:
    """What buying `size` of the other outcome and merging brings, fees taken off; None if the asks do not hold it."""
    left, paid = int(size), 0
    for level in asks:
        part = Size(min(left, level.size))
        paid += notional_up(level.price, part) + taker_fee(fees, level.price, part)
        left -= part
        if not left:
            return Completion(Money(size - paid), level.price)
    return None
