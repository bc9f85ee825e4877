"""The decision log: every decision with its stage and its proof, to be filtered and searched."""

import msgspec

from dutchbook.domain.errors import DutchbookError
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import sheet
from dutchbook.interfaces.web.pages.elements import Anchor, Box, Button, Facts, Figure, Words, panel
from dutchbook.interfaces.web.pages.fields import Choice, Field
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY, counts, percent, short_ids
from dutchbook.storage.database.decision_words import Decision, Stage
from dutchbook.storage.database.filters import DecisionFilter, Scope
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.queries.decisions import count_decisions, decisions, summary
from dutchbook.storage.database.rows import DecisionRecord, DecisionSummary

_MOST = 200
_COLUMNS = (
    Column("at", "Time"), Column("stage", "Stage"), Column("decision", "Decision"),
    Column("text", "What and why", "title"), Column("strategy", "Strategy"), Column("proof", "Proof"),
    Column("acts", "Actions", "acts"),
)  # fmt: skip
_TONES = {
    Decision.TRADE: "badge good",
    Decision.NO_TRADE: "badge warn",
    Decision.ERROR: "badge bad",
    Decision.SKIP: "badge",
    Decision.NOTE: "badge",
}


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/decisions", "Decisions") as page:
        with Box("dl", "figures"):
            figures = [
                Figure(name) for name in ("Decisions", "Trade rate", "In the last hour", "By stage", "By strategy")
            ]
        with panel("Decision log", flush=True) as made:
            with Box("div", "table-tools"):
                stage = Choice("Stage", {"": "all stages", **{each: each.capitalize() for each in Stage}})
                decision = Choice("Decision", {"": "all", **{each: each.replace("_", " ") for each in Decision}})
                search = Field("Search all fields", most=100, kind="search")
            rows: dict[str, DecisionRecord] = {}
            table = DeskTable(
                "Decision log",
                _COLUMNS,
                empty="No decision is on record that fits.",
                next_step="Choose another stage, or wait: a desk decides as soon as something is near its payoff.",
                file="decisions",
                filtered=False,
                on_act=lambda row, _: _open(rows[row]),
            )

        async def look() -> None:
            wanted = DecisionFilter(
                scope=Scope(mode=page.screens.mode),
                stages=(Stage(stage.value),) if stage.value else (),
                decisions=(Decision(decision.value),) if decision.value else (),
                search=search.value,
            )
            try:
                await _fill(page, wanted, rows, table, figures, made.note)
            except DutchbookError as error:
                made.note.show(str(error), "bad")

        page.each_second(look)


async def _fill(
    page: Page,
    wanted: DecisionFilter,
    rows: dict[str, DecisionRecord],
    table: DeskTable,
    figures: list[Figure],
    note: Words,
) -> None:
    found = await page.screens.read(lambda c: decisions(c, wanted, Rows(limit=_MOST)))
    total = await page.screens.read(lambda c: count_decisions(c, wanted))
    rows.clear()
    # A line of the journal may tell several decisions: what was wanted, whether it may be, how much.
    rows.update({f"{row.run}/{row.seq}/{row.stage}/{row.subject}/{row.text[:40]}": row for row in found})
    broken = sum(not row.proven for row in found)
    proof = f"{broken} of them do not give their hash" if broken else "all proven by the hash chain"
    note.show(f"{page.screens.mode}: the newest {len(found):,} of {total:,}, {proof}", "bad" if broken else "")
    table.show(_row(key, row) for key, row in rows.items())
    _summarise(figures, await page.screens.read(lambda c: summary(c, wanted)))


def _row(key: str, row: DecisionRecord) -> Row:
    to = shown.order_path(row.order) if row.order else shown.market_path(row.market) if row.market else ""
    text = short_ids(row.text)
    return {
        "id": key,
        "at": shown.date(row.at),
        "stage": row.stage.upper(),
        "decision": Cell(row.decision.replace("_", " "), tone=_TONES[row.decision]),
        "text": Cell(text, to=to, sub=row.title, hint="" if text == row.text else row.text),
        "strategy": row.strategy or NOBODY,
        "proof": Cell("✓ proven" if row.proven else "✗ broken", tone="good" if row.proven else "bad", hint=row.hash),
        "acts": (Act("open", "Details", text[:80]),),
    }


def _open(row: DecisionRecord) -> None:
    """All that is on record of a decision."""
    with sheet("Decision", wide=True) as dialog:
        Words("p", row.text, "strong wrap")
        facts = Facts(
            "Time", "Stage", "Decision", "Kind", "Strategy", "Market", "Subject", "Run", "Line", "Cause", "Hash"
        )
        facts.show("Time", shown.moment(row.at))
        facts.show("Stage", row.stage.upper())
        facts.show("Decision", row.decision.replace("_", " "))
        facts.show("Kind", row.kind)
        facts.show("Strategy", row.strategy or NOBODY)
        facts.show("Market", row.title or row.market or NOBODY)
        facts.show("Subject", row.subject or NOBODY)
        facts.show("Run", row.run)
        facts.show("Line", f"{row.seq:,}")
        facts.show("Cause", row.cause or "nothing: it began here")
        facts.show("Hash", f"{row.hash} {'✓ proven' if row.proven else '✗ does not fit'}", "" if row.proven else "bad")
        Words("pre", _pretty(row.body), "raw")
        with Box("div", "tools"):
            if row.order:
                Anchor("The order's card", shown.order_path(row.order), "btn")
            Button("Close").on("click", dialog.close)


def _pretty(body: str) -> str:
    try:
        return msgspec.json.format(body, indent=2)
    except (msgspec.MsgspecError, ValueError):
        return body  # Shown as it is: whether it is whole is what the proof says.


def _summarise(figures: list[Figure], found: DecisionSummary) -> None:
    total, rate, recent, stages, strategies = figures
    total.show(f"{found.total:,}", counts((str(d).replace("_", " "), n) for d, n in found.by_decision.items()))
    rate.show(percent(found.trade_ppm), "of what risk was asked")
    recent.show(f"{found.recent:,}", "before the newest")
    stages.show(str(len(found.by_stage)), counts((str(stage), n) for stage, n in found.by_stage.items()))
    strategies.show(str(len(found.by_strategy)), counts((name or "none", n) for name, n in found.by_strategy.items()))
