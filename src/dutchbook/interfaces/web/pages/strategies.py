"""Strategies: what runs, what each did, the wallets behind them, and how much of each they may use."""

from dutchbook.app.control.wire import ShowStrategies
from dutchbook.domain.errors import DutchbookError
from dutchbook.evaluation.desk_rows import StrategyRow
from dutchbook.evaluation.snapshot import DeskSnapshot
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.dialogs import confirm
from dutchbook.interfaces.web.pages.elements import Box, Button, Facts, Figure, panel
from dutchbook.interfaces.web.pages.frame import Page, frame
from dutchbook.interfaces.web.pages.purses import bindings_panel, strategies_panel, wallets_panel
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.screens import Screens
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.web.pages.terms import terms_panel
from dutchbook.interfaces.words import NOBODY, money, number_of, percent
from dutchbook.storage.database.queries.strategies import overview
from dutchbook.storage.database.rows import Overview, StrategyRecord
from dutchbook.strategies.names import STRATEGIES

_RUNNING = (
    Column("name", "Strategy", "title"), Column("state", "State"), Column("intents", "Intents at work", "num"),
    Column("orders", "Orders at work", "num"), Column("committed", "Committed", "num"),
    Column("max_loss", "Could lose", "num"), Column("acts", "Actions", "acts"),
)  # fmt: skip
_RESULTS = (
    Column("name", "Strategy", "title"), Column("intents", "Intents", "num"), Column("refused", "Refused", "num"),
    Column("orders", "Orders", "num"), Column("fills", "Fills", "num"), Column("trades", "Closed trades", "num"),
    Column("won", "Won", "num"), Column("fees", "Fees", "num"), Column("profit", "Profit", "num"),
)  # fmt: skip
_MILLION = 1_000_000


def show(screens: Screens) -> None:
    """Draw the page."""
    with frame(screens, "/strategies", "Strategies") as page:
        with Box("dl", "figures"):
            figures = [
                Figure(name) for name in ("Capital", "Booked in all runs", "Wallets in use", "Mean share of a wallet")
            ]
        _running(page)
        results = _results(page)
        wallets = wallets_panel(page)
        described = strategies_panel(page)
        bound = bindings_panel(page)
        _rewards(page)
        terms_panel(page)

    async def look() -> None:
        try:
            found = await screens.read(lambda c: overview(c, screens.mode))
        except DutchbookError as error:
            wallets.note(str(error))
            return
        _summarise(figures, found)
        results.show(_result_row(row) for row in found.strategies if row.known)
        wallets.show(found)
        described.show(found)
        bound.show(found)

    page.each_second(look)


def _summarise(figures: list[Figure], found: Overview) -> None:
    capital, profit, active, share = figures
    capital.show(money(found.capital), "cash and positions at cost")
    profit.show(
        shown.gain_words(found.profit),
        f"mode {found.mode}, after all fees, open positions at cost",
        shown.gain_tone(found.profit),
    )
    active.show(f"{found.active_wallets:,}", f"of {number_of(len(found.wallets), 'wallet')}")
    share.show(percent(found.mean_share_ppm), number_of(len(found.bindings), "binding"))


def _running(page: Page) -> None:
    with panel("At work", flush=True) as made:
        page.aged(made)
        with made.aside, Box("div", "tools"):
            pause = Button("Pause all", "small steer")
            resume = Button("Resume all", "small steer")
        table = DeskTable(
            "Strategies at work",
            _RUNNING,
            empty="No strategy runs.",
            next_step="The settings say which ones do (key strategies), or dutchbook run --strategy NAME.",
            on_act=lambda name, act: _pause(page, name) if act == "pause" else _resume(page, name),
        )
    pause.on("click", lambda: _pause(page, ""))
    resume.on("click", lambda: _resume(page, ""))

    async def look() -> None:
        rows = (await page.screens.ask(ShowStrategies())).strategies or ()
        barred = page.barred()
        pause.off(barred or ("" if rows else "No strategy runs."))
        resume.off(barred or ("" if any(row.paused for row in rows) else "Nothing is paused."))
        table.show(_running_row(row, barred) for row in rows)

    page.each_second(look)


