"""How an endpoint is declared: what it gives, which role it takes, and how its errors are told."""

from collections.abc import Awaitable, Callable
from functools import wraps
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from dutchbook.interfaces.web.actions import permit
from dutchbook.interfaces.web.present import answer, schema_of
from dutchbook.interfaces.web.security import principal_of
from dutchbook.interfaces.web.who import Principal
from dutchbook.storage.roles import Role

PREFIX = "/api/v1"
ROLE = "x-role"
"""Where the description of an endpoint says which role it takes; `none` for those that are open."""


class Error(msgspec.Struct, frozen=True):
    """What was wrong, in one line: what - why - what to do."""

    error: str


def current(request: Request) -> Principal:
    """Who asks."""
    return principal_of(request.scope)


Who = Annotated[Principal, Depends(current)]

type Endpoint = Callable[..., Awaitable[msgspec.Struct]]

_ERRORS = (400, 401, 403, 404, 405, 409, 413, 421, 422, 429, 502, 503)


class Routes:
    """The endpoints of one subject. `rows` are the types that they give, for the description of the API."""

    def __init__(self, subject: str) -> None:
        self.router = APIRouter(prefix=PREFIX, tags=[subject])
        self.rows: list[type[msgspec.Struct]] = [Error]

    def get(self, path: str, gives: type[msgspec.Struct], role: Role | None = Role.VIEWER) -> Callable[..., Endpoint]:
        """An endpoint that only looks."""
        return self.on("GET", path, gives, role)

    def post(
        self, path: str, gives: type[msgspec.Struct], role: Role | None = Role.OPERATOR
    ) -> Callable[..., Endpoint]:
        """An endpoint that does something."""
        return self.on("POST", path, gives, role)

    def on(
        self, method: str, path: str, gives: type[msgspec.Struct], role: Role | None, status: int = 200
    ) -> Callable[[Endpoint], Endpoint]:
        """Declares an endpoint. Its docstring is what the description says of it."""
        self.rows.append(gives)

        def declare(endpoint: Endpoint) -> Endpoint:
            @wraps(endpoint)
            async def served(*arguments: Any, **named: Any) -> Response:
                return answer(await endpoint(*arguments, **named), status)

            self.router.add_api_route(
                path,
                served,
                methods=[method],
                status_code=status,
                response_model=None,
                response_class=Response,
                dependencies=[] if role is None else [Depends(needing(role))],
                responses=responses(schema_of(gives), status),
                openapi_extra={ROLE: str(role or "none")},
                operation_id=endpoint.__name__,
                description=" ".join((endpoint.__doc__ or "").split()),
            )
            return endpoint

        return declare


def needing(role: Role) -> Callable[[Request], None]:
    """A dependency that lets through whoever has a role. Raises Forbidden for others."""

    def check(request: Request) -> None:
        permit(principal_of(request.scope), role)

    return check


def responses(schema: dict[str, Any], status: int = 200) -> dict[int | str, dict[str, Any]]:
    """What an endpoint may answer, for the description of the API."""
    error = {"application/json": {"schema": schema_of(Error)}}
    told: dict[int | str, dict[str, Any]] = {
        code: {"description": HTTPStatus(code).phrase, "content": error} for code in _ERRORS
    }
    return {status: {"description": "OK", "content": {"application/json": {"schema": schema}}}, **told}
