"""The first page: what the desk is worth, what it does, and what needs a person."""

from dutchbook.app.control.wire import ShowRisk, ShowVenues
from dutchbook.domain.units import Money, Nanos
from dutchbook.evaluation.desk_rows import VenueRow
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.activity import activity_panel
from dutchbook.interfaces.web.pages.charts import LineChart, Point
from dutchbook.interfaces.web.pages.elements import Box, Facts, Figure, Words, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.near_misses import bundles_panel, pool_panel
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY, money, number_of, percent, span
from dutchbook.storage.database.filters import Scope
from dutchbook.storage.database.queries.equity import equity_curve, latest_equity

_MILLION = 1_000_000


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/", "Overview") as page:
        _figures(page)
        with Box("div", "grid"):
            _equity(page)
            _engine(page)
            with Box("div", "stack span-7"):
                pool_panel(page)
                bundles_panel(page)
            activity_panel(page, span=5)
            venues_panel(page)


def _figures(page: Page) -> None:
    with Box("dl", "figures"):
        equity, profit = Figure("Equity"), Figure("Profit and loss")
        today, exposure = Figure("Today"), Figure("Exposure")
        drawdown, orders = Figure("Drawdown"), Figure("Orders at work")

    day_start: Money | None = None
    left = ""

    def fast(now: DeskSnapshot) -> None:
        total = Money(now.realised + now.unrealised - now.fees)
        equity.show(money(now.equity), f"cash {money(now.cash)}")
        parts = f"realised {money(now.realised)}, open {money(now.unrealised)}, fees {money(now.fees)}"
        profit.show(shown.gain_words(total), parts, shown.gain_tone(total))
        share = now.exposure * _MILLION // now.bankroll if now.bankroll else None
        exposure.show(money(now.exposure), f"{percent(share)} of the bankroll, {money(now.reserved)} in open orders")
        fallen = Money(max(0, now.high_water - now.equity))
        below = fallen * _MILLION // now.high_water if now.high_water > 0 else None
        drawdown.show(percent(below), f"{money(fallen)} below {money(now.high_water)}")
        _show_today(today, None if day_start is None else Money(now.equity - day_start), left)

    async def slow() -> None:
        nonlocal day_start, left
        now = page.screens.snapshot
        if now is not None:
            start = await page.screens.read(lambda c: latest_equity(c, Scope(run=now.run)))
            answer = await page.screens.ask(ShowRisk())
            lost = next((row for row in answer.limits or () if row.rule == "daily_loss"), None)
            day_start = None if start is None else start.day_start
            left = (
                "" if lost is None else f"{money(Money(max(0, lost.limit - max(0, lost.used))))} more may be lost today"
            )
        venues = (await page.screens.ask(ShowVenues())).venues or ()
        working, unknown = sum(row.orders_working for row in venues), sum(row.orders_unknown for row in venues)
        said = f"{number_of(unknown, 'order')} without an answer" if unknown else "none without an answer"
        orders.show(f"{working:,}", said, "bad" if unknown else "")

    page.each_beat(fast)
    page.each_second(slow)


def _show_today(figure: Figure, result: Money | None, left: str) -> None:
    if result is None:
        figure.show(NOBODY, left)
    else:
        figure.show(shown.gain_words(result), left, shown.gain_tone(result))


def _equity(page: Page) -> None:
    with panel("Equity", span=8, classes="fill") as made:
        made.note.show("this run, after fees, open positions at what they would sell for")
        page.aged(made)
        equity = LineChart("Equity", lambda value: money(Money(value)))
        Words("h3", "Drawdown", "soft")
        fallen = LineChart("Drawdown", lambda value: f"{value / 10_000:.2f}%", classes="down", low=True, from_zero=True)
        waiting = Words("p", "The curve begins with the desk's first seconds.", "hint")

    async def slow() -> None:
        now = page.screens.snapshot
        if now is None:
            return
        points = await curve(page.screens, now.run)
        waiting.set_visibility(len(points) < 2)
        equity.show([Point(at, value) for at, value, _ in points])
        fallen.show([Point(at, -fall) for at, _, fall in points])

    page.each_second(slow)


