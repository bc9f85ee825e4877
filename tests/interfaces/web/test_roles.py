"""Every endpoint for everybody: the description of the API says which role it takes, and the gate agrees."""

import re
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from dutchbook.interfaces.web.api.aliases import ALIASES, PLANNED
from dutchbook.interfaces.web.api.routes import ROLE
from dutchbook.storage.roles import Role
from tests.interfaces.web.rig import Screens

_PART = re.compile(r"\{[^}]*\}")
_WHO = ("anonymous", *Role)
_LETS_THROUGH = {"none": set(_WHO), "viewer": set(_WHO), "operator": {"operator", "admin"}, "admin": {"admin"}}
"""Looking is open on a desk that listens on its own machine."""


def endpoints(screens: Screens) -> list[tuple[str, str, str]]:
    """Every method and path, with the role that it says it takes."""
    described: dict[str, Any] = screens.app.openapi()["paths"]
    return [
        (method.upper(), path, operation[ROLE])
        for path, operations in described.items()
        for method, operation in operations.items()
    ]


@pytest.mark.parametrize("who", _WHO)
async def test_each_endpoint_lets_through_those_whose_role_is_enough(screens: Screens, who: str) -> None:
    key = None if who == "anonymous" else screens.add_key(Role(who))
    client = screens.browser() if key is None else screens.program(key)
    async with client:
        for method, path, role in endpoints(screens):
            if path.endswith("/stream"):  # never ends: has a test of its own
                continue
            if (method, path) == ("POST", "/api/v1/session"):  # a wrong password is answered as nobody's right
                continue
            answer = await client.request(method, _PART.sub("x", path), json={})
            turned_away = answer.status_code in (401, 403)
            assert turned_away is (who not in _LETS_THROUGH[role]), (who, method, path, answer.text)


def test_every_endpoint_that_does_something_takes_a_role(screens: Screens) -> None:
    found = endpoints(screens)
    assert len(found) > 50
    acting = [(method, path, role) for method, path, role in found if method != "GET"]
    open_ones = {path for _, path, role in acting if role in ("none", "viewer")}
    assert open_ones == {"/api/v1/session", "/api/v1/session/second-factor"}


def test_what_is_no_described_endpoint_redirects_to_one_or_shows_nothing_of_the_desk(screens: Screens) -> None:
    described = {path for _, path, _ in endpoints(screens)}
    others = {route.path for route in screens.app.routes if isinstance(route, Route) and route.path not in described}
    renamed = {f"/api{alias.path}" for alias in ALIASES} | {f"/api{path}" for path in PLANNED}
    assert others - renamed <= {"/openapi.json", "/sign-in", "/metrics", "/api/{rest:path}", "/api"}, others - renamed


async def test_names_of_other_programs_let_through_whoever_their_endpoints_do(screens: Screens) -> None:
    roles = {(method, _PART.sub("", path)): role for method, path, role in endpoints(screens)}
    async with screens.browser() as nobody:
        for alias in ALIASES:
            for method in alias.methods:
                role = roles[(method, "/api/v1" + _PART.sub("", alias.served))]
                told = await nobody.request(method, "/api" + _PART.sub("x", alias.path), json={}, follow_redirects=True)
                assert (told.status_code in (401, 403)) is (role not in ("none", "viewer")), (method, alias.path)


async def test_no_answer_is_an_error_of_ours_while_no_desk_and_no_history_are_there(screens: Screens) -> None:
    key = screens.add_key(Role.ADMIN)
    async with screens.program(key) as client:
        for method, path, _ in endpoints(screens):
            if path.endswith(("/stream", "/ready")):  # the one never ends, the other has a form of its own
                continue
            answer: httpx.Response = await client.request(method, _PART.sub("x", path), json={})
            assert answer.status_code != 500, (method, path, answer.text)
            if answer.status_code >= 400:
                assert answer.json()["error"]