def _running_row(row: StrategyRow, barred: str) -> Row:
    act = Act("resume", "Resume", row.name, barred) if row.paused else Act("pause", "Pause", row.name, barred)
    return {
        "id": row.name,
        "name": Cell(row.name, sub=row.paused or STRATEGIES.get(row.name, "")),
        "state": Cell("paused" if row.paused else "running", tone="badge warn" if row.paused else "badge good"),
        "intents": Cell(str(row.intents_working), rank=row.intents_working),
        "orders": Cell(str(row.orders_working), rank=row.orders_working),
        "committed": shown.money(row.committed),
        "max_loss": shown.money(row.max_loss),
        "acts": (act,),
    }


def _pause(page: Page, name: str) -> None:
    async def go(why: str) -> str:
        return await page.screens.actions.pause(page.who, name, why)

    confirm(
        page,
        f"Pause {name or 'all strategies'}",
        ("No new orders; ways home and exits of what began go on.", "What rests at venues stays.", "Resume lifts it."),
        "Pause",
        go,
    )


def _resume(page: Page, name: str) -> None:
    async def go(why: str) -> str:
        return await page.screens.actions.resume(page.who, name, why)

    confirm(
        page,
        f"Resume {name or 'all strategies'}",
        ("New orders leave again as soon as something is worth it.", "A halt is not lifted by this."),
        "Resume",
        go,
        guarded=True,
    )


def _results(page: Page) -> DeskTable:
    with panel("What they did", flush=True) as made:
        made.note.show(f"all runs of mode {page.screens.mode}; modes are never summed")
        return DeskTable(
            "What strategies did",
            _RESULTS,
            empty="No strategy has traded in this mode yet.",
            next_step="Figures come from the journals, as soon as they were read.",
            file="strategies",
        )


def _result_row(row: StrategyRecord) -> Row:
    share = row.won * _MILLION // row.trades if row.trades else None
    return {
        "id": row.name,
        "name": Cell(row.title or row.name, sub=row.name if row.title else STRATEGIES.get(row.name, "")),
        "intents": Cell(f"{row.intents:,}", rank=row.intents),
        "refused": Cell(f"{row.refused:,}", rank=row.refused),
        "orders": Cell(f"{row.orders:,}", rank=row.orders),
        "fills": Cell(f"{row.fills:,}", rank=row.fills),
        "trades": Cell(f"{row.trades:,}", rank=row.trades),
        "won": Cell(percent(share), rank=share),
        "fees": shown.money(row.fees),
        "profit": shown.gain(row.profit),
    }


def _rewards(page: Page) -> None:
    """What resting quotes earn, where a maker runs."""
    with panel("Liquidity rewards") as made:
        page.aged(made)
        facts = Facts("Earned today", "Markets quoted", "Quotes", "Fills", "Not hedged", "Refused by")
    made.set_visibility(False)

    def fast(now: DeskSnapshot) -> None:
        made.set_visibility(now.rewards is not None or now.maker is not None)
        if now.rewards is not None:
            stated = (
                "no word from the venue" if now.rewards.stated is None else f"{money(now.rewards.stated)} by the venue"
            )
            facts.show("Earned today", f"{money(now.rewards.earned)} at least by the rule, {stated}")
        if now.maker is not None:
            facts.show("Markets quoted", f"{now.maker.quoting:,} of {now.maker.rewarded:,} with rewards")
            facts.show("Quotes", f"{now.maker.quotes:,}, {now.maker.withdrawn:,} withdrawn")
            facts.show("Fills", f"{now.maker.fills:,}, {now.maker.hedges:,} hedges, {now.maker.merges:,} merges")
            facts.show("Not hedged", money(now.maker.unhedged), "warn" if now.maker.unhedged else "")
            refused = sorted(now.maker.refused.items(), key=lambda each: -each[1])[:5]
            facts.show("Refused by", ", ".join(f"{rule} {count:,}" for rule, count in refused) or NOBODY)

    page.each_beat(fast)
