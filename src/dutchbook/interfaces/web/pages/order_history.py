"""What was ordered, filled and closed in the mode at work, from the database."""

from collections.abc import Awaitable, Callable

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import Money
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Box, Figure, Words, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.orders import PARTS, latency
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY, money, percent, span
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.filters import Scope, TradeFilter
from dutchbook.storage.database.queries.trading import closed_trades, count_orders, fills, orders, trade_summary
from dutchbook.storage.database.rows import ClosedTrade, FillRecord, OrderRecord, TradeSummary

_MOST = 500
_MILLION = 1_000_000


class _List(msgspec.Struct, frozen=True):
    """A table of this page: what it says while it is empty, and the name of the file that it exports."""

    title: str
    nothing: str
    file: str
    columns: tuple[Column, ...]


_ORDERS = _List("All orders", "Nothing was ordered yet.", "orders-history", (
    Column("sent", "Sent"), Column("market", "Market", "title"), Column("strategy", "Strategy"), Column("side", "Side"),
    Column("limit", "Limit", "num"), Column("size", "Size", "num"), Column("filled", "Filled", "num"),
    Column("status", "State"), Column("answer", "Answer after", "num"), Column("fees", "Fees", "num"),
))  # fmt: skip
_FILLS = _List("Fills", "Nothing has filled yet.", "fills", (
    Column("at", "Time"), Column("market", "Market", "title"), Column("strategy", "Strategy"), Column("side", "Side"),
    Column("price", "Price", "num"), Column("size", "Matched", "num"), Column("state", "Settlement"),
    Column("fee", "Fee", "num"), Column("role", "Role"), Column("order", "Order"),
))  # fmt: skip
_CLOSED = _List("Closed trades", "No position was closed yet.", "closed-trades", (
    Column("closed", "Closed"), Column("market", "Market", "title"), Column("strategy", "Strategy"),
    Column("size", "Size", "num"), Column("cost", "Cost", "num"), Column("proceeds", "Brought", "num"),
    Column("fees", "Fees", "num"), Column("profit", "Profit", "num"), Column("share", "Of cost", "num"),
    Column("held", "Held", "num"), Column("how", "Closed by"),
))  # fmt: skip
_SETTLED = {"provisional": "warn", "mined": "info", "settled": "good", "reversed": "bad"}


type Fill = Callable[[Words, DeskTable], Awaitable[None]]
"""Reads the database into a table, and into the note beside its title."""


def show_orders(screens: Screens) -> None:
    """All orders of the mode."""
    with frame(screens, "/orders", "Orders") as page:
        tabs("Orders", PARTS, "/orders/history")

        async def fill(note: Words, table: DeskTable) -> None:
            wanted = _mode(page)
            rows = await page.screens.read(lambda c: orders(c, wanted, Rows(limit=_MOST)))
            total = await page.screens.read(lambda c: count_orders(c, wanted))
            note.show(f"{page.screens.mode}: the newest {len(rows):,} of {total:,}")
            table.show(map(_order_row, rows))

        _listing(page, _ORDERS, fill)


def show_fills(screens: Screens) -> None:
    """All trades of ours in the mode."""
    with frame(screens, "/orders", "Fills") as page:
        tabs("Orders", PARTS, "/orders/fills")

        async def fill(note: Words, table: DeskTable) -> None:
            rows = await page.screens.read(lambda c: fills(c, _mode(page), Rows(limit=_MOST)))
            note.show(f"{page.screens.mode}: matched is not settled, and only what is settled can be sold")
            table.show(map(_fill_row, rows))

        _listing(page, _FILLS, fill)


def show_closed(screens: Screens) -> None:
    """Positions from their first contract to their last."""
    with frame(screens, "/orders", "Closed trades") as page:
        tabs("Orders", PARTS, "/orders/closed")
        with Box("dl", "figures"):
            figures = [Figure(name) for name in ("Closed", "Won", "Profit", "Best", "Worst", "Held on average")]

        async def fill(note: Words, table: DeskTable) -> None:
            rows = await page.screens.read(lambda c: closed_trades(c, _mode(page), Rows(limit=_MOST)))
            summary = await page.screens.read(lambda c: trade_summary(c, _mode(page)))
            _summarise(figures, summary)
            note.show(f"{page.screens.mode}: the newest {len(rows):,} of {summary.trades:,}")
            table.show(map(_closed_row, rows))

        _listing(page, _CLOSED, fill)


