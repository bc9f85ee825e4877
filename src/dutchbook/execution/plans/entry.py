"""The smart entry: take, join or wait, chosen by what each is expected to cost, and chosen anew every few seconds."""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import Level, Side
from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.execution.costs import cost, snapped
from dutchbook.execution.markouts import Choice, Markouts, mid_of
from dutchbook.execution.plans.progress import (
    Cancel,
    Done,
    Move,
    Progress,
    Send,
    Surroundings,
    Wait,
    order_leg,
    worst_price,
)

_LEVELS = 5
_JOINS_FILL = 0.3
"""Assumed of a joined order until it is measured: the share that fills before the next look."""
_IMPATIENCE = 0.1
"""What waiting costs by itself, in steps of the grid: opportunities do not stay."""


class Signals(msgspec.Struct, frozen=True):
    """What the book says, in price units; what costs us is positive.

    `taking` is the price of the whole size above the mid, fee included; `joining` that of our own side's best price
    (negative: it saves). `drift` is how far the mid is expected to run away before the next look: by the momentum of
    the mids seen so far, and by the imbalance of the visible depth.
    """

    taking: float | None
    joining: float
    half_spread: float
    drift: float
    join_at: Price


def entry(progress: Progress, around: Surroundings, mids: Sequence[float], markouts: Markouts) -> Move:
    """Choose, at most once in a while, until the time of the plan is over. Never beyond the limit of the intent."""
    settings = around.settings
    over = Nanos(progress.intent.at + settings.limit_ttl)
    last = progress.last
    review = Nanos(around.now if last is None else last.created + settings.entry_review)
    if progress.working is not None:
        return _while_working(progress, around, review, over, choose(progress, around, mids, markouts))
    if progress.stopped or not progress.left or around.now >= over:
        return Wait() if progress.provisional else Done("all filled" if not progress.left else "its time is over")
    if around.now < review:
        return Wait(min(review, over))
    choice, price = choose(progress, around, mids, markouts)
    if choice is Choice.TAKE:
        return Send(order_leg(progress, progress.left, worst_price(progress, around), tif=TimeInForce.IOC))
    if choice is Choice.JOIN and price is not None:
        return Send(order_leg(progress, progress.left, price, post_only=True))
    return Wait(min(Nanos(around.now + settings.entry_review), over))


def choose(
    progress: Progress, around: Surroundings, mids: Sequence[float], markouts: Markouts
) -> tuple[Choice, Price | None]:
    """The cheapest of the three by expectation, and where to join. Without a book there is nothing but to wait."""
    signals = read(progress, around, mids)
    if signals is None:
        return Choice.WAIT, None
    step = around.market.grid.finest()
    waiting = _IMPATIENCE * step + signals.drift
    # Where there is nothing to take within the limit, the alternative to joining is to wait.
    taking = signals.taking
    otherwise = waiting if taking is None else taking + waiting
    # Who rests is filled when the price comes his way, and it tends to go on: half of the half-spread, until measured.
    moves = markouts.expected(Choice.JOIN, -signals.half_spread / 2)
    fills = markouts.fill_rate(Choice.JOIN, _JOINS_FILL)
    joining = fills * (signals.joining - moves) + (1 - fills) * otherwise
    ranked = [(joining, Choice.JOIN), (otherwise, Choice.WAIT)]
    if taking is not None:
        ranked.insert(0, (taking - markouts.expected(Choice.TAKE, 0.0), Choice.TAKE))
    best = min(ranked, key=lambda pair: pair[0])[1]
    return best, signals.join_at


def read(progress: Progress, around: Surroundings, mids: Sequence[float]) -> Signals | None:
    """The signals of this moment; None where a side of the book is missing or our own side is beyond the limit."""
    leg, book = progress.leg, around.book
    mid = None if book is None or not book.usable else mid_of(book.best_bid, book.best_ask)
    if book is None or mid is None or book.best_bid is None or book.best_ask is None:
        return None
    sign = 1 if leg.side is Side.BUY else -1
    own = book.best_bid if leg.side is Side.BUY else book.best_ask
    within = min(own, leg.limit) if leg.side is Side.BUY else max(own, leg.limit)
    join_at = snapped(around.market.grid, leg.side, Price(within))
    if join_at is None:
        return None
    half = (book.best_ask - book.best_bid) / 2
    imbalance = _imbalance(list(book.bids())[:_LEVELS], list(book.asks())[:_LEVELS])
    momentum = (mids[-1] - mids[0]) / (len(mids) - 1) if len(mids) > 1 else 0.0
    return Signals(
        taking=_price_of_taking(progress, around, mid),
        joining=sign * (join_at - mid),
        half_spread=half,
        drift=sign * (momentum + imbalance * half / 2),
        join_at=join_at,
    )


def _price_of_taking(progress: Progress, around: Surroundings, mid: float) -> float | None:
    """The average price of all that is left, with its fee, against the mid; None if it is not all there."""
    leg, left, paid = progress.leg, int(progress.left), 0
    bound = worst_price(progress, around)
    for level in around.depth:
        beyond = level.price > bound if leg.side is Side.BUY else level.price < bound
        if beyond or not left:
            break
        taken = Size(min(left, level.size))
        paid += cost(around.market.fees, leg.side, level.price, taken)
        left -= taken
    if left or not progress.left:
        return None
    average = paid * 10_000 / progress.left
    return average - mid if leg.side is Side.BUY else mid + average


def _imbalance(bids: Sequence[Level], asks: Sequence[Level]) -> float:
    """(bids - asks) / (bids + asks) of the visible depth: above 0 the price is likelier to rise (formula Q2)."""
    bid, ask = sum(level.size for level in bids), sum(level.size for level in asks)
    return (bid - ask) / (bid + ask) if bid + ask else 0.0


def _while_working(
    progress: Progress, around: Surroundings, review: Nanos, over: Nanos, chosen: tuple[Choice, Price | None]
) -> Move:
    """A joined order stays for as long as it would be placed again as it is."""
    order = progress.working
    if order is None or not order.status.rests:
        return Wait()
    if around.now >= over:
        return Cancel(order.id)
    if around.now < review:
        return Wait(min(review, over))
    if chosen == (Choice.JOIN, order.leg.limit):
        return Wait(min(Nanos(around.now + around.settings.entry_review), over))
    return Cancel(order.id)
