"""Wallets, strategies, and which strategy may use how much of which wallet."""

from typing import Annotated

import msgspec
from fastapi import Query
from pydantic import StringConstraints

from dutchbook.config.modes import Mode
from dutchbook.domain.errors import UsageError
from dutchbook.domain.identity import Venue
from dutchbook.domain.quantities import Dollars, Share
from dutchbook.interfaces.web.api.bodies import Id, Name, Reason, Why
from dutchbook.interfaces.web.api.filters import Pages
from dutchbook.interfaces.web.api.routes import Routes, Who
from dutchbook.interfaces.web.api.views import Done
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.database.edits import strategies as strategy_edits
from dutchbook.storage.database.edits import wallets as wallet_edits
from dutchbook.storage.database.queries import strategies as strategy_queries
from dutchbook.storage.database.queries import wallets as wallet_queries
from dutchbook.storage.database.rows import (
    BindingRecord,
    FillRecord,
    Overview,
    StrategyRecord,
    WalletPoint,
    WalletRecord,
    WalletStatus,
)
from dutchbook.storage.roles import Role

Long = Annotated[str, StringConstraints(max_length=4_000, pattern=r"^[^\x00]*$")]
Short = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\x00]*$")]


class NewWallet(Reason):
    """An account at a venue, named before a desk has used it. `opening` is what was put in, in dollars."""

    name: Name
    mode: Mode
    venue: Venue
    address: Short = ""
    opening: Dollars | None = None
    note: Long = ""


class WalletEdit(Reason):
    """What to change; what is left out stays."""

    name: Name | None = None
    address: Short | None = None
    status: WalletStatus | None = None
    opening: Dollars | None = None
    note: Long | None = None


class NewStrategy(Reason):
    """What people know of a strategy. Its name is that of the settings."""

    name: Name
    title: Short = ""
    description: Long = ""
    kind: Short = ""
    risk_level: Short = ""


class StrategyEdit(Reason):
    """What to change; what is left out stays."""

    title: Short | None = None
    description: Long | None = None
    kind: Short | None = None
    risk_level: Short | None = None
    status: WalletStatus | None = None


class Bind(Reason):
    """A share of a wallet for a strategy: `0.25` or `25%`."""

    strategy: Name
    wallet: Name
    share: Share


class Wallets(msgspec.Struct, frozen=True):
    """All wallets, or those of a mode."""

    wallets: tuple[WalletRecord, ...]


class WalletTrades(msgspec.Struct, frozen=True):
    """The trades of a wallet, the newest first."""

    trades: tuple[FillRecord, ...]


class WalletEquity(msgspec.Struct, frozen=True):
    """A wallet after each booking, the newest first."""

    snapshots: tuple[WalletPoint, ...]


def wallet_routes(context: AppContext) -> Routes:
    """Wallets, strategies and bindings."""
    routes = Routes("wallets")
    _look(routes, context)
    _edit_wallets(routes, context)
    _edit_strategies(routes, context)
    _edit_bindings(routes, context)
    return routes


def _look(routes: Routes, context: AppContext) -> None:
    read = context.history.read

    @routes.get("/strategies-overview", Overview)
    async def strategies_overview(mode: Mode | None = None) -> Overview:
        """Wallets, strategies and bindings of one mode with their sums: the desk's mode unless another is named."""
        meant = mode or (context.link.snapshot.mode if context.link.snapshot else context.settings.mode)
        return await read(lambda connection: strategy_queries.overview(connection, meant))

    @routes.get("/wallets", Wallets)
    async def wallets(mode: Mode | None = None) -> Wallets:
        """Accounts per venue and mode, with what they earned."""
        return Wallets(await read(lambda connection: wallet_queries.wallets(connection, mode)))

    @routes.get("/wallets/{wallet}", WalletRecord)
    async def wallet(wallet: Id) -> WalletRecord:
        """One wallet, by its id or its name."""
        found = await read(lambda connection: wallet_queries.wallet(connection, wallet))
        if found is None:
            raise UsageError(f"no wallet {wallet} - /api/v1/wallets lists all")
        return found

    @routes.get("/wallets/{wallet}/trades", WalletTrades)
    async def wallet_trades(wallet: Id, page: Pages) -> WalletTrades:
        """The trades of a wallet."""
        return WalletTrades(await read(lambda connection: wallet_queries.wallet_trades(connection, wallet, page)))

    @routes.get("/wallets/{wallet}/equity", WalletEquity)
    async def wallet_equity(wallet: Id, page: Pages) -> WalletEquity:
        """Cash, positions at cost and equity of a wallet over time."""
        return WalletEquity(await read(lambda connection: wallet_queries.wallet_curve(connection, wallet, page)))


