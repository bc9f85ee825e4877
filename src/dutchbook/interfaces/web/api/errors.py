"""Every error of the API as one line of JSON, with the status that says whose it is."""

from collections.abc import Sequence

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from dutchbook.domain.errors import ConfigError, DatabaseError, DutchbookError, UsageError
from dutchbook.interfaces.web.actions import Forbidden, SecondFactorNeeded
from dutchbook.interfaces.web.api.routes import Error
from dutchbook.interfaces.web.desk_link import NoDesk
from dutchbook.interfaces.web.security import principal_of
from dutchbook.interfaces.web.who import Refused


def told(message: str, status: int, headers: dict[str, str] | None = None) -> Response:
    """An error as an answer."""
    body = msgspec.json.encode(Error(" ".join(message.split())))
    return Response(body, status, headers, media_type="application/json")


def tell_errors(app: FastAPI) -> None:
    """Let every error that endpoints raise be told so."""

    @app.exception_handler(DutchbookError)
    def ours(request: Request, error: DutchbookError) -> Response:
        return told(str(error), _status(request, error))

    @app.exception_handler(Exception)
    def unforeseen(_: Request, __: Exception) -> Response:
        # The server logs it with its traceback, behind this answer.
        return told("the dashboard failed at this - its log says where; the desk goes on", 500)

    @app.exception_handler(Refused)
    def refused(_: Request, error: Refused) -> Response:
        if error.wait_s:
            return told(str(error), 429, {"Retry-After": str(round(error.wait_s) + 1)})
        return told(str(error), 401)

    @app.exception_handler(RequestValidationError)
    def invalid(_: Request, error: RequestValidationError) -> Response:
        return told("; ".join(_fault(each) for each in error.errors()), 422)

    @app.exception_handler(HTTPException)
    def http(_: Request, error: HTTPException) -> Response:
        return told(str(error.detail), error.status_code, dict(error.headers or {}))


def add_unknown(app: FastAPI, served: Sequence[BaseRoute]) -> None:
    """The last of the routes: what is asked under /api and is not there, or not in that way."""

    async def unknown(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await WebSocketClose(1008)(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        ways = ", ".join(sorted(_ways(served, {**scope, "root_path": ""})))
        if ways:
            answer = told(f"{method} is not served here - use {ways}", 405, {"Allow": ways})
        else:
            answer = told(f"there is no {path} - /openapi.json lists what there is", 404)
        await answer(scope, receive, send)

    app.mount("/api", unknown)


def _ways(served: Sequence[BaseRoute], scope: Scope) -> set[str]:
    """The methods under which a path is served."""
    ways: set[str] = set()
    for route in served:
        if route.matches(scope)[0] is Match.PARTIAL:
            ways |= getattr(route, "methods", None) or set()
    return ways


def _status(request: Request, error: DutchbookError) -> int:
    match error:
        case Forbidden():
            return 403 if principal_of(request.scope).known else 401
        case SecondFactorNeeded():
            return 403
        case UsageError():
            return 404 if request.method in ("GET", "HEAD") else 409
        case ConfigError():
            return 422
        case NoDesk() | DatabaseError():
            return 503
        case _:
            return 502


def _fault(fault: dict[str, object]) -> str:
    place = fault.get("loc")
    where = ".".join(map(str, place[1:])) if isinstance(place, tuple | list) else ""
    return f"{where or 'body'}: {fault.get('msg')}"
