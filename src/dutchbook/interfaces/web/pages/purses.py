"""Wallets, descriptions of strategies, and bindings between them: listed, made, changed and taken away."""

from collections.abc import Callable

from dutchbook.domain.identity import Venue
from dutchbook.domain.units import dollars
from dutchbook.interfaces.web.pages import shown
from dutchbook.interfaces.web.pages.elements import Button, Panel, panel
from dutchbook.interfaces.web.pages.fields import Choice, Field
from dutchbook.interfaces.web.pages.forms import Edit, dollars_of, form, share_of, sure
from dutchbook.interfaces.web.pages.frame import Page
from dutchbook.interfaces.web.pages.rows import Act, Cell, Row
from dutchbook.interfaces.web.pages.table import Column, DeskTable
from dutchbook.interfaces.words import NOBODY, percent
from dutchbook.storage.database.edits.strategies import (
    StrategyChange,
    StrategyDraft,
    bind,
    create_strategy,
    delete_strategy,
    unbind,
    update_strategy,
)
from dutchbook.storage.database.edits.wallets import (
    WalletChange,
    WalletDraft,
    create_wallet,
    delete_wallet,
    update_wallet,
)
from dutchbook.storage.database.rows import Overview, ShareInUse, StrategyRecord, WalletRecord, WalletStatus

_WALLETS = (
    Column("name", "Wallet", "title"), Column("status", "Status"), Column("cash", "Cash", "num"),
    Column("cost", "Positions at cost", "num"), Column("profit", "Booked", "num"), Column("trades", "Trades", "num"),
    Column("used", "Used by", "text"), Column("acts", "Actions", "acts"),
)  # fmt: skip
_DESCRIBED = (
    Column("name", "Strategy", "title"), Column("kind", "Kind"), Column("risk", "Risk"), Column("status", "Status"),
    Column("text", "Description", "text"), Column("acts", "Actions", "acts"),
)  # fmt: skip
_BOUND = (
    Column("strategy", "Strategy", "title"), Column("wallet", "Wallet"), Column("share", "Share", "num"),
    Column("used", "Holds now", "num"), Column("cost", "At cost", "num"),
    Column("acts", "Actions", "acts"),
)  # fmt: skip
_STATUSES = {each: str(each) for each in map(str, WalletStatus)}
_TONES = {WalletStatus.ACTIVE: "badge good", WalletStatus.PAUSED: "badge warn", WalletStatus.RETIRED: "badge"}


class Listing:
    """A panel with a table of the overview, shown anew as it changes."""

    def __init__(self, made: Panel, table: DeskTable, rows: Callable[[Overview], list[Row]]) -> None:
        self._made = made
        self._table = table
        self._rows = rows
        self.found: Overview | None = None

    def note(self, text: str) -> None:
        """Say why it cannot be told."""
        self._made.note.show(text, "bad")

    def show(self, found: Overview) -> None:
        """The newest overview."""
        self.found = found
        self._made.note.show("", "")
        self._table.show(self._rows(found))


def wallets_panel(page: Page) -> Listing:
    """Accounts by venue and mode, under the names that people gave them."""
    with panel("Wallets", flush=True) as made:
        with made.aside:
            Button("New wallet", "small").off(page.barred()).on("click", lambda: _new_wallet(page))
        table = DeskTable(
            "Wallets",
            _WALLETS,
            empty="No wallet is known.",
            next_step="One appears for each venue and mode as soon as a desk trades there; or name one beforehand.",
            on_act=lambda key, act: _wallet_act(page, made_listing, key, act),
        )
    made_listing: Listing = Listing(
        made, table, lambda found: [_wallet_row(row, page.barred()) for row in found.wallets]
    )
    return made_listing


