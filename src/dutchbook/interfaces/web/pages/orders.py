"""Orders: those at work with the unknown ones on top, positions, and everything that was ordered, filled and closed."""

from collections.abc import Iterator

from dutchbook.app.control.wire import Answer, ShowOrders, ShowPositions
from dutchbook.domain.identity import venue_of
from dutchbook.domain.orders import OrderStatus
from dutchbook.domain.units import Money, Nanos, Price
from dutchbook.evaluation.snapshot import OrderRow, PositionRow
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import confirm
from dutchbook.interfaces.web.pages.elements import Box, Button, Figure, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY, counts, money, number_of, span

PARTS = (
    ("/orders", "At work"),
    ("/orders/history", "All orders"),
    ("/orders/fills", "Fills"),
    ("/orders/closed", "Closed trades"),
)
_AT_WORK = (
    Column("market", "Market", "title"), Column("side", "Side"), Column("limit", "Limit", "num"),
    Column("size", "Size", "num"), Column("filled", "Filled", "num"), Column("status", "State"),
    Column("kind", "Kind"), Column("age", "Age", "num"), Column("acts", "Actions", "acts"),
)  # fmt: skip
_POSITIONS = (
    Column("market", "Market", "title"), Column("size", "Matched", "num"), Column("settled", "Settled", "num"),
    Column("paid", "Paid", "num"), Column("bid", "Bid", "num"), Column("cost", "Cost", "num"),
    Column("value", "Worth", "num"), Column("gain", "Profit", "num"), Column("state", "State"),
)  # fmt: skip


def show(screens: Screens) -> None:
    """Draw the first part: what is at work and what is held."""
    with frame(screens, "/orders", "Orders") as page:
        tabs("Orders", PARTS, "/orders")
        _working(page)
        _positions(page)


def _working(page: Page) -> None:
    with panel("Orders at work", flush=True) as made:
        page.aged(made)
        with made.aside, Box("div", "tools"):
            compare = Button("Compare with the venues", "small steer").off(page.barred())
            compare.on("click", lambda: _reconcile(page)).props("data-act=reconcile")
            cancel_all = Button("Cancel all", "small steer")
        found: tuple[OrderRow, ...] = ()
        table = DeskTable(
            "Orders at work",
            _AT_WORK,
            empty="No order is at work.",
            next_step="Orders appear here from the moment before they are sent until the venue says how they ended.",
            file="orders",
            on_act=lambda order, _: _cancel(page, next(row for row in found if row.id == order)),
        )
    cancel_all.on("click", lambda: _cancel_all(page, found))

    def told(answer: Answer) -> None:
        nonlocal found
        found = answer.orders or ()
        unknown = sum(row.status is OrderStatus.UNKNOWN for row in found)
        made.note.show(f"{unknown} without an answer: compared with the venue, never sent again" if unknown else "")
        cancel_all.off(page.barred() or ("" if found else "No order is at work."))
        table.show(page.screens.rows(answer, _order_rows, page.barred()))

    page.each_answer(ShowOrders(), told)


def _order_rows(answer: Answer, barred: str) -> Iterator[Row]:
    return (_order_row(row, barred) for row in answer.orders or ())


def _order_row(row: OrderRow, barred: str) -> Row:
    return {
        "id": row.id,
        "market": Cell(row.title, to=shown.order_path(row.id), sub=f"{row.label} · {venue_of(row.market)}"),
        "side": shown.side(row.side),
        "limit": shown.price(row.limit),
        "size": shown.size(row.size),
        "filled": shown.size(row.filled),
        "status": shown.status(row.status),
        "kind": row.kind,
        "age": shown.span(row.age),
        "acts": (Act("cancel", "Cancel", f"{row.side} {row.label} {row.title}", off=barred),),
    }


