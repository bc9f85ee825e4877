"""Health: venues, connections, how long each stage of an order takes, and what the doctor finds."""

import asyncio

from dutchbook.app.checking import doctor
from dutchbook.app.control.wire import ShowLatency, ShowVenues
from dutchbook.config.modes import Mode
from dutchbook.domain.units import Nanos
from dutchbook.evaluation.snapshot import BUCKETS_US, DeskSnapshot, StageFigures
from dutchbook.interfaces.web.pages.dialogs import confirm
from dutchbook.interfaces.web.pages.elements import Box, Button, Facts, Words, empty, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.halting import halt_dialog
from dutchbook.interfaces.web.pages.overview import venues_panel
from dutchbook.interfaces.web.pages.rows import Cell
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.system import PARTS
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.tabs import tabs
from dutchbook.interfaces.words import NOBODY, micros, number_of, span

_CHECKS = (
    Column("name", "Check"),
    Column("verdict", "Verdict"),
    Column("found", "Found", "title"),
    Column("fix", "What to do", "text"),
)
_RATES = (
    Column("venue", "Venue"),
    Column("name", "Of", "title"),
    Column("left", "Left", "num"),
    Column("capacity", "At most", "num"),
)
_LINES = (Column("line", "The newest that connections said of themselves", "title"),)
_VERDICTS = {"pass": "badge good", "warn": "badge warn", "fail": "badge bad"}


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/system", "System") as page:
        tabs("System", PARTS, "/system")
        venues_panel(page)
        with Box("div", "grid"):
            _latency(page)
            _process(page)
            _lines(page)
            _rates(page)
        _doctor(page)
        _danger(page)


def _latency(page: Page) -> None:
    with panel("From a frame to the venue's answer", span=7, classes="fill") as made:
        page.aged(made)
        box = Box("div")
        with box:
            if page.screens.mode == Mode.PAPER:
                empty(
                    "On paper no order leaves.", "A model of the venue fills them; the sandbox and live desks measure."
                )
            else:
                empty(
                    "No order has left yet.", "Each stage is measured on this machine, for frames that led to orders."
                )
    drawn: list[tuple[StageFigures, ...]] = [()]

    async def look() -> None:
        stages = (await page.screens.ask(ShowLatency())).stages or ()
        if stages == drawn[0] or not stages:
            return
        drawn[0] = stages
        made.note.show("the newest samples by how long they took; median and 99th percentile")
        box.clear()
        most = max(stage.p99_us for stage in stages) or 1
        with box:
            for stage in stages:
                _stage(stage, most)

    page.each_second(look)


def _stage(stage: StageFigures, most: float) -> None:
    """Two bars: the paler one reaches to the 99th percentile."""
    with Box("div", "meter"):
        Words("span", stage.stage.capitalize(), "name")
        Words("span", f"{micros(stage.median_us)} · p99 {micros(stage.p99_us)}", "value")
        with Box("div", "track stage", aria_hidden="true"):
            Box("div", "p99").style(f"width: {stage.p99_us / most * 100:.1f}%")
            Box("div", "p50").style(f"width: {stage.median_us / most * 100:.1f}%")
        if stage.histogram:
            _histogram(stage)
        Words("span", f"{stage.count:,} samples", "say")


def _histogram(stage: StageFigures) -> None:
    """A column for each class of durations, as high as its share; what it says aloud is the fullest."""
    highest = max(stage.histogram) or 1
    names = [*(f"up to {micros(end)}" for end in BUCKETS_US), f"over {micros(BUCKETS_US[-1])}"]
    said = f"most of them {names[stage.histogram.index(highest)]}"
    with Box("div", "histogram", role="img", aria_label=f"{stage.stage}: {said}"):
        for name, count in zip(names, stage.histogram, strict=True):
            column = Box("div", title=f"{name}: {count:,}")
            column.style(f"height: {max(2.0, count / highest * 100):.0f}%")


def _rates(page: Page) -> None:
    with panel("Rate budgets", flush=True) as made:
        made.note.show("requests or tokens that may leave at once now; cancels go ahead of orders")
        page.aged(made)
        table = DeskTable("Rate budgets", _RATES, empty="No venue takes orders from this desk.")

    async def look() -> None:
        venues = (await page.screens.ask(ShowVenues())).venues or ()
        table.show(
            {
                "id": f"{row.venue} {rate.name}",
                "venue": row.venue.capitalize(),
                "name": rate.name,
                "left": Cell(f"{rate.left:,.0f}", rank=rate.left),
                "capacity": Cell(f"{rate.capacity:,}", rank=rate.capacity),
            }
            for row in venues
            for rate in row.rates
        )

    page.each_second(look)


