"""How the desk and its screens are: for people, and for programs that watch over them."""

import msgspec
from starlette.responses import Response

from dutchbook.app.steering import halted
from dutchbook.interfaces.web.api.routes import ROLE, Routes, Who, responses
from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.present import answer, schema_of
from dutchbook.storage.home import Home
from dutchbook.storage.lock import holder
from dutchbook.storage.roles import Role

STALE_S = 5.0
"""Market data older than this is not well."""


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """`status` is ok, degraded (a desk runs, and `problems` names what is wrong) or down (none answers).

    Whoever may not look gets the status alone.
    """

    status: str
    version: str = ""
    mode: str | None = None
    run: str | None = None
    process: int | None = None
    """Of the desk."""
    connected: bool | None = None
    halted: bool | None = None
    data_age_s: float | None = None
    history: str | None = None
    """`ok`, or why nothing of the past can be told."""
    uptime_s: float | None = None
    """Of the screens."""
    problems: tuple[str, ...] = ()


def health_of(context: AppContext) -> Health:
    """How everything is now."""
    link, snapshot = context.link, context.link.snapshot
    problems: list[str] = []
    if not link.connected:
        problems.append(link.trouble)
    data_age = None
    if snapshot is not None and snapshot.data_age is not None and link.age is not None:
        data_age = round(snapshot.data_age / 1e9 + link.age, 3)
        if data_age > STALE_S:
            problems.append(f"no market data for {data_age:.0f} s")
    stopped = halted(context.home)
    if stopped:
        problems.append("the desk is halted")
    if context.history.trouble:
        problems.append(f"history: {context.history.trouble}")
    return Health(
        status="down" if not link.connected else "degraded" if problems else "ok",
        version=context.version,
        mode=snapshot.mode if snapshot else None,
        run=snapshot.run if snapshot else None,
        process=holder(Home(context.home).lock),
        connected=link.connected,
        halted=stopped,
        data_age_s=data_age,
        history=context.history.trouble or "ok",
        uptime_s=round(context.monotonic() - context.started, 1),
        problems=tuple(problems),
    )


def health_routes(context: AppContext) -> Routes:
    """Health and readiness."""
    routes = Routes("health")

    @routes.get("/health", Health, role=None)
    async def health(who: Who) -> Health:
        """How the desk and its screens are. Always answered while the screens are up; look at `status`."""
        found = health_of(context)
        return found if who.may(Role.VIEWER) else Health(status=found.status)

    async def ready() -> Response:
        """200 while a desk answers and the past can be told, halted or not; else 503: for what watches processes."""
        found = health_of(context)
        return answer(found, 200 if found.connected and found.history == "ok" else 503)

    routes.router.add_api_route(
        "/ready",
        ready,
        methods=["GET"],
        response_model=None,
        responses={**responses(schema_of(Health)), 503: responses(schema_of(Health))[200]},
        openapi_extra={ROLE: "none"},
        operation_id="ready",
        description=ready.__doc__,
    )
    return routes
