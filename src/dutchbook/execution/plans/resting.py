"""Orders that rest at their limit: plain, post-only, and icebergs that show a part."""

from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import Nanos, Size, notional_up
from dutchbook.execution.plans.progress import (
    Cancel,
    Done,
    Move,
    Progress,
    Send,
    Surroundings,
    Wait,
    order_leg,
    portion,
    worst_price,
)

_MILLION = 1_000_000


def limit(progress: Progress, around: Surroundings, *, post_only: bool = False) -> Move:
    """One order for all, cancelled when its time is over."""
    if progress.working is not None:
        return until_its_time(progress, around)
    if progress.last is not None or progress.stopped:
        return _over(progress, settling=True)
    price = worst_price(progress, around)
    return Send(order_leg(progress, progress.left, price, post_only=post_only))


def post_only(progress: Progress, around: Surroundings) -> Move:
    """The same, refused by the venue where it would take."""
    return limit(progress, around, post_only=True)


def iceberg(progress: Progress, around: Surroundings) -> Move:
    """A part is shown; the next follows when it filled. A part that ends otherwise ends the plan."""
    if progress.working is not None:
        return until_its_time(progress, around)
    last = progress.last
    if progress.stopped or not progress.left or (last is not None and last.status is not OrderStatus.FILLED):
        return _over(progress)
    share = Size(progress.leg.size * around.settings.iceberg_shown // _MILLION)
    return Send(order_leg(progress, portion(progress, share, around), worst_price(progress, around)))


def hides(progress: Progress, around: Surroundings) -> bool:
    """Whether a limit order is large enough to be an iceberg."""
    leg = progress.leg
    return notional_up(leg.limit, leg.size) >= around.settings.iceberg_threshold


def until_its_time(progress: Progress, around: Surroundings) -> Move:
    """Wait for the order at work until its time is over or its plan is stopped, then cancel it.

    One that is on its way cannot be cancelled yet; one in doubt is left to reconciliation.
    """
    order = progress.working
    if order is None or not order.status.rests:
        return Wait()
    if progress.stopped:
        return Cancel(order.id)
    over = Nanos(order.created + (progress.intent.rests or around.settings.limit_ttl))
    return Cancel(order.id) if around.now >= over else Wait(over)


def _over(progress: Progress, *, settling: bool = False) -> Move:
    """Done, once nothing of it can be taken back any more."""
    if progress.provisional:
        return Wait(settling=settling)
    last = progress.last
    if not progress.left:
        return Done("all filled")
    return Done("stopped" if last is None else f"its last order is {last.status}")
