"""The card of an order: from the bytes that caused it, over each verdict, to what it brought."""

import asyncio

import msgspec

from dutchbook.app.explaining import explain_order
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import Nanos
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Anchor, Box, Button, Facts, Words, empty, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.notes import notes_panel
from dutchbook.interfaces.web.pages.orders import latency
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.words import NOBODY, money, price, size
from dutchbook.storage.database.queries.order_detail import order_detail
from dutchbook.storage.database.rows import JournalEntry, OrderDetail

_STEPS = {
    "opportunity": "Opportunity",
    "verdict": "Verdict of risk",
    "order": "Order",
    "report": "Word of the venue",
    "fill": "Fill",
    "settled": "Settlement",
    "basket": "Basket",
    "near_miss": "Near miss",
}
_GOOD = frozenset({"fill", "settled"})


class Step(msgspec.Struct, frozen=True):
    """One link of the chain, oldest first."""

    what: str
    text: str
    where: str
    tone: str = ""
    raw: str = ""


def show(screens: Screens, order: str) -> None:
    """Draw the page."""
    with frame(screens, "/orders", "Order") as page:
        card = Box("div", "grid")
        drawn: list[OrderDetail | None] = []

        async def look() -> None:
            found = await _found(page, order)
            if drawn and drawn[0] == found:
                return
            drawn[:] = [found]
            card.clear()
            with card:
                if found is None:
                    await _unread(page, order)
                else:
                    _card(page, found)

        page.each_second(look)


async def _found(page: Page, order: str) -> OrderDetail | None:
    try:
        return await page.screens.read(lambda connection: order_detail(connection, order))
    except DutchbookError:
        return None  # The card falls back to the journal, and says so.


async def _unread(page: Page, order: str) -> None:
    """The journal itself, where the database does not know the order yet."""
    try:
        steps = await asyncio.to_thread(explain_order, page.screens.context.home, order, None)
    except DutchbookError as error:
        with panel("Order"):
            empty(str(error), "Orders of earlier runs are in the list of all orders once they were read.")
        return
    with panel("What led to it, and what became of it") as made:
        made.note.show("from the journal: the database has not read it yet")
        _chain(
            [Step(_STEPS.get(step.what, step.what), step.text, _where(step.ref, step.at)) for step in reversed(steps)]
        )


def _card(page: Page, found: OrderDetail) -> None:
    row = found.order
    with panel("Order", span=5, classes="fill"):
        Anchor(row.title or row.market, shown.market_path(row.market), "strong")
        facts = Facts(
            "State", "Wants", "Filled", "Reason", "Strategy", "Expected edge", "Worst loss", "Result", "Fees",
            "First word after", "Sent", "Ended", "Venue's name", "Run", "Id",
        )  # fmt: skip
        tone = "bad" if row.status is OrderStatus.UNKNOWN else "good" if row.status is OrderStatus.FILLED else ""
        facts.show("State", f"{row.status}{f': {row.detail}' if row.detail else ''}", tone)
        kind = f"{row.tif}{', post-only' if row.post_only else ''}"
        facts.show("Wants", f"{row.side} {size(row.size)} {row.label} at {price(row.limit)} ({kind})")
        back = f", {size(row.taken_back)} taken back" if row.taken_back else ""
        facts.show("Filled", f"{size(row.filled)} of {size(row.size)}{back}")
        facts.show("Reason", row.reason or NOBODY)
        facts.show("Strategy", row.strategy or NOBODY)
        facts.show("Expected edge", NOBODY if found.edge is None else money(found.edge))
        facts.show("Worst loss", NOBODY if found.max_loss is None else money(found.max_loss))
        result = found.result
        facts.show(
            "Result",
            found.ending or "not over" if result is None else f"{shown.gain_words(result)} {found.ending}",
            "" if result is None else shown.gain_tone(result),
        )
        facts.show("Fees", money(row.fees))
        facts.show("First word after", latency(row.sent, row.answered).text)
        facts.show("Sent", shown.moment(row.sent))
        facts.show("Ended", NOBODY if row.ended is None else shown.moment(row.ended))
        facts.show("Venue's name", row.venue_id or NOBODY)
        facts.show("Run", row.run)
        facts.show("Id", row.id)
    with panel("What led to it, and what became of it", span=7, classes="fill") as made:
        lines = (*found.chain, *found.about)
        proven = all(line.proven for line in lines)
        made.note.show(
            "every line proven by the hash chain" if proven else "a line does not give its hash any more",
            "good" if proven else "bad",
        )
        _chain([*_origin(found), *_steps(found)])
        if found.origin:
            _bytes(page, found)
    notes_panel(page, row.run, row.id)


def _origin(found: OrderDetail) -> list[Step]:
    return [Step("Frame", "The bytes that caused it.", found.origin)] if found.origin else []


def _steps(found: OrderDetail) -> list[Step]:
    lines: dict[int, JournalEntry] = {line.seq: line for line in (*reversed(found.chain), *found.about)}
    return [_step(lines[seq]) for seq in sorted(lines)]


def _step(line: JournalEntry) -> Step:
    tone = "good" if line.kind in _GOOD else "bad" if not line.proven else ""
    return Step(_STEPS.get(line.kind, line.kind), line.text, _where(f"line {line.seq}", line.at), tone, line.body)


def _where(ref: str, at: Nanos | None) -> str:
    if at is None:
        return ref
    return f"{shown.moment(at)[:-4]}.{at % 10**9 // 1000:06} UTC · {ref}"


def _chain(steps: list[Step]) -> None:
    with Box("ol", "chain"):
        for step in steps:
            with Box("li", step.tone):
                Words("div", step.what, "what")
                Words("div", step.text, "wrap")
                Words("div", step.where, "where")
                if step.raw:
                    with Box("details"):
                        Words("summary", "As it was sealed", "where")
                        Words("pre", step.raw, "raw")


def _bytes(page: Page, found: OrderDetail) -> None:
    """The frame itself, read from the recording when somebody wants it: that takes a pass over the journal."""
    with Box("div", "tools"):
        button = Button("Show the bytes", "small")
    raw = Words("pre", "", "raw")
    raw.set_visibility(False)

    async def look() -> None:
        button.off("at work")
        try:
            steps = await asyncio.to_thread(explain_order, page.screens.context.home, found.order.id, found.order.run)
            raw.show(f"{steps[-1].what}\n{steps[-1].text}")
        except DutchbookError as error:
            raw.show(str(error))
        raw.set_visibility(True)
        button.off("")

    button.on("click", look)
