"""One market: its books, its rules, what we hold and have ordered there, and why it was not traded."""

import asyncio

from dutchbook.app.control.wire import ShowBook, ShowOrders, ShowPositions
from dutchbook.app.explaining import explain_market
from dutchbook.domain.errors import DutchbookError, UsageError
from dutchbook.domain.identity import MarketId
from dutchbook.domain.units import PRICE_DECIMALS, Nanos, Price, exact
from dutchbook.evaluation.desk_rows import MarketRow
from dutchbook.evaluation.snapshot import WhyNot
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import complain, notify, sheet
from dutchbook.interfaces.web.pages.elements import Box, Button, Facts, Words, panel
from dutchbook.interfaces.web.pages.fields import Field
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.ladders import Ladder
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY, number_of, price, size, span
from dutchbook.storage.database.edits.notes import Watch, watch

_WHY_NOT = (
    Column("reason", "What stood in the way", "title"), Column("count", "Times", "num"), Column("lasted", "For", "num"),
    Column("latest", "In its latest words", "text"),
)  # fmt: skip
_OURS = (
    Column("what", "Ours", "title"), Column("size", "Size", "num"), Column("price", "Price", "num"),
    Column("state", "State"),
)  # fmt: skip


def show(screens: Screens, market: str) -> None:
    """Draw the page."""
    with frame(screens, "/markets", "Market") as page:
        title = Words("h2", "", "page-title")
        with Box("div", "grid"):
            _facts(page, market, title)
            _books(page, market)
            _ours(page, market)
            _why_not(page, market)


def _facts(page: Page, market: str, title: Words) -> None:
    newest: list[MarketRow] = []
    with panel("Market", span=5, classes="fill") as made:
        page.aged(made)
        with made.aside:
            Button("Watch", "small").off(page.barred()).on("click", lambda: _watch_dialog(page, newest))
        facts = Facts(
            "Question", "Venue", "Category", "State", "Closes in", "Bid", "Ask", "Probability", "Bundles", "Id"
        )
        Words("h3", "Rules")
        rules = Words("p", "", "wrap rules")

    async def look() -> None:
        try:
            answer = await page.screens.ask(ShowBook(market))
        except UsageError as error:
            title.show(market)
            made.note.show(str(error), "bad")
            return
        row = (answer.markets or ())[0]
        newest[:] = [row]
        title.show(row.title)
        _show_facts(facts, row, page)
        rules.show(row.rules or "The venue says none.")

    page.each_second(look)


def _show_facts(facts: Facts, row: MarketRow, page: Page) -> None:
    now = page.screens.snapshot
    left = None if row.closes is None or now is None else Nanos(max(0, row.closes - now.at))
    middle = NOBODY if row.bid is None or row.ask is None else f"{(row.bid + row.ask) / 200:.1f}% {row.labels[0]}"
    facts.show("Question", row.question_title)
    facts.show("Venue", row.venue.capitalize())
    facts.show("Category", row.category or NOBODY)
    paid = "" if row.payout is None else f", YES pays {price(row.payout)}"
    facts.show("State", f"{row.status}{paid}")
    facts.show("Closes in", span(left))
    facts.show("Bid", f"{price(row.bid)} for {size(row.bid_size)}")
    facts.show("Ask", f"{price(row.ask)} for {size(row.ask_size)}")
    facts.show("Probability", middle)
    facts.show("Bundles", number_of(row.bundles, "bundle") + " have a leg here")
    facts.show("Id", row.id)


def _books(page: Page, market: str) -> None:
    with panel("Books", span=7, classes="fill") as made:
        page.aged(made)
        with Box("div", "legs"):
            ladders: list[tuple[Words, Ladder]] = []
            for _ in range(2):
                with Box("div", "leg"):
                    ladders.append((Words("h3", ""), Ladder("Levels")))

    async def look() -> None:
        books = (await page.screens.ask(ShowBook(market))).books or ()
        for (title, ladder), book in zip(ladders, books, strict=False):
            title.show(book.label)
            ladder.show(book)

    page.each_second(look)


