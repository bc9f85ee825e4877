"""What our resting orders score at one moment, by either venue's own rule."""

from collections.abc import Iterable

from dutchbook.domain.book import BookView, Side
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Order
from dutchbook.domain.pricing.kalshi_rewards import level_weights, no_bids, snapshot_share
from dutchbook.domain.pricing.rewards import Resting, adjusted_middle, liquidity_score, sample
from dutchbook.domain.rewards import RewardTerms
from dutchbook.domain.units import SECOND, Nanos, Price, Size, complement

LEAST_AGE = Nanos(3_500_000_000)
"""How long an order must have rested where the venue does not say: the least that was seen at Polymarket (`moas`)."""
SURE_AGE = Nanos(10 * SECOND)
"""From this age on an order scores or does not, whatever was on its way."""


def share_of(
    terms: RewardTerms, market: Market, yes: BookView, orders: Iterable[Order], now: Nanos, *, in_book: bool
) -> float:
    """Our part of what a sample now gives to all makers, between 0 and 1. `in_book`: our orders stand in this book."""
    resting = [order for order in orders if order.status.rests and now - order.created >= _least_age(terms)]
    if terms.sides is not None:
        bids = _bids(resting, market, yes=True), _bids(resting, market, yes=False)
        return snapshot_share(terms.sides, yes, *bids, in_book=in_book)
    taken = sample(terms, yes, [in_yes_book(order, market) for order in resting], in_book=in_book)
    return 0.0 if taken is None else taken.share


def scores(terms: RewardTerms, market: Market, yes: BookView, order: Order) -> bool:
    """Whether an order scores now, by its place and size."""
    if terms.sides is not None:
        bid = in_yes_book(order, market)
        levels, price = (yes.bids(), bid.price) if bid.bid else (no_bids(yes), complement(bid.price))
        return price in level_weights(terms.sides, levels)
    middle = adjusted_middle(yes, terms.min_size)
    if middle is None:
        return False
    place = in_yes_book(order, market)
    return liquidity_score(terms, middle, place.price, place.size) > 0


def in_yes_book(order: Order, market: Market) -> Resting:
    """What rests of an order, in terms of the YES book: whoever sells NO at q bids 1 - q for YES."""
    leg, of_yes = order.leg, order.leg.outcome == market.yes
    price = leg.limit if of_yes else complement(leg.limit)
    return Resting((leg.side is Side.BUY) == of_yes, price, order.remaining)


def _bids(orders: Iterable[Order], market: Market, *, yes: bool) -> dict[Price, Size]:
    """Our bids of one outcome, by their prices."""
    found: dict[Price, Size] = {}
    for order in orders:
        place = in_yes_book(order, market)
        if place.bid is yes:
            price = place.price if yes else complement(place.price)
            found[price] = Size(found.get(price, 0) + place.size)
    return found


def _least_age(terms: RewardTerms) -> Nanos:
    return LEAST_AGE if terms.min_age is None else terms.min_age
