"""Quotes that move: while the cancel of one is out, the next is worked out, reviewed and signed.

A quote is withdrawn before another takes its place. What then leaves follows from what is known already, but for the
venue's word that nothing filled; so it is prepared while that is awaited. When the word comes, and nothing else changed
the desk beside its books, the strategy says what it wants as of now. If that is what was prepared for, there are only
the rules to ask that time and books can change, and it leaves: what the turn finds out behind it is the same.
"""

from collections import deque
from collections.abc import Sequence
from itertools import islice

import msgspec
from msgspec.structs import replace

from dutchbook.domain.events import OrderReported
from dutchbook.domain.orders import Order, OrderId, Report
from dutchbook.domain.units import Nanos
from dutchbook.engine.ahead import Decided, Loaded, Loader, passes_until
from dutchbook.engine.desk import Desk
from dutchbook.engine.risk_view import DeskRisk
from dutchbook.engine.what_if import AsItIs
from dutchbook.execution.step import BasketEnd
from dutchbook.risk.ports import Rule
from dutchbook.risk.review import Approved, confirm, review
from dutchbook.strategies.ports import Replaces

MOST = 2
"""Orders on their way out that are prepared for: the answer of each makes what was prepared for the others old."""


class Replacement(msgspec.Struct, frozen=True):
    """What takes the place of an order: the intent, which passed all rules, and its order, named and signed.

    `ended` is the plan that the order's end ends.
    """

    approved: Approved
    loaded: Loaded
    ended: BasketEnd
    passes_until: Nanos
    """Until when it is known that it passes all rules but those of books; 0 if the others have to be asked too."""


class Replacements:
    """What a desk is prepared for, by the orders whose cancels are out.

    Rules are asked while the old order is still counted. With it gone there is only more room: who passes then passes.
    """

    def __init__(
        self,
        desk: Desk,
        strategy: Replaces,
        rules: Sequence[Rule],
        of_time: Sequence[Rule],
        of_books: Sequence[Rule],
        loader: Loader,
    ) -> None:
        """Two kinds of the rules can change their answer though nothing changed the desk beside its books."""
        self._desk = desk
        self._strategy = strategy
        self._rules = rules
        self._of_time = of_time
        self._of_books = of_books
        self._loader = loader
        self.launch = loader.launch
        """What sends the order of a decision."""
        self._view = DeskRisk(desk)
        self._version = -1
        """As of which state of the desk all this is."""
        self._waiting: deque[Order] = deque()
        self._found: dict[OrderId, Replacement] = {}

    @property
    def ready(self) -> bool:
        """Whether anything is prepared."""
        return bool(self._found)

    def work(self) -> bool:
        """Prepare for the end of one order; False if there is nothing to do. Changes nothing of the desk."""
        desk = self._desk
        if desk.version != self._version:
            self._version = desk.version
            if self._found:
                self._found.clear()
                self._loader.forget()
            self._waiting = deque(islice(desk.execution.leaving(), MOST))
        if not self._waiting:
            return False
        self._prepare(self._waiting.popleft())
        return True

    def come_true(self, event: OrderReported) -> Decided | None:
        """What was prepared for this news, if all else is as it was; asked before the desk learns of it."""
        found = self._found.pop(event.order, None)
        desk = self._desk
        if found is None or event.report is not Report.CANCELLED or desk.version != self._version:
            return None
        intent = self._strategy.following(desk.execution.orders[event.order], desk)
        if intent is None or replace(found.approved.intent, at=intent.at, oldest=intent.oldest) != intent:
            return None
        self._view.begin()
        rules = self._of_books if desk.now <= found.passes_until else (*self._of_time, *self._of_books)
        verdict = confirm(found.approved, intent.at, intent.oldest, self._view, rules)
        if not isinstance(verdict, Approved):
            return None
        loaded = self._loader.as_of(desk.now, found.loaded, found.loaded.ready.orders)
        return None if loaded is None else Decided(verdict, intent.oldest, loaded, (found.ended,))

    def _prepare(self, order: Order) -> None:
        desk = self._desk
        ended = desk.execution.ending(order)
        if ended is None:
            return
        intent = self._strategy.likely(order, AsItIs(desk))
        if intent is None:
            return
        self._view.begin()
        verdict, first = review(intent, self._view, self._rules), desk.execution.first_order(intent, desk.now)
        if not isinstance(verdict, Approved) or first is None:
            return
        loaded = self._loader.load_quickly((first,), desk.now)
        if loaded is not None:
            known = passes_until(verdict, intent.oldest, desk, desk.now, self._of_time)
            self._found[order.id] = Replacement(verdict, loaded, ended, known)