def _edit_wallets(routes: Routes, context: AppContext) -> None:
    @routes.on("POST", "/wallets", WalletRecord, Role.ADMIN, 201)
    async def create_wallet(who: Who, body: NewWallet) -> WalletRecord:
        """Name an account."""
        draft = wallet_edits.WalletDraft(**body.model_dump(exclude={"why"}))
        return await context.edit(who, body.why, wallet_edits.create_wallet, draft)

    @routes.on("PUT", "/wallets/{wallet}", WalletRecord, Role.ADMIN)
    async def update_wallet(who: Who, wallet: Id, body: WalletEdit) -> WalletRecord:
        """Change what is given. Nothing of the account itself is changed: no money moves."""
        change = wallet_edits.WalletChange(**body.model_dump(exclude={"why"}))
        return await context.edit(who, body.why, wallet_edits.update_wallet, wallet, change)

    @routes.on("DELETE", "/wallets/{wallet}", Done, Role.ADMIN)
    async def delete_wallet(who: Who, wallet: Id, why: Annotated[Why, Query()] = "") -> Done:
        """Forget a wallet that never traded."""
        await context.edit(who, why, wallet_edits.delete_wallet, wallet)
        return Done(f"wallet {wallet} is forgotten")


def _edit_strategies(routes: Routes, context: AppContext) -> None:
    @routes.on("POST", "/strategies", StrategyRecord, Role.ADMIN, 201)
    async def create_strategy(who: Who, body: NewStrategy) -> StrategyRecord:
        """Describe a strategy. Which ones run is said by the settings and by --strategy."""
        draft = strategy_edits.StrategyDraft(**body.model_dump(exclude={"why"}))
        return await context.edit(who, body.why, strategy_edits.create_strategy, draft)

    @routes.on("PUT", "/strategies/{strategy}", StrategyRecord, Role.ADMIN)
    async def update_strategy(who: Who, strategy: Id, body: StrategyEdit) -> StrategyRecord:
        """Change a description; a status is a note, and starts or stops nothing."""
        change = strategy_edits.StrategyChange(**body.model_dump(exclude={"why"}))
        return await context.edit(who, body.why, strategy_edits.update_strategy, strategy, change)

    @routes.on("DELETE", "/strategies/{strategy}", Done, Role.ADMIN)
    async def delete_strategy(who: Who, strategy: Id, why: Annotated[Why, Query()] = "") -> Done:
        """Forget the description of a strategy that no run used."""
        await context.edit(who, why, strategy_edits.delete_strategy, strategy)
        return Done(f"the description of {strategy} is forgotten")


def _edit_bindings(routes: Routes, context: AppContext) -> None:
    @routes.post("/strategy-wallets/bind", BindingRecord, Role.ADMIN)
    async def bind(who: Who, body: Bind) -> BindingRecord:
        """Mean a share of a wallet for a strategy, or change it: a plan beside what it holds. It refuses no order."""
        return await context.edit(who, body.why, strategy_edits.bind, body.strategy, body.wallet, body.share)

    @routes.on("DELETE", "/strategy-wallets/unbind", Done, Role.ADMIN)
    async def unbind(
        who: Who,
        strategy: Annotated[Name, Query()],
        wallet: Annotated[Name, Query()],
        why: Annotated[Why, Query()] = "",
    ) -> Done:
        """Take a binding back."""
        await context.edit(who, why, strategy_edits.unbind, strategy, wallet)
        return Done(f"{strategy} uses {wallet} no more")
