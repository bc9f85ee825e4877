"""Risk: limits as bars, what keeps the desk from trading, refusals, and what positions could lose."""

from dutchbook.app.control.wire import ShowPositions, ShowRisk
from dutchbook.domain.errors import DutchbookError
from dutchbook.evaluation.desk_rows import LimitRow, LockRow
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.evaluation.value_at_risk import Held, LossFigures, losses
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.charts import Meter
from dutchbook.interfaces.web.pages.elements import Box, Figure, Words, empty, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Cell, Column, DeskTable, Row
from dutchbook.interfaces.words import money, number_of
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.filters import Scope
from dutchbook.storage.database.queries.scanning import refusals_by_rule, risk_events
from dutchbook.storage.database.rows import RiskRecord

_REFUSALS = (
    Column("at", "Time"), Column("kind", "What"), Column("rule", "Rule"), Column("text", "In words", "title"),
    Column("strategy", "Strategy"), Column("limit", "Limit", "text"), Column("found", "Found", "text"),
)  # fmt: skip
_SCENARIOS = (
    Column("market", "If this market is decided", "title"), Column("yes", "for us", "num"),
    Column("no", "against us", "num"),
)  # fmt: skip
_LOCKS = (
    Column("about", "What", "title"), Column("reason", "Why", "text"), Column("since", "Since"),
    Column("until", "Until"), Column("lift", "How it ends", "text"),
)  # fmt: skip


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/risk", "Risk") as page:
        with Box("div", "grid"):
            _limits(page)
            with Box("div", "stack span-5"):
                _rules(page)
                _locks(page)
        _at_risk(page)
        _refusals(page)


def _limits(page: Page) -> None:
    with panel("Limits", span=7, classes="fill") as made:
        page.aged(made)
        box = Box("div")
        hint = Words("p", "Limits appear as soon as a desk answers.", "hint")
    meters: dict[tuple[str, str], Meter] = {}

    async def look() -> None:
        rows = (await page.screens.ask(ShowRisk())).limits or ()
        hint.set_visibility(not rows)
        wanted = [(row.rule, row.about) for row in rows]
        if wanted != list(meters):
            box.clear()
            meters.clear()
            with box:
                meters.update({(row.rule, row.about): Meter(_limit_name(row)) for row in rows})
        for row in rows:
            meters[row.rule, row.about].show(
                row.used, row.limit, f"{money(row.used)} of {money(row.limit)}", f"set by {row.binds}"
            )

    page.each_second(look)


def _limit_name(row: LimitRow) -> str:
    rule = row.rule.replace("_", " ").capitalize()
    return f"{rule}: {row.title or row.about}" if row.about else rule


def _rules(page: Page) -> None:
    with panel("Refusals by rule") as made:
        page.aged(made)
        box = Box("div")
        with box:
            empty("No rule has refused anything.", "Each intent is asked about by every rule before it may be sent.")
    drawn: list[dict[str, int]] = [{}]

    def fast(now: DeskSnapshot) -> None:
        made.note.show(f"this run: {now.refused:,} of {number_of(now.intents, 'intent')}")
        if now.refusals == drawn[0] or not now.refusals:
            return
        drawn[0] = now.refusals
        box.clear()
        most = max(now.refusals.values())
        with box:
            for rule, count in sorted(now.refusals.items(), key=lambda each: -each[1]):
                with Box("div", "meter"):
                    Words("span", rule.replace("_", " ").capitalize(), "name")
                    Words("span", f"{count:,}", "value")
                    with Box("div", "track", aria_hidden="true"):
                        Box("div").style(f"width: {count / most * 100:.1f}%")

    page.each_beat(fast)


def _locks(page: Page) -> None:
    with panel("Locks", flush=True) as made:
        page.aged(made)
        table = DeskTable(
            "Locks",
            _LOCKS,
            empty="Nothing is locked.",
            next_step="A halt, a pause, a drawdown or a closed venue stands here, with its reason and its end.",
        )

    async def look() -> None:
        table.show(map(_lock_row, (await page.screens.ask(ShowRisk())).locks or ()))

    page.each_second(look)


def _lock_row(row: LockRow) -> Row:
    return {
        "id": f"{row.about}/{row.reason}",
        "about": row.about or "the whole desk",
        "reason": row.reason,
        "since": shown.date(row.since),
        "until": shown.date(row.until),
        "lift": row.lift,
    }


def _at_risk(page: Page) -> None:
    with Box("dl", "figures"):
        var, tail, worst, best = (
            Figure("Value at risk, 95%"), Figure("Value at risk, 99%"), Figure("Worst case"), Figure("Best case"),
        )  # fmt: skip
    with panel("If a market is decided", flush=True) as made:
        page.aged(made)
        made.note.show("what a decision would bring of its positions, against what they would sell for now")
        table = DeskTable("If a market is decided", _SCENARIOS, empty="Nothing is held.", file="scenarios")
        Words(
            "p",
            "Value at risk holds positions until they are decided, takes their bids for probabilities, and markets for "
            "independent of each other. Markets of one question are not: bundles lose less than this says, bets on one "
            "story more.",
            "hint padded",
        )

    async def look() -> None:
        rows = (await page.screens.ask(ShowPositions())).positions or ()
        held = tuple(
            Held(str(row.market), row.title, row.label, row.size, row.bid, row.outcome, row.value) for row in rows
        )
        found = losses(held)
        _show_losses(found, var, tail, worst, best)
        table.show(
            {
                "id": each.market,
                "market": Cell(each.title, to=shown.market_path(each.market)),
                "yes": shown.gain(each.first),
                "no": shown.gain(each.second),
            }
            for each in found.scenarios
        )

    page.each_second(look)


def _show_losses(found: LossFigures, var: Figure, tail: Figure, worst: Figure, best: Figure) -> None:
    var.show(money(found.var_95), "lost or more in 1 of 20 cases")
    tail.show(money(found.var_99), "lost or more in 1 of 100 cases")
    worst.show(shown.gain_words(found.worst), "every market against us", shown.gain_tone(found.worst))
    best.show(shown.gain_words(found.best), "every market for us", shown.gain_tone(found.best))


def _refusals(page: Page) -> None:
    with panel("Refusals, halts and pauses", flush=True) as made:
        table = DeskTable(
            "Refusals, halts and pauses",
            _REFUSALS,
            empty="Nothing was refused yet.",
            next_step="Whatever risk says no to stands here with its rule, its limit and what was found.",
            file="refusals",
        )

    async def look() -> None:
        scope = Scope(mode=page.screens.mode)
        try:
            rows = await page.screens.read(lambda c: risk_events(c, scope, page=Rows(limit=200)))
            rules = await page.screens.read(lambda c: refusals_by_rule(c, scope))
        except DutchbookError as error:
            made.note.show(str(error), "bad")
            return
        said = ", ".join(f"{rule.replace('_', ' ')} {count:,}" for rule, count in list(rules.items())[:4])
        made.note.show(f"{page.screens.mode}, all runs: {said}" if said else "")
        table.show(map(_event_row, rows))

    page.each_second(look)


def _event_row(row: RiskRecord) -> Row:
    return {
        "id": f"{row.run}/{row.seq}/{row.rule}/{row.market}",
        "at": shown.date(row.at),
        "kind": Cell(
            row.kind.replace("_", " "), tone="badge bad" if row.kind in {"halt", "drawdown"} else "badge warn"
        ),
        "rule": row.rule.replace("_", " "),
        "text": row.text,
        "strategy": row.strategy,
        "limit": row.limit,
        "found": row.found,
    }
