"""Names under which other dashboards serve the same: one table, thin redirects, no second handlers."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple
from urllib.parse import quote

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from dutchbook.interfaces.web.api.errors import told
from dutchbook.interfaces.web.api.routes import PREFIX

_OLD = "/api"
_KEEP_METHOD = 307

type Endpoint = Callable[[Request], Awaitable[Response]]


class Alias(NamedTuple):
    """A documented name, and where it is served. Both may hold the same `{part}` of a path."""

    methods: tuple[str, ...]
    path: str
    served: str


ALIASES = (
    Alias(("GET",), "/decision-log", "/decisions"),
    Alias(("GET",), "/strategies-overview", "/strategies-overview"),
    Alias(("GET", "POST"), "/wallets", "/wallets"),
    Alias(("GET", "PUT", "DELETE"), "/wallets/{name}", "/wallets/{name}"),
    Alias(("GET", "POST"), "/strategies", "/strategies"),
    Alias(("PUT", "DELETE"), "/strategies/{name}", "/strategies/{name}"),
    Alias(("POST",), "/strategy-wallets/bind", "/strategy-wallets/bind"),
    Alias(("DELETE",), "/strategy-wallets/unbind", "/strategy-wallets/unbind"),
    Alias(("GET",), "/positions", "/positions"),
    Alias(("GET",), "/trades", "/history/trades"),
    Alias(("GET",), "/health", "/health"),
    Alias(("GET",), "/alerts", "/alerts"),
    Alias(("GET",), "/audit", "/audit"),
)
PLANNED = {
    "/whale-activity": "whales are not followed yet: this desk does not read other wallets",
}
"""Documented names of what is not built: refused with the reason, never answered with an empty list."""


def add_aliases(app: FastAPI) -> None:
    """Serve the table."""
    for alias in ALIASES:
        app.add_api_route(
            _OLD + alias.path, _redirect(alias.served), methods=list(alias.methods), include_in_schema=False
        )
    for path, reason in PLANNED.items():
        app.add_api_route(_OLD + path, _planned(reason), methods=["GET"], include_in_schema=False)


def _redirect(served: str) -> Endpoint:
    async def redirect(request: Request) -> Response:
        path = (PREFIX + served).format(**{name: quote(str(part)) for name, part in request.path_params.items()})
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(path + query, _KEEP_METHOD)

    return redirect


def _planned(reason: str) -> Endpoint:
    async def planned(_: Request) -> Response:
        return told(reason, 501)

    return planned