def _ours(page: Page, market: str) -> None:
    with panel("Orders and positions here", flush=True) as made:
        page.aged(made)
        table = DeskTable("Orders and positions here", _OURS, empty="Nothing of ours is here.")

    async def look() -> None:
        orders = (await page.screens.ask(ShowOrders())).orders or ()
        held = (await page.screens.ask(ShowPositions())).positions or ()
        rows: list[Row] = [
            {
                "id": order.id,
                "what": Cell(f"{str(order.side).capitalize()} {order.label}", to=shown.order_path(order.id)),
                "size": shown.size(order.size),
                "price": shown.price(order.limit),
                "state": shown.status(order.status),
            }
            for order in orders
            if order.market == market
        ]
        rows += [
            {
                "id": row.outcome,
                "what": f"Held: {row.label}",
                "size": shown.size(row.size),
                "price": shown.price(row.bid),
                "state": Cell(row.state or "open", tone="badge"),
            }
            for row in held
            if row.market == market
        ]
        table.show(rows)

    page.each_second(look)


def _why_not(page: Page, market: str) -> None:
    with panel("Why it was not traded", flush=True) as made:
        with made.aside:
            ask = Button("Look it up", "small")
        hint = Words(
            "div", "Replays what the run recorded, and counts every rule and condition that stood in the way.", "empty"
        )
        table = DeskTable("Why it was not traded", _WHY_NOT, empty="", next_step="")
    table.set_visibility(False)

    async def look() -> None:
        ask.off("at work")
        hint.show("Looking: a long run takes a while.")
        try:
            settings = page.screens.context.load().settings
            found = await asyncio.to_thread(explain_market, page.screens.context.home, market, None, settings)
        except DutchbookError as error:
            hint.show(str(error), "bad")
        else:
            _show_why_not(found, made.note, hint, table)
        ask.off("")

    ask.on("click", look)


def _show_why_not(found: WhyNot, note: Words, hint: Words, table: DeskTable) -> None:
    note.show(
        f"{number_of(found.bundles, 'bundle')}, {found.near_misses:,} near misses, {found.opportunities:,} "
        f"opportunities, {found.approved:,} approved"
    )
    hint.set_visibility(not found.rows)
    hint.show("Nothing stood in the way.")
    table.set_visibility(bool(found.rows))
    table.show(
        {
            "id": f"{number}",
            "reason": row.reason,
            "count": Cell(f"{row.count:,}", rank=row.count),
            "lasted": shown.span(row.lasted),
            "latest": row.latest,
        }
        for number, row in enumerate(found.rows)
    )


def _watch_dialog(page: Page, known: list[MarketRow]) -> None:
    if not known:
        complain(UsageError("the desk does not know this market now"))
        return
    row = known[0]
    with sheet("Watch this market") as dialog:
        Words("p", row.title, "strong")
        above = Field("Tell me above (cents)", most=6)
        below = Field("Tell me below (cents)", most=6)
        note = Field("Note", most=200)
        problem = Words("p", "", "bad")
        with Box("div", "tools"):
            Button("Leave it").on("click", dialog.close)
            keep = Button("Watch it", "primary")

    async def go() -> None:
        try:
            wanted = Watch(
                market=MarketId(row.id),
                venue=row.venue,
                title=row.title,
                note=note.value,
                above=_cents(above.value),
                below=_cents(below.value),
            )
            page.permit()
            await page.screens.edit(page.who, note.value, lambda c, author: watch(c, author, wanted))
        except DutchbookError as error:
            problem.show(str(error))
            return
        dialog.close()
        notify("It is on the watchlist.")

    keep.on("click", go)


def _cents(text: str) -> Price | None:
    """Cents as a person writes them. Raises UsageError."""
    words = text.strip().rstrip("¢").strip()
    if not words:
        return None
    try:
        found = exact(words, PRICE_DECIMALS - 2)
    except ValueError:
        raise UsageError(f"{text!r} is no price - write cents, for example 47.5") from None
    if not 0 < found < 10_000:
        raise UsageError(f"{text!r} is no price - write cents between 0 and 100")
    return Price(found)
