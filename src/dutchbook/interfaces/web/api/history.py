"""What happened: decisions, orders, trades, positions, equity, opportunities, refusals and what people did."""

from functools import partial
from typing import Annotated

import msgspec
from fastapi import Query

from dutchbook.domain.errors import UsageError
from dutchbook.interfaces.web.api.bodies import Id, Search
from dutchbook.interfaces.web.api.filters import Pages, Scopes, Trades, Word
from dutchbook.interfaces.web.api.routes import Routes
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.database import rows
from dutchbook.storage.database.queries.actions import actions as read_actions
from dutchbook.storage.database.queries.equity import deepest, equity_curve
from dutchbook.storage.database.queries.order_detail import order_detail
from dutchbook.storage.database.queries.runs import runs as read_runs
from dutchbook.storage.database.queries.scanning import near_misses, opportunities, refusals_by_rule, risk_events
from dutchbook.storage.database.queries.trading import (
    closed_trades,
    count_orders,
    daily_results,
    fills,
    orders,
    positions_history,
    trade_summary,
)


class Runs(msgspec.Struct, frozen=True):
    """Runs whose journals were read, the latest first."""

    runs: tuple[rows.RunRecord, ...]


class PastOrders(msgspec.Struct, frozen=True):
    """Orders of all runs, those of an unknown state on top. `total` counts all that fit."""

    orders: tuple[rows.OrderRecord, ...]
    total: int


class PastFills(msgspec.Struct, frozen=True):
    """Our trades, the newest first."""

    fills: tuple[rows.FillRecord, ...]


class ClosedTrades(msgspec.Struct, frozen=True):
    """Positions that were closed, and their sums. Narrow it to a mode: paper and live are never one sum."""

    trades: tuple[rows.ClosedTrade, ...]
    summary: rows.TradeSummary | None


class Days(msgspec.Struct, frozen=True):
    """What each UTC day brought."""

    days: tuple[rows.DayResult, ...]


class Positions(msgspec.Struct, frozen=True):
    """How positions changed, the newest change first."""

    positions: tuple[rows.PositionPoint, ...]


class Equity(msgspec.Struct, frozen=True):
    """Equity over time, oldest first, and its deepest fall."""

    curve: tuple[rows.EquityPoint, ...]
    deepest: rows.EquityPoint | None


class Opportunities(msgspec.Struct, frozen=True):
    """What could have been executed at a profit."""

    opportunities: tuple[rows.OpportunityRecord, ...]


class NearMisses(msgspec.Struct, frozen=True):
    """What nearly could."""

    near_misses: tuple[rows.NearMissRecord, ...]


class RiskEvents(msgspec.Struct, frozen=True):
    """What risk said no to, and how often each rule did."""

    events: tuple[rows.RiskRecord, ...]
    by_rule: dict[str, int]


class Audit(msgspec.Struct, frozen=True):
    """What people did, the newest first."""

    actions: tuple[rows.ActionRecord, ...]


def history_routes(context: AppContext) -> Routes:
    """All of the past that is not about decisions one by one."""
    routes = Routes("history")
    _trading(routes, context)
    _results(routes, context)
    _scanning(routes, context)
    return routes


def _trading(routes: Routes, context: AppContext) -> None:
    read = context.history.read

    @routes.get("/history/runs", Runs)
    async def past_runs(scope: Scopes, page: Pages) -> Runs:
        """Runs, the latest first."""
        return Runs(await read(lambda connection: read_runs(connection, scope.mode, page)))

    @routes.get("/history/orders", PastOrders)
    async def past_orders(
        wanted: Trades,
        page: Pages,
        open_only: Annotated[bool, Query(description="Those alone that are not over.")] = False,
        unknown_only: Annotated[bool, Query(description="Of which nobody knows whether they live.")] = False,
    ) -> PastOrders:
        """Orders of all runs."""
        some = msgspec.structs.replace(wanted, open_only=open_only, unknown_only=unknown_only)
        return await read(lambda connection: PastOrders(orders(connection, some, page), count_orders(connection, some)))

    @routes.get("/history/orders/{order}", rows.OrderDetail)
    async def past_order(order: Id, run: Word | None = None) -> rows.OrderDetail:
        """An order with everything around it: what became of it, and the chain of its causes back to a frame."""
        found = await read(lambda connection: order_detail(connection, order, run))
        if found is None:
            raise UsageError(f"no order {order} is on record - /api/v1/history/orders lists those that are")
        return found

    @routes.get("/history/fills", PastFills)
    async def past_fills(wanted: Trades, page: Pages) -> PastFills:
        """Our trades; those that a venue took back too, as reversed."""
        return PastFills(await read(lambda connection: fills(connection, wanted, page)))

    @routes.get("/history/positions", Positions)
    async def past_positions(wanted: Trades, page: Pages, outcome: Word | None = None) -> Positions:
        """How positions changed."""
        return Positions(await read(lambda connection: positions_history(connection, wanted, outcome, page)))


def _results(routes: Routes, context: AppContext) -> None:
    read = context.history.read

    @routes.get("/history/trades", ClosedTrades)
    async def past_trades(wanted: Trades, page: Pages) -> ClosedTrades:
        """Positions that were closed. The sum is told where a mode or a run is named."""
        one_kind = wanted.scope.mode is not None or wanted.scope.run is not None
        return await read(
            lambda connection: ClosedTrades(
                closed_trades(connection, wanted, page), trade_summary(connection, wanted) if one_kind else None
            )
        )

    @routes.get("/history/days", Days)
    async def past_days(scope: Scopes, page: Pages, by_strategy: bool = False) -> Days:
        """What closed trades of each UTC day brought."""
        return Days(await read(partial(daily_results, scope=scope, by_strategy=by_strategy, page=page)))

    @routes.get("/history/equity", Equity)
    async def past_equity(scope: Scopes, points: Annotated[int, Query(ge=2, le=5_000)] = 600) -> Equity:
        """Equity over time; long curves are thinned, and keep their lowest points."""
        curve = await read(lambda connection: equity_curve(connection, scope, points))
        return Equity(curve, deepest(curve))


def _scanning(routes: Routes, context: AppContext) -> None:
    read = context.history.read

    @routes.get("/history/opportunities", Opportunities)
    async def past_opportunities(scope: Scopes, page: Pages) -> Opportunities:
        """Bundles that could be executed at a profit, and what risk said."""
        return Opportunities(await read(lambda connection: opportunities(connection, scope, page)))

    @routes.get("/history/near-misses", NearMisses)
    async def past_near_misses(scope: Scopes, page: Pages, open_only: bool = False) -> NearMisses:
        """Bundles that nearly paid."""
        return NearMisses(await read(partial(near_misses, scope=scope, open_only=open_only, page=page)))

    @routes.get("/history/risk", RiskEvents)
    async def past_risk(scope: Scopes, page: Pages, kind: Word | None = None, rule: Word | None = None) -> RiskEvents:
        """Refusals, halts, pauses and limits that were reached."""
        return await read(
            lambda connection: RiskEvents(
                risk_events(connection, scope, kind=kind, rule=rule, page=page), refusals_by_rule(connection, scope)
            )
        )

    @routes.get("/audit", Audit)
    async def audit(page: Pages, by: Word | None = None, search: Search = "") -> Audit:
        """What people did, on whatever surface: commands to the desk, and edits of what is kept here."""
        return Audit(await read(partial(read_actions, by=by, search=search, page=page)))
