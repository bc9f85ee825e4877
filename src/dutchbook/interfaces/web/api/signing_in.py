"""Signing in and out, and the second factor: as JSON for programs, as a form for the page."""

import logging
from urllib.parse import parse_qs, quote

import msgspec
from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from dutchbook.domain.errors import DatabaseError
from dutchbook.domain.units import SECOND
from dutchbook.interfaces.web.api.bodies import SecondFactor, SignIn
from dutchbook.interfaces.web.api.routes import ROLE, Routes, Who, responses
from dutchbook.interfaces.web.api.views import Done
from dutchbook.interfaces.web.context import AppContext
from dutchbook.interfaces.web.present import answer, schema_of
from dutchbook.interfaces.web.security import principal_of
from dutchbook.interfaces.web.sign_in_page import PATH, sign_in_page
from dutchbook.interfaces.web.who import Principal, Refused
from dutchbook.storage.database.edits.authors import Author, keep
from dutchbook.storage.roles import Role

_LONGEST_FIELD = 1_000

log = logging.getLogger(__name__)


class SignedIn(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: `how` they proved it, and what they may do. `role` is null where nothing may be seen."""

    name: str
    how: str
    role: Role | None
    may_steer: bool
    may_administer: bool
    second_factor: bool
    """Whether one is set up."""
    fresh: bool
    """Whether a one-time code was given within the last five minutes, as acting on real money needs."""


def who_asks(who: Principal) -> SignedIn:
    """Somebody as the API tells them of themselves."""
    return SignedIn(
        name=who.name,
        how=who.how,
        role=who.role,
        may_steer=who.may(Role.OPERATOR),
        may_administer=who.may(Role.ADMIN),
        second_factor=who.second,
        fresh=who.fresh,
    )


def session_routes(context: AppContext) -> Routes:
    """The session as JSON."""
    routes = Routes("session")

    @routes.get("/session", SignedIn, role=None)
    async def session(who: Who) -> SignedIn:
        """Who asks, and what they may do."""
        return who_asks(who)

    async def sign_in(request: Request, body: SignIn) -> Response:
        """Sign in with a password, or with a sign-in code. The answer sets the cookie of the session."""
        number = await _number(context, request, body)
        found = context.doorman.by_session(number, None)
        return _with_cookie(context, answer(who_asks(found)), number)

    async def sign_out(request: Request) -> Response:
        """End the session, here and for whoever else has its number."""
        context.doorman.sessions.end(principal_of(request.scope).number)
        return _without_cookie(context, answer(Done("signed out")))

    routes.rows.append(Done)
    for method, endpoint, gives in (("POST", sign_in, SignedIn), ("DELETE", sign_out, Done)):
        routes.router.add_api_route(
            "/session",
            endpoint,
            methods=[method],
            response_model=None,
            responses=responses(schema_of(gives)),
            openapi_extra={ROLE: "none"},
            operation_id=endpoint.__name__,
            description=endpoint.__doc__,
        )

    @routes.post("/session/second-factor", Done, Role.VIEWER)
    async def second_factor(request: Request, who: Who, body: SecondFactor) -> Done:
        """Give a one-time code: for five minutes this session may act on real money."""
        context.doorman.second(who, body.one_time_code, _address(request))
        return Done("taken: for five minutes this session may act on real money")

    return routes


def add_sign_in_page(app: FastAPI, context: AppContext) -> None:
    """The page on which people sign in: a plain form, that works without scripts."""

    @app.get(PATH, include_in_schema=False)
    async def show_form(request: Request) -> Response:
        return sign_in_page(mode=context.mode, wrong="", known=principal_of(request.scope).known)

    @app.post(PATH, include_in_schema=False)
    async def take_form(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
        said = {name: values[0][:_LONGEST_FIELD] for name, values in fields.items()}
        if said.get("out"):
            context.doorman.sessions.end(principal_of(request.scope).number)
            return _without_cookie(context, RedirectResponse(PATH, 303))
        body = SignIn.model_construct(
            user=said.get("user", ""),
            password=said.get("password", ""),
            one_time_code=said.get("one_time_code", ""),
            sign_in_code=said.get("sign_in_code", ""),
        )
        try:
            number = await _number(context, request, body)
        except Refused as refused:
            status = 429 if refused.wait_s else 401
            return sign_in_page(mode=context.mode, wrong=str(refused), known=False, status=status)
        return _with_cookie(context, RedirectResponse("/", 303), number)


async def _number(context: AppContext, request: Request, body: SignIn) -> str:
    """The number of a new session; one that there was ends. Raises Refused."""
    address = _address(request)
    try:
        if body.sign_in_code:
            number = await context.doorman.sign_in_by_code(body.sign_in_code, address)
        else:
            number = await context.doorman.sign_in(body.user, body.password, body.one_time_code, address)
    except Refused as refused:
        log.warning("sign-in from %s refused: %s", address, refused)
        raise
    context.doorman.sessions.end(principal_of(request.scope).number)
    await _on_record(context, context.doorman.by_session(number, None), address)
    return number


async def _on_record(context: AppContext, who: Principal, address: str) -> None:
    """Who signed in, and from where. Whoever may come in does so while the database is away, too."""
    author = Author(who.by, context.clock.now())
    try:
        await context.history.edit(lambda connection: keep(connection, author, "sign in", {"address": address}))
    except DatabaseError as error:
        log.warning("%s signed in from %s, which could not go on record: %s", who.by, address, error)


def _with_cookie(context: AppContext, response: Response, number: str) -> Response:
    response.set_cookie(
        context.door.cookie,
        quote(number),
        max_age=context.settings.web.session // SECOND,
        httponly=True,
        samesite="strict",
        secure=context.door.tls,
    )
    return response


def _without_cookie(context: AppContext, response: Response) -> Response:
    response.delete_cookie(context.door.cookie, httponly=True, samesite="strict", secure=context.door.tls)
    return response


def _address(request: Request) -> str:
    return request.client.host if request.client else "unknown"