def _cancel(page: Page, row: OrderRow) -> None:
    left = shown.size(row.size if not row.filled else type(row.size)(row.size - row.filled)).text

    async def go(why: str) -> str:
        return await page.screens.actions.cancel(page.who, order=row.id, why=why)

    confirm(
        page,
        "Cancel this order",
        (
            f"{str(row.side).capitalize()} {left} {row.label} at {shown.price(row.limit).text}: {row.title}.",
            "What is filled already stays yours.",
            "It is gone once it leaves the list: the venue has the last word.",
        ),
        "Cancel it",
        go,
        guarded=True,
    )


def _cancel_all(page: Page, rows: tuple[OrderRow, ...]) -> None:
    venues = {venue_of(row.market) for row in rows}

    async def go(why: str) -> str:
        return await page.screens.actions.cancel(page.who, why=why)

    confirm(
        page,
        "Cancel all orders",
        (
            f"Cancels {number_of(len(rows), 'open order')} on {number_of(len(venues), 'venue')}.",
            "Positions stay open.",
            "Strategies go on, and may order again: pause or halt the desk to keep them from it.",
        ),
        "Cancel all",
        go,
        guarded=True,
    )


def _reconcile(page: Page) -> None:
    async def go(why: str) -> str:
        return await page.screens.actions.reconcile(page.who, why)

    confirm(
        page,
        "Compare with the venues",
        (
            "Asks each venue for orders, fills, balances and positions.",
            "Differences go on record, and the desk takes over what the venues say.",
        ),
        "Compare now",
        go,
    )


def _positions(page: Page) -> None:
    with Box("dl", "figures"):
        held, cost, worth, gain = Figure("Positions"), Figure("Cost"), Figure("Worth at the bid"), Figure("Profit")
    with panel("Positions", flush=True) as made:
        page.aged(made)
        table = DeskTable(
            "Positions",
            _POSITIONS,
            empty="Nothing is held.",
            next_step="What fills appears here. It is sold only by a strategy, never by a halt or a stop.",
            file="positions",
        )

    def told(answer: Answer) -> None:
        rows = answer.positions or ()
        table.show(page.screens.rows(answer, _position_rows))
        paid, value = Money(sum(row.cost for row in rows)), Money(sum(row.value or 0 for row in rows))
        unpriced = sum(row.value is None for row in rows)
        venues = counts((str(venue), n) for venue, n in _by_venue(rows).items())
        held.show(f"{len(rows):,}", venues or NOBODY)
        cost.show(money(paid), "what they cost")
        worth.show(money(value), f"{unpriced} without a bid count as nothing" if unpriced else "all have a bid")
        result = Money(value - paid)
        gain.show(shown.gain_words(result), "not realised", shown.gain_tone(result))

    page.each_answer(ShowPositions(), told)


def _position_rows(answer: Answer) -> Iterator[Row]:
    return map(position_row, answer.positions or ())


def _by_venue(rows: tuple[PositionRow, ...]) -> dict[str, int]:
    found: dict[str, int] = {}
    for row in rows:
        venue = str(venue_of(row.market))
        found[venue] = found.get(venue, 0) + 1
    return found


def position_row(row: PositionRow) -> Row:
    """A position as a row. What is matched and not settled cannot be sold yet."""
    gain = None if row.value is None else Money(row.value - row.cost)
    paid = Price(row.cost * 10_000 // row.size) if row.size else None
    return {
        "id": row.outcome,
        "market": Cell(row.title, to=shown.market_path(row.market), sub=f"{row.label} · {venue_of(row.market)}"),
        "size": shown.size(row.size),
        "settled": Cell(shown.size(row.settled).text, rank=row.settled, tone="" if row.settled == row.size else "warn"),
        "paid": shown.price(paid),
        "bid": shown.price(row.bid),
        "cost": shown.money(row.cost),
        "value": shown.money(row.value),
        "gain": shown.gain(gain),
        "state": Cell(row.state or ("open" if row.bid is not None else "no bid"), tone="badge"),
    }


def latency(since: Nanos, until: Nanos | None) -> Cell:
    """How long the venue took for its first word."""
    return Cell(NOBODY) if until is None else Cell(span(Nanos(until - since)), rank=until - since)
