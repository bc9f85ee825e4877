"""Orders that take what is there: at once, or in equal slices over time."""

from dutchbook.domain.orders import TimeInForce
from dutchbook.domain.units import Nanos, Price, Size
from dutchbook.execution.plans.progress import (
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


def at_once(progress: Progress, around: Surroundings) -> Move:
    """What is there within the worst price, at once; the rest is given up."""
    if progress.working is not None or (progress.last is not None and progress.provisional):
        return Wait()
    if progress.last is not None or progress.stopped:
        return Done(f"{'all' if not progress.left else 'what was there'} filled")
    return Send(order_leg(progress, progress.left, worst_price(progress, around), tif=TimeInForce.IOC))


def twap(progress: Progress, around: Surroundings) -> Move:
    """A slice every so often, of what is left shared evenly among those to come.

    Slice n is due n gaps after the intent was made: the time of its order says which slice it was. One that found too
    little leaves its rest to the later ones; one whose time passed unseen is not made up for at once.
    """
    settings, start = around.settings, progress.intent.at
    if progress.working is not None:
        return Wait()
    number = min((around.now - start) // settings.twap_gap, settings.twap_slices)
    if progress.stopped or not progress.left or number >= settings.twap_slices:
        return Wait() if progress.provisional else Done("all filled" if not progress.left else "its slices are through")
    if progress.last is not None and (progress.last.created - start) // settings.twap_gap >= number:
        return Wait(Nanos(start + (number + 1) * settings.twap_gap))
    size = portion(progress, Size(progress.left // (settings.twap_slices - number)), around)
    best = _best(around)
    price = worst_price(progress, around, best)
    return Send(order_leg(progress, size, price, tif=TimeInForce.IOC, expected=best))


def _best(around: Surroundings) -> Price | None:
    """What the slice may expect: the best price that it could take now."""
    return around.depth[0].price if around.depth else None
