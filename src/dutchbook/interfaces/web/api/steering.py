"""Steering a desk: who asks and why is on record, and real money wants a second factor."""

from dutchbook.domain.errors import UsageError
from dutchbook.interfaces.web.api import views
from dutchbook.interfaces.web.api.bodies import CancelOrders, OfStrategy, Reason, StopRun
from dutchbook.interfaces.web.api.routes import Routes, Who
from dutchbook.interfaces.web.context import AppContext


def steering_routes(context: AppContext) -> Routes:
    """Halt, pause, resume, cancel, reconcile and stop."""
    routes, actions = Routes("steering"), context.actions

    @routes.post("/halt", views.Done)
    async def halt(who: Who, body: Reason) -> views.Done:
        """Stop the desk: no new order until a person resumes on its machine. Needs no desk that answers."""
        return views.Done(await actions.halt(who, body.why))

    @routes.post("/pause", views.Done)
    async def pause(who: Who, body: OfStrategy) -> views.Done:
        """No new orders, of one strategy or of all; what rests stays."""
        return views.Done(await actions.pause(who, body.strategy, body.why))

    @routes.post("/resume", views.Done)
    async def resume(who: Who, body: OfStrategy) -> views.Done:
        """Lift a pause. A halt is lifted on the desk's machine alone: dutchbook resume --i-checked."""
        return views.Done(await actions.resume(who, body.strategy, body.why))

    @routes.post("/cancel", views.Done)
    async def cancel(who: Who, body: CancelOrders) -> views.Done:
        """Cancel an order, all of a market, or all."""
        if sum((body.order is not None, body.market is not None, body.all)) != 1:
            raise UsageError("name one of order, market and all - /api/v1/orders shows what is at work")
        return views.Done(await actions.cancel(who, body.order, body.market, body.why))

    @routes.post("/reconcile", views.Done)
    async def reconcile(who: Who, body: Reason) -> views.Done:
        """Compare orders, balances and positions with the venues now."""
        return views.Done(await actions.reconcile(who, body.why))

    @routes.post("/stop", views.StoppedView)
    async def stop(who: Who, body: StopRun) -> views.StoppedView:
        """End the run: purchases are cancelled, with all sales too; positions stay. Answers once venues did."""
        ended = await actions.stop(who, every=body.all, why=body.why)
        return views.StoppedView(said=ended.said, orders=ended.orders or (), unknown=ended.unknown or ())

    return routes