def _wallet_row(row: WalletRecord, barred: str) -> Row:
    acts = (Act("edit", "Edit", row.name, barred), Act("delete", "Delete", row.name, barred))
    return {
        "id": row.id,
        "name": Cell(
            row.name, sub=" · ".join(part for part in (str(row.venue), row.mode, row.address, row.note) if part)
        ),
        "status": Cell(str(row.status), tone=_TONES[row.status]),
        "cash": shown.money(row.cash),
        "cost": shown.money(row.positions_at_cost),
        "profit": shown.gain(row.profit),
        "trades": Cell(f"{row.trades:,}", rank=row.trades),
        "used": ", ".join(row.strategies) or NOBODY,
        "acts": acts,
    }


def _wallet_act(page: Page, listing: Listing, key: str, act: str) -> None:
    row = next((each for each in (listing.found.wallets if listing.found else ()) if each.id == key), None)
    if row is None:
        return
    if act == "delete":
        sure(page, f"Delete wallet {row.name}", "Wallets that traded are retired, not deleted.", _deleting(row.id))
    else:
        _edit_wallet(page, row)


def _deleting(key: str) -> Edit:
    return lambda c, author: delete_wallet(c, author, key)


def _new_wallet(page: Page) -> None:
    with form("New wallet", "Make it", page) as filled:
        name = Field("Name", most=80)
        venue = Choice("Venue", {each: each.capitalize() for each in map(str, Venue)})
        address = Field("Public address (never a key)", most=120)
        opening = Field("What was put in, in dollars", most=20)
        note = Field("Note", most=200)

    def made() -> Edit:
        draft = WalletDraft(
            name=name.value,
            mode=page.screens.mode,
            venue=Venue(venue.value),
            address=address.value,
            opening=dollars_of(opening.value),
            note=note.value,
        )
        return lambda c, author: create_wallet(c, author, draft)

    filled.edit = made


def _edit_wallet(page: Page, row: WalletRecord) -> None:
    with form(f"Wallet {row.name}", "Change it", page) as filled:
        name = Field("Name", row.name, most=80)
        status = Choice("Status", _STATUSES, str(row.status))
        address = Field("Public address (never a key)", row.address, most=120)
        opening = Field("What was put in, in dollars", "" if row.opening is None else dollars(row.opening), most=20)
        note = Field("Note", row.note, most=200)

    def changed() -> Edit:
        wanted = WalletChange(
            name=name.value,
            status=WalletStatus(status.value),
            address=address.value,
            opening=dollars_of(opening.value),
            note=note.value,
        )
        return lambda c, author: update_wallet(c, author, row.id, wanted)

    filled.edit = changed


def strategies_panel(page: Page) -> Listing:
    """What people wrote about strategies. What runs is the settings' matter."""
    with panel("Descriptions of strategies", flush=True) as made:
        with made.aside:
            Button("New description", "small").off(page.barred()).on("click", lambda: _describe(page, None))
        table = DeskTable(
            "Descriptions of strategies",
            _DESCRIBED,
            empty="No strategy is described.",
            next_step="Write what it is for and how risky it is; it starts or stops nothing.",
            on_act=lambda name, act: _strategy_act(page, listing, name, act),
        )
    listing: Listing = Listing(
        made, table, lambda found: [_described_row(row, page.barred()) for row in found.strategies]
    )
    return listing


def _described_row(row: StrategyRecord, barred: str) -> Row:
    return {
        "id": row.name,
        "name": Cell(row.title or row.name, sub=row.name if row.title else ""),
        "kind": row.kind or NOBODY,
        "risk": row.risk_level or NOBODY,
        "status": Cell(str(row.status), tone=_TONES[row.status]),
        "text": row.description,
        "acts": (Act("edit", "Edit", row.name, barred), Act("delete", "Delete", row.name, barred)),
    }


def _strategy_act(page: Page, listing: Listing, name: str, act: str) -> None:
    row = next((each for each in (listing.found.strategies if listing.found else ()) if each.name == name), None)
    if row is None:
        return
    if act == "delete":
        sure(
            page,
            f"Delete the description of {name}",
            "Strategies that ran are retired, not deleted.",
            lambda c, author: delete_strategy(c, author, name),
        )
    else:
        _describe(page, row)


