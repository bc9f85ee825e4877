"""How far a plan is, and what it may do next.

A plan keeps nothing to itself: its intent and its orders tell all, and both stand in the journal. So it goes on after a
restart as if nothing had happened.
"""

from collections.abc import Sequence

import msgspec

from dutchbook.domain.book import BookView, Level, Side
from dutchbook.domain.markets import Market
from dutchbook.domain.orders import Intent, Leg, Order, OrderId, OrderStatus, TimeInForce
from dutchbook.domain.pricing.merge import LOT
from dutchbook.domain.units import CONTRACT, Nanos, Price, Size
from dutchbook.execution.costs import snapped
from dutchbook.execution.settings import ExecutionSettings

_MILLION = 1_000_000


class Progress(msgspec.Struct, frozen=True):
    """An intent of one leg and all orders that were sent for it, oldest first, as they are now.

    `stopped`: a person cancelled an order of it, so that no more are to follow. `provisional`: fills of it may still be
    taken back.
    """

    intent: Intent
    orders: tuple[Order, ...] = ()
    stopped: bool = False
    provisional: bool = False

    @property
    def leg(self) -> Leg:
        return self.intent.legs[0]

    @property
    def filled(self) -> Size:
        return Size(sum(order.filled for order in self.orders))

    @property
    def left(self) -> Size:
        """What is wanted still, whether an order for it is at work or not: in sizes that can be ordered."""
        return Size(max(0, self.leg.size - self.filled) // LOT * LOT)

    @property
    def working(self) -> Order | None:
        """The order at work, if any. There is never more than one."""
        for order in self.orders:
            if not order.status.final:
                return order
        return None

    @property
    def last(self) -> Order | None:
        return self.orders[-1] if self.orders else None

    @property
    def refused(self) -> bool:
        """Whether the last order was refused, or is proven never to have been."""
        return self.last is not None and self.last.status in (OrderStatus.REJECTED, OrderStatus.DEAD)


class Send(msgspec.Struct, frozen=True):
    """One more order."""

    leg: Leg


class Cancel(msgspec.Struct, frozen=True):
    """The order at work has had its time."""

    order: OrderId


class Wait(msgspec.Struct, frozen=True):
    """Nothing now; look again at a time, or (None) when something is heard.

    `settling`: nothing more will be sent, whatever is heard; only fills may still be taken back.
    """

    until: Nanos | None = None
    settling: bool = False


class Done(msgspec.Struct, frozen=True):
    """The plan is over, with what is filled."""

    why: str


type Move = Send | Cancel | Wait | Done


class Surroundings(msgspec.Struct, frozen=True):
    """What a plan sees: its market, its book, what its side could take, the settings, the time."""

    market: Market
    book: BookView | None
    depth: Sequence[Level]
    settings: ExecutionSettings
    now: Nanos


def order_leg(
    progress: Progress,
    size: Size,
    price: Price,
    *,
    tif: TimeInForce = TimeInForce.GTC,
    post_only: bool = False,
    expected: Price | None = None,
) -> Leg:
    """The leg of the plan's next order."""
    leg = progress.leg
    return msgspec.structs.replace(
        leg,
        limit=price,
        size=size,
        tif=tif,
        post_only=post_only,
        expected=leg.expected if expected is None else expected,
    )


def worst_price(progress: Progress, around: Surroundings, expected: Price | None = None) -> Price:
    """The worst price that an order may trade at: within the tolerance of what was expected, within the limit.

    At least one step of the grid is tolerated: prices of a few cents have no two per cent.
    """
    leg, grid = progress.leg, around.market.grid
    reference = leg.expected if expected is None else expected
    tolerance = around.settings.slippage_tolerance
    tolerated = 0 if reference == leg.limit else max(reference * tolerance // _MILLION, grid.finest())
    if leg.side is Side.BUY:
        bound = min(leg.limit, reference + tolerated)
    else:
        bound = max(leg.limit, reference - tolerated)
    found = snapped(grid, leg.side, Price(bound))
    return leg.limit if found is None else found


def portion(progress: Progress, share: Size, around: Surroundings) -> Size:
    """About `share` of what is left: whole contracts, no less than the market takes, and no rest that is too small."""
    left, least = progress.left, _least(progress.leg, around.market)
    wanted = max(share - share % CONTRACT, CONTRACT, least)
    return left if left - wanted < least or wanted >= left else Size(wanted)


def _least(leg: Leg, market: Market) -> int:
    """The smallest order in contracts: by its size, and by its notional at its limit."""
    by_notional = -(-market.min_notional * 10_000 // max(1, leg.limit))
    least = max(market.min_size, by_notional)
    return -(-least // CONTRACT) * CONTRACT
