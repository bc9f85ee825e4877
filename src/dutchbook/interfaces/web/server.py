"""The one application of the screens: API and pages behind the same gate."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import msgspec
from fastapi import FastAPI
from starlette.routing import BaseRoute

from dutchbook.interfaces.web.api.aliases import add_aliases
from dutchbook.interfaces.web.api.database import database_routes
from dutchbook.interfaces.web.api.decisions import decision_routes
from dutchbook.interfaces.web.api.desk import desk_routes
from dutchbook.interfaces.web.api.errors import add_unknown, tell_errors
from dutchbook.interfaces.web.api.health import health_routes
from dutchbook.interfaces.web.api.history import history_routes
from dutchbook.interfaces.web.api.keeping import keeping_routes
from dutchbook.interfaces.web.api.logs import log_routes
from dutchbook.interfaces.web.api.metrics import add_metrics
from dutchbook.interfaces.web.api.routes import Routes
from dutchbook.interfaces.web.api.settings import settings_routes
from dutchbook.interfaces.web.api.signing_in import add_sign_in_page, session_routes
from dutchbook.interfaces.web.api.steering import steering_routes
from dutchbook.interfaces.web.api.stream import add_streams
from dutchbook.interfaces.web.api.wallets import wallet_routes
from dutchbook.interfaces.web.background import at_work
from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.present import components
from dutchbook.interfaces.web.security import Gate

_SUBJECTS: tuple[Callable[[AppContext], Routes], ...] = (
    health_routes,
    session_routes,
    desk_routes,
    steering_routes,
    decision_routes,
    history_routes,
    wallet_routes,
    keeping_routes,
    log_routes,
    settings_routes,
    database_routes,
)

type Lifespan = Callable[[FastAPI], AbstractAsyncContextManager[None]]


def build(context: AppContext, *, pages: bool = True) -> FastAPI:
    """The application. With `pages` NiceGUI is mounted on it, which one process can do once."""
    app = FastAPI(
        title="dutchbook",
        version=context.version,
        summary="Looks at a trading desk and steers it.",
        docs_url=None,  # they load scripts from other hosts
        redoc_url=None,
        openapi_url="/openapi.json",
        lifespan=_lifespan(context),
    )
    tell_errors(app)
    rows: list[type[msgspec.Struct]] = []
    served: list[BaseRoute] = []
    for subject in _SUBJECTS:
        routes = subject(context)
        app.include_router(routes.router)
        rows += routes.rows
        served += routes.router.routes
    add_streams(app, context)
    add_metrics(app, context)
    add_sign_in_page(app, context)
    add_aliases(app)
    add_unknown(app, [*served, *app.routes])
    _describe(app, rows, context.door.cookie)
    if pages:
        from dutchbook.interfaces.web.mounting import mount_pages

        mount_pages(app, context)
    app.add_middleware(Gate, door=context.door, doorman=context.doorman)
    return app


def _lifespan(context: AppContext) -> Lifespan:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with at_work(context):
            yield

    return lifespan


def _describe(app: FastAPI, rows: list[type[msgspec.Struct]], cookie: str) -> None:
    """Add the rows, and how to sign in, to the description of the API."""
    described = app.openapi

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = described()
            there = schema.setdefault("components", {})
            there["schemas"] = {**there.get("schemas", {}), **components(rows)}
            there["securitySchemes"] = {
                "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "session": {"type": "apiKey", "in": "cookie", "name": cookie},
            }
            schema["security"] = [{"key": []}, {"session": []}]
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]  # as FastAPI documents it