def _listing(page: Page, listed: _List, fill: Fill) -> None:
    """The table, filled each second. Where the history cannot be told, it says why beside the title."""
    with panel(listed.title, flush=True) as made:
        table = DeskTable(
            listed.title,
            listed.columns,
            empty=listed.nothing,
            next_step="The desk writes it down as it happens.",
            file=listed.file,
        )

    async def look() -> None:
        try:
            await fill(made.note, table)
        except DutchbookError as error:
            made.note.show(str(error), "bad")

    page.each_second(look)


def _mode(page: Page) -> TradeFilter:
    """Modes are never shown together: play money is no money."""
    return TradeFilter(scope=Scope(mode=page.screens.mode))


def _order_row(row: OrderRecord) -> Row:
    return {
        "id": f"{row.run}/{row.id}",
        "sent": shown.date(row.sent),
        "market": Cell(row.title or row.market, to=shown.order_path(row.id), sub=f"{row.label} · {row.venue}"),
        "strategy": row.strategy or NOBODY,
        "side": shown.side(row.side),
        "limit": shown.price(row.limit),
        "size": shown.size(row.size),
        "filled": shown.size(row.filled),
        "status": Cell(shown.status(row.status).text, tone=shown.status(row.status).tone, sub=row.detail[:80]),
        "answer": latency(row.sent, row.answered),
        "fees": shown.money(row.fees),
    }


def _fill_row(row: FillRecord) -> Row:
    return {
        "id": f"{row.run}/{row.seq}",
        "at": shown.date(row.at),
        "market": Cell(row.title or row.market, to=shown.market_path(row.market), sub=f"{row.label} · {row.venue}"),
        "strategy": row.strategy or NOBODY,
        "side": shown.side(row.side),
        "price": shown.price(row.price),
        "size": shown.size(row.size),
        "state": Cell(row.state, tone=f"badge {_SETTLED.get(row.state, '')}"),
        "fee": shown.money(row.fee),
        "role": "maker" if row.maker else "taker",
        "order": Cell("why", to=shown.order_path(row.order), hint=row.order),
    }


def _closed_row(row: ClosedTrade) -> Row:
    share = row.profit * _MILLION // row.cost if row.cost else None
    return {
        "id": f"{row.run}/{row.seq}/{row.outcome}",
        "closed": shown.date(row.closed),
        "market": Cell(row.title or row.market, to=shown.market_path(row.market), sub=f"{row.label} · {row.venue}"),
        "strategy": row.strategy or NOBODY,
        "size": shown.size(row.size),
        "cost": shown.money(row.cost),
        "proceeds": shown.money(row.proceeds),
        "fees": shown.money(row.fees),
        "profit": shown.gain(row.profit),
        "share": Cell(percent(share), rank=share),
        "held": shown.span(type(row.closed)(row.closed - row.opened)),
        "how": Cell(row.closed_by, tone="badge"),
    }


def _summarise(figures: list[Figure], summary: TradeSummary) -> None:
    closed, won, profit, best, worst, held = figures
    share = summary.won * _MILLION // summary.trades if summary.trades else None
    closed.show(f"{summary.trades:,}", "positions")
    won.show(percent(share), f"{summary.won:,} won, {summary.lost:,} lost")
    profit.show(shown.gain_words(summary.profit), f"after {money(summary.fees)} fees", shown.gain_tone(summary.profit))
    for figure, amount in ((best, summary.best), (worst, summary.worst)):
        figure.show(NOBODY if amount is None else shown.gain_words(amount), "", shown.gain_tone(amount or Money(0)))
    held.show(span(summary.held), "from first to last contract")
