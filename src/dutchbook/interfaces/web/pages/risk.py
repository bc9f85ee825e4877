"""Risk: limits as bars, what keeps the desk from trading, refusals, and what positions could lose."""

from dutchbook.app.control.wire import ShowPositions, ShowRisk
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import Money
from dutchbook.evaluation.concentration import Concentration, by_category, by_question
from dutchbook.evaluation.desk_rows import LimitRow, LockRow
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.evaluation.value_at_risk import Held, LossFigures, losses
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.charts import Meter
from dutchbook.interfaces.web.pages.elements import Box, Figure, Words, empty, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.rows import Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY, money, number_of, percent
from dutchbook.storage.database.filters import Page as Rows
from dutchbook.storage.database.filters import Scope
from dutchbook.storage.database.queries.scanning import refusals_by_rule, risk_events
from dutchbook.storage.database.rows import RiskRecord

_REFUSALS = (
    Column("at", "Time"), Column("kind", "What"), Column("rule", "Rule"), Column("text", "In words", "title"),
    Column("strategy", "Strategy"), Column("limit", "Limit", "text"), Column("found", "Found", "text"),
)  # fmt: skip
_SCENARIOS = (
    Column("market", "Market", "title"), Column("yes", "If it pays Yes", "num"),
    Column("no", "If No, at worst", "num"),
)  # fmt: skip
_TOGETHER = (
    Column("question", "Question", "title"), Column("category", "Category"), Column("positions", "Positions", "num"),
    Column("cost", "At cost", "num"), Column("share", "Of the bankroll", "num"), Column("value", "Worth", "num"),
)  # fmt: skip
_LOCKS = (
    Column("about", "What", "title"), Column("reason", "Why", "text"), Column("since", "Since"),
    Column("until", "Until"), Column("lift", "How it ends", "text"),
)  # fmt: skip
_MILLION = 1_000_000
_CATEGORIES = 5


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/risk", "Risk") as page:
        with Box("div", "grid"):
            _limits(page)
            with Box("div", "stack span-5"):
                _rules(page)
                _locks(page)
        _together(page)
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


def _together(page: Page) -> None:
    with panel("What hangs together", flush=True) as made:
        page.aged(made)
        table = DeskTable(
            "What hangs together",
            _TOGETHER,
            empty="Nothing is held.",
            next_step="Positions of one question are right or wrong together: they stand here as one.",
            file="exposure",
        )

    async def look() -> None:
        now = page.screens.snapshot
        rows = (await page.screens.ask(ShowPositions())).positions or ()
        bankroll = now.bankroll if now else Money(0)
        table.show(_together_row(each, bankroll) for each in by_question(rows))
        categories = [f"{each.name or 'none'} {_share_of(each, bankroll)}" for each in by_category(rows)[:_CATEGORIES]]
        made.note.show(f"by category: {', '.join(categories)}" if categories else "")

    page.each_second(look)


def _together_row(each: Concentration, bankroll: Money) -> Row:
    return {
        "id": each.name,
        "question": each.name,
        "category": each.category or NOBODY,
        "positions": Cell(f"{each.positions:,}", rank=each.positions),
        "cost": shown.money(each.cost),
        "share": Cell(_share_of(each, bankroll), rank=each.cost),
        "value": shown.money(each.value),
    }


def _share_of(each: Concentration, bankroll: Money) -> str:
    return percent(each.cost * _MILLION // bankroll if bankroll else None)


def _at_risk(page: Page) -> None:
    with Box("dl", "figures"):
        var, tail, worst, best = (
            Figure("Value at risk, 95%"), Figure("Value at risk, 99%"), Figure("Worst case"), Figure("Best case"),
        )  # fmt: skip
    with panel("If a market is decided", flush=True) as made:
        page.aged(made)
        made.note.show("what it would bring with all that is held of its question, against selling that now")
        table = DeskTable("If a market is decided", _SCENARIOS, empty="Nothing is held.", file="scenarios")
        Words(
            "p",
            "Value at risk holds positions until they are decided and takes their bids for probabilities. Of a "
            "question with one winner one market pays, so bundles lose no more than they can. Questions are taken for "
            "independent: several bets on one story lose more than this says.",
            "hint padded",
        )

    async def look() -> None:
        rows = (await page.screens.ask(ShowPositions())).positions or ()
        held = tuple(
            Held(str(row.market), row.title, row.yes, row.size, row.bid, row.value, row.exclusive, row.certain)
            for row in rows
        )
        found = losses(held)
        _show_losses(found, var, tail, worst, best)
        table.show(
            {
                "id": each.market,
                "market": Cell(each.title, to=shown.market_path(each.market)),
                "yes": shown.gain(each.if_yes),
                "no": shown.gain(each.if_no),
            }
            for each in found.scenarios
        )

    page.each_second(look)


def _show_losses(found: LossFigures, var: Figure, tail: Figure, worst: Figure, best: Figure) -> None:
    var.show(money(found.var_95), "lost or more in 1 of 20 cases")
    tail.show(money(found.var_99), "lost or more in 1 of 100 cases")
    worst.show(shown.gain_words(found.worst), "every question against us", shown.gain_tone(found.worst))
    best.show(shown.gain_words(found.best), "every question for us", shown.gain_tone(found.best))


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
