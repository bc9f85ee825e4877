"""The halt, with its exact promise. It needs neither the desk's socket nor its loop: a file and a signal stop it."""

from typing import TYPE_CHECKING

from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.web.pages.dialogs import confirm
from dutchbook.interfaces.words import number_of

if TYPE_CHECKING:
    from dutchbook.interfaces.web.pages.frame import Page


def halt_dialog(page: "Page") -> None:
    """Ask once, then halt."""

    async def go(why: str) -> str:
        return await page.screens.actions.halt(page.who, why)

    confirm(page, "Halt the desk", promises(page.screens.snapshot), "Halt now", go, grave=True)


def promises(snapshot: DeskSnapshot | None) -> tuple[str, ...]:
    """What a halt does and does not do, counted where the desk is known."""
    return (
        f"Sends no new order, and cancels {_orders(snapshot)}.",
        "Positions stay open: nothing is sold. Sales that rest already stay.",
        "It holds over restarts, until somebody runs `dutchbook resume --i-checked` on the host.",
        "It works even if the desk hangs or does not answer.",
    )


def _orders(snapshot: DeskSnapshot | None) -> str:
    if snapshot is None:
        return "every order that opens risk"
    if not snapshot.orders_working:
        return "nothing, as no order is at work"
    return f"those that open risk of {number_of(snapshot.orders_working, 'order')} at work"
