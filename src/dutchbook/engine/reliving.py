"""The lines of an earlier journal, taken in by a new desk: nothing follows from them before it begins."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from dutchbook.domain.orders import WAY_HOME, Intent, Order
from dutchbook.engine.desk import Desk
from dutchbook.engine.memory import (
    Kept,
    Memory,
    cancel_of,
    end_of,
    event_of,
    offer_of,
    operation_of,
    order_of,
    ordered_of,
    reported_of,
    verdict_of,
    withdrawn_of,
)
from dutchbook.execution.executor import Lived
from dutchbook.execution.step import BasketEnd


def relive(desk: Desk, memory: Memory) -> tuple[Order, ...]:
    """Make a new desk what an earlier one was when it stopped; all orders that it still answers for.

    Raises IllegalTransition or LedgerError for what cannot be.
    """
    desk.restore(memory.state)
    for line in memory.lines:
        _take(desk, line)
    return tuple(desk.execution.orders)


_READ: Mapping[str, Callable[[Kept], Lived]] = MappingProxyType(
    {
        "operation": operation_of,
        "operate": ordered_of,
        "operated": reported_of,
        "withdraw": withdrawn_of,
        "offer": offer_of,
    }
)
"""Lines that execution alone has to know of, and how they are read."""


def _take(desk: Desk, line: Kept) -> None:
    read = _READ.get(line.kind)
    if read is not None:
        desk.execution.relive(read(line))
        return
    match line.kind:
        case "verdict":
            _want(desk, verdict_of(line).intent)
        case "order":
            order = order_of(line)
            desk.ordered = True
            desk.execution.relive(order)
            desk.exposure.order_changed(order)
        case "command":
            if (cancel := cancel_of(line)) is not None:
                desk.execution.relive(cancel)
        case "basket":
            _end(desk, end_of(line))
        case _:
            change = desk.execution.relive(event_of(line))
            if change is not None:
                desk.exposure.order_changed(change.after)


def _want(desk: Desk, intent: Intent) -> None:
    desk.exposure.reserve(intent)
    if intent.kind == WAY_HOME:
        desk.give_up(intent)
    desk.execution.relive(intent)


def _end(desk: Desk, end: BasketEnd) -> None:
    desk.execution.relive(end)
    for ended in end.intents:
        desk.exposure.release(ended)
