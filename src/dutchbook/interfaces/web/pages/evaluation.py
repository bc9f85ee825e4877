"""Evaluation: results by day and strategy, the scorecard with its intervals, and the report of each run."""

import asyncio

from dutchbook.app.run_reports import run_scores
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import Money
from dutchbook.interfaces.reports.figures import scores
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Box, Button, Figure, Words, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY, money, number_of, percent
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.filters import Scope, TradeFilter
from dutchbook.storage.database.queries.equity import deepest, equity_curve
from dutchbook.storage.database.queries.runs import runs
from dutchbook.storage.database.queries.trading import daily_results, trade_summary
from dutchbook.storage.database.rows import DayResult, RunRecord

_DAYS = (
    Column("day", "Day"), Column("strategy", "Strategy", "title"), Column("trades", "Closed trades", "num"),
    Column("won", "Won", "num"), Column("fees", "Fees", "num"), Column("profit", "Profit", "num"),
)  # fmt: skip
_RUNS = (
    Column("run", "Run", "title"), Column("started", "Started"), Column("orders", "Orders", "num"),
    Column("fills", "Fills", "num"), Column("equity", "Equity", "num"), Column("gain", "Profit", "num"),
    Column("report", "Report"),
)  # fmt: skip
_SCORES = (
    Column("c0", "Measure", "title"), Column("c1", "Target", "num"), Column("c2", "Actual", "num"),
    Column("c3", "95% interval", "num"), Column("c4", "Sample", "num"), Column("c5", "Verdict"),
    Column("c6", "Note", "text"),
)  # fmt: skip
_MILLION = 1_000_000
_LOOKED_BACK = 30


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/evaluation", "Evaluation") as page:
        _figures(page)
        _scorecard(page)
        _days(page)
        _reports(page)


def _figures(page: Page) -> None:
    with Box("dl", "figures"):
        closed, won, profit, fees, fallen = (
            Figure(name) for name in ("Closed trades", "Won", "Profit", "Fees", "Deepest drawdown")
        )

    async def look() -> None:
        scope = Scope(mode=page.screens.mode)
        found = await page.screens.read(lambda c: trade_summary(c, TradeFilter(scope=scope)))
        lowest = deepest(await page.screens.read(lambda c: equity_curve(c, scope)))
        share = found.won * _MILLION // found.trades if found.trades else None
        closed.show(f"{found.trades:,}", f"all runs of mode {page.screens.mode}")
        won.show(percent(share), f"{found.won:,} won, {found.lost:,} lost")
        profit.show(shown.gain_words(found.profit), "of closed trades, after fees", shown.gain_tone(found.profit))
        fees.show(money(found.fees), "paid to venues")
        fallen.show(percent(lowest.drawdown_ppm if lowest else None), shown.moment(lowest.at) if lowest else NOBODY)

    page.each_second(look)


def _scorecard(page: Page) -> None:
    with panel("Scorecard", flush=True) as made:
        made.note.show(f"measures of success against their targets, over the last {_LOOKED_BACK} days")
        with made.aside:
            button = Button("Reckon", "small")
        table = DeskTable(
            "Scorecard",
            _SCORES,
            empty="Not reckoned yet.",
            next_step="Reads the journals of this mode, and says how far their figures can be trusted.",
        )
        problem = Words("p", "", "bad padded")
    problem.set_visibility(False)

    async def look() -> None:
        button.off("at work")
        context = page.screens.context
        try:
            found = await asyncio.to_thread(
                run_scores, context.home, page.screens.mode, _LOOKED_BACK, context.clock.now()
            )
        except DutchbookError as error:
            problem.show(str(error))
            problem.set_visibility(True)
        else:
            problem.set_visibility(False)
            _, _, rows = scores(found.scores)
            table.show(
                {"id": str(n), **{f"c{place}": str(cell) for place, cell in enumerate(row)}}
                for n, row in enumerate(rows)
            )
            made.note.show(f"{number_of(len(found.runs), 'run')}, {number_of(found.trades, 'closed trade')}")
        button.off("")

    button.on("click", look)


def _days(page: Page) -> None:
    with panel("Results by day and strategy", flush=True) as made:
        table = DeskTable(
            "Results by day and strategy",
            _DAYS,
            empty="No trade was closed yet.",
            next_step="A position counts on the day its last contract went: sold, merged, converted or settled.",
            file="results",
        )

    async def look() -> None:
        try:
            rows = await page.screens.read(
                lambda c: daily_results(c, Scope(mode=page.screens.mode), by_strategy=True, page=Rows(limit=400))
            )
        except DutchbookError as error:
            made.note.show(str(error), "bad")
            return
        table.show(map(_day_row, rows))

    page.each_second(look)


def _day_row(row: DayResult) -> Row:
    share = row.won * _MILLION // row.trades if row.trades else None
    return {
        "id": f"{row.day}/{row.strategy}",
        "day": Cell(shown.moment(row.day)[:10], rank=row.day),
        "strategy": row.strategy or NOBODY,
        "trades": Cell(f"{row.trades:,}", rank=row.trades),
        "won": Cell(percent(share), rank=share),
        "fees": shown.money(row.fees),
        "profit": shown.gain(row.profit),
    }


def _reports(page: Page) -> None:
    with panel("Reports", flush=True) as made:
        made.note.show("one self-contained page for each run, with what its data cannot show")
        table = DeskTable(
            "Reports", _RUNS, empty="Nothing has run yet.", next_step="Start with: dutchbook run --sandbox"
        )

    async def look() -> None:
        try:
            rows = await page.screens.read(lambda c: runs(c, page.screens.mode, Rows(limit=50)))
        except DutchbookError as error:
            made.note.show(str(error), "bad")
            return
        table.show(map(_run_row, rows))

    page.each_second(look)


def _run_row(row: RunRecord) -> Row:
    gain = None if row.equity is None or not row.bankroll else Money(row.equity - row.bankroll)
    return {
        "id": row.run,
        "run": Cell(row.run, sub=", ".join(row.strategies)),
        "started": shown.date(row.started),
        "orders": Cell(f"{row.orders:,}", rank=row.orders),
        "fills": Cell(f"{row.fills:,}", rank=row.fills),
        "equity": shown.money(row.equity),
        "gain": shown.gain(gain),
        "report": Cell("Open", to=shown.report_path(row.run)),
    }
