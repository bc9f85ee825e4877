"""What an incoming order would meet: found before anything is changed, so that a refusal changes nothing."""

from collections.abc import Sequence

from dutchbook.domain.book import Side
from dutchbook.domain.units import ONE, Size
from dutchbook.exchange.matching.messages import SelfTrade
from dutchbook.exchange.orders import Entry, queues


class Sweep:
    """The makers that an order meets, with sizes, best price first and oldest first; `filled` is the sizes' sum.

    `own` are resting orders of the same account that are to be cancelled; `stopped` says that one of them ends the
    incoming order instead. `left` is the size (or, for an order bounded by what it spends, the money) that meets
    nothing.
    """

    __slots__ = ("filled", "left", "makers", "own", "sizes", "stopped")

    def __init__(
        self, makers: list[Entry], sizes: Sequence[Size], own: list[Entry], left: int, *, stopped: bool
    ) -> None:
        self.makers = makers
        self.sizes = sizes
        self.own = own
        self.stopped = stopped
        self.left = left
        self.filled = sum(sizes)


def sweep(taker: Entry, size: int) -> Sweep:
    """Walk the other side up to the taker's limit for `size` contracts, or for the dollars that it may spend."""
    new, market = taker.new, taker.market
    if new.spend is not None:
        return _spending(taker, new.spend)
    avoid = 0 if new.self_trade is SelfTrade.ALLOW else taker.owner.number
    stops = new.self_trade is SelfTrade.CANCEL_TAKER
    rows, sizes, own = market.book.reach(taker.bid, taker.price, size, avoid, stops)
    waiting = market.waiting
    makers = [waiting[row] for row in rows]
    cancelled = [] if stops else [waiting[row] for row in own]
    found = Sweep(makers, sizes, cancelled, size, stopped=stops and bool(own))
    found.left = size - found.filled
    return found


def _spending(taker: Entry, money: int) -> Sweep:
    """Order by order, for dollars."""
    makers, sizes, own = list[Entry](), list[Size](), list[Entry]()
    rule = taker.new.self_trade
    for level, orders in queues(taker.market, bid=not taker.bid):
        if level.price > taker.price if taker.bid else level.price < taker.price:
            break
        for maker in orders:
            if maker.owner is taker.owner and rule is not SelfTrade.ALLOW:
                if rule is SelfTrade.CANCEL_TAKER:
                    return Sweep(makers, sizes, own, money, stopped=True)
                own.append(maker)
                continue
            fits = money * ONE // (maker.price if taker.bid else ONE - maker.price)
            part = Size(min(maker.remaining, fits))
            if part:
                makers.append(maker)
                sizes.append(part)
                money -= own_dollars(taker, maker, part)
            if part == fits:
                return Sweep(makers, sizes, own, money, stopped=False)
    return Sweep(makers, sizes, own, money, stopped=False)


def yes_dollars(taker: Entry, maker: Entry, size: int) -> int:
    """The dollars of YES of a meeting in micro-dollars. Odd fractions of one go to the maker."""
    exact = maker.price * size
    return -(-exact // ONE) if taker.bid else exact // ONE


def own_dollars(taker: Entry, maker: Entry, size: int) -> int:
    """The taker's dollars of a meeting: those of the outcome that it trades."""
    amount = yes_dollars(taker, maker, size)
    return amount if taker.new.outcome == taker.market.yes else size - amount


def complete(taker: Entry, found: Sweep) -> bool:
    """Whether nothing is left: for an order bounded by dollars, less than the smallest unit costs at its limit."""
    if taker.new.spend is None:
        return found.left == 0
    price = taker.new.price if taker.new.side is Side.BUY else ONE
    return found.left * ONE < price
