"""Metrics for Prometheus, at the address that it asks by default too."""

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from dutchbook.app.control.wire import ShowRisk, ShowVenues
from dutchbook.domain.errors import DutchbookError
from dutchbook.domain.units import SECOND, Nanos
from dutchbook.interfaces.metrics import CONTENT_TYPE, Figures, metrics_text
from dutchbook.interfaces.web.api.routes import PREFIX, ROLE, needing
from dutchbook.interfaces.web.context import AppContext
from dutchbook.storage.roles import Role


def add_metrics(app: FastAPI, context: AppContext) -> None:
    """`/api/v1/metrics`, and `/metrics` that leads there."""

    async def metrics(request: Request) -> Response:
        """What Prometheus scrapes. What is not known is left out, never zero."""
        needing(Role.VIEWER)(request)
        return Response(metrics_text(await _figures(context)), media_type=CONTENT_TYPE)

    async def metrics_elsewhere() -> Response:
        return RedirectResponse(f"{PREFIX}/metrics", 307)

    app.add_api_route(
        f"{PREFIX}/metrics",
        metrics,
        methods=["GET"],
        tags=["health"],
        operation_id="metrics",
        response_class=Response,
        openapi_extra={ROLE: str(Role.VIEWER)},
        responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
    )
    app.add_api_route("/metrics", metrics_elsewhere, methods=["GET"], include_in_schema=False)


async def _figures(context: AppContext) -> Figures:
    link, alerts = context.link, tuple(context.alerts.alerts().values())
    nothing = Figures(version=context.version, alerts=alerts)
    snapshot, age = link.snapshot, link.age
    if not link.connected or snapshot is None or age is None:
        return nothing
    try:
        venues, risk = await link.ask(ShowVenues()), await link.ask(ShowRisk())
    except DutchbookError:
        return nothing  # it has just gone: what is not known is left out
    return Figures(
        version=context.version,
        running=True,
        snapshot=snapshot,
        age=Nanos(round(age * SECOND)),
        venues=venues.venues or (),
        limits=risk.limits or (),
        alerts=alerts,
    )
