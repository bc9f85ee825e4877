"""What is worked out before it is wanted, whatever brings it about: orders made ready, approvals that last a while."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
from msgspec.structs import replace

from dutchbook.domain.drafts import Draft
from dutchbook.domain.identity import MarketId
from dutchbook.domain.orders import Order
from dutchbook.domain.units import MINUTE, Nanos
from dutchbook.engine.desk import Desk
from dutchbook.engine.ports import Record
from dutchbook.engine.records import order_draft, verdict_draft
from dutchbook.engine.risk_view import LaterRisk
from dutchbook.execution.gateway import Ready
from dutchbook.execution.step import BasketEnd
from dutchbook.risk.ports import Rule
from dutchbook.risk.review import Approved, still_passes

NOT_KNOWN = Nanos(0)
"""Until when what is known of no time passes all rules."""


class Readies(Protocol):
    """Signs orders before they are wanted, and forgets those that will not be."""

    def ready(self, orders: Sequence[Order], now: Nanos) -> Ready | None: ...
    def seal(self, ready: Ready) -> None: ...
    def launch(self, ready: Ready, now: Nanos) -> Sequence[Order]: ...
    def rehearse(self, ready: Ready, now: Nanos) -> None: ...
    def forget_ahead(self) -> None: ...


class Lines(msgspec.Struct, frozen=True):
    """What will be on record: of an approval, and of each of its orders."""

    verdict: Draft
    orders: tuple[Draft, ...]
    markets: frozenset[MarketId]


class Loaded(msgspec.Struct, frozen=True):
    """Orders that are ready to leave, and their lines; None where there was no time to work these out."""

    ready: Ready
    lines: Lines | None


class Decided(msgspec.Struct, frozen=True):
    """What was worked out ahead and came about: approved for now, with its orders ready to leave.

    The intent is that of the approval but for its times: `at`, which is now, and `oldest`. `ended` is what its event
    ends, which stands on record before it.
    """

    approved: Approved
    oldest: Nanos
    loaded: Loaded
    ended: tuple[BasketEnd, ...] = ()


class Loader:
    """Makes ready what an approved intent leads to: its orders, signed, and their lines."""

    def __init__(self, gateway: Readies, record: Record) -> None:
        self._gateway = gateway
        self._record = record
        self.launch = gateway.launch
        """What sends what was loaded."""
        self.forget = gateway.forget_ahead
        """Nothing of it is wanted any more."""

    def load(self, approved: Approved, orders: Sequence[Order], now: Nanos) -> Loaded | None:
        """With all that can be ready, for what may come at some time. None where they cannot be signed before."""
        ready = self._gateway.ready(orders, now)
        if ready is None:
            return None
        self._gateway.seal(ready)
        draft = self._record.draft
        lines = tuple(order_draft(order, draft) for order in ready.orders)
        markets = frozenset(one.market.id for one in ready.prepared)
        return Loaded(ready, Lines(verdict_draft(approved.intent, draft), lines, markets))

    def load_quickly(self, orders: Sequence[Order], now: Nanos) -> Loaded | None:
        """Signed alone, for what is about to come: the rest takes as long beforehand as it then saves."""
        ready = self._gateway.ready(orders, now)
        return None if ready is None else Loaded(ready, None)

    def rehearse(self, loaded: Loaded, now: Nanos) -> None:
        """Go through what would be done with it, as far as that leaves no trace."""
        if loaded.lines is not None:
            self._record.rehearse(now, loaded.lines.verdict, loaded.lines.orders)
        self._gateway.rehearse(loaded.ready, now)

    def as_of(self, now: Nanos, loaded: Loaded | None, orders: Sequence[Order]) -> Loaded | None:
        """What was loaded, anew where it is too old or nobody had time for it; None if it cannot be."""
        if loaded is not None and now < loaded.ready.good_until:
            return loaded
        return self.load_quickly([replace(order, created=now) for order in orders], now)


def passes_until(approved: Approved, oldest: Nanos, desk: Desk, now: Nanos, rules: Sequence[Rule]) -> Nanos:
    """Ask rules that time can change as of the end of this minute, which is returned; 0 if they are to be asked anew.

    Where something is held its worth moves with books, and so does what rules say.
    """
    if desk.ledger.positions:
        return NOT_KNOWN
    until = Nanos((now // MINUTE + 1) * MINUTE - 1)
    return until if still_passes(approved, until, oldest, LaterRisk(desk, until), rules) else NOT_KNOWN