async def curve(screens: Screens, run: str) -> list[tuple[Nanos, Money, int]]:
    """Time, equity, and share below the high-water mark of a run: what is on record, then what was heard since."""
    kept = await screens.read(lambda connection: equity_curve(connection, Scope(run=run)))
    points = [(point.at, point.equity, point.drawdown_ppm) for point in kept]
    last = points[-1][0] if points else -1
    for seen in screens.seen:
        if seen.at > last:
            # The mark is moved each second only: equity may be above it meanwhile.
            fallen = max(0, seen.high_water - seen.equity)
            fall = fallen * _MILLION // seen.high_water if seen.high_water > 0 else 0
            points.append((seen.at, seen.equity, fall))
    return points


def _engine(page: Page) -> None:
    with panel("Desk", span=4, classes="fill") as made:
        page.aged(made)
        facts = Facts(
            "State", "Strategies", "Running for", "Frames", "Books", "Near misses", "Opportunities", "Intents",
            "Orders", "Fills", "Journal", "Connections",
        )  # fmt: skip

    def fast(now: DeskSnapshot) -> None:
        state = "halted" if now.halted else "paused" if now.paused else "trading" if now.strategies else "watching"
        facts.show("State", state, {"halted": "bad", "paused": "warn"}.get(state, "good"))
        facts.show("Strategies", ", ".join(now.strategies) or "none")
        facts.show("Running for", span(now.elapsed))
        facts.show("Frames", f"{now.frames:,} ({now.frames_per_second:,.0f} a second)")
        facts.show("Books", f"{now.books_usable:,} of {now.books_total:,} known")
        facts.show("Near misses", f"{now.near_misses_open:,} now, {now.near_misses_seen:,} seen")
        facts.show("Opportunities", f"{now.opportunities:,}")
        facts.show("Intents", f"{now.intents:,}, {now.refused:,} refused by risk")
        facts.show("Orders", f"{now.orders:,} sent")
        facts.show("Fills", f"{now.fills_total:,}")
        facts.show("Journal", f"{now.journal_lines:,} lines, head {now.journal_head[:10]}")
        facts.show("Connections", now.said or "quiet")

    page.each_beat(fast)


_VENUE_COLUMNS = (
    Column("venue", "Venue", "title"), Column("state", "State"), Column("age", "Last frame", "num"),
    Column("books", "Books known", "num"), Column("losses", "Books lost", "num"), Column("cash", "Cash", "num"),
    Column("exposure", "Exposure", "num"), Column("orders", "Orders", "num"), Column("unknown", "Unknown", "num"),
)  # fmt: skip


def venues_panel(page: Page) -> None:
    """How each venue fares."""
    with panel("Venues", flush=True) as made:
        page.aged(made)
        table = DeskTable(
            "Venues", _VENUE_COLUMNS, empty="No venue is connected.", next_step="A running desk connects by itself."
        )

    async def slow() -> None:
        table.show(map(venue_row, (await page.screens.ask(ShowVenues())).venues or ()))

    page.each_second(slow)


def venue_row(row: VenueRow) -> Row:
    """A venue as a row."""
    trouble = bool(row.denied)
    return {
        "id": row.venue,
        "venue": Cell(row.venue.capitalize(), sub=row.denied),
        "state": Cell(row.state or "open", tone="badge bad" if trouble else "badge good"),
        "age": shown.span(row.age),
        "books": Cell(f"{row.books_usable:,} of {row.books:,}", rank=row.books_usable),
        "losses": Cell(f"{row.losses:,}", rank=row.losses),
        "cash": shown.money(row.cash),
        "exposure": shown.money(row.exposure),
        "orders": Cell(f"{row.orders_working:,}", rank=row.orders_working),
        "unknown": Cell(
            f"{row.orders_unknown:,}", rank=row.orders_unknown, tone="badge bad" if row.orders_unknown else ""
        ),
    }
