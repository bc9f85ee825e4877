"""What an incoming order would meet: found before anything is changed, so that a refusal changes nothing."""

from dutchbook.domain.book import Side
from dutchbook.domain.units import ONE
from dutchbook.exchange.matching.book import Entry, queues
from dutchbook.exchange.matching.messages import SelfTrade


class Sweep:
    """The makers that an order meets, with sizes, best price first and oldest first.

    `amounts` are the dollars of YES of each meeting in micro-dollars. `own` are resting orders of the same account that
    are to be cancelled; `stopped` says that one of them ends the incoming order instead. `left` is the size (or, for an
    order bounded by what it spends, the money) that meets nothing.
    """

    __slots__ = ("amounts", "filled", "left", "makers", "own", "sizes", "spent", "stopped")

    def __init__(self, left: int) -> None:
        self.makers: list[Entry] = []
        self.sizes: list[int] = []
        self.amounts: list[int] = []
        self.own: list[Entry] = []
        self.stopped = False
        self.left = left
        self.filled = 0
        self.spent = 0
        """The taker's own dollars: price of what it trades times size, over all meetings."""

    def meet(self, taker: Entry, maker: Entry, size: int) -> int:
        """Add a meeting; returns the taker's dollars. Odd fractions of a micro-dollar go to the maker."""
        exact = maker.price * size
        amount = -(-exact // ONE) if taker.bid else exact // ONE
        self.makers.append(maker)
        self.sizes.append(size)
        self.amounts.append(amount)
        self.filled += size
        own = amount if taker.new.outcome == taker.market.yes else size - amount
        self.spent += own
        return own


def sweep(taker: Entry, size: int) -> Sweep:
    """Walk the other side up to the taker's limit for `size` contracts, or for the dollars that it may spend."""
    if taker.new.spend is not None:
        return _walk(taker, Sweep(taker.new.spend))
    makers, sizes = taker.market.book.reach(taker.bid, taker.price, size)
    if taker.new.self_trade is not SelfTrade.ALLOW and any(maker.owner is taker.owner for maker in makers):
        return _walk(taker, Sweep(size))
    found = Sweep(size)
    for maker, part in zip(makers, sizes, strict=True):
        found.meet(taker, maker, part)
    found.left = size - found.filled
    return found


def _walk(taker: Entry, found: Sweep) -> Sweep:
    """Order by order: with its own orders among them, or for dollars."""
    spend = taker.new.spend
    prevented = taker.new.self_trade is not SelfTrade.ALLOW
    for level, makers in queues(taker.market.book, bid=not taker.bid):
        if level.price > taker.price if taker.bid else level.price < taker.price:
            break
        for maker in makers:
            if prevented and maker.owner is taker.owner:
                if taker.new.self_trade is SelfTrade.CANCEL_TAKER:
                    found.stopped = True
                    return found
                found.own.append(maker)
                continue
            fits = found.left if spend is None else _affordable(taker, maker, found.left)
            part = min(maker.remaining, fits)
            if part:
                own = found.meet(taker, maker, part)
                found.left -= part if spend is None else own
            if part == fits:
                return found
    return found


def _affordable(taker: Entry, maker: Entry, money: int) -> int:
    """The contracts that `money` buys at the maker's price, rounded down."""
    price = maker.price if taker.bid else ONE - maker.price
    return money * ONE // price


def complete(taker: Entry, found: Sweep) -> bool:
    """Whether nothing is left: for an order bounded by dollars, less than the smallest unit costs at its limit."""
    if taker.new.spend is None:
        return found.left == 0
    price = taker.new.price if taker.new.side is Side.BUY else ONE
    return found.left * ONE < price
