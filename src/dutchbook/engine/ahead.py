"""What is worked out before it is wanted, whatever brings it about: orders made ready, approvals that last a while."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from dutchbook.domain.orders import Order
from dutchbook.domain.units import MINUTE, Nanos
from dutchbook.engine.desk import Desk
from dutchbook.engine.risk_view import LaterRisk
from dutchbook.execution.gateway import Ready
from dutchbook.execution.step import BasketEnd
from dutchbook.risk.ports import Rule
from dutchbook.risk.review import Approved, Lasting, lasting


class Readies(Protocol):
    """Signs orders before they are wanted, and forgets those that will not be."""

    def ready(self, orders: Sequence[Order], now: Nanos) -> Ready | None: ...
    def fresh(self, ready: Ready, now: Nanos) -> bool: ...
    def launch(self, ready: Ready, orders: Sequence[Order], now: Nanos) -> None: ...
    def forget_ahead(self) -> None: ...


class Decided(msgspec.Struct, frozen=True):
    """What was worked out ahead and came about: approved as of now, with its orders ready to leave.

    `ended` is what its event ends, which stands on record before it.
    """

    approved: Approved
    ready: Ready
    ended: tuple[BasketEnd, ...] = ()


def ready_as_of(now: Nanos, ready: Ready | None, orders: Sequence[Order], gateway: Readies) -> Ready | None:
    """What was made ready of these orders, anew where it is too old or nobody had time for it; None if it cannot be."""
    if ready is not None and gateway.fresh(ready, now):
        return ready
    return gateway.ready([replace(order, created=now) for order in orders], now)


def lasting_this_minute(
    approved: Approved, oldest: Nanos, desk: Desk, now: Nanos, rules: Sequence[Rule]
) -> Lasting | None:
    """Ask rules that time can change as of the end of this minute; None where they have to be asked anew.

    Where something is held its worth moves with books, and so does what rules say.
    """
    if desk.ledger.positions:
        return None
    until = Nanos((now // MINUTE + 1) * MINUTE - 1)
    return lasting(approved, until, oldest, LaterRisk(desk, until), rules)