def _describe(page: Page, row: StrategyRecord | None) -> None:
    with form("Strategy" if row is None else f"Strategy {row.name}", "Keep it", page) as filled:
        name = Field("Name in the settings", "" if row is None else row.name, most=60)
        title = Field("Title", "" if row is None else row.title, most=80)
        kind = Field("Kind", "" if row is None else row.kind, most=40)
        risk = Field("Risk level", "" if row is None else row.risk_level, most=40)
        text = Field("Description", "" if row is None else row.description, most=2_000, lines=4)
        status = Choice("Status", _STATUSES, str(row.status if row else WalletStatus.ACTIVE))
    name.box.set_visibility(row is None)

    def kept() -> Edit:
        if row is None:
            draft = StrategyDraft(
                name=name.value, title=title.value, kind=kind.value, risk_level=risk.value, description=text.value
            )
            return lambda c, author: create_strategy(c, author, draft)
        wanted = StrategyChange(
            title=title.value,
            kind=kind.value,
            risk_level=risk.value,
            description=text.value,
            status=WalletStatus(status.value),
        )
        return lambda c, author: update_strategy(c, author, row.name, wanted)

    filled.edit = kept


def bindings_panel(page: Page) -> Listing:
    """How much of which wallet is meant for which strategy, and how much of it that holds."""
    with panel("Shares of wallets", flush=True) as made:
        with made.aside:
            Button("Bind", "small").off(page.barred()).on("click", lambda: _bind(page, listing.found))
        table = DeskTable(
            "Shares of wallets",
            _BOUND,
            empty="No strategy has a share of a wallet.",
            next_step="Bind a strategy to a wallet with the share you mean for it: then see what it holds of it.",
            on_act=lambda key, _: _unbind(page, listing, key),
        )
    listing: Listing = Listing(made, table, lambda found: [_bound_row(row, page.barred()) for row in found.bindings])
    return listing


def _bound_row(row: ShareInUse, barred: str) -> Row:
    over = row.used_ppm is not None and row.used_ppm > row.share_ppm
    tone, hint = (
        ("badge warn", "more than its share: limits of risk refuse orders, shares do not") if over else ("", "")
    )
    return {
        "id": f"{row.strategy}/{row.wallet}",
        "strategy": row.strategy,
        "wallet": row.wallet,
        "share": Cell(percent(row.share_ppm), rank=row.share_ppm),
        "used": Cell(percent(row.used_ppm), rank=row.used_ppm, tone=tone, hint=hint),
        "cost": shown.money(row.used),
        "acts": (Act("unbind", "Unbind", f"{row.strategy} from {row.wallet}", barred),),
    }


def _bind(page: Page, found: Overview | None) -> None:
    names = {row.name: row.title or row.name for row in (found.strategies if found else ())}
    purses = {row.id: row.name for row in (found.wallets if found else ())}
    with form("Bind a strategy to a wallet", "Bind it", page) as filled:
        name = Choice("Strategy", names)
        purse = Choice("Wallet", purses)
        share = Field("Share in percent", most=6)

    def bound() -> Edit:
        ppm = share_of(share.value)
        return lambda c, author: bind(c, author, name.value, purse.value, ppm)

    filled.edit = bound


def _unbind(page: Page, listing: Listing, key: str) -> None:
    row = next(
        (each for each in (listing.found.bindings if listing.found else ()) if f"{each.strategy}/{each.wallet}" == key),
        None,
    )
    if row is not None:
        sure(
            page,
            f"Unbind {row.strategy} from {row.wallet}",
            "The strategy has no share of this wallet any more.",
            lambda c, author: unbind(c, author, row.strategy, row.wallet),
        )
