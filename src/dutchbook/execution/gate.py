"""What baskets and plans ask before an order leaves, and whom they tell that one does."""

from collections.abc import Callable

from dutchbook.domain.orders import Leg, Order
from dutchbook.execution.step import StepDraft
from dutchbook.risk.ports import Block

type Blocked = Callable[[Leg], Block | None]
"""Why no order for a leg may leave now, or None."""
type Watch = Callable[[Order, StepDraft], None]
"""Takes note of an order that is about to leave: asks for the timer that ends the wait for its answer."""
