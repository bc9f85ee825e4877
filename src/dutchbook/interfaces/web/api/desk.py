"""What a running desk shows."""

from typing import Annotated

from fastapi import Query

from dutchbook.app.control.wire import (
    ShowBook,
    ShowBundle,
    ShowFills,
    ShowLatency,
    ShowMarkets,
    ShowOrders,
    ShowPositions,
    ShowRisk,
    ShowStrategies,
    ShowVenues,
)
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.identity import Venue
from dutchbook.interfaces.web.api import views
from dutchbook.interfaces.web.api.bodies import Depth, Id, Limit, Search
from dutchbook.interfaces.web.api.routes import Routes
from dutchbook.interfaces.web.context import AppContext


def desk_routes(context: AppContext) -> Routes:
    """Orders, positions, trades, markets, books, bundles, limits, venues and strategies."""
    routes = Routes("desk")
    _account(routes, context)
    _markets(routes, context)
    _standing(routes, context)
    return routes


def snapshot_view(context: AppContext) -> views.SnapshotView:
    """The newest picture, and whether it is of now."""
    link = context.link
    age = link.age
    return views.SnapshotView(
        connected=link.connected,
        trouble=link.trouble,
        age=None if age is None else round(age, 3),
        snapshot=link.snapshot,
    )


def _account(routes: Routes, context: AppContext) -> None:
    @routes.get("/snapshot", views.SnapshotView)
    async def snapshot() -> views.SnapshotView:
        """The desk at one instant, as pages show it. Of a desk that went its last one."""
        return snapshot_view(context)

    @routes.get("/orders", views.OrdersView)
    async def orders(
        every: Annotated[bool, Query(alias="all", description="Those that ended too.")] = False, limit: Limit = 100
    ) -> views.OrdersView:
        """Orders at work, those of which nobody knows whether they live first."""
        found = await context.link.ask(ShowOrders(every, limit))
        return views.OrdersView(mode=found.mode, run=found.run, orders=_there(found.orders))

    @routes.get("/positions", views.PositionsView)
    async def positions() -> views.PositionsView:
        """What the desk holds, how much of it is settled, and what it would bring now."""
        found = await context.link.ask(ShowPositions())
        return views.PositionsView(mode=found.mode, run=found.run, positions=_there(found.positions))

    @routes.get("/fills", views.FillsView)
    async def fills(limit: Limit = 100) -> views.FillsView:
        """The latest trades of this run, newest first."""
        found = await context.link.ask(ShowFills(limit))
        return views.FillsView(mode=found.mode, run=found.run, total=found.total or 0, fills=_there(found.fills))

    @routes.get("/latency", views.LatencyView)
    async def latency() -> views.LatencyView:
        """How long each stage of the way of an order takes."""
        found = await context.link.ask(ShowLatency())
        return views.LatencyView(mode=found.mode, run=found.run, stages=_there(found.stages))


def _markets(routes: Routes, context: AppContext) -> None:
    @routes.get("/markets", views.MarketsView)
    async def markets(
        search: Search = "", venue: Venue | None = None, over: bool = False, limit: Limit = 100
    ) -> views.MarketsView:
        """Markets that the desk knows; those that it holds or has orders in first."""
        found = await context.link.ask(ShowMarkets(search, venue or "", limit, over))
        rows = _there(found.markets)
        return views.MarketsView(mode=found.mode, run=found.run, total=found.total or 0, markets=rows)

    @routes.get("/markets/{market:path}", views.MarketView)
    async def market(market: Id, depth: Depth = 20) -> views.MarketView:
        """One market with its rules and both of its books."""
        found = await context.link.ask(ShowBook(market, depth))
        [row] = _there(found.markets)
        return views.MarketView(mode=found.mode, run=found.run, market=row, books=_there(found.books))

    @routes.get("/bundles/{bundle:path}", views.BundleView)
    async def bundle(bundle: Id, depth: Depth = 20) -> views.BundleView:
        """One bundle with the depth behind each leg."""
        found = await context.link.ask(ShowBundle(bundle, depth))
        return views.BundleView(mode=found.mode, run=found.run, bundle=_there(found.bundle))


def _standing(routes: Routes, context: AppContext) -> None:
    @routes.get("/risk", views.RiskView)
    async def risk() -> views.RiskView:
        """How far each limit is used, and what keeps the desk, a venue or a strategy from opening."""
        found = await context.link.ask(ShowRisk())
        limits, locks = _there(found.limits), _there(found.locks)
        return views.RiskView(mode=found.mode, run=found.run, limits=limits, locks=locks)

    @routes.get("/venues", views.VenuesView)
    async def venues() -> views.VenuesView:
        """How venues and the connections to them fare."""
        found = await context.link.ask(ShowVenues())
        rows, lines = _there(found.venues), found.lines or ()
        return views.VenuesView(mode=found.mode, run=found.run, venues=rows, lines=lines)

    @routes.get("/strategies", views.StrategiesView)
    async def strategies() -> views.StrategiesView:
        """What runs, what of it is paused, and what it has at work."""
        found = await context.link.ask(ShowStrategies())
        return views.StrategiesView(mode=found.mode, run=found.run, strategies=_there(found.strategies))


def _there[T](part: T | None) -> T:
    """The part of an answer that was asked for. Raises DutchbookError if an older desk left it out."""
    if part is None:
        raise DutchbookError("the desk answers another question - run the same dutchbook for both")
    return part