def _process(page: Page) -> None:
    with panel("Desk and screens", span=5, classes="fill") as made:
        page.aged(made)
        facts = Facts(
            "Desk", "Run", "Mode", "Running for", "Frames", "Books", "Journal", "Journal head", "History",
            "History is behind by", "Dashboard since", "Home", "Version",
        )  # fmt: skip

    def fast(now: DeskSnapshot) -> None:
        facts.show("Run", now.run)
        facts.show("Mode", now.mode.upper())
        facts.show("Running for", span(now.elapsed))
        facts.show("Frames", f"{now.frames:,}, {now.frames_per_second:,.0f} a second")
        facts.show("Books", f"{now.books_usable:,} of {now.books_total:,} known")
        facts.show("Journal", f"{now.journal_lines:,} lines")
        facts.show("Journal head", now.journal_head)

    async def look() -> None:
        context = page.screens.context
        facts.show(
            "Desk",
            "answers" if page.screens.connected else context.link.trouble,
            "" if page.screens.connected else "bad",
        )
        trouble = context.history.trouble
        facts.show("History", trouble or "is written as it happens", "bad" if trouble else "")
        behind = context.history.models.health().behind if context.history.models else None
        facts.show("History is behind by", NOBODY if behind is None else f"{behind:,} bytes")
        facts.show("Dashboard since", span(Nanos(int((context.monotonic() - context.started) * 1e9))))
        facts.show("Home", str(context.home))
        facts.show("Version", context.version)

    page.each_beat(fast)
    page.each_second(look)


def _lines(page: Page) -> None:
    with panel("Connections", flush=True) as made:
        page.aged(made)
        table = DeskTable("Connections", _LINES, empty="They said nothing yet.")

    async def look() -> None:
        lines = (await page.screens.ask(ShowVenues())).lines or ()
        table.show({"id": f"{number}", "line": line} for number, line in enumerate(lines))

    page.each_second(look)


def _doctor(page: Page) -> None:
    with panel("Doctor", flush=True) as made:
        with made.aside:
            button = Button("Examine", "small")
        table = DeskTable(
            "Doctor",
            _CHECKS,
            empty="Nothing was examined yet.",
            next_step="Examining looks at Python, SQLite, the disk, the home folder and the newest journal.",
        )

    async def look() -> None:
        button.off("at work")
        found = await asyncio.to_thread(doctor, page.screens.context.home)
        table.show(
            {
                "id": row.name,
                "name": row.name,
                "verdict": Cell(row.verdict, tone=_VERDICTS.get(row.verdict, "badge")),
                "found": row.found,
                "fix": row.fix,
            }
            for row in found
        )
        button.off("")

    button.on("click", look)


def _danger(page: Page) -> None:
    with panel("Danger zone", classes="danger"):
        Words("p", "Each of these asks first, says what it will do, and goes on record with your name.", "hint")
        with Box("div", "tools"):
            Button("Halt the desk", "halt steer always").off(page.barred()).on("click", lambda: halt_dialog(page))
            stop = Button("Stop the run", "steer").off(page.barred())
            every = Button("Stop, and cancel sales too", "steer").off(page.barred())
    stop.on("click", lambda: _stop(page, every=False))
    every.on("click", lambda: _stop(page, every=True))


def _stop(page: Page, *, every: bool) -> None:
    async def go(why: str) -> str:
        answer = await page.screens.actions.stop(page.who, every=every, why=why)
        left = len(answer.orders or ())
        return f"{answer.said}; {left} orders still at work" if left else answer.said

    now = page.screens.snapshot
    working = "open orders" if now is None else number_of(now.orders_working, "open order")
    what = (
        f"Cancels all of the {working}, and waits for the venues."
        if every
        else f"Cancels the purchases among the {working}, and waits for the venues; sales that hedge stay."
    )
    confirm(
        page,
        "Stop the run",
        (
            what,
            "Positions stay open.",
            "The desk ends; start it with `dutchbook run`.",
        ),
        "Stop it",
        go,
        grave=True,
        guarded=True,
    )
