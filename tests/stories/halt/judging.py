"""Whether a halt did what it promises, as the exchange saw it."""

import time
from typing import NamedTuple

from dutchbook.domain.units import MILLISECOND, SECOND
from tests.stories.halt.bustling import Bustle

CANCELS_WITHIN = SECOND


class Acknowledged(NamedTuple):
    """When somebody asked for a halt, and heard that it is in force."""

    asked: int
    at: int
    said: str


def judge(bustle: Bustle, halt: Acknowledged) -> None:
    """What the venues have of it: nothing taken after its acknowledgement, all that rested cancelled in a second.

    But for what gives up holdings of what had filled: a halt leaves that, and sells nothing.
    """
    assert "a story" in halt.said
    time.sleep(max(0.0, (halt.at + 1.5 * CANCELS_WITHIN - time.time_ns()) / SECOND))
    orders = bustle.taken()
    late = [order for order in orders if order.placed > halt.at]
    assert not late, f"taken {[(order.placed - halt.at) / MILLISECOND for order in late]} ms after the acknowledgement"
    held = bustle.holdings()
    resting = [order for order in orders if order.live and order.gives_up not in held]
    assert not resting, f"{len(resting)} rest {(time.time_ns() - halt.at) / SECOND:.1f} s after it: {resting[:3]}"
    slow = [order for order in orders if order.state == "cancelled" and order.updated > halt.at + CANCELS_WITHIN]
    assert not slow, f"cancelled {[(order.updated - halt.at) / MILLISECOND for order in slow]} ms after it"
    cancelled = [order for order in orders if order.updated >= halt.asked and order.state == "cancelled"]
    assert len(cancelled) >= 8, "what rested is what was cancelled"
