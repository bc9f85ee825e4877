"""Alerts: what was raised on any surface, where it was delivered, and who has seen it."""

import asyncio

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import complain
from dutchbook.interfaces.web.pages.elements import Box, Figure, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY, span
from dutchbook.storage.alert_book import AlertState
from dutchbook.storage.alert_words import Tier

_MOST = 300
_COLUMNS = (
    Column("at", "Time"), Column("tier", "Tier"), Column("title", "What", "title"), Column("mode", "Mode"),
    Column("sent", "Delivered to", "text"), Column("seen", "Seen by", "text"), Column("acts", "Actions", "acts"),
)  # fmt: skip
_TONES = {Tier.ROUTINE: "badge", Tier.IMPORTANT: "badge info", Tier.CRITICAL: "badge warn", Tier.EMERGENCY: "badge bad"}


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "Alerts") as page:
        tabs("System", PARTS, "/system/alerts")
        with Box("dl", "figures"):
            waiting, total, response = Figure("Wait for somebody"), Figure("In the book"), Figure("Seen after")
        with panel("Alerts", flush=True) as made:
            table = DeskTable(
                "Alerts",
                _COLUMNS,
                empty="No alert was raised.",
                next_step="Halts, unknown orders, differences with venues and limits that are reached come here.",
                file="alerts",
                on_act=lambda alert, _: _acknowledge(page, alert),
            )

        async def look() -> None:
            try:
                found = tuple((await asyncio.to_thread(screens.context.alerts.alerts)).values())
            except DutchbookError as error:
                made.note.show(str(error), "bad")
                return
            unseen = sum(each.waits for each in found)
            waiting.show(f"{unseen:,}", "critical ones and emergencies", "bad" if unseen else "")
            total.show(f"{len(found):,}", "on any surface")
            times = sorted(each.response for each in found if each.response is not None)
            response.show(span(times[len(times) // 2]) if times else NOBODY, "the middle of all that were seen")
            table.show(_row(each, page.barred()) for each in found[: -_MOST - 1 : -1])

        page.each_second(look)


def _row(state: AlertState, barred: str) -> Row:
    raised, seen = state.raised, state.acknowledged
    pending = f", waits for {', '.join(sorted(state.pending))}" if state.pending else ""
    acts = () if seen else (Act("see", "Acknowledge", raised.title, barred),)
    return {
        "id": raised.id,
        "at": shown.date(raised.at),
        "tier": Cell(str(raised.tier), tone=_TONES[raised.tier], rank=raised.tier.rank),
        "title": Cell(raised.title, sub=raised.text),
        "mode": raised.mode,
        "sent": (", ".join(sorted(state.delivered)) or "nobody") + pending,
        "seen": Cell(f"{seen.by}, after {span(state.response)}") if seen else NOBODY,
        "acts": acts,
    }


async def _acknowledge(page: Page, alert: str) -> None:
    context = page.screens.context
    try:
        page.permit()
        await asyncio.to_thread(context.alerts.acknowledge, alert, page.who.by, context.clock.now())
    except DutchbookError as error:
        complain(error)
